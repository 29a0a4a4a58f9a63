/** From when on closed invoices may be moved to a file of their own. Pure. */
import { DAY_MS } from "./duration.ts";
import { LOOK_BACK_DAYS } from "./look-back.ts";

export type ArchiveRange = { readonly file: string; readonly before: Date };

/**
 * Nothing younger is moved. The restore fence compares orders of so many days; within them a yearly plan charges again, a payment
 * is refunded or disputed, and the months of a year are compared with those of the year before.
 */
export const ARCHIVE_AGE_DAYS = LOOK_BACK_DAYS;

/** @returns the last day that `before` may be; null: it may be what it is */
export function latestInstead(before: Date, now: Date): Date | null {
  const latest = new Date(now.getTime() - ARCHIVE_AGE_DAYS * DAY_MS);
  return before > latest ? latest : null;
}
