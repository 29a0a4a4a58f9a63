/**
 * Statements of the hot path: one a table and batch, with bound parameters, inside the mapper's transaction.
 *
 * A batch travels as one JSON parameter and is unfolded by `json_each`, so that 1 row or 500 cost one statement.
 */
import { CompiledQuery } from "kysely";
import type { SqlEntityManager } from "@mikro-orm/sql";

export type Parameter = string | number | null;
export type RawRow = Record<string, string | number | null>;

export async function all(em: SqlEntityManager, sql: string, parameters: readonly Parameter[] = []): Promise<RawRow[]> {
  const { rows } = await em.getKysely().executeQuery<RawRow>(CompiledQuery.raw(sql, [...parameters]));
  return rows;
}

/** @returns the number of rows written */
export async function run(em: SqlEntityManager, sql: string, parameters: readonly Parameter[] = []): Promise<number> {
  const { numAffectedRows } = await em.getKysely().executeQuery(CompiledQuery.raw(sql, [...parameters]));
  return Number(numAffectedRows ?? 0n);
}

/** One JSON parameter for a whole batch. */
export function batch(rows: readonly unknown[]): string {
  return JSON.stringify(rows);
}

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
