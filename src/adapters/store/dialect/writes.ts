/**
 * Writing transactions, short, and repeated whole where the database gave one up.
 *
 * What many processes do at once goes `beside` them, divided by customers: a transaction first locks the rows of the
 * customers whose invoices it judges, so that what it read of them holds until it is over. What a person does, and what is
 * about everybody, is done `alone`. On SQLite every writer is alone.
 */
import type { SqlEntityManager } from "@mikro-orm/sql";
import { batch, type Connected, type Parameter } from "./sql.ts";

/** @param isAgain the answer to the first time was lost: it may be written already */
export type Work<T> = (em: Connected, isAgain: boolean) => Promise<T>;

export type Writes = {
  /** @param work must have no effect outside the database: it may run again from the start */
  readonly alone: <T>(work: Work<T>) => Promise<T>;
  /** The same with the mapper, which is loaded for it. */
  readonly mapped: <T>(work: (mapper: SqlEntityManager) => Promise<T>) => Promise<T>;
  /**
   * @param whose null: it judges nothing by what others may be writing
   * @param work may even be done twice, where an answer was lost
   */
  readonly beside: <T>(whose: Whose | null, work: Work<T>) => Promise<T>;
};

/** A statement that selects the ids of customers. */
export type Whose = { readonly select: string; readonly parameters: readonly Parameter[] };

export function ofAttempts(ids: readonly string[]): Whose {
  return by("select customer_id from attempt where id in (select value from json_each(?))", ids);
}

export function ofInvoices(ids: readonly string[]): Whose {
  return by("select customer_id from invoice where id in (select value from json_each(?))", ids);
}

export function ofSubscriptions(ids: readonly string[]): Whose {
  return by("select customer_id from subscription where id in (select value from json_each(?))", ids);
}

function by(select: string, ids: readonly string[]): Whose {
  return { select, parameters: [batch(ids)] };
}
