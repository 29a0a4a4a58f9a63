/** A process dies while the tables of invoices and attempts are built anew: the old ones are there, and the next start does it. */
import { spawnSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { runMigrations } from "../../src/adapters/store/dialect/migrate.ts";
import { openDatabase } from "../../src/adapters/store/dialect/open-database.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { type Books, booksIn, makeBooksBefore, REBUILT } from "./rebuilt-books.ts";

const folder = temporaryFolder();
const old = path.join(folder, "old.db");
let before: Books;
let whole: Books;

beforeAll(async () => {
  await makeBooksBefore(old);
  before = booksIn(old);
  whole = await upgraded(copyOf("whole"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copyOf(name: string): string {
  const file = path.join(folder, `${name}.db`);
  copyFileSync(old, file);
  return file;
}

async function upgraded(file: string): Promise<Books> {
  const connection = openDatabase(file, "write");
  await runMigrations(connection, REBUILT);
  await connection.close();
  return booksIn(file);
}

let deaths = 0;
test.each<["before" | "after", string, string]>([
  ["after", 'insert into "invoice_new"', "the new rows beside the old ones"],
  ["after", 'drop table "invoice"', "the old ones gone"],
  ["after", 'alter table "invoice_new"', "one table of two, without an index"],
  ["before", 'drop table "attempt"', "one table of two"],
  ["after", 'create index "attempt_history"', "half of the indexes"],
  ["before", "commit", "all is done, and nothing committed"],
])("killed %s %s: %s", async (when, start) => {
  const file = copyOf(`death-${(deaths += 1)}`);
  const script = path.join(import.meta.dirname, "killed-while-rebuilt.ts");
  const died = spawnSync(process.execPath, [script, file, when, start], { encoding: "utf8" });
  expect({ signal: died.signal, stderr: died.stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
  expect(booksIn(file)).toEqual(before);
  const { mikro_orm_migrations: _ran, ...rows } = (await upgraded(file)).rows;
  expect(rows).toEqual(Object.fromEntries(Object.entries(whole.rows).filter(([name]) => name in rows)));
  expect(booksIn(file).schema).toEqual(whole.schema);
  expect(booksIn(file).faults).toEqual([]);
});

test("killed after the commit: it is done", () => {
  const file = copyOf("done");
  const script = path.join(import.meta.dirname, "killed-while-rebuilt.ts");
  expect(spawnSync(process.execPath, [script, file, "after", "commit"]).signal).toBe("SIGKILL");
  expect(booksIn(file).schema).toEqual(whole.schema);
});
