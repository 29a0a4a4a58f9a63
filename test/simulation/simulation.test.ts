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
  const reports = await liveMany(IN_MEMORY, 1, 50, 2000, 10_000);

  expect(failures(reports)).toEqual([]);
}, 180_000);

test("no seed breaks an invariant, on SQLite", async () => {
  const reports = await liveMany(ON_SQLITE, 1, 4, 100, 6_000);

  expect(failures(reports)).toEqual([]);
}, 180_000);

test("a seed that is lived twice leaves the same trace, and another seed another one", async () => {
  const once = await live({ ...IN_MEMORY, seed: 7 });
  const twice = await live({ ...IN_MEMORY, seed: 7 });
  const other = await live({ ...IN_MEMORY, seed: 8 });

  expect(twice.hash).toBe(once.hash);
  expect(other.hash).not.toBe(once.hash);
});

test("printing what happens changes nothing of it", async () => {
  const silent = await live({ ...IN_MEMORY, seed: 9 });
  const printed = await live({ ...IN_MEMORY, seed: 9, print: () => {} });

  expect(printed.hash).toBe(silent.hash);
});
