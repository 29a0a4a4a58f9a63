import { expect, test } from "@jest/globals";
import { DAY_MS } from "../duration.ts";
import { mayBeRead, mayEndWait, mayVoidUnpaid, rereadBefore } from "./card-watch.ts";

const DUE_AT = new Date("2026-12-14T15:00:00Z");
const NOW = new Date("2026-12-15T15:00:00Z");
const before = (at: Date, ms: number): Date => new Date(at.getTime() - ms);

// prettier-ignore
test.each<[readAt: Date | null, failure: { failures: number; failedSince: Date } | null, expected: boolean, because: string]>([
  [null, null, false, "nobody has read the customer: there may be another card"],
  [before(DUE_AT, 1), null, false, "read before the wait was over"],
  [DUE_AT, null, true, "read in the moment in which it was over"],
  [NOW, null, true, "read since"],
  [before(DUE_AT, 1), { failures: 3, failedSince: before(NOW, DAY_MS) }, false, "it cannot be read for the moment"],
  [before(DUE_AT, 1), { failures: 30, failedSince: before(NOW, DAY_MS - 1) }, false, "not yet for a day"],
  [before(DUE_AT, 1), { failures: 30, failedSince: before(NOW, DAY_MS) }, true, "for a day: the wait ends without it"],
])("of a customer read at %p, with the failure %j, a wait may be ended: %p (%s)", (readAt, failure, expected, _because) => {
  expect(mayEndWait({ readAt, failure: failure && { ...failure, failedAt: NOW, nextReadAt: NOW } }, DUE_AT, NOW)).toBe(expected);
});

test.each<[failed: { at: Date; nextReadAt: Date } | null, expected: boolean, because: string]>([
  [null, true, "the last read succeeded"],
  [{ at: DUE_AT, nextReadAt: new Date(NOW.getTime() + 1) }, false, "its next read has its time"],
  [
    { at: before(DUE_AT, 1), nextReadAt: new Date(NOW.getTime() + 1) },
    true,
    "it fell due after that, and nothing tells of it",
  ],
  [{ at: DUE_AT, nextReadAt: NOW }, true, "the time has come"],
])("whose last read is %j may be read: %p (%s)", (failed, expected, _because) => {
  const failure = failed && {
    failures: 3,
    failedSince: before(NOW, DAY_MS),
    failedAt: failed.at,
    nextReadAt: failed.nextReadAt,
  };
  expect(mayBeRead({ readAt: null, failure }, DUE_AT, NOW)).toBe(expected);
});

test("what was read a day ago is read again", () => {
  expect(rereadBefore(NOW)).toEqual(before(NOW, DAY_MS));
});

// prettier-ignore
test.each<[readAgoMs: number | null, failure: { failures: number; failedForMs: number } | null, expected: boolean, because: string]>([
  [null, null, false, "nobody has read the customer: there may be a card that pays"],
  [DAY_MS + 1, null, false, "what was read the day before yesterday is old"],
  [DAY_MS, null, true, "within a day"],
  [0, null, true, "just now"],
  [null, { failures: 3, failedForMs: DAY_MS }, false, "it cannot be read for the moment"],
  [DAY_MS + 1, { failures: 30, failedForMs: DAY_MS - 1 }, false, "not yet for a day"],
  [null, { failures: 30, failedForMs: DAY_MS }, true, "for a day: no card will be seen"],
  [0, { failures: 3, failedForMs: DAY_MS }, true, "read before it failed, and that is not old"],
])("of a customer read %p ms ago, with the failure %j, a cycle of an unpaid subscription may become void: %p (%s)", (readAgoMs, failure, expected, _because) => {
  const known = {
    readAt: readAgoMs === null ? null : before(NOW, readAgoMs),
    failure: failure && { failures: failure.failures, failedSince: before(NOW, failure.failedForMs), failedAt: NOW, nextReadAt: NOW },
  };
  expect(mayVoidUnpaid(known, NOW)).toBe(expected);
});
