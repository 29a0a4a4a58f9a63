/** How long to wait after a failure, and when failing for long enough is an answer. Pure. */
import { DAY_MS, HOUR_MS } from "./duration.ts";

const MAX_BACKOFF_MS = HOUR_MS;

/** Doubles with each failure, up to an hour. @param failures in a row, this one included: 1, 2, 3 … */
export function backoffOf(failures: number, firstMs: number): number {
  return Math.min(MAX_BACKOFF_MS, firstMs * 2 ** Math.min(failures - 1, 30));
}

/** A customer who cannot be read, or charged; or an attempt whose order cannot be read. */
export type ReadFailure = {
  /** In a row. */
  readonly failures: number;
  readonly failedSince: Date;
};

/** Whether whoever could not be read, or charged, is left alone for now. @param nextAt when another try is made; null: the last one did not fail */
export function isPutAside(nextAt: Date | null, now: Date): boolean {
  return nextAt !== null && nextAt > now;
}

/**
 * Whether a customer who could not be read is left alone until the next read has its time. What fell due after the last one failed is
 * read for at once: otherwise nothing would tell of it that it waits.
 * @param failure when the last read failed, and when the next one is made; nulls: it did not fail
 */
export function isLeftUnread(
  { failedAt, nextReadAt }: { readonly failedAt: Date | null; readonly nextReadAt: Date | null },
  dueAt: Date | null,
  now: Date,
): boolean {
  const wasDue = dueAt === null || failedAt === null || dueAt <= failedAt;
  return wasDue && isPutAside(nextReadAt, now);
}

/** With the hour between tries, a day of failures is some 30 tries. */
const LEAST_FAILURES = 8;

/** Whether another try will hardly tell more: what depends on it goes on without it, and a person is asked. */
export function isGivenUp({ failures, failedSince }: ReadFailure, now: Date): boolean {
  return failures >= LEAST_FAILURES && now.getTime() - failedSince.getTime() >= DAY_MS;
}

/** A failure later than this after the last one is no longer in a row with it: tries are an hour apart at most. */
const LONGEST_GAP_MS = 2 * DAY_MS;

/** One more failure. @param known the row of them so far, and its last; null: there was none */
export function oneMoreFailure(known: (ReadFailure & { readonly failedAt: Date }) | null, now: Date): ReadFailure {
  if (known === null || now.getTime() - known.failedAt.getTime() > LONGEST_GAP_MS)
    return { failures: 1, failedSince: now };
  return { failures: known.failures + 1, failedSince: known.failedSince };
}
