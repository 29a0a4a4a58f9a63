/** When the daemon wakes, on a machine whose clock is set meanwhile. */
import { mock } from "node:test";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type WakeUps, wakeUps } from "../../src/entrypoints/wake-ups.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/domain/duration.ts";

const START_MS = Date.UTC(2026, 2, 1, 15, 0, 0);

let monotonicMs: number;
let setByMs: number;
let woken: number;
let jumps: number[];
let wakes: WakeUps;

const wallMs = () => START_MS + monotonicMs + setByMs;

/** Real time passes, a second at a time. */
function pass(ms: number): void {
  for (let second = 0; second < ms / 1000; second++) {
    monotonicMs += 1000;
    mock.timers.tick(1000);
  }
}

function startEvery(periodMs: number): void {
  wakes = wakeUps({
    next: () => new Date((Math.floor(wallMs() / periodMs) + 1) * periodMs),
    now: () => new Date(wallMs()),
    monotonicMs: () => monotonicMs,
    wake: () => (woken += 1),
    onJump: (byMs) => jumps.push(byMs),
  });
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [monotonicMs, setByMs, woken, jumps] = [0, 0, 0, []];
});
afterEach(() => {
  wakes.stop();
  mock.timers.reset();
});

test.each([
  [3000, 60_000, 20, "every three seconds"],
  [MINUTE_MS, 10 * MINUTE_MS, 10, "every minute"],
  [HOUR_MS, 3 * HOUR_MS, 3, "every hour, though it looks every minute"],
])("every %i ms it wakes, in %i ms %i times (%s)", (periodMs, ms, times) => {
  startEvery(periodMs);
  pass(ms);
  expect([woken, jumps]).toEqual([times, []]);
});

test("set back by an hour, the clock wakes it within a minute, and each minute from then on", () => {
  startEvery(MINUTE_MS);
  pass(5 * MINUTE_MS);
  setByMs = -HOUR_MS;
  pass(MINUTE_MS);
  expect([woken, jumps]).toEqual([6, [-HOUR_MS]]);
  pass(5 * MINUTE_MS);
  expect(woken).toBe(11);
  // And right again.
  setByMs = 0;
  pass(2 * MINUTE_MS);
  expect([woken, jumps]).toEqual([13, [-HOUR_MS, HOUR_MS]]);
});

test("set ahead by forty days, a million wake-ups that were missed are one", () => {
  startEvery(3000);
  pass(30_000);
  setByMs = 40 * 24 * HOUR_MS;
  pass(3000);
  expect([woken, jumps]).toEqual([11, [setByMs]]);
});

test("a machine that is late by a few seconds has a clock that is right", () => {
  startEvery(MINUTE_MS);
  pass(MINUTE_MS);
  monotonicMs += 4000;
  pass(MINUTE_MS);
  expect(jumps).toEqual([]);
});

test("stopped, it wakes nobody", () => {
  startEvery(MINUTE_MS);
  wakes.stop();
  pass(5 * MINUTE_MS);
  expect(woken).toBe(0);
});
