/** PostgreSQL is judged as SQLite is: the same seeds, on a real server. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { PostgresDatabase } from "../../../src/adapters/store/dialect/postgres/server-settings.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";
import { live } from "../life.ts";
import type { Plant } from "../planted/planted-bug.ts";

const SHORT = { subscriptions: 5, months: 2, store: "lockstep", flow: null } as const;

let postgres: PostgresServer;
let server: PostgresDatabase;
beforeAll(async () => {
  postgres = await startPostgres();
  server = await postgres.newDatabase();
});
afterAll(async () => await postgres[Symbol.asyncDispose]());

test.each([2, 3, 113])(
  "seed %i breaks no invariant, and lives the same on PostgreSQL, SQLite and in memory",
  async (seed) => {
    const there = await live({ ...SHORT, seed, server });
    expect(there.violations).toEqual([]);
    expect(there.charges).toBeGreaterThan(1);
    const here = await live({ ...SHORT, seed });
    expect([there.charges, there.paid, there.cycles]).toEqual([here.charges, here.paid, here.cycles]);
  },
);

test("a row that memory alone changes is shown", async () => {
  const { violations } = await live({ ...SHORT, seed: 1, server, plant: forgetsTheCard });
  expect(violations.find(({ rule }) => rule === "lockstep")?.what).toMatch(
    /card_?last4 is "\d+" on disk, "none" in memory/i,
  );
});

const forgetsTheCard: Plant = ({ store, memory }) => ({
  store: {
    open: async (batch, now) => {
      const { customers } = memory.tables;
      for (const customer of [...customers.rows.values()]) customers.put({ ...customer, cardLast4: "none" });
      return await store.open(batch, now);
    },
  },
});
