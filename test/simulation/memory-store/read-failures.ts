/** What cannot be read, in the store in memory: the same conditions as `read-failures.ts` has in SQLite. */
import type { ReadFailure } from "../../../src/domain/backoff.ts";
import type { FailedRead, Unreadable } from "../../../src/application/ports/charging.ts";
import type { ReadFailureRow } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";

export function mayBeRead({ readFailures }: MemoryTables, id: string, now: Date): boolean {
  const failure = readFailures.get(id);
  return failure === undefined || failure.nextReadAt <= now;
}

export function noteReadFailure(
  { readFailures }: MemoryTables,
  failed: FailedRead,
  now: Date,
  nextReadAt: (failures: number) => Date,
): ReadFailure {
  const known = readFailures.get(failed.id);
  const failures = (known?.failures ?? 0) + 1;
  const failedSince = known?.failedSince ?? now;
  readFailures.put({ ...failed, failures, failedSince, failedAt: now, nextReadAt: nextReadAt(failures) });
  return { failures, failedSince };
}

export function forgetReadFailure({ readFailures }: MemoryTables, id: string): void {
  if (readFailures.get(id) !== undefined) readFailures.remove(id);
}

/** The customer was read: that says nothing of whether a charge is taken. */
export function forgetCustomerReads(tables: MemoryTables, customerId: string): void {
  if (tables.readFailures.get(customerId)?.kind !== "charge") forgetReadFailure(tables, customerId);
}

export function unreadable(tables: MemoryTables): Unreadable {
  const since = [...tables.readFailures.rows.values()]
    .filter((failure) => isWaitedFor(tables, failure))
    .map(({ failedSince }) => failedSince.getTime());
  return { count: since.length, oldestAt: since.length === 0 ? null : new Date(Math.min(...since)) };
}

function isWaitedFor(
  { invoices, attempts, links, denials }: MemoryTables,
  { id, kind, failedAt }: ReadFailureRow,
): boolean {
  if (kind === "attempt") {
    const waiting = [attempts.get(id)?.nextInquiryAt, links.byUnique("attempt", id)?.recheckAt];
    return [...waiting, denials.get(id)?.recheckAt].some((at) => at != null);
  }
  return invoices
    .inGroup("due", "due")
    .some(
      ({ customerId, nextAttemptAt }) =>
        customerId === id && nextAttemptAt !== null && (kind === "charge" || nextAttemptAt <= failedAt),
    );
}

export function customersToProbe({ subscriptions, readFailures }: MemoryTables, limit: number): string[] {
  const ids = [...subscriptions.rows.keys()].toSorted();
  const readable = ids
    .map((id) => subscriptions.must(id).customerId)
    .filter((customerId) => readFailures.get(customerId) === undefined);
  return [...new Set(readable)].slice(0, limit);
}
