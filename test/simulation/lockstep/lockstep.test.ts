/** SQLite is judged as the store in memory is: a difference is shown. What a bug does on SQLite, lockstep.slow.test.ts catches. */
import { expect, test } from "@jest/globals";
import { live } from "../life.ts";
import type { Plant } from "../planted/planted-bug.ts";

const SHORT = { subscriptions: 4, months: 1, store: "lockstep", flow: null } as const;

test("a row that one store alone changes is shown by its table, id and column, with the calls before it", async () => {
  const { violations } = await live({ ...SHORT, seed: 1, plant: saysThatAllWereTold });

  const told = violations.find(({ rule }) => rule === "lockstep")?.what;
  expect(told).toMatch(/^customer "cus_\d+": card_notice is null on disk, "src_1:30" in memory\n {2}after /);
});

const saysThatAllWereTold: Plant = ({ store, memory }) => ({
  store: {
    open: async (batch, now) => {
      const { customers } = memory.tables;
      for (const customer of [...customers.rows.values()]) customers.put({ ...customer, cardNotice: "src_1:30" });
      return await store.open(batch, now);
    },
  },
});

test("a seed leaves the same trace in memory as on SQLite beside it", async () => {
  const inMemory = await live({ ...SHORT, store: "memory", seed: 2 });
  const inLockstep = await live({ ...SHORT, seed: 2 });
  expect([inLockstep.hash, inLockstep.violations]).toEqual([inMemory.hash, []]);
});
