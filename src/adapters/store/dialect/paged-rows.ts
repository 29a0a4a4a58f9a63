/**
 * Typed rows read by one declaration: where from, each column with the codec that reads it, and the order.
 *
 * A page ends where the last row stands in the order, so the order must be total: its last key is unique.
 */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import { z } from "zod";
import type { Page } from "../../../application/ports/listings.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { isoInstant, isoInstantOrNull } from "./codec.ts";
import { all, NO_LIMIT, type Parameter, type RawRow } from "./sql.ts";

type Codec<Value> = (row: RawRow, column: string) => Value;

/** For every column of the row: its SQL, and how it is read. A column that the row lacks does not compile, either. */
export type Columns<Row> = { readonly [Column in keyof Row]-?: readonly [sql: string, codec: Codec<Row[Column]>] };

export type RowSource<Row> = {
  /** Part of each cursor: one of another listing is refused. */
  readonly name: string;
  readonly from: string;
  readonly columns: Columns<Row>;
  /** Keys that are never null, all in the same direction. */
  readonly order: { readonly by: readonly string[]; readonly direction: "asc" | "desc" };
};

export type Condition = readonly [sql: string, ...parameters: Parameter[]];

export async function allRows<Row>(
  em: SqlEntityManager,
  source: RowSource<Row>,
  conditions: readonly Condition[],
  limit = NO_LIMIT,
): Promise<Row[]> {
  return (await read(em, source, conditions, limit)).map((raw) => rowOf(source, raw));
}

/** @throws {UsageInvalid} the cursor is none of this source's */
export async function pageOfRows<Row>(
  em: SqlEntityManager,
  source: RowSource<Row>,
  conditions: readonly Condition[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Page<Row>> {
  const after = cursor === undefined ? [] : [afterCursor(source, cursor)];
  // One more than is asked for, to know whether there are more.
  const raws = await read(em, source, [...conditions, ...after], limit + 1);
  const last = raws.length > limit ? raws[limit - 1] : undefined;
  return {
    rows: raws.slice(0, limit).map((raw) => rowOf(source, raw)),
    nextCursor: last === undefined ? null : cursorOf(source, last),
  };
}

/** `columns[name] = value`, as the column is stored. */
export function equals<Row>({ columns }: RowSource<Row>, name: keyof Row, value: unknown): Condition {
  const [sql, codec] = columns[name];
  return value === null ? [`${sql} is null`] : [`${sql} = ?`, stored(value, codec)];
}

function stored(value: unknown, codec: Codec<unknown>): Parameter {
  if (typeof value === "boolean") return Number(value);
  if (codec === isoInstant || codec === isoInstantOrNull) return Date.parse(String(value));
  return typeof value === "number" ? value : String(value);
}

async function read<Row>(
  em: SqlEntityManager,
  { from, columns, order }: RowSource<Row>,
  conditions: readonly Condition[],
  limit: number,
): Promise<RawRow[]> {
  const selected = [
    ...columnsOf(columns).map(([name, [sql]]) => `${sql} as "${name}"`),
    ...order.by.map((sql, at) => `${sql} as "${keyName(at)}"`),
  ];
  const where = conditions.length > 0 ? `where ${conditions.map(([sql]) => sql).join(" and ")}` : "";
  const orderBy = order.by.map((sql) => `${sql} ${order.direction}`).join(", ");
  return await all(em, `select ${selected.join(", ")} from ${from} ${where} order by ${orderBy} limit ?`, [
    ...conditions.flatMap(([, ...parameters]) => parameters),
    limit,
  ]);
}

function columnsOf<Row>(columns: Columns<Row>): readonly [string, readonly [sql: string, codec: Codec<unknown>]][] {
  return Object.entries(columns);
}

function rowOf<Row>({ columns }: RowSource<Row>, raw: RawRow): Row {
  return Object.fromEntries(columnsOf(columns).map(([name, [, codec]]) => [name, codec(raw, name)])) as Row;
}

// ---------------------------------------------------------------- cursors

/** No column's name begins like this. */
function keyName(at: number): string {
  return `_${at}`;
}

function cursorOf<Row>({ name, order }: RowSource<Row>, last: RawRow): string {
  const keys = order.by.map((_, at) => last[keyName(at)]);
  return Buffer.from(JSON.stringify([name, ...keys])).toString("base64url");
}

function afterCursor<Row>({ name, order }: RowSource<Row>, cursor: string): Condition {
  const keys = keysIn(cursor, name);
  if (keys?.length !== order.by.length)
    throw new UsageInvalid(`the cursor "${cursor}" was not given by this list; begin again without one`);
  const sign = order.direction === "asc" ? ">" : "<";
  return [`(${order.by.join(", ")}) ${sign} (${order.by.map(() => "?").join(", ")})`, ...keys];
}

const CURSOR = z.tuple([z.string()]).rest(z.union([z.string(), z.number()]));

function keysIn(cursor: string, name: string): readonly (string | number)[] | null {
  try {
    const [source, ...keys] = CURSOR.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return source === name ? keys : null;
  } catch {
    return null;
  }
}
