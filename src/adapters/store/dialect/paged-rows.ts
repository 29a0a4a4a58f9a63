/**
 * Typed rows read by one declaration: where from, each column with the codec that reads it, and the order.
 *
 * A page ends where the last row stands in the order, so the order must be total: its last key is unique.
 */
import { z } from "zod";
import type { Page, Sieve, Window } from "../../../application/ports/listings.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { isoInstant, isoInstantOrNull } from "./codec.ts";
import { all, type Connected, NO_LIMIT, type Parameter, type RawRow } from "./sql.ts";
import { said } from "../../../domain/refusals.ts";

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
  em: Connected,
  source: RowSource<Row>,
  conditions: readonly Condition[],
  limit = NO_LIMIT,
  sieve: Sieve<Row> | null = null,
): Promise<Row[]> {
  if (sieve === null) return rowsOf(source, await read(em, source, conditions, limit));
  const raws = await read(em, source, conditions, NO_LIMIT, sieve.by);
  return await wholeRows(em, source, raws.filter((raw) => isKept(source, sieve, raw)).slice(0, limit));
}

/** Of the others only what the sieve is told by was read: what sums up a subscription costs a hundred times that. */
async function wholeRows<Row>(em: Connected, source: RowSource<Row>, kept: readonly RawRow[]): Promise<Row[]> {
  const isOne = `(${source.order.by.map((sql) => `${sql} = ?`).join(" and ")})`;
  const rows: Row[] = [];
  for (let at = 0; at < kept.length; at += KEYS_AT_ONCE) {
    const keys = kept.slice(at, at + KEYS_AT_ONCE).map((raw) => keysOf(source, raw));
    const isAny: Condition = [`(${keys.map(() => isOne).join(" or ")})`, ...keys.flat()];
    rows.push(...rowsOf(source, await read(em, source, [isAny], keys.length)));
  }
  return rows;
}

function isKept<Row>({ columns }: RowSource<Row>, { by, keeps }: Sieve<Row>, raw: RawRow): boolean {
  const known = columnsOf(columns, by).map(([name, [, codec]]) => [name, codec(raw, name)]);
  return keeps(Object.fromEntries(known) as Row);
}

/** Well below what SQLite takes in one condition. */
const KEYS_AT_ONCE = 100;
/** So many rows are read at a time where a page is looked for among them: others may write in between. */
const CHUNK = 500;

/** @throws {UsageInvalid} the cursor is none of this source's */
export async function pageOfRows<Row>(
  em: Connected,
  source: RowSource<Row>,
  conditions: readonly Condition[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
  sieve: Sieve<Row> | null = null,
): Promise<Page<Row>> {
  let after = cursor === undefined ? null : keysIn(cursor, source);
  // One more than is asked for, to know whether there are more.
  const size = sieve === null ? limit + 1 : CHUNK;
  const found: RawRow[] = [];
  for (;;) {
    const further = after === null ? [] : [isAfter(source, after)];
    const raws = await read(em, source, [...conditions, ...further], size, sieve?.by);
    found.push(...raws.filter((raw) => sieve === null || isKept(source, sieve, raw)));
    if (raws.length < size || found.length > limit) break;
    after = keysOf(source, raws.at(-1)!);
  }
  const last = found.length > limit ? found[limit - 1] : undefined;
  const page = found.slice(0, limit);
  return {
    rows: sieve === null ? rowsOf(source, page) : await wholeRows(em, source, page),
    nextCursor: last === undefined ? null : cursorOf(source, last),
  };
}

/** The column holds an instant of the window. */
export function within<Row>({ columns }: RowSource<Row>, name: keyof Row, { from, before }: Window): Condition[] {
  const [sql, codec] = columns[name];
  const form = (at: Date) => stored(at.toISOString(), codec);
  return [
    ...(from === undefined ? [] : [[`${sql} >= ?`, form(from)] as const]),
    ...(before === undefined ? [] : [[`${sql} < ?`, form(before)] as const]),
  ];
}

/** `columns[name] = value`, as the column is stored. @param value as the row has it: a text, a number, a flag, or null */
export function equals<Row>({ columns }: RowSource<Row>, name: keyof Row, value: unknown): Condition {
  const [sql, codec] = columns[name];
  return value === null ? [`${sql} is null`] : [`${sql} = ?`, stored(value, codec)];
}

function stored(value: unknown, codec: Codec<unknown>): Parameter {
  if (typeof value === "boolean") return Number(value);
  if (codec === isoInstant || codec === isoInstantOrNull) return Date.parse(String(value));
  return value as Parameter;
}

async function read<Row>(
  em: Connected,
  { from, columns, order }: RowSource<Row>,
  conditions: readonly Condition[],
  limit: number,
  only?: readonly (keyof Row)[],
): Promise<RawRow[]> {
  const selected = [
    ...columnsOf(columns, only).map(([name, [sql]]) => `${sql} as "${name}"`),
    ...order.by.map((sql, at) => `${sql} as "${keyName(at)}"`),
  ];
  const where = conditions.length > 0 ? `where ${conditions.map(([sql]) => sql).join(" and ")}` : "";
  const orderBy = order.by.map((sql) => `${sql} ${order.direction}`).join(", ");
  return await all(em, `select ${selected.join(", ")} from ${from} ${where} order by ${orderBy} limit ?`, [
    ...conditions.flatMap(([, ...parameters]) => parameters),
    limit,
  ]);
}

type NamedColumn = readonly [name: string, readonly [sql: string, codec: Codec<unknown>]];

function columnsOf<Row>(columns: Columns<Row>, only?: readonly (keyof Row)[]): readonly NamedColumn[] {
  return only === undefined ? Object.entries(columns) : only.map((name) => [String(name), columns[name]]);
}

function rowsOf<Row>({ columns }: RowSource<Row>, raws: readonly RawRow[]): Row[] {
  const named = columnsOf(columns);
  return raws.map((raw) => Object.fromEntries(named.map(([name, [, codec]]) => [name, codec(raw, name)])) as Row);
}

// ---------------------------------------------------------------- cursors

/** No column's name begins like this. */
function keyName(at: number): string {
  return `_${at}`;
}

type Keys = readonly (string | number)[];

function keysOf<Row>({ order }: RowSource<Row>, raw: RawRow): Keys {
  return order.by.map((_, at) => raw[keyName(at)] as string | number);
}

function cursorOf<Row>(source: RowSource<Row>, last: RawRow): string {
  return Buffer.from(JSON.stringify([source.name, ...keysOf(source, last)])).toString("base64url");
}

function isAfter<Row>({ order }: RowSource<Row>, keys: Keys): Condition {
  const sign = order.direction === "asc" ? ">" : "<";
  return [`(${order.by.join(", ")}) ${sign} (${order.by.map(() => "?").join(", ")})`, ...keys];
}

const CURSOR = z.tuple([z.string()]).rest(z.union([z.string(), z.number()]));

/** @throws {UsageInvalid} it is none of this source's */
function keysIn<Row>(cursor: string, { name, order }: RowSource<Row>): Keys {
  const keys = decoded(cursor, name);
  if (keys?.length === order.by.length) return keys;
  throw new UsageInvalid(said("foreign_cursor", { cursor }));
}

function decoded(cursor: string, name: string): Keys | null {
  try {
    const [source, ...keys] = CURSOR.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return source === name ? keys : null;
  } catch {
    return null;
  }
}
