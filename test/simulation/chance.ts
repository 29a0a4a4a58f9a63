/** All the chance of one simulated life, from one seed: the same seed draws the same numbers in the same order. */
import assert from "node:assert/strict";

export type Chance = {
  /** From 0 up to, not including, 1. */
  fraction(): number;
  /** Whole, both ends included. */
  between(least: number, most: number): number;
  happens(rate: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** By weight: the more, the likelier. */
  weighted<T extends string>(weights: Readonly<Partial<Record<T, number>>>): T;
};

/** splitmix32: neighbouring seeds are unrelated from the first number on. */
export function chanceOf(seed: number): Chance {
  let state = Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995;

  function fraction(): number {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  return {
    fraction,
    between: (least, most) => least + Math.floor(fraction() * (most - least + 1)),
    happens: (rate) => rate > 0 && fraction() < rate,
    pick: (choices) => {
      const picked = choices[Math.floor(fraction() * choices.length)];
      assert(picked !== undefined, "there is nothing to pick from");
      return picked;
    },
    weighted: <T extends string>(weights: Readonly<Partial<Record<T, number>>>): T => {
      const entries = Object.entries(weights) as [T, number][];
      let rest = fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [choice, weight] of entries) {
        rest -= weight;
        if (rest < 0) return choice;
      }
      const last = entries.findLast(([, weight]) => weight > 0);
      assert(last !== undefined, "every weight is zero");
      return last[0];
    },
  };
}
