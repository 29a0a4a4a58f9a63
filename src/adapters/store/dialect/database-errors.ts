/** Turns what can be wrong with a database's file into one clear sentence, with its mend. */
import { statfsSync } from "node:fs";
import path from "node:path";
import { BillingError, DatabaseUnusable, type Mend } from "../../../domain/errors.ts";

const NOT_WRITABLE =
  "cannot be written; check the permissions of the file, of those beside it (-wal, -shm) and of its folder";

const MENDS: Record<string, { readonly what: string; readonly isMisconfigured: boolean; readonly mend?: Mend }> = {
  SQLITE_NOTADB: { what: "is not an SQLite database; check DATABASE_URL, or restore a backup", isMisconfigured: true },
  SQLITE_CORRUPT: {
    what: "is corrupt; nobody is charged from it; restore a backup",
    isMisconfigured: true,
    mend: { do: "sweep" },
  },
  SQLITE_CANTOPEN: {
    what: "cannot be opened; check that DATABASE_URL names a file in a writable folder",
    isMisconfigured: true,
  },
  SQLITE_READONLY: {
    what: NOT_WRITABLE,
    isMisconfigured: true,
  },
  SQLITE_FULL: {
    what: "cannot grow, the disk is full; nothing was charged without a record; free some space",
    isMisconfigured: false,
  },
  SQLITE_IOERR: { what: "cannot be read or written; check the disk", isMisconfigured: false },
  SQLITE_BUSY: { what: "is locked by another process for more than 5 seconds; try again", isMisconfigured: false },
  EACCES: { what: NOT_WRITABLE, isMisconfigured: true },
  EPERM: { what: NOT_WRITABLE, isMisconfigured: true },
  EROFS: { what: "lies on a read-only file system; choose another DATABASE_URL", isMisconfigured: true },
  ENOENT: {
    what: "cannot be created; check that DATABASE_URL names a file in a writable folder",
    isMisconfigured: true,
  },
  EISDIR: { what: "is a folder; DATABASE_URL must name a file", isMisconfigured: true },
  ENOTDIR: { what: "lies below something that is no folder; check DATABASE_URL", isMisconfigured: true },
  EEXIST: { what: "lies below something that is no folder; check DATABASE_URL", isMisconfigured: true },
  ENAMETOOLONG: { what: "cannot be reached, its name is too long; check DATABASE_URL", isMisconfigured: true },
  ENOSPC: { what: "cannot grow, the disk is full; free some space", isMisconfigured: false },
};

/**
 * The database's error in words, or the error itself when it is not one of the file's.
 * @param what the file is, where it is not the database itself
 */
export function explainDatabaseError(error: unknown, databasePath: string, what = "the database"): unknown {
  if (error instanceof BillingError) return error;
  for (let cause = error; isObject(cause); cause = cause["cause"]) {
    const code = cause["code"];
    if (typeof code !== "string") continue;
    const mend = isFullInstead(code, databasePath) ? MENDS["SQLITE_FULL"] : mendOf(code);
    if (mend === undefined) continue;
    return new DatabaseUnusable(`${what} ${databasePath} ${mend.what} (${code})`, {
      cause: error,
      isMisconfigured: mend.isMisconfigured,
      ...(mend.mend && { mend: mend.mend }),
    });
  }
  return error;
}

function mendOf(code: string): (typeof MENDS)[string] | undefined {
  return MENDS[code] ?? MENDS[Object.keys(MENDS).find((key) => code.startsWith(`${key}_`)) ?? ""];
}

/** What SQLite makes of a file that could not be written to its end. */
const HALF_WRITTEN = /^SQLITE_(?:IOERR|CORRUPT|NOTADB|CANTOPEN)/;
const FULL_BYTES = 64 * 1024;

function isFullInstead(code: string, databasePath: string): boolean {
  if (!HALF_WRITTEN.test(code)) return false;
  try {
    const { bavail, bsize } = statfsSync(path.dirname(path.resolve(databasePath)));
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false;
  }
}

export function errorCode(error: unknown): string | null {
  for (let cause = error; isObject(cause); cause = cause["cause"]) {
    const code = cause["code"];
    if (typeof code === "string") return code;
  }
  return null;
}

/** Errors of Node itself may come from another realm, so their class tells nothing. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
