import { expect, test } from "@jest/globals";
import { isSkewed } from "./clock-skew.ts";
import { MINUTE_MS } from "./duration.ts";

test.each<[skewMs: number | null, expected: boolean, because: string]>([
  [null, false, "nothing is known, so nothing is said against it"],
  [0, false, "they agree"],
  [5 * MINUTE_MS, false, "so far apart two clocks may be"],
  [5 * MINUTE_MS + 1, true, "no further ahead"],
  [-5 * MINUTE_MS, false, "nor, as far behind, is it wrong"],
  [-5 * MINUTE_MS - 1, true, "no further behind"],
])("a clock that is %p ms ahead is wrong: %p (%s)", (skewMs, expected, _because) => {
  expect(isSkewed(skewMs)).toBe(expected);
});
