/**
 * Some seeds at every run of the tests, in memory for breadth and on SQLite for depth. Many more by hand:
 * `npm run simulate -- --seeds 50000`, see docs/simulation.md.
 */
import { expect, test } from "@jest/globals";
import { live, type LifeOptions, type LifeReport } from "./life.ts";

const IN_MEMORY = { subscriptions: 20, months: 13, store: "memory", flow: null } as const;
const ON_SQLITE = { subscriptions: 8, months: 3, store: "sqlite", flow: null } as const;

/** Seeds lived one after the other until the time is up, but at least so many: a slow machine tests less, not longer. */
async function liveMany(options: Omit<LifeOptions, "seed">, first: number, least: number, most: number, forMs: number) {
  const startedMs = performance.now();
  const reports: LifeReport[] = [];
  for (let seed = first; seed < first + most; seed++) {
    if (reports.length >= least && performance.now() - startedMs > forMs) break;
    reports.push(await live({ ...options, seed }));
  }
  return reports;
}

function failures(reports: readonly LifeReport[]): string[] {
  return reports.flatMap(({ seed, violations }) => violations.map(({ rule, what }) => `seed ${seed}: ${rule} ${what}`));
}

test("no seed breaks an invariant, in memory", async () => {
  const reports = await liveMany(IN_MEMORY, 1, 60, 2000, 24_000);

  expect(failures(reports)).toEqual([]);
}, 180_000);

test("no seed breaks an invariant, on SQLite", async () => {
  const reports = await liveMany(ON_SQLITE, 1, 4, 100, 10_000);

  expect(failures(reports)).toEqual([]);
}, 180_000);

test("a seed that is lived twice leaves the same trace, and another seed another one", async () => {
  const [once, twice, other] = [7, 7, 8].map((seed) => live({ ...IN_MEMORY, seed }));

  expect((await twice)?.hash).toBe((await once)?.hash);
  expect((await other)?.hash).not.toBe((await once)?.hash);
});
