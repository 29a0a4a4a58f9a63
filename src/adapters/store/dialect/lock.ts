/**
 * The right to charge from one SQLite file: a lock the kernel frees when its holder dies, however it dies.
 *
 * It is SQLite's own file lock on an empty database beside the books (`<file>.lock`), since Node offers no other
 * lock of that kind. `<file>.pid` only says whom to blame; it is never trusted to mean that the lock is held.
 */
import { closeSync, existsSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { AlreadyRunning } from "../../../domain/errors.ts";
import { errorCode, explainDatabaseError } from "./database-errors.ts";
import { keepOwner } from "./keep-owner.ts";

export type ChargeLock = { release(): void };

/** @throws {AlreadyRunning} when another process holds it */
export function acquireChargeLock(givenPath: string): ChargeLock {
  // One file is one lock, by whatever name it was opened.
  const databasePath = realpathSync(givenPath);
  const pidPath = `${databasePath}.pid`;
  const lockPath = `${databasePath}.lock`;
  const lock = openLock(lockPath, databasePath);
  try {
    lock.exec("begin exclusive");
  } catch (error) {
    lock.close();
    // A full disk, or one that fails, is no other process.
    if (!errorCode(error)?.startsWith("SQLITE_BUSY")) throw explainDatabaseError(error, lockPath, LOCK);
    throw new AlreadyRunning(
      `another process (pid ${ownerPid(pidPath)}) is charging from ${databasePath}; ` +
        "stop it first, or use commands that do not charge",
    );
  }
  try {
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
    keepOwner(pidPath, databasePath);
  } catch (error) {
    lock.close();
    throw explainDatabaseError(error, pidPath, LOCK);
  }
  return {
    release() {
      rmSync(pidPath, { force: true });
      lock.close();
    },
  };
}

/** What root left behind cannot be opened by another user: then that file is named, not the database. */
function openLock(lockPath: string, databasePath: string): Database.Database {
  try {
    closeSync(openSync(lockPath, "a", 0o600));
    keepOwner(lockPath, databasePath);
    return new Database(lockPath, { timeout: 0 });
  } catch (error) {
    throw explainDatabaseError(error, lockPath, LOCK);
  }
}

const LOCK = "the lock of the database";

/** Who charges from this file now, asked without taking the right: "unknown" where the owner left no pid; null: nobody. */
export function chargeLockOwner(givenPath: string): string | null {
  if (!existsSync(givenPath)) return null;
  const databasePath = realpathSync(givenPath);
  const pidPath = `${databasePath}.pid`;
  // Written right after the lock was taken. Without it the lock is not touched: looking takes a share of it for an
  // instant, which could refuse a process that is just starting.
  const lockPath = `${databasePath}.lock`;
  if (!existsSync(pidPath) || !existsSync(lockPath)) return null;
  const lock = new Database(lockPath, { timeout: 0, readonly: true });
  try {
    lock.prepare("select count(*) from sqlite_master").get();
    return null;
  } catch {
    return ownerPid(pidPath);
  } finally {
    lock.close();
  }
}

function ownerPid(pidPath: string): string {
  try {
    return readFileSync(pidPath, "utf8").trim() || "unknown";
  } catch {
    return "unknown";
  }
}
