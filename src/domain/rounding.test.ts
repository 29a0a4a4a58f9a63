import { expect, test } from "@jest/globals";
import { halfUp, hundredthsOf, roundedRatio, shares } from "./rounding.ts";

test.each([
  // cents, weights, shares, because
  [1000, [10000, 5000], [667, 333], "666.67 and 333.33: the larger remainder gets the cent"],
  [1, [5, 5], [1, 0], "equal remainders: the earlier"],
  [2, [1, 1, 1], [1, 1, 0], "two cents among three"],
  [0, [0, 0], [0, 0], "nothing over nothing"],
  [7, [0, 3], [0, 7], "what weighs nothing gets nothing"],
])("%i cents over %j are %j", (cents, weights, expected) => {
  expect(shares(cents, weights)).toEqual(expected);
});

test.each([
  [20015, 15, 30, 10008, "half a cent up"],
  [-20015, 15, 30, -10008, "away from zero"],
  [1, 1, 3, 0, "down"],
  [0, 1, 3, 0, "nothing, and no minus before it"],
  [2_147_483_647, 10_000, 11_600, 1_851_279_006, "as large as Conekta's amounts"],
])("%i × %i ÷ %i is %i", (cents, numerator, denominator, expected) => {
  expect(roundedRatio(cents, numerator, denominator)).toBe(expected);
});

test.each([
  [5n, 10n, 1n, "half a unit up"],
  [4n, 10n, 0n, "less than half"],
  [15n, 10n, 2n, "one and a half"],
])("%i ÷ %i is %i: %s", (dividend, divisor, expected) => {
  expect(halfUp(dividend, divisor)).toBe(expected);
});

test.each([
  [12.5, 1250, "a half of a percent"],
  [0.29, 29, "28.999… in floating point"],
])("%d %% are %i hundredths: %s", (percent, expected) => {
  expect(hundredthsOf(percent)).toBe(expected);
});
