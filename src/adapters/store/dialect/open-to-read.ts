/**
 * Opens the SQLite file for who only looks: SQLite itself, without the mapper, which with kysely is 430 files and would be
 * two fifths of what a short command costs.
 */
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { MEMORY, mustBeFile } from "./database-access.ts";
import { errorCode, explainDatabaseError } from "./database-errors.ts";
import { PRAGMAS, statementOf } from "./pragmas.ts";
import { keepStatements } from "./prepared-statements.ts";
import type { Query, QueryResult } from "./raw-query.ts";
import type { Connected } from "./sql.ts";

export type ReadDatabase = { readonly em: Connected; close(): Promise<void> };

/** @throws {DatabaseUnusable} */
export function openToRead(databasePath: string): ReadDatabase {
  try {
    if (databasePath === MEMORY) return connect(databasePath, {});
    mustBeFile(databasePath);
    try {
      return connect(databasePath, { readonly: true });
    } catch (error) {
      // SQLite needs to make files beside the database even to read it, where no process has it open.
      if (!errorCode(error)?.startsWith("SQLITE_CANTOPEN") && !errorCode(error)?.startsWith("SQLITE_READONLY"))
        throw error;
      return connectToCopy(databasePath);
    }
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

function connect(databasePath: string, options: Database.Options): ReadDatabase {
  const database = new Database(databasePath, options);
  try {
    for (const pragma of PRAGMAS) database.exec(statementOf(pragma));
    database.prepare("select count(*) from sqlite_master").get();
    keepStatements(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const queries = {
    async executeQuery({ sql, parameters }: Query): Promise<QueryResult<unknown>> {
      return { rows: database.prepare(sql).all(parameters) };
    },
  };
  return {
    em: { getKysely: () => queries, getPlatform: () => queries },
    async close() {
      database.close();
    },
  };
}

/** Reads a copy of the file and of its write-ahead log: for a folder that we may not write to. */
function connectToCopy(databasePath: string): ReadDatabase {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-"));
  try {
    const copy = path.join(folder, "copy.db");
    cpSync(databasePath, copy);
    if (existsSync(`${databasePath}-wal`)) cpSync(`${databasePath}-wal`, `${copy}-wal`);
    chmodSync(copy, 0o600);
    const opened = connect(copy, {});
    return {
      em: opened.em,
      async close() {
        await opened.close();
        rmSync(folder, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}
