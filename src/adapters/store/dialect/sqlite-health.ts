/** What the doctor looks at through SQLite's own checks: the settings of the connection, and the file. */
import { statSync } from "node:fs";
import type { DatabaseHealth, DatabaseSetting } from "../../../application/ports/doctor.ts";
import { text } from "./codec.ts";
import { MEMORY } from "./database-access.ts";
import { JOURNAL, PRAGMAS } from "./pragmas.ts";
import { all, type Connected } from "./sql.ts";

/** Above it the whole check, which also compares every index with its table, takes more than moments. */
const QUICK_ABOVE_BYTES = 256 * 1024 * 1024;

const UNREADABLE_MAX = 1000;

export async function sqliteHealth(em: Connected, databasePath: string): Promise<DatabaseHealth> {
  const settings: DatabaseSetting[] = [];
  for (const { name, reads } of [JOURNAL, ...PRAGMAS]) {
    const [row] = await all(em, `pragma ${name}`);
    settings.push({ name, value: Object.values(row ?? {})[0] ?? "unknown", wanted: reads });
  }
  const isInMemory = databasePath === MEMORY;
  const isLarge = !isInMemory && statSync(databasePath).size > QUICK_ABOVE_BYTES;
  const answers = await all(em, isLarge ? "pragma quick_check" : "pragma integrity_check");
  const strays = await all(em, `select distinct "table" as name from pragma_foreign_key_check`);
  return {
    engine: "sqlite",
    settings,
    isInMemory,
    integrityFaults: answers.map((row) => String(Object.values(row)[0])).filter((answer) => answer !== "ok"),
    foreignKeyFaults: strays.map((row) => text(row, "name")),
    unreadableRows: await unreadableRows(em),
  };
}

/** SQLite takes any text in a column of JSON. */
async function unreadableRows(em: Connected): Promise<string[]> {
  const columns = await all(
    em,
    `select m.name as "table", c.name as "column",
       (select k.name from pragma_table_info(m.name) k where k.pk = 1) as key
     from sqlite_schema m, pragma_table_info(m.name) c
     where m.type = 'table' and lower(c.type) = 'json' order by m.name, c.name`,
  );
  const selects = columns.map((row) => {
    const [table, column, key] = [text(row, "table"), text(row, "column"), text(row, "key")];
    return `select '${table} ' || "${key}" || ' (${column})' as name from "${table}"
      where "${column}" is not null and not json_valid("${column}")`;
  });
  const rows = await all(em, `${selects.join(" union all ")} limit ?`, [UNREADABLE_MAX]);
  return rows.map((row) => text(row, "name"));
}
