/** The words that a column of a table may hold which each charge writes to. */
import { anyOf } from "../dialect/sql.ts";

/** A CHECK with a name, which compares: of a list of words SQLite makes a table at each write, and only a name can be changed. */
export function oneOf(
  table: string,
  column: string,
  words: readonly string[],
  isThere: "always" | "or null" = "or null",
): { readonly name: string; readonly expression: string } {
  // The brackets of `anyOf` are those of the CHECK.
  const comparisons = anyOf(column, words).slice(1, -1);
  return {
    name: `${table}_${column}_check`,
    expression: isThere === "always" ? comparisons : `${column} is null or ${comparisons}`,
  };
}
