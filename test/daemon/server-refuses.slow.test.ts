/** A server that refuses for a while, amid its work, ends no daemon: nobody would start it again when the server is back. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { startDaemon } from "../../src/entrypoints/daemon.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { until } from "./real-process.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

test("a server that becomes read-only, or takes no connections, is told by /readyz, and asked again until it is not", async () => {
  const database = await server.newDatabase();
  const { database: name } = database.server;
  const other = await server.newDatabase();
  /** Of new connections alone: those that there are end. */
  const alter = async (change: string): Promise<void> => {
    await sql(other, `alter database ${name} ${change}`);
    await sql(other, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  };
  const env = {
    ...{ CONEKTA_API_KEY: "key_test", DATABASE_URL: server.url(database) },
    ...{ HTTP_PORT: "0", BILLING_CRON: "* * * * * *" },
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

  await alter("set default_transaction_read_only = on");
  const refused = (line: string): boolean => line.includes("tick.failed") && line.includes("is read-only");
  await until(() => lines.some(refused), "a tick to be refused");
  expect(await isReady()).toBe(false);

  // Nobody may connect: not even to ask who owns the right to charge, which is the first thing that a tick does.
  await alter("allow_connections false");
  const isShut = (line: string): boolean => line.includes("tick.failed") && line.includes("accepts no connections");
  await until(() => lines.some(isShut), "a tick to find nobody let in");
  const answer = await fetch(`${daemon.url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    status: "not ready",
    because: expect.stringMatching(/^the database cannot/),
  });
  await alter("allow_connections true");

  await alter("reset default_transaction_read_only");
  await until(isReady, "the daemon to be ready again");
  daemon.stop("test");
  expect(await daemon.ended).toBe(0);
});
