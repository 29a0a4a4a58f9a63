/** Whole years, of more subscriptions, in memory and on SQLite: the same seeds on every machine. */
import { expect, test } from "@jest/globals";
import { failuresOf } from "./seeds.ts";

const IN_MEMORY = { subscriptions: 20, months: 13, store: "memory", flow: null } as const;
const IN_LOCKSTEP = { subscriptions: 8, months: 3, store: "lockstep", flow: null } as const;

test("60 seeds break no invariant, in memory", async () => {
  expect(await failuresOf(IN_MEMORY, 1, 60)).toEqual([]);
});

test("12 seeds break no invariant, on both stores in lockstep", async () => {
  expect(await failuresOf(IN_LOCKSTEP, 1, 12)).toEqual([]);
});
