/**
 * Clock: the one place that reads the current time, and a clock that a test or the simulation sets.
 */
import assert from "node:assert/strict";
import type { Clock } from "../application/ports/runtime.ts";

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };

export type HandClock = Clock & {
  /** Time passes until then. To an earlier instant the clock is set back, and no time passes. */
  set(instant: Date): void;
  /** The clock is set to any instant, and no time passes. */
  jump(instant: Date): void;
  advance(ms: number): void;
};

/** Stands still until it is set. */
export function handClock(start: Date): HandClock {
  let nowMs = readInstant(start);
  let passedMs = 0;
  return {
    // A Date is mutable, so each caller gets its own.
    now: () => new Date(nowMs),
    monotonicMs: () => passedMs,
    set: (instant) => {
      const untilMs = readInstant(instant);
      passedMs += Math.max(0, untilMs - nowMs);
      nowMs = untilMs;
    },
    jump: (instant) => {
      nowMs = readInstant(instant);
    },
    advance: (ms) => {
      assert(Number.isSafeInteger(ms) && ms >= 0, `a clock advances by whole milliseconds, got ${ms}`);
      nowMs += ms;
      passedMs += ms;
    },
  };
}

function readInstant(instant: Date): number {
  const ms = instant.getTime();
  assert(Number.isSafeInteger(ms), "a clock needs a valid date");
  return ms;
}
