/** A server that refuses for a while, amid its work, ends no daemon: nobody would start it again when the server is back. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { startDaemon } from "../../src/entrypoints/daemon.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { until } from "./real-process.ts";

let server: PostgresServer;
let other: PostgresDatabase;
beforeAll(async () => {
  server = await startPostgres();
  other = await server.newDatabase();
});
afterAll(async () => await server[Symbol.asyncDispose]());

/** One that ticks every second, on a database of its own, once it is ready. */
async function readyDaemon(more: Readonly<Record<string, string>> = {}) {
  const database = await server.newDatabase();
  const { database: name } = database.server;
  const env = {
    ...{ CONEKTA_API_KEY: "key_test", DATABASE_URL: server.url(database) },
    ...{ HTTP_PORT: "0", BILLING_CRON: "* * * * * *", ...more },
  };
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: ".", isTerminal: false },
  );
  const lines: string[] = [];
  const options = { cwd: ".", writeLog: (line: string) => void lines.push(line) };
  const daemon = await startDaemon(config, options, { gateway: new ScriptedGateway() });
  const isReady = async (): Promise<boolean> => (await fetch(`${daemon.url}/readyz`)).ok;
  await until(isReady, "the daemon to be ready");
  return {
    ...{ database, daemon, isReady },
    /** Of new connections alone: those that there are end. */
    alter: async (change: string): Promise<void> => {
      await sql(other, `alter database ${name} ${change}`);
      await sql(other, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    },
    hasSaid: (event: string, what: string): boolean =>
      lines.some((line) => line.includes(event) && line.includes(what)),
    mustEndInOrder: async (): Promise<void> => {
      await until(isReady, "the daemon to be ready again");
      daemon.stop("test");
      expect(await daemon.ended).toBe(0);
    },
  };
}

test("a server that becomes read-only, or takes no connections, is told by /readyz, and asked again until it is not", async () => {
  const { daemon, alter, isReady, hasSaid, mustEndInOrder } = await readyDaemon();

  await alter("set default_transaction_read_only = on");
  await until(() => hasSaid("tick.failed", "is read-only"), "a tick to be refused");
  expect(await isReady()).toBe(false);

  // Nobody may connect: not even to ask who owns the right to charge, which is the first thing that a tick does.
  await alter("allow_connections false");
  await until(() => hasSaid("tick.failed", "accepts no connections"), "a tick to find nobody let in");
  const answer = await fetch(`${daemon.url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    status: "not ready",
    because: expect.stringMatching(/^the database cannot/),
  });
  await alter("allow_connections true");

  await alter("reset default_transaction_read_only");
  await mustEndInOrder();
});

test("one that is away for longer than a lease finds the daemon given up, which goes on as another node", async () => {
  const short = { LEASE_MS: "1000", CONEKTA_TIMEOUT_MS: "500" };
  const { database, alter, hasSaid, mustEndInOrder } = await readyDaemon(short);
  await alter("allow_connections false");
  await sleep(1200);
  await alter("allow_connections true");
  await until(() => hasSaid("node.given_up", "takes the right to charge anew"), "it to be found given up");
  const nodes = "select count(*) as n from node where alive_until > extract(epoch from now()) * 1000";
  expect(await sql(database, nodes)).toMatchObject([{ n: 1 }]);
  await mustEndInOrder();
});

test.each<[so: string, broken: string, mended: string, said: string]>([
  [
    "a table is not there",
    "alter table duty rename to duty_x",
    "alter table duty_x rename to duty",
    'lacks what Puntual made in it; check the search_path of its user, or restore what was dropped or renamed (42P01: relation \\"duty\\" does not exist)',
  ],
  [
    "the row of the installation is not there",
    "create table kept as select * from installation; delete from installation",
    "insert into installation select * from kept",
    "put that row back from a backup",
  ],
])("%s: that is told, and all goes on once it is back", async (_so, broken, mended, said) => {
  const { database, isReady, hasSaid, mustEndInOrder } = await readyDaemon();
  await sql(database, broken);
  await until(() => hasSaid("tick.failed", said), "a tick to fail");
  expect(await isReady()).toBe(false);
  await sql(database, mended);
  await mustEndInOrder();
});

test("a restore under the daemon that leaves out an index: nobody is charged without its rule", async () => {
  const { database, isReady, hasSaid, mustEndInOrder } = await readyDaemon();
  await sql(database, "alter table duty rename to duty_x; drop index attempt_one_open");
  await until(() => hasSaid("tick.failed", "lacks what Puntual made in it"), "a tick to fail");
  await sql(database, "alter table duty_x rename to duty");
  const lost = "lacks indexes that keep things from being done twice (attempt_one_open)";
  await until(() => hasSaid("tick.failed", lost), "the next to miss the index");
  expect(await isReady()).toBe(false);
  await sql(
    database,
    "create unique index attempt_one_open on attempt (invoice_id) where state in ('claimed', 'sending', 'pending', 'unknown')",
  );
  await mustEndInOrder();
});
