/**
 * Statements of the hot path: one a table and batch, with bound parameters, inside one transaction.
 *
 * There is one text for all dialects, in SQLite's words; what another dialect says otherwise is in `postgres-text.ts`.
 * A batch travels as one JSON parameter, so that 1 row or 500 cost one statement: a list of ids is unfolded by
 * `select value from json_each(?)`, rows of several columns by `rows(?: invoiceId text, nextAttemptAt int) j`, whose
 * columns are `j.invoice_id` and `j.next_attempt_at`. Their types are `text`, `int`, `flag` and `json`; `place` is the
 * number of the row, from 0. `now_ms()` is the clock of the database; `next_of(event.sequence, place)` the next number of
 * that column, one further for each place; `unlocked()` at the end of a select: only rows that nobody is writing, and they
 * are ours until the transaction ends.
 */
import { postgresText } from "./postgres-text.ts";
import { type Query, type QueryResult, rawQuery } from "./raw-query.ts";
import { sqliteText } from "./sqlite-text.ts";

export const UNLOCKED = "unlocked()";

/** What a statement is put to: a transaction or a connection, of the mapper or of SQLite itself, which needs no mapper. */
export type Connected = {
  getKysely(): { executeQuery(query: Query): Promise<QueryResult<unknown>> };
  getPlatform(): object;
};

/** A database that is open. What `work` is given is good until it ends. */
export type Transacting = Connected & { transaction<T>(work: (em: Connected) => Promise<T>): Promise<T> };

export type Parameter = string | number | null;
export type RawRow = Record<string, string | number | null>;

export async function all(em: Connected, sql: string, parameters: readonly Parameter[] = []): Promise<RawRow[]> {
  const { rows } = await em.getKysely().executeQuery(rawQuery(textFor(em, sql), parameters));
  return rows as RawRow[];
}

/** @returns the number of rows written */
export async function run(em: Connected, sql: string, parameters: readonly Parameter[] = []): Promise<number> {
  const { numAffectedRows } = await em.getKysely().executeQuery(rawQuery(textFor(em, sql), parameters));
  return Number(numAffectedRows ?? 0n);
}

/** Each is translated once: a charge asks some thirty. */
const TEXTS = { sqlite: new Map<string, string>(), postgres: new Map<string, string>() };

function textFor(em: Connected, sql: string): string {
  const dialect = isPostgres(em) ? "postgres" : "sqlite";
  const known = TEXTS[dialect].get(sql);
  if (known !== undefined) return known;
  const text = dialect === "postgres" ? postgresText(sql) : sqliteText(sql);
  TEXTS[dialect].set(sql, text);
  return text;
}

export function isPostgres(em: Connected): boolean {
  return "isPostgres" in em.getPlatform();
}

/** One JSON parameter for a whole batch. */
export function batch(rows: readonly unknown[]): string {
  return JSON.stringify(rows);
}

/** For `limit ?`: all there are. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** The stored form of an instant. */
export function ms(instant: Date): number;
export function ms(instant: Date | null): number | null;
export function ms(instant: Date | null): number | null {
  return instant === null ? null : instant.getTime();
}

/** A list of words of ours inside a statement: `('claimed', 'sending')`, so that an index with the same list is used. */
export function words(list: readonly string[]): string {
  return `(${list.map((each) => `'${each}'`).join(", ")})`;
}

/**
 * What is asked of each row that is written, by a CHECK: of a list of three words or more SQLite would fill a table each time.
 */
export function anyOf(column: string, list: readonly string[]): string {
  return `(${list.map((each) => `${column} = '${each}'`).join(" or ")})`;
}

/** @see anyOf */
export function noneOf(column: string, list: readonly string[]): string {
  return `(${list.map((each) => `${column} <> '${each}'`).join(" and ")})`;
}
