/** Whole years, of more subscriptions, in memory and on both stores: the same seeds on every machine. */
import { expect, test } from "@jest/globals";
import { failuresOf } from "./seeds.ts";

const YEARS = { subscriptions: 20, months: 13, store: "memory", flow: null } as const;
const HALF_YEARS = { subscriptions: 10, months: 6, store: "memory", flow: null } as const;
const IN_LOCKSTEP = { subscriptions: 8, months: 3, store: "lockstep", flow: null } as const;

test.each([
  [1, 5],
  [46, 2],
])("from seed %i on, %i break no invariant in a whole year", async (first, count) => {
  expect(await failuresOf(YEARS, first, count)).toEqual([]);
});

test.each([
  [17, 4],
  [35, 4],
])("from seed %i on, %i of half a year break no invariant, in memory", async (first, count) => {
  expect(await failuresOf(HALF_YEARS, first, count)).toEqual([]);
});

test.each([30, 93, 249])("seed %i gives no invoice up beside a good card that was never tried for it", async (seed) => {
  expect(await failuresOf({ ...HALF_YEARS, subscriptions: 8 }, seed, 1)).toEqual([]);
});

test("a run that ends at its limit is not green beside what it left, though that was due only after something else moved", async () => {
  expect(await failuresOf({ subscriptions: 6, months: 3, store: "memory", flow: null }, 42_215, 1)).toEqual([]);
});

test("4 seeds break no invariant, on both stores in lockstep", async () => {
  expect(await failuresOf(IN_LOCKSTEP, 1, 4)).toEqual([]);
});
