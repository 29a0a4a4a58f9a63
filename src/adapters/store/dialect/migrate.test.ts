/** Bringing a database up to date, or saying that it is not: its migrations, and its views. */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { makeViews, staleViews } from "./make-views.ts";
import { executedMigrations, migrate, mustBeUpToDate, pendingMigrations } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { all, run } from "./sql.ts";
import { MIGRATION_NAMES } from "./migration-names.ts";

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

const execute = async (statement: string) => void (await run(connection, statement));
const views = async () =>
  (await all(connection, "select name from sqlite_master where type = 'view' order by name")).map(({ name }) => name);
const LAST = MIGRATION_NAMES.at(-1)!;

test("each migration that is written is named, in its order", () => {
  const files = readdirSync(new URL("../../../../migrations/sqlite", import.meta.url));
  expect(MIGRATION_NAMES).toEqual(files.map((each) => path.basename(each, ".ts")).toSorted((a, b) => (a < b ? -1 : 1)));
});

describe("a database", () => {
  test("that is new has every migration before it, made in their order, with the views", async () => {
    const fresh = openDatabase(path.join(folder, "new.db"), "make");
    expect([await executedMigrations(fresh), await pendingMigrations(fresh, file)]).toEqual([[], MIGRATION_NAMES]);
    expect(await migrate(fresh, file)).toEqual(MIGRATION_NAMES);
    expect([await executedMigrations(fresh), await staleViews(fresh)]).toEqual([MIGRATION_NAMES, []]);
    expect(await migrate(fresh, file)).toEqual([]);
    await mustBeUpToDate(fresh, file);
    await fresh.close();
  });

  test("that is up to date is left alone", async () => {
    const [made, written] = [await views(), await all(connection, "pragma data_version")];
    expect([
      await pendingMigrations(connection, file),
      await staleViews(connection),
      await migrate(connection, file),
    ]).toEqual([...[[], [], []]]);
    expect([await views(), await all(connection, "pragma data_version")]).toEqual([made, written]);
    await mustBeUpToDate(connection, file);
  });

  test("of an older version says what is missing, to who may not bring it up to date", async () => {
    await execute(`delete from mikro_orm_migrations where name = '${LAST}'`);
    expect(await pendingMigrations(connection, file)).toEqual([LAST]);
    await expect(mustBeUpToDate(connection, file)).rejects.toMatchObject({
      ...{ name: "DatabaseUnusable", isMisconfigured: true, mend: { do: "migrate" } },
      message: expect.stringContaining(`(${LAST}). Nothing was changed`),
    });
  });

  test("of a newer version is refused by who migrates, and by who only reads", async () => {
    await execute("insert into mikro_orm_migrations (name) values ('Migration99991231000001X')");
    for (const asked of [
      pendingMigrations(connection, file),
      migrate(connection, file),
      mustBeUpToDate(connection, file),
    ])
      await expect(asked).rejects.toMatchObject({
        ...{ name: "DatabaseUnusable", isMisconfigured: true },
        message: expect.stringContaining("newer Puntual (it knows Migration99991231000001X)"),
      });
  });

  test.each<[change: string, because: string]>([
    ["drop view dunning_queue", "it is missing"],
    ["drop view dunning_queue; create view dunning_queue as select 1 as one", "it is another"],
  ])("whose view is not this version's has that one made anew: %s (%s)", async (change) => {
    const made = await views();
    for (const each of change.split(";")) await execute(each);
    expect(await staleViews(connection)).toEqual(["dunning_queue"]);
    await expect(mustBeUpToDate(connection, file)).rejects.toThrow("(dunning_queue)");
    await makeViews(connection);
    expect([await staleViews(connection), await views()]).toEqual([[], made]);
    await all(connection, "select * from dunning_queue");
  });

  test("keeps the views of others", async () => {
    await execute("create view mine as select 1 as one");
    await execute("drop view dunning_queue");
    await migrate(connection, file);
    expect(await views()).toEqual(expect.arrayContaining(["dunning_queue", "mine"]));
  });
});
