/** What the doctor is told of a file: its settings, what SQLite finds of it, and which rows nobody can read. */
import { rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { openDatabase } from "./open-database.ts";
import { run } from "./sql.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { sqliteHealth } from "./sqlite-health.ts";

let folder: string;
let file: string;
let connection: SqliteConnection;
beforeEach(async () => {
  folder = temporaryFolder();
  file = path.join(folder, "books.db");
  await putNewDatabase(file);
  connection = openDatabase(file, "write");
});
afterEach(async () => {
  await connection.close();
  rmSync(folder, { recursive: true });
});
const execute = async (...statements: string[]) => {
  for (const each of statements) await run(connection, each);
};
const health = async () => await sqliteHealth(connection, file);

test("a file that is whole is told so, with each setting and what is wanted of it", async () => {
  const { settings, ...rest } = await health();
  expect(rest).toEqual({
    ...{ engine: "sqlite", isInMemory: false, integrityFaults: [], foreignKeyFaults: [], unreadableRows: [] },
  });
  expect(settings.map(({ name, value, wanted }) => [name, value === wanted])).toEqual([
    ...["journal_mode", "synchronous", "busy_timeout", "foreign_keys", "temp_store", "cache_size"].map((name) => [
      name,
      true,
    ]),
  ]);
  await execute("pragma synchronous = off", "pragma foreign_keys = off");
  const changed = (await health()).settings.filter(({ value, wanted }) => value !== wanted);
  expect(changed).toEqual([
    { name: "synchronous", value: 0, wanted: 2 },
    { name: "foreign_keys", value: 0, wanted: 1 },
  ]);
});

test("rows that name what is not there, rows against the rules of their table, and what is no JSON are named", async () => {
  await execute("pragma foreign_keys = off", "pragma ignore_check_constraints = on");
  const plan = (id: string, lines: string, currency: string) =>
    `insert into plan (id, name, currency, interval, frequency, trial_period_days, line_items, dunning, catch_up, source, prices)
     values ('${id}', 'Oro', '${currency}', 'month', 1, 0, '${lines}', 'standard', 'all', 'code', null)`;
  await execute(plan("good", "[]", "MXN"), plan("bad", "{", "MXN"), plan("wrong", "[]", "PESO"));
  for (const at of [1, 2])
    await execute(
      `insert into coupon_grant (id, subscription_id, coupon_code, number, from_cycle, granted_at, granted_by)
       values ('g${at}', 'nobody', 'NONE${at}', ${at}, 0, 0, 'ana')`,
    );
  const found = await health();
  expect(found.unreadableRows).toEqual(["plan bad (line_items)"]);
  expect(found.foreignKeyFaults).toEqual(["coupon_grant"]);
  await execute("pragma ignore_check_constraints = off");
  expect((await health()).integrityFaults).toEqual(["CHECK constraint failed in plan"]);
});

test("one in memory is told so", async () => {
  expect(await sqliteHealth(connection, ":memory:")).toMatchObject({ isInMemory: true, integrityFaults: [] });
});
