/** Whether SQLite finds a damaged page. */
import { statSync } from "node:fs";
import { checkAside } from "./check-aside.ts";
import { MEMORY } from "./database-access.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { all, type Connected } from "./sql.ts";

/** Up to here the check takes some milliseconds, and the process can wait for it: what is asked of it meanwhile waits, too. */
const ASIDE_ABOVE_BYTES = 2 * 1024 * 1024;

async function checkedHere(em: Connected): Promise<readonly string[]> {
  const rows = await all(em, "pragma quick_check(3)");
  return rows.map((row) => String(Object.values(row)[0]));
}

async function checkedAside(databasePath: string): Promise<readonly string[]> {
  try {
    return await checkAside(databasePath);
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

/** @throws {DatabaseUnusable} SQLite finds a damaged page */
export async function mustBeWhole(
  em: Connected,
  databasePath: string,
  asideAboveBytes: number = ASIDE_ABOVE_BYTES,
): Promise<void> {
  const isLarge = databasePath !== MEMORY && statSync(databasePath).size > asideAboveBytes;
  const answers = isLarge ? await checkedAside(databasePath) : await checkedHere(em);
  const faults = answers.filter((answer) => answer !== "ok");
  if (faults.length === 0) return;
  const corrupt = Object.assign(new Error(faults.join("; ")), { code: "SQLITE_CORRUPT" });
  throw explainDatabaseError(corrupt, databasePath);
}
