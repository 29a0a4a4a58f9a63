/** Brings a database up to date, or says that it is not. */
import { DatabaseUnusable } from "../../../domain/errors.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { makeViews, staleViews } from "./make-views.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { text } from "./codec.ts";
import { all, type Connected, isPostgres, run } from "./sql.ts";
import { MIGRATION_NAMES } from "./migration-names.ts";

/** Brings the tables up to date, then the views. @returns the names of the migrations that ran */
export async function migrate(connection: SqliteConnection, databasePath: string): Promise<string[]> {
  try {
    const isBehind = (await pendingMigrations(connection, databasePath)).length > 0;
    const ran = isBehind ? await runMigrations(connection) : [];
    await makeViews(connection);
    return ran;
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

/**
 * SQLite builds a table anew beside the old one. Meanwhile the old one's end deletes nothing that refers to it, and no view that
 * names it stands in the way of the new one's name. Both are settings that a transaction cannot change.
 * @param to the name of the last one; all of them, where none is said
 * @see https://sqlite.org/lang_altertable.html#otheralter
 */
export async function runMigrations(connection: SqliteConnection, to?: string): Promise<string[]> {
  const { mapperOnFile } = await import("./mapper-on-file.ts");
  const orm = mapperOnFile(connection);
  // It turns foreign keys on when it connects.
  await orm.connect();
  try {
    await run(connection, "pragma foreign_keys = off");
    await run(connection, "pragma legacy_alter_table = on");
    const ran = await orm.migrator.up(to === undefined ? {} : { to });
    return ran.map(({ name }) => name);
  } finally {
    await run(connection, "pragma legacy_alter_table = off");
    await run(connection, "pragma foreign_keys = on");
  }
}

/** For who may not migrate. @throws {DatabaseUnusable} the tables are not those of this version */
export async function mustBeUpToDate(em: Connected, databasePath: string): Promise<void> {
  const pending = [...(await pendingMigrations(em, databasePath)), ...(await staleViews(em))];
  if (pending.length > 0)
    throw new DatabaseUnusable(
      `the database ${databasePath} is of an older Puntual: its tables must first be brought up to date ` +
        `(${pending.join(", ")}). Nothing was changed`,
      { isMisconfigured: true, mend: { do: "migrate" } },
    );
}

export async function pendingMigrations(em: Connected, databasePath: string): Promise<readonly string[]> {
  const executed = await executedMigrations(em);
  const newer = executed.filter((name) => !MIGRATION_NAMES.includes(name));
  if (newer.length > 0)
    throw new DatabaseUnusable(
      `${databasePath} was written by a newer Puntual (it knows ${newer.join(", ")}); ` +
        "run that version, or restore a backup made before the upgrade",
      { isMisconfigured: true },
    );
  return MIGRATION_NAMES.filter((name) => !executed.includes(name));
}

/** Read without the migrator, which makes its table. */
export async function executedMigrations(em: Connected): Promise<readonly string[]> {
  const tables = await all(
    em,
    isPostgres(em)
      ? "select 1 where to_regclass('mikro_orm_migrations') is not null"
      : "select 1 from sqlite_master where name = 'mikro_orm_migrations'",
  );
  if (tables.length === 0) return [];
  const rows = await all(em, "select name from mikro_orm_migrations");
  return rows.map((row) => text(row, "name"));
}
