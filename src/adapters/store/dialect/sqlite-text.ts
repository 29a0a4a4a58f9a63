/** A statement as SQLite reads it. */
import { unfoldBatches } from "./batch-rows.ts";

export function sqliteText(sql: string): string {
  const said = sql
    .replaceAll("now_ms()", "cast(unixepoch('subsec') * 1000 as integer)")
    .replaceAll(/\bnext_of\((\w+)\.(\w+), ([\w.]+)\)/g, "(select coalesce(max($2), 0) from $1) + 1 + $3")
    .replaceAll("unlocked()", "")
    .replaceAll(/\breadable\((\w+\.\w+)\)/g, "iif(json_valid($1), $1, null)");
  return unfoldBatches(said, (columns, withPlace) => {
    const selected = columns.map(
      ({ key, name, type }) => `entry ${type === "json" ? "->" : "->>"} '${key}' as ${name}`,
    );
    // Read once a row, and not once a column: of 24 columns a row takes 7 µs instead of 25.
    return `(with entries as materialized (select key as place, jsonb(value) as entry from json_each(?))
      select ${[...(withPlace ? ["place"] : []), ...selected].join(", ")} from entries)`;
  });
}
