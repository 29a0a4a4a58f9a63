/**
 * Randomness: the one place where chance comes in, from the operating system or from a seed.
 *
 * Ids are ULIDs: ten characters of time, sixteen of chance. They sort by the instant they were given; within one
 * millisecond by the order they were made in. An id of an earlier instant than the one before sorts before it.
 */
import assert from "node:assert/strict";
import { randomBytes, randomFillSync } from "node:crypto";
import { incrementBase32, ulid } from "ulid";
import type { Random } from "../application/ports/runtime.ts";

const TIME_CHARACTERS = 10;
const TWO_TO_32 = 2 ** 32;

export function systemRandom(): Random {
  // One call for many numbers: the system call costs more than the bytes.
  const pool = new Uint32Array(1024);
  let used = pool.length;

  return randomFrom(() => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const number = pool[used] ?? 0;
    used += 1;
    return number / TWO_TO_32;
  });
}

/**
 * The same seed gives the same ids and the same luck, for simulations and the demo. mulberry32: 32 bits of state,
 * plenty for distinct ids, useless for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;

  return randomFrom(() => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TWO_TO_32;
  });
}

/** 256 bits that nobody can guess: 43 letters, digits, `-` and `_`. Never from a seed. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

function randomFrom(fraction: () => number): Random {
  let lastMs = -1;
  let lastChance = "";

  return {
    fraction,
    newId: (prefix, at) => {
      const atMs = at.getTime();
      // ulid would silently take the present instead of these.
      assert(Number.isSafeInteger(atMs) && atMs > 0, `an id needs an instant after 1970, got ${atMs}`);
      // ulid's own monotonic factory would keep the later time when `at` goes back, and the id would lie about it.
      const fresh = ulid(atMs, fraction);
      lastChance = atMs === lastMs ? incrementBase32(lastChance) : fresh.slice(TIME_CHARACTERS);
      lastMs = atMs;
      return `${prefix}_${fresh.slice(0, TIME_CHARACTERS)}${lastChance}`;
    },
  };
}
