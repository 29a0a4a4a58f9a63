/**
 * Rows as text for other programs: CSV or NDJSON.
 *
 * A field that a spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage return) gets an apostrophe
 * before it: a customer may call themselves `=HYPERLINK(…)`.
 */
import { stringify } from "csv-stringify/sync";
import type { RowFormat } from "../../application/ports/exports.ts";

type Row = Readonly<Record<string, unknown>>;

export function headText(format: RowFormat, columns: readonly string[]): string {
  return format === "csv" ? stringify([[...columns]]) : "";
}

export function rowsText(format: RowFormat, columns: readonly string[], rows: readonly Row[]): string {
  if (format === "ndjson") return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return stringify([...rows], {
    columns: [...columns],
    escape_formulas: true,
    cast: { boolean: String },
  });
}
