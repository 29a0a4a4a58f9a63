/** What a tick leaves for those who watch: the state, and the heartbeat. */
import { expect, test } from "@jest/globals";
import { NOW } from "../../test/support/records.ts";
import type { Tick } from "../application/run/biller.ts";
import { emptyRunSummary } from "../application/settling/run-summary.ts";
import { watchedTick } from "./watched-tick.ts";

const TICK: Tick = { summary: emptyRunSummary(), fence: "checked", incompleteBecause: null };

async function watched(tick: () => Promise<Tick>, signal = new AbortController().signal) {
  const state = { lastTickAt: null as Date | null, lastTickError: "of before" as string | null };
  let beats = 0;
  const watch = { state, clock: { now: () => NOW }, beat: async () => void (beats += 1) };
  const ended = await watchedTick({ tick }, watch, signal).then(
    () => "done",
    (error: unknown) => String(error),
  );
  return { ...state, beats, ended };
}

test("one that tried all that was due beats, and the one before is forgotten", async () => {
  const told = { lastTickAt: NOW, lastTickError: null, beats: 1, ended: "done" };
  expect(await watched(async () => TICK)).toEqual(told);
});

test("one that left something says why, and is silent", async () => {
  const left = { ...TICK, incompleteBecause: "the key" };
  const told = { lastTickAt: NOW, lastTickError: "the key", beats: 0, ended: "done" };
  expect(await watched(async () => left)).toEqual(told);
});

test("one that fails says why, is silent, and is no tick that was", async () => {
  const told = { lastTickAt: null, lastTickError: "the disk", beats: 0, ended: "Error: the disk" };
  expect(await watched(() => Promise.reject(new Error("the disk")))).toEqual(told);
});

test("the last one of a daemon that ends is silent", async () => {
  expect(await watched(async () => TICK, AbortSignal.abort())).toMatchObject({ lastTickError: null, beats: 0 });
});

test("without a watchdog nobody is called", async () => {
  const state = { lastTickAt: null, lastTickError: null };
  const watch = { state, clock: { now: () => NOW }, beat: null };
  expect(await watchedTick({ tick: async () => TICK }, watch, new AbortController().signal)).toBe(TICK);
});
