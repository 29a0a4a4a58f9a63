/**
 * Clock: the one place that reads the current time, and a clock that a test or the simulation sets.
 */
import assert from "node:assert/strict";
import type { Clock } from "../application/ports/runtime.ts";

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };

/** Smaller differences are the way between the two, not a clock that is wrong. */
const OFF_MS = 1000;

/** The time of a server, by the difference to it that was last seen: those who share the server agree on it. */
export type ServerClock = Clock & {
  /** @param serverMs the server's time, told by an answer that came just now @param tookMs how long it took to come */
  heard(serverMs: number, tookMs: number): void;
};

/** @param onOff called when another difference is seen than before; `byMs`: how far the server is ahead */
export function serverClock(own: Clock, onOff: (byMs: number) => void): ServerClock {
  let offMs = 0;
  return {
    now: () => new Date(own.now().getTime() + offMs),
    monotonicMs: () => own.monotonicMs(),
    heard(serverMs, tookMs) {
      // A slow answer tells nothing.
      if (tookMs > OFF_MS) return;
      const byMs = Math.round(serverMs + tookMs / 2) - own.now().getTime();
      if (Math.abs(byMs - offMs) < OFF_MS) return;
      offMs = Math.abs(byMs) < OFF_MS ? 0 : byMs;
      onOff(offMs);
    },
  };
}

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
