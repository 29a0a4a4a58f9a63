/** What the parts of the unit of work share: the transaction, the rows that it knows, and what it has to write at its end. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Random } from "../../../application/ports/runtime.ts";
import type { Mutable } from "../../../application/ports/records.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import type { Customer, Plan } from "../../../domain/plan.ts";
import type { Subscription } from "../../../domain/subscription.ts";

/** The mapper types an absent value as `undefined`, and returns `null`: the tables have no third kind of nothing. */
type NoUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
export function row<T>(entity: T): NoUndefined<T> {
  return entity as NoUndefined<T>;
}

/** Rows that are read by one statement. */
const PART = 1_000;

export function inParts(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / PART) }, (_, at) => ids.slice(at * PART, (at + 1) * PART));
}

export async function once<T>(
  known: Map<string, T | null>,
  id: string,
  read: () => Promise<T | null>,
): Promise<T | null> {
  const found = known.get(id);
  if (found !== undefined) return found;
  const value = await read();
  known.set(id, value);
  return value;
}

/** One transaction, and what it has read and done so far. */
export type UnitOfWork = {
  readonly em: SqlEntityManager;
  readonly now: Date;
  readonly random: Random;
  readonly leastCents: number;
  readonly events: NewEvent[];
  readonly toRefresh: Set<string>;
  /** Rows of this transaction, and ids of which there is none: what was read or added is not asked for again. */
  readonly rows: {
    readonly plans: Map<string, Mutable<Plan> | null>;
    readonly customers: Map<string, Mutable<Customer> | null>;
    readonly subscriptions: Map<string, Mutable<Subscription> | null>;
  };
  /** Invoices that this transaction may change. */
  readonly touched: Set<string>;
  readonly denied: { readonly attemptId: string; readonly recheckAt: Date }[];
};
