/** What the doctor looks at through SQLite's own checks: the settings of the connection, and the file. */
import { statSync } from "node:fs";
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { DatabaseHealth } from "../../../application/ports/doctor.ts";
import { text } from "./codec.ts";
import { MEMORY } from "./database-access.ts";
import { all } from "./sql.ts";

const PRAGMAS = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"];
/** Above it the whole check, which also compares every index with its table, takes more than moments. */
const QUICK_ABOVE_BYTES = 256 * 1024 * 1024;

export async function sqliteHealth(em: SqlEntityManager, databasePath: string): Promise<DatabaseHealth> {
  const pragmas: Record<string, string | number> = {};
  for (const name of PRAGMAS) {
    const [row] = await all(em, `pragma ${name}`);
    const value = Object.values(row ?? {})[0];
    if (value !== undefined && value !== null) pragmas[name] = value;
  }
  const isInMemory = databasePath === MEMORY;
  const isLarge = !isInMemory && statSync(databasePath).size > QUICK_ABOVE_BYTES;
  const answers = await all(em, isLarge ? "pragma quick_check" : "pragma integrity_check");
  const strays = await all(em, `select distinct "table" as name from pragma_foreign_key_check`);
  return {
    engine: "sqlite",
    pragmas,
    isInMemory,
    integrityFaults: answers.map((row) => String(Object.values(row)[0])).filter((answer) => answer !== "ok"),
    foreignKeyFaults: strays.map((row) => text(row, "name")),
  };
}
