/** Opens the SQLite file for who only looks. */
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { MEMORY, mustBeFile } from "./database-access.ts";
import { errorCode, explainDatabaseError } from "./database-errors.ts";
import { PRAGMAS } from "./pragmas.ts";
import { connect, type SqliteConnection } from "./sqlite-connection.ts";

/** @throws {DatabaseUnusable} */
export function openToRead(databasePath: string): SqliteConnection {
  try {
    if (databasePath === MEMORY) return connect(new Database(databasePath), PRAGMAS);
    mustBeFile(databasePath);
    try {
      return connect(new Database(databasePath, { readonly: true }), PRAGMAS);
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

/** Reads a copy of the file and of its write-ahead log: for a folder that we may not write to. */
function connectToCopy(databasePath: string): SqliteConnection {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-"));
  try {
    const copy = path.join(folder, "copy.db");
    cpSync(databasePath, copy);
    if (existsSync(`${databasePath}-wal`)) cpSync(`${databasePath}-wal`, `${copy}-wal`);
    chmodSync(copy, 0o600);
    const opened = connect(new Database(copy), PRAGMAS);
    return {
      ...opened,
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
