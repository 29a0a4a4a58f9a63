/** Whole rows of any table, as they are copied from one database into another, of whatever dialect. */
import { describedTables } from "./described-tables.ts";
import { batch, type Connected, type RawRow, run } from "./sql.ts";

export type Column = { readonly name: string; readonly key: string; readonly type: "text" | "int" | "flag" | "json" };
export type Table = { readonly name: string; readonly key: string; readonly columns: readonly Column[] };

export function tableOf(className: string): Table {
  const { tableName, props } = describedTables().getByClassName(className);
  const columns = props.map((property): Column => {
    const name = property.fieldNames[0] ?? "";
    return {
      name,
      key: name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      type: typeOf(property),
    };
  });
  const key = props.find(({ primary }) => primary)?.fieldNames[0] ?? "";
  return { name: tableName, key, columns };
}

function typeOf(property: { readonly runtimeType: string; readonly type: string }): Column["type"] {
  if (property.type === "json" || property.type === "JsonType") return "json";
  if (property.runtimeType === "boolean") return "flag";
  return property.runtimeType === "number" || property.runtimeType === "Date" ? "int" : "text";
}

/** @param orElse of a row that is there already: the end of the statement */
export async function insertRows(
  em: Connected,
  { name, columns }: Table,
  rows: readonly RawRow[],
  orElse = "",
): Promise<void> {
  if (rows.length === 0) return;
  const declared = columns.map((column) => `${column.key} ${column.type}`).join(", ");
  const selected = columns.map((column) => {
    const sql = `j.${column.key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    return column.type === "json" ? `nullif(${sql}, 'null')` : sql;
  });
  const values = rows.map((row) => Object.fromEntries(columns.map((column) => [column.key, valueOf(row, column)])));
  await run(
    em,
    `insert into ${name} (${columns.map((column) => quoted(column.name)).join(", ")})
     select ${selected.join(", ")} from rows(?: ${declared}) j where true ${orElse}`,
    [batch(values)],
  );
}

/** One text for one row, whatever the database made of it: the keys of JSON have no order in PostgreSQL. */
export function canonical(row: RawRow, { columns }: Table): string {
  return JSON.stringify(columns.map((column) => sorted(valueOf(row, column))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}

export function valueOf(row: RawRow, { name, type }: Column): unknown {
  const value: unknown = row[name] ?? null;
  if (value === null) return null;
  if (type === "int") return Number(value);
  if (type === "flag") return Number(value) === 1;
  if (type === "json") return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function quoted(name: string): string {
  return `"${name}"`;
}
