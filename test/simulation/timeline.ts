/**
 * Virtual time: what is to happen, and when. Time moves only from one of these moments to the next.
 *
 * The true time is the gateway's and the world's. The clock of the simulated machine may be wrong; `setSkew` says by
 * how much.
 */
import assert from "node:assert/strict";
import { handClock } from "../../src/adapters/clock.ts";
import type { Clock } from "../../src/application/ports/runtime.ts";

/** More the clock of a machine is never wrong. */
export const MOST_SKEW_MS = 40 * 3_600_000;

export type Timeline = {
  /** The true time. */
  nowMs(): number;
  /** The machine's clock, right or wrong. */
  readonly clock: Clock;
  skewMs(): number;
  setSkew(ms: number): void;
  at(atMs: number, happen: () => void): void;
  after(delayMs: number, happen: () => void): void;
  /** Resolves so much later. */
  pause(delayMs: number): Promise<void>;
  /** When the next thing happens; null: nothing will. */
  nextMs(): number | null;
  /** Moves to the next moment and lets one thing happen. */
  step(): void;
};

type Moment = { readonly atMs: number; readonly order: number; readonly happen: () => void };

export function newTimeline(startMs: number): Timeline {
  let nowMs = startMs;
  let skewMs = 0;
  let made = 0;
  const hand = handClock(new Date(startMs));
  const heap: Moment[] = [];

  const isBefore = (a: Moment, b: Moment): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  function push(moment: Moment): void {
    let index = heap.push(moment) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent]!;
      if (!isBefore(moment, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = moment;
  }

  function pop(): Moment {
    const first = heap[0];
    const last = heap.pop();
    assert(first !== undefined && last !== undefined, "nothing is left to happen");
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  function at(atMs: number, happen: () => void): void {
    push({ atMs: Math.max(atMs, nowMs), order: made++, happen });
  }

  return {
    nowMs: () => nowMs,
    clock: { now: () => hand.now(), monotonicMs: () => nowMs },
    skewMs: () => skewMs,
    setSkew: (ms) => {
      skewMs = ms;
      hand.set(new Date(nowMs + skewMs));
    },
    at,
    after: (delayMs, happen) => at(nowMs + delayMs, happen),
    pause: (delayMs) => new Promise((resolve) => at(nowMs + delayMs, resolve)),
    nextMs: () => heap[0]?.atMs ?? null,
    step: () => {
      const { atMs, happen } = pop();
      nowMs = atMs;
      hand.set(new Date(nowMs + skewMs));
      happen();
    },
  };
}
