/** When the heap is given back: not at each tick, and only where it is worth the wait. */
import { expect, test } from "@jest/globals";
import { collectAll, spareMemory } from "./spare-memory.ts";

const MB = 1024 * 1024;

test("after the first tick, and again where the heap has grown, once an hour at most", () => {
  const told: number[] = [];
  let [nowMs, heap] = [0, 90 * MB];
  const give = spareMemory({
    monotonicMs: () => nowMs,
    heapBytes: () => heap,
    collect() {
      told.push(nowMs);
      heap = 50 * MB;
    },
  });
  for (const [atMs, bytes] of [
    [60_000, 90],
    [120_000, 200],
    [3_600_000, 200],
    [3_660_000, 60],
    [7_500_000, 60],
    [7_560_000, 90],
  ] as const) {
    [nowMs, heap] = [atMs, bytes * MB];
    give();
  }
  expect(told).toEqual([60_000, 7_560_000]);
});

test("what nobody holds is given back", () => {
  let held: object[] | null = Array.from({ length: 500_000 }, (_, at) => ({ at, text: `row ${at}` }));
  const before = process.memoryUsage().heapTotal;
  expect(held).toHaveLength(500_000);
  held = null;
  collectAll();
  expect(process.memoryUsage().heapTotal).toBeLessThan(before);
});
