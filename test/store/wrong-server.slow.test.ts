/** Each way a real server can be wrong that can be had here, as a person reads it: one sentence, no password. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { openPostgresStore } from "../../src/adapters/store/postgres-store.ts";
import { DatabaseUnusable } from "../../src/domain/errors.ts";
import { NOW } from "../support/records.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";

type Server = PostgresDatabase["server"];

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

async function refusal(database: PostgresDatabase, change: Partial<Server>): Promise<unknown> {
  const changed = { ...database, server: { ...database.server, ...change } };
  const options = { random: seededRandom(1), now: NOW, exclusive: true, access: "make", leaseMs: 60_000 } as const;
  try {
    await (await openPostgresStore({ ...options, database: changed })).close();
    return null;
  } catch (error) {
    return error;
  }
}

test.each<[string, Partial<Server>, readonly string[], RegExp, boolean]>([
  // name, how it is reached, what is done to it before, what is said, is it for a person to mend
  ["nobody listens", { port: 1 }, [], /refuses connections/, false],
  ["a wrong password", { password: { reveal: () => "of another" } }, [], /refuses this user/, true],
  ["no such database", { database: "nowhere" }, [], /has no such database/, true],
  ["TLS is asked for, and not offered", { tls: "verify-full" }, [], /does not encrypt connections/, true],
  [
    "no right to make tables",
    { user: "guest" },
    ["create role guest login password 'hunter2'"],
    /docs\/postgresql.md lists the rights/,
    true,
  ],
  ["read-only", {}, ["alter database NAME set default_transaction_read_only = on"], /is read-only/, true],
])("%s", async (_name, change, before, said, isMisconfigured) => {
  const database = await server.newDatabase();
  for (const statement of before) await sql(database, statement.replace("NAME", database.server.database));
  const error = await refusal(database, change);
  expect(error).toBeInstanceOf(DatabaseUnusable);
  expect(error).toMatchObject({ message: expect.stringMatching(said), isMisconfigured });
  expect(String(error)).not.toContain("hunter2");
});
