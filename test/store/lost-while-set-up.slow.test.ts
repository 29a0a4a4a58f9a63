/** A connection to a real server that is lost while it is made ready: nothing waits for it, and the pool is as large as before. */
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { openPostgresStore } from "../../src/adapters/store/postgres-store.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { type ServerProxy, startProxy } from "../crash/server-proxy.ts";
import { NOW } from "../support/records.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";

const POOL = 2;
/** Of the settings that each connection begins with. */
const SETTING = "statement_timeout";

let server: PostgresServer;
let database: PostgresDatabase;
let proxy: ServerProxy;
beforeAll(async () => {
  server = await startPostgres();
  database = await server.newDatabase();
  proxy = await startProxy(database.server.port);
});
beforeEach(() => proxy.cutBefore(SETTING, 0));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function open(): Promise<OpenedStore> {
  const throughProxy = { ...database, pool: POOL, server: { ...database.server, port: proxy.port } };
  return await openPostgresStore({
    ...{ database: throughProxy, random: seededRandom(1), now: NOW, exclusive: false, access: "make", leaseMs: 60_000 },
  });
}

test("at the opening: it says so, and ends", async () => {
  proxy.cutBefore(SETTING, 1);
  await expect(open()).rejects.toThrow(/database/);
});

test("later, more often than the pool has connections: the next reads find one", async () => {
  const store = await open();
  proxy.cutAll();
  proxy.cutBefore(SETTING, 2 * POOL);
  let lost = 0;
  for (let read = 0; read < 4 * POOL; read++) await store.installation().catch(() => (lost += 1));
  expect(lost).toBeGreaterThanOrEqual(2 * POOL);
  await Promise.all(Array.from({ length: POOL }, () => store.installation()));
  await store.close();
});

test("each is set", async () => {
  expect(await sql(database, "show statement_timeout")).toEqual([{ statement_timeout: "1min" }]);
  expect(await sql(database, "show lock_timeout")).toEqual([{ lock_timeout: "10s" }]);
});
