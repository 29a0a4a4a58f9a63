/** What is asked of a database before it is opened. The mapper is not loaded for it: most commands that only look at options need none. */
import { existsSync, statSync } from "node:fs";

export const MEMORY = ":memory:";

/**
 * - `make`: the file is created where it is missing, and its tables are brought up to date.
 * - `write`: the file must be there; its tables are brought up to date.
 * - `read`: the file must be there and up to date; nothing is written, and no right to write is needed.
 */
export type DatabaseAccess = "make" | "write" | "read";

/** An empty file is none: nothing was ever written to it. */
export function isMissing(databasePath: string): boolean {
  return databasePath !== MEMORY && (!existsSync(databasePath) || statSync(databasePath).size === 0);
}
