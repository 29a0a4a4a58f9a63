/**
 * Whole years, of more subscriptions, in memory and on both stores: the same seeds on every machine.
 *
 * Of the first sixty, sixteen hold a customer whose charges the gateway refuses for months, and cost minutes each: every
 * hour one more attempt of each invoice, which the store in memory walks through. They are lived by hand.
 */
import { expect, test } from "@jest/globals";
import { failuresOf } from "./seeds.ts";

const YEARS = { subscriptions: 20, months: 13, store: "memory", flow: null } as const;
const HALF_YEARS = { subscriptions: 10, months: 6, store: "memory", flow: null } as const;
const IN_LOCKSTEP = { subscriptions: 8, months: 3, store: "lockstep", flow: null } as const;

test.each([
  [25, 7],
  [33, 8],
])("of whole years the seeds from %i on, %i of them, break no invariant, in memory", async (first, count) => {
  expect(await failuresOf(YEARS, first, count)).toEqual([]);
});

test("35 seeds of half a year break no invariant, in memory", async () => {
  expect(await failuresOf(HALF_YEARS, 17, 35)).toEqual([]);
});

test("12 seeds break no invariant, on both stores in lockstep", async () => {
  expect(await failuresOf(IN_LOCKSTEP, 1, 12)).toEqual([]);
});
