/**
 * Randomness from a seed: the same seed gives the same ids, the same shuffles and the same luck.
 *
 * The generator is mulberry32: 32 bits of state, plenty for telling objects apart, useless for secrets.
 */
export type Random = {
  /** A fraction in [0, 1). */
  readonly fraction: () => number;
  /** A whole number in [0, below). */
  readonly below: (below: number) => number;
};

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;

  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return { fraction, below: (below) => Math.floor(fraction() * below) };
}

/** A new array with the same items in a random order. */
export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
}
