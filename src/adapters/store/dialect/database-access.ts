/** What is asked of a database before it is opened. The mapper is not loaded for it: most commands that only look at options need none. */
import { statSync } from "node:fs";
import path from "node:path";
import { DatabaseUnusable } from "../../../domain/errors.ts";
import { explainDatabaseError } from "./database-errors.ts";

export const MEMORY = ":memory:";

/**
 * - `make`: the file is created where it is missing, and its tables are brought up to date.
 * - `write`: the file must be there; its tables are brought up to date.
 * - `read`: the file must be there and up to date; nothing is written, and no right to write is needed.
 */
export type DatabaseAccess = "make" | "write" | "read";

/** An empty file is none: nothing was ever written to it. @throws {DatabaseUnusable} its folder may not be entered */
export function isMissing(databasePath: string): boolean {
  if (databasePath === MEMORY) return false;
  try {
    return (statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0) === 0;
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

/** @throws {DatabaseUnusable} there is none, or it is a folder */
export function mustBeFile(databasePath: string): void {
  if (isMissing(databasePath))
    throw new DatabaseUnusable(
      `there is no database at ${path.resolve(databasePath)}; check DATABASE_URL (is the disk mounted, is this the right ` +
        "folder?)",
      { isMisconfigured: true, mend: { do: "make_database" } },
    );
  if (statSync(databasePath).isDirectory()) throw explainDatabaseError({ code: "EISDIR" }, databasePath);
}
