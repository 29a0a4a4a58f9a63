/**
 * Clock: the one place that reads the current time, and a clock that a test or the simulation sets.
 */
import assert from "node:assert/strict";
import type { Clock } from "../application/ports/runtime.ts";

export const systemClock: Clock = { now: () => new Date() };

export type HandClock = Clock & {
  /** Any instant, also an earlier one: machines' clocks are set back, too. */
  set(instant: Date): void;
  advance(ms: number): void;
};

/** Stands still until it is set. */
export function handClock(start: Date): HandClock {
  let nowMs = readInstant(start);
  return {
    // A Date is mutable, so each caller gets its own.
    now: () => new Date(nowMs),
    set: (instant) => {
      nowMs = readInstant(instant);
    },
    advance: (ms) => {
      assert(Number.isSafeInteger(ms) && ms >= 0, `a clock advances by whole milliseconds, got ${ms}`);
      nowMs += ms;
    },
  };
}

function readInstant(instant: Date): number {
  const ms = instant.getTime();
  assert(Number.isSafeInteger(ms), "a clock needs a valid date");
  return ms;
}
