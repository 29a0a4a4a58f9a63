/** Stores on a real PostgreSQL server, for a suite: each empty, with a predecessor that is dead at each takeover. */
import { afterAll, beforeAll } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { openPostgresStore } from "../../src/adapters/store/postgres-store.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { NOW } from "../support/records.ts";

const LEASE_MS = 120_000;
/** Children first. */
const TABLES = [
  "duty",
  "consent",
  ...["archived_invoice", "archive"],
  ...["cfdi_part", "cfdi", "customer_tax", "item", "balance_entry", "coupon_grant", "coupon", "subscription_change"],
  ...["dispute", "dispute_reading", "denied_charge"],
  "event_delivery",
  "refund",
  "payment_link",
  "attempt",
  "invoice",
  "subscription",
  "customer",
  "plan",
].concat([
  "api_key",
  "idempotency",
  "event",
  "webhook_event",
  "guard_probe",
  "order_set_aside",
  "halt",
  "read_failure",
  "node",
  "installation",
  // Counted by triggers, of each row that goes.
  ...["revenue_day", "tally"],
]);

/** Of what is proof no row is deleted. */
const emptied = (table: string): string => (table === "consent" ? "truncate consent" : `delete from ${table}`);

export function postgresStores(): () => Promise<{ store: OpenedStore; close(): Promise<void> }> {
  let server: PostgresServer;
  let opened = 0;
  /** Making one takes longer than most tests: they are used again, emptied. */
  const free: PostgresDatabase[] = [];
  beforeAll(async () => void (server = await startPostgres()));
  afterAll(async () => await server[Symbol.asyncDispose]());

  return async () => {
    const used = free.pop();
    if (used !== undefined) await sql(used, TABLES.map(emptied).join("; "));
    const database = used ?? (await server.newDatabase());
    const random = seededRandom((opened += 1));
    const store = await openPostgresStore({
      ...{ database, random, now: NOW, exclusive: true, access: "make", leaseMs: LEASE_MS },
    });
    return {
      store: {
        ...store,
        async takeOver(ownerId) {
          await sql(database, "update node set alive_until = 0");
          return await store.takeOver(ownerId);
        },
      },
      async close() {
        await store.close();
        free.push(database);
      },
    };
  };
}
