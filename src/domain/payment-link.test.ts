import { expect, test } from "@jest/globals";
import { DAY_MS, HOUR_MS } from "./duration.ts";
import { firstRecheckAt, mustClose, nextRecheckAfterFailure, nextRecheckAt } from "./payment-link.ts";

const EXPIRES_AT = new Date("2026-12-15T15:00:00Z");
const after = (ms: number): Date => new Date(EXPIRES_AT.getTime() + ms);

test.each<[cancelRequestedAt: Date | null, isPaidElsewhere: boolean, now: Date, expected: boolean, because: string]>([
  [null, false, EXPIRES_AT, false, "Conekta says by itself that it is over"],
  [null, false, after(DAY_MS), false, "for a day"],
  [null, false, after(DAY_MS + 1), true, "it has not said so"],
  [after(-9 * DAY_MS), false, after(-9 * DAY_MS), true, "it was asked for"],
  [null, true, after(-9 * DAY_MS), true, "money came late to another try: nobody is to pay twice"],
])(
  "a page whose end was asked for at %p, paid elsewhere: %p, must be closed at %p: %p (%s)",
  (cancelRequestedAt, isPaidElsewhere, now, expected) => {
    expect(mustClose({ expiresAt: EXPIRES_AT, cancelRequestedAt, isPaidElsewhere }, now)).toBe(expected);
  },
);

test("what is over is asked about after a day, after three and after seven, and then no more", () => {
  const first = firstRecheckAt(EXPIRES_AT);
  const second = nextRecheckAt(1, first);
  const third = nextRecheckAt(2, second ?? EXPIRES_AT);
  expect([first, second, third]).toEqual([after(DAY_MS), after(3 * DAY_MS), after(7 * DAY_MS)]);
  expect(nextRecheckAt(3, after(7 * DAY_MS))).toBeNull();
  // One that came late does not hurry the next.
  expect(nextRecheckAt(1, after(30 * HOUR_MS))).toEqual(after(78 * HOUR_MS));
});

test("a read that failed is never the last: it is made again every four days", () => {
  expect(nextRecheckAfterFailure(1, EXPIRES_AT)).toEqual(nextRecheckAt(1, EXPIRES_AT));
  for (const rechecks of [3, 30]) expect(nextRecheckAfterFailure(rechecks, EXPIRES_AT)).toEqual(after(4 * DAY_MS));
});
