/**
 * Rounding: parts, ratios and percentages of whole numbers, half a unit up.
 *
 * Pure. No float is ever rounded: 28.5 cents are 29, where floating point makes them 28.499… and so 28.
 */
import assert from "node:assert/strict";

/** 100 % in hundredths of a percent. */
export const ALL_HUNDREDTHS = 10_000;

/** Percent in whole hundredths: 12.5 % is 1250. */
export function hundredthsOf(percent: number): number {
  return Math.round(percent * 100);
}

/** Half a unit up; of what is not negative. */
export function halfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

/** `cents × numerator ÷ denominator`, half a cent away from zero, in whole numbers throughout. */
export function roundedRatio(cents: number, numerator: number, denominator: number): number {
  assert(denominator > 0, `a ratio of ${numerator} to ${denominator}`);
  const rounded = Number(halfUp(BigInt(Math.abs(cents)) * BigInt(numerator), BigInt(denominator)));
  return cents < 0 ? -rounded : rounded;
}

/**
 * An amount spread over parts by their weight, to the cent: what is left after rounding down goes to the largest
 * remainders, among equal ones to the earlier.
 */
export function shares(cents: number, weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (total === 0n) {
    assert(cents === 0, `${cents} cents cannot be spread over nothing`);
    return weights.map(() => 0);
  }
  const exact = weights.map((weight) => BigInt(cents) * BigInt(weight));
  const parts = exact.map((each) => Number(each / total));
  const left = cents - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = exact
    .map((each, index) => ({ index, remainder: each % total }))
    .toSorted((a, b) => Number(b.remainder - a.remainder) || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) parts[index]! += 1;
  return parts;
}
