import { expect, test } from "@jest/globals";
import { latenessOf, openableSince } from "./lateness.ts";

const NOW = new Date("2026-11-28T15:00:00Z");
const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);

test.each([
  // due, minutes late, late, because
  [[], 0, false, "nothing is due"],
  [[null, ago(-5)], 0, false, "what comes is not late"],
  [[ago(14.9), null], 14.9, false, "a tick may take a while"],
  [[ago(1), ago(15)], 15, true, "the oldest counts"],
])("%j: %d minutes, late: %p (%s)", (due, minutes, isLate, _because) => {
  expect(latenessOf(due, NOW)).toMatchObject({ ms: minutes * 60_000, isLate });
});

test.each<[number, number, Date, Date | null, Date, string]>([
  // next cycle, first cycle, due, added, openable since, because
  [0, 0, ago(60), ago(90), ago(60), "it was there when its cycle fell due"],
  [0, 0, ago(60), ago(5), ago(5), "it was added with its past: nobody could open it before"],
  [1, 0, ago(60), ago(5), ago(60), "a run had it, and left its next cycle"],
  [0, 0, ago(60), null, ago(60), "nobody knows when it was added"],
  [3, 3, ago(60), ago(5), ago(5), "its first cycle need not be 0"],
])(
  "cycle %d, the first %d, due %p, added %p: since %p (%s)",
  (nextCycle, firstCycle, nextBillingAt, createdAt, since) => {
    expect(openableSince({ nextCycle, firstCycle, nextBillingAt, createdAt })).toEqual(since);
  },
);
