import { expect, test } from "@jest/globals";
import { latenessOf } from "./lateness.ts";

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
