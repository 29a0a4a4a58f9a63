/**
 * Opens the SQLite file to write to it: its folder, its mode, its pragmas. What can be wrong with a file is worded in database-errors.ts.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { DatabaseUnusable } from "../../../domain/errors.ts";
import { type DatabaseAccess, isMissing, MEMORY, mustBeFile } from "./database-access.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { JOURNAL, PRAGMAS } from "./pragmas.ts";
import { connect, type SqliteConnection } from "./sqlite-connection.ts";

/**
 * @param databasePath a file, made with mode 0600, or ":memory:"
 * @throws {DatabaseUnusable}
 */
export function openDatabase(databasePath: string, access: Exclude<DatabaseAccess, "read">): SqliteConnection {
  try {
    if (databasePath !== MEMORY) {
      if (access === "make") prepareFile(databasePath);
      else mustBeFile(databasePath);
      keepToOwner(databasePath);
    }
    return connect(new Database(databasePath), [JOURNAL, ...PRAGMAS]);
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

function prepareFile(databasePath: string): void {
  makeFolder(path.dirname(path.resolve(databasePath)));
  const journal = `${databasePath}-wal`;
  // SQLite would delete it: it belongs to a database that was moved away or deleted, and holds what was written last.
  if (isMissing(databasePath) && existsSync(journal) && statSync(journal).size > 0)
    throw new DatabaseUnusable(
      `there is no database at ${path.resolve(databasePath)}, but its journal ${path.basename(journal)} is there: put the ` +
        "database back beside it; or, to begin with an empty one, move the journal away",
      { isMisconfigured: true },
    );
  // The write-ahead log takes the mode of the file it belongs to.
  closeSync(openSync(databasePath, "a", 0o600));
}

function keepToOwner(databasePath: string): void {
  if ((statSync(databasePath).mode & 0o077) !== 0) chmodSync(databasePath, 0o600);
  if ((statSync(databasePath).mode & 0o600) !== 0o600) return;
  // Whoever only read a file of mode 0400 left its journal in the same mode: it would keep everybody from writing for ever.
  for (const end of ["-wal", "-shm"]) {
    const beside = statSync(databasePath + end, { throwIfNoEntry: false });
    if (beside !== undefined && (beside.mode & 0o600) !== 0o600) chmodSync(databasePath + end, 0o600);
  }
}

/** One by one: Node's own recursive mkdir never returns where a file system takes no folders, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
