/** A database of a year's subscriptions moves to a real PostgreSQL server and back, killed on the way. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import path from "node:path";
import Database from "better-sqlite3";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture } from "../support/command-fixture.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { fillDatabase } from "../../bench/filled-database.ts";
import { killedOnceSo } from "./command.ts";

let fixture: CommandFixture;
let server: PostgresServer;
beforeAll(async () => {
  [fixture, server] = [await newCommandFixture(), await startPostgres()];
});
afterAll(async () => {
  await fixture.close();
  await server[Symbol.asyncDispose]();
});

async function exports(url: string): Promise<readonly string[]> {
  const texts = [];
  for (const what of ["history", "invoices", "subscriptions", "refunds"]) {
    const ended = await fixture.run(["export", what], { env: { DATABASE_URL: url } });
    expect(ended.exitCode).toBe(0);
    texts.push(ended.stdout);
  }
  return texts;
}

test("to PostgreSQL, killed again and again, and back: row by row the same, and one of them charges", async () => {
  await fillBooks();
  const database = await server.newDatabase();
  const url = server.url(database);
  const before = await exports("sqlite:books.db");
  const args = ["migrate", "--from", "sqlite:books.db", "--to", url, "--json"];
  const rowsOf = async (table: string) => Number((await sql(database, `select count(*) as n from ${table}`))[0]?.["n"]);
  const surroundings = { cwd: fixture.folder, env: fixture.env };
  for (const [table, rows] of [
    ["subscription", 0],
    ["invoice", 1000],
    ["attempt", 1000],
  ] as const)
    expect(await killedOnceSo(args, surroundings, async () => (await rowsOf(table)) > rows)).toBe("SIGKILL");
  const { tables } = documentOf(await fixture.run(args)) as { tables: { table: string; rows: number }[] };
  expect(tables.find(({ table }) => table === "attempt")?.rows).toBeGreaterThan(1000);
  expect(await sql(database, "select moved_to from installation")).toEqual([{ moved_to: null }]);
  expect(await exports(url)).toEqual(before);
  expect((await fixture.run(["run"])).stderr).toContain(`was moved to ${database.name}`);

  const back = await fixture.run(["migrate", "--from", url, "--to", "sqlite:back.db"]);
  expect(back).toMatchObject({ exitCode: 0 });
  expect(await exports("sqlite:back.db")).toEqual(before);
  expect((await fixture.run(["run"], { env: { DATABASE_URL: url } })).stderr).toContain("was moved to");
});

test("a row that the server cannot keep is named; mended, the same command goes on", async () => {
  const env = { DATABASE_URL: "sqlite:odd.db" };
  await fixture.run(["migrate"], { env });
  const change = (statement: string): void => {
    const file = new Database(path.join(fixture.folder, "odd.db"));
    file.exec(statement);
    file.close();
  };
  change(
    "insert into customer (id, name) values ('cus_a', 'Ana'), ('cus_b', 'Be' || char(0) || 'n'), ('cus_c', 'Eva')",
  );
  const database = await server.newDatabase();
  const args = ["migrate", "--from", "sqlite:odd.db", "--to", server.url(database)];
  const refused = await fixture.run(args, { env });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(
    /the row cus_b of customer cannot be kept by .*mend it in .*odd\.db, and give the same command/,
  );
  change("update customer set name = 'Ben' where id = 'cus_b'");
  expect(await fixture.run(args, { env })).toMatchObject({ exitCode: 0 });
  expect(await sql(database, "select name from customer order by id")).toEqual([
    { name: "Ana" },
    { name: "Ben" },
    { name: "Eva" },
  ]);
});

async function fillBooks(): Promise<void> {
  const env = { DATABASE_URL: `sqlite:${path.join(fixture.folder, "books.db")}` };
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: fixture.folder, isTerminal: false },
  );
  await fillDatabase(config, fixture.folder, { subscriptions: 250, cycles: 12, due: 10 });
}
