/**
 * A backup of the database's file, and putting one back.
 *
 * The file alone is not the database: what was written last stands in its journal (`-wal`). A copy of the file lacks it,
 * and a journal that is left beside another file undoes or destroys that. So a backup goes through SQLite, into one whole
 * file; and what it replaces is moved away with its journal.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { DatabaseUnusable, Refused } from "../../../domain/errors.ts";
import { moved } from "../records/moved.ts";
import { acquireChargeLock } from "./lock.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { keepOwner } from "./keep-owner.ts";
import { isMissing } from "./database-access.ts";
import { MIGRATION_NAMES } from "./migration-names.ts";

/**
 * Beside a running daemon, as of one moment. The copy is one file of mode 0600, whole or not there.
 * @throws {Refused} there is such a file
 * @returns its size in bytes
 */
export async function backUpDatabase(databasePath: string, file: string): Promise<number> {
  if (isMissing(databasePath)) throw noDatabase(databasePath);
  if (existsSync(file)) throw new Refused(`${file} exists already; nothing is overwritten, choose another name`);
  mustBeWritable(file);
  await copyWhole(databasePath, file);
  return statSync(file).size;
}

/**
 * Puts a backup in the place of the database. A crash before the end leaves the old one, or none and both files beside it:
 * then the same command is repeated.
 * @throws {AlreadyRunning} a process charges from the database
 * @throws {DatabaseUnusable} the file is no whole database of this program, or of a newer one
 * @returns where the replaced database is now; null: there was none
 */
export async function restoreDatabase(databasePath: string, file: string, now: Date): Promise<string | null> {
  mustBeBackup(file);
  const isReplacing = !isMissing(databasePath);
  mkdirSync(path.dirname(path.resolve(databasePath)), { recursive: true, mode: 0o700 });
  const lock = isReplacing ? acquireChargeLock(databasePath) : null;
  try {
    const fresh = `${databasePath}.restoring`;
    await copyWhole(file, fresh);
    keepOwner(fresh, isReplacing ? databasePath : path.dirname(path.resolve(databasePath)));
    const replaced = `${databasePath}.replaced-${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
    for (const end of ["", "-wal", "-shm"])
      if (existsSync(databasePath + end)) renameSync(databasePath + end, replaced + end);
    renameSync(fresh, databasePath);
    syncFolder(path.dirname(path.resolve(databasePath)));
    return isReplacing ? replaced : null;
  } finally {
    lock?.release();
  }
}

/** Through SQLite, so that the journal is in it; and read once more before it bears its name. */
async function copyWhole(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  rmSync(part, { force: true });
  try {
    closeSync(openSync(part, "wx", 0o600));
    const source = new Database(from, { fileMustExist: true, timeout: 5000 });
    try {
      // As of one moment, which is kept until the end: SQLite begins a copy anew whenever another process wrote since its
      // last step, and beside one that never rests it would never end.
      source.exec("begin");
      source.prepare("select count(*) from sqlite_master").get();
      await source.backup(part);
    } finally {
      source.close();
    }
    const copy = new Database(part);
    try {
      // One file: without this it would ask for a journal of its own wherever it is opened.
      copy.pragma("journal_mode = delete");
      mustBeWhole(copy, from);
    } finally {
      copy.close();
    }
    chmodSync(part, 0o600);
    const handle = openSync(part, "r+");
    fsyncSync(handle);
    closeSync(handle);
    renameSync(part, to);
  } catch (error) {
    rmSync(part, { force: true });
    throw explainDatabaseError(error, from);
  }
}

/** Its folder is made, for its owner alone. @throws {Refused} naming it, and not the database that is copied */
function mustBeWritable(file: string): void {
  const part = `${file}.part`;
  try {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true, mode: 0o700 });
    closeSync(openSync(part, "w", 0o600));
    rmSync(part);
  } catch (error) {
    const { code = "unknown" } = error as { code?: string };
    throw new Refused(`${file} cannot be written (${code}); choose another path, or make its folder writable`);
  }
}

function mustBeBackup(file: string): void {
  if (isMissing(file)) throw noDatabase(file);
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true });
    try {
      const tables = database.prepare("select name from sqlite_master where type = 'table'").pluck().all();
      if (!tables.includes("installation") || !tables.includes("mikro_orm_migrations"))
        throw new DatabaseUnusable(`${file} is no database of Puntual; nothing was changed`, { isMisconfigured: true });
      const migrations = database.prepare("select name from mikro_orm_migrations").pluck().all();
      const newer = migrations.filter((name) => !MIGRATION_NAMES.includes(String(name)));
      if (newer.length > 0)
        throw new DatabaseUnusable(
          `${file} was written by a newer Puntual (it knows ${newer.join(", ")}); nothing was changed`,
          { isMisconfigured: true },
        );
      mustNotBeMarked(database, file);
      mustBeWhole(database, file);
    } finally {
      database.close();
    }
  } catch (error) {
    throw explainDatabaseError(error, file);
  }
}

/** In the place of the database it would charge nobody. @throws {DatabaseUnusable} an archive, or one that was moved elsewhere */
function mustNotBeMarked(database: Database.Database, file: string): void {
  const columns = database.prepare("select name from pragma_table_info('installation')").pluck().all();
  if (!columns.includes("moved_to")) return;
  const movedTo: unknown = database.prepare("select moved_to from installation").pluck().get();
  if (typeof movedTo !== "string") return;
  const { message } = moved(file, movedTo);
  throw new DatabaseUnusable(`${message}; nothing was changed, restore a file that \`backup\` made`, {
    isMisconfigured: true,
  });
}

function mustBeWhole(database: Database.Database, file: string): void {
  const found = String(database.pragma("quick_check(1)", { simple: true }));
  if (found !== "ok") throw new DatabaseUnusable(`${file} is damaged (${found}); take another backup`);
}

export function noDatabase(file: string): DatabaseUnusable {
  return new DatabaseUnusable(`there is no database at ${path.resolve(file)}`, { isMisconfigured: true });
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}
