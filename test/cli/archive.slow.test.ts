/** Two years of 120 subscriptions: their first year is archived, from a file and from a real server, killed on the way. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import path from "node:path";
import Database from "better-sqlite3";
import { fillDatabase } from "../../bench/filled-database.ts";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture } from "../support/command-fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { killedOnceSo } from "./command.ts";

const BEFORE = new Date(Date.now() - 401 * 86_400_000).toISOString().slice(0, 10);

let fixture: CommandFixture;
let server: PostgresServer;
let urls: readonly string[];
beforeAll(async () => {
  [fixture, server] = [await newCommandFixture(), await startPostgres()];
  const env = { DATABASE_URL: `sqlite:${path.join(fixture.folder, "books.db")}` };
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: fixture.folder, isTerminal: false },
  );
  await fillDatabase(config, fixture.folder, { subscriptions: 120, cycles: 24, due: 1 });
  const onServer = server.url(await server.newDatabase());
  await fixture.run(["backup", "copy.db"]);
  await fixture.run(["migrate", "--from", "sqlite:copy.db", "--to", onServer]);
  urls = ["sqlite:books.db", onServer];
}, 120_000);
afterAll(async () => {
  await fixture.close();
  await server[Symbol.asyncDispose]();
});

test.each([0, 1])(
  "of database %d: each attempt is in one of both, as it was, and the command says how many",
  async (at) => {
    const env = { DATABASE_URL: urls[at] ?? "" };
    const file = `archive${at}.db`;
    const before = await lines(env);
    const args = ["archive", "--before", BEFORE, "--file", file, "--yes", "--json"];
    const surroundings = { cwd: fixture.folder, env: { ...fixture.env, ...env } };
    for (const copied of [200, 600])
      expect(await killedOnceSo(args, surroundings, () => invoicesIn(file) > copied)).toBe("SIGKILL");
    const { invoices, attempts } = documentOf(await fixture.run(args, { env })) as Record<string, number>;
    expect(invoices).toBeGreaterThan(120 * 9);
    const [here, there] = [await lines(env), await lines({ DATABASE_URL: `sqlite:${file}` })];
    expect(there).toHaveLength(attempts ?? 0);
    expect([...there, ...here].toSorted()).toEqual(before.toSorted());
  },
  180_000,
);

function invoicesIn(file: string): number {
  const archive = new Database(path.join(fixture.folder, file), { readonly: true, fileMustExist: true });
  try {
    return Number(archive.prepare("select count(*) from invoice").pluck().get());
  } finally {
    archive.close();
  }
}

async function lines(env: Readonly<Record<string, string>>): Promise<string[]> {
  const ended = await fixture.run(["export", "history", "--format", "ndjson"], { env });
  expect(ended.exitCode).toBe(0);
  return ended.stdout.trim().split("\n");
}
