/** What cannot be read, in the store in memory: the same conditions as `read-failures.ts` has in SQLite. */
import { oneMoreFailure, type ReadFailure } from "../../../src/domain/backoff.ts";
import type { FailedRead, Unreadable } from "../../../src/application/ports/charging.ts";
import type { ReadFailureRow } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";

/** One row for each kind: who can be neither read nor charged has two. */
export function failureOf(
  { readFailures }: Pick<MemoryTables, "readFailures">,
  kind: FailedRead["kind"],
  of: string,
): ReadFailureRow | undefined {
  return readFailures.rows.size === 0 ? undefined : readFailures.get(`${kind} ${of}`);
}

/** @param id of a customer, or of an attempt */
export function readFailureOf(tables: Pick<MemoryTables, "readFailures">, id: string): ReadFailureRow | undefined {
  return failureOf(tables, "customer", id) ?? failureOf(tables, "attempt", id);
}

export function mayBeRead(tables: MemoryTables, id: string, now: Date): boolean {
  const failure = readFailureOf(tables, id);
  return failure === undefined || failure.nextReadAt <= now;
}

export function noteReadFailure(
  tables: MemoryTables,
  { kind, id: of, because }: FailedRead,
  now: Date,
  nextReadAt: (failures: number) => Date,
): ReadFailure {
  const known = failureOf(tables, kind, of);
  const { failures, failedSince } = oneMoreFailure(known ?? null, now);
  const id = `${kind} ${of}`;
  const nextAt = nextReadAt(failures);
  tables.readFailures.put({ id, of, kind, because, failures, failedSince, failedAt: now, nextReadAt: nextAt });
  return { failures, failedSince };
}

export function forgetReadFailure({ readFailures }: MemoryTables, of: string): void {
  if (readFailures.rows.size > 0)
    for (const row of [...readFailures.rows.values()]) if (row.of === of) readFailures.remove(row.id);
}

/** The customer was read: that says nothing of whether a charge is taken. */
export function forgetCustomerReads(tables: MemoryTables, customerId: string): void {
  const failure = failureOf(tables, "customer", customerId);
  if (failure !== undefined) tables.readFailures.remove(failure.id);
}

export function unreadable(tables: MemoryTables): Unreadable {
  if (tables.readFailures.rows.size === 0) return { count: 0, oldestAt: null };
  const failing = [...tables.readFailures.rows.values()].filter((failure) => isWaitedFor(tables, failure));
  const since = failing.map(({ failedSince }) => failedSince.getTime());
  const count = new Set(failing.map(({ of }) => of)).size;
  return { count, oldestAt: count === 0 ? null : new Date(Math.min(...since)) };
}

function isWaitedFor(
  { invoices, subscriptions, attempts, links, denials }: MemoryTables,
  { of: id, kind, failedAt }: ReadFailureRow,
): boolean {
  if (kind === "attempt") {
    const waiting = [attempts.get(id)?.nextInquiryAt, links.byUnique("attempt", id)?.recheckAt];
    return [...waiting, denials.get(id)?.recheckAt].some((at) => at != null);
  }
  const isUnopened = [...subscriptions.rows.values()].some(
    ({ customerId, status, nextBillingAt }) =>
      customerId === id && status === "unpaid" && nextBillingAt !== null && nextBillingAt <= failedAt,
  );
  const isStepDue = invoices
    .inGroup("step", "step")
    .some(({ customerId, dunningDueAt }) => customerId === id && dunningDueAt !== null && dunningDueAt <= failedAt);
  if (kind === "customer" && (isUnopened || isStepDue)) return true;
  return invoices
    .inGroup("due", "due")
    .some(
      ({ customerId, nextAttemptAt }) =>
        customerId === id && nextAttemptAt !== null && (kind === "charge" || nextAttemptAt <= failedAt),
    );
}

export function customersToProbe(tables: MemoryTables, limit: number): string[] {
  const { subscriptions } = tables;
  const ids = [...subscriptions.rows.keys()].toSorted();
  const readable = new Set<string>();
  for (const subscriptionId of ids) {
    if (readable.size === limit) break;
    const { customerId: id } = subscriptions.must(subscriptionId);
    if (readFailureOf(tables, id) === undefined && failureOf(tables, "charge", id) === undefined) readable.add(id);
  }
  return [...readable];
}
