/** Looks at a database file before anybody opens it for writing: is it there, and are its tables up to date? */
import { existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { explainDatabaseError, MIGRATION_NAMES } from "./open-database.ts";

/** `missing`: opening it would create it. Else the migrations that opening it would run; empty: none. */
export type FileState = "missing" | readonly string[];

/** Changes nothing. @throws {DatabaseUnusable} it is no database, or cannot be read */
export function lookAtFile(databasePath: string): FileState {
  if (!existsSync(databasePath)) return "missing";
  try {
    if (statSync(databasePath).size === 0) return "missing";
    const database = new Database(databasePath, { readonly: true });
    try {
      const tables = database.prepare("select 1 from sqlite_master where name = 'mikro_orm_migrations'").all();
      const rows = tables.length === 0 ? [] : database.prepare("select name from mikro_orm_migrations").all();
      const applied = new Set((rows as { readonly name: string }[]).map(({ name }) => name));
      return MIGRATION_NAMES.filter((name) => !applied.has(name));
    } finally {
      database.close();
    }
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}
