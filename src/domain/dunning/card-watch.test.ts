import { expect, test } from "@jest/globals";
import { DAY_MS } from "../duration.ts";
import { mayEndWait, rereadBefore } from "./card-watch.ts";

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
  expect(mayEndWait({ readAt, failure }, DUE_AT, NOW)).toBe(expected);
});

test("what was read a day ago is read again", () => {
  expect(rereadBefore(NOW)).toEqual(before(NOW, DAY_MS));
});
