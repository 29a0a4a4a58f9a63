/** A statement as SQLite reads it. */
import { unfoldBatches } from "./batch-rows.ts";

export function sqliteText(sql: string): string {
  const timed = sql.replaceAll("now_ms()", "cast(unixepoch('subsec') * 1000 as integer)");
  return unfoldBatches(timed, (columns, withPlace) => {
    const selected = columns.map(
      ({ key, name, type }) => `value ${type === "json" ? "->" : "->>"} '${key}' as ${name}`,
    );
    return `(select ${[...(withPlace ? ["key as place"] : []), ...selected].join(", ")} from json_each(?))`;
  });
}
