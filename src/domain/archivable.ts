/** Which invoices nothing needs any more: they may be moved to a file of their own. Pure. */
import { type AfterCancel, type AttemptState, isOpen } from "./attempt.ts";
import type { DeclineClass } from "./decline.ts";
import { type Invoice, UNSETTLED_STATUSES } from "./invoice.ts";

export type OldAttempt = {
  readonly state: AttemptState;
  readonly settledAt: Date | null;
  readonly afterCancel: AfterCancel | null;
  readonly declineClass: DeclineClass | null;
  /** Its card may be tried again. */
  readonly isCleared: boolean;
  /** A person said that nothing was charged. */
  readonly isDenied: boolean;
  /** Its order cannot be read, and is asked for again. */
  readonly isUnreadable: boolean;
};

export type OldLink = {
  readonly expiresAt: Date;
  readonly recheckAt: Date | null;
  /** Its card is yet to be made the customer's default. */
  readonly keepCardAt: Date | null;
};

export type OldEvent = {
  readonly at: Date;
  /** Of all events: the number of the next one is one more. */
  readonly isLast: boolean;
  /** It is yet to be told, or told again. */
  readonly isUntold: boolean;
};

export type OldInvoice = Pick<Invoice, "status" | "cycle" | "periodEnd" | "paidAt"> & {
  readonly openedAt: Date;
  /** The last cycle of its subscription that has an invoice. */
  readonly lastCycle: number | null;
  /** When an invoice of its subscription was last paid. */
  readonly lastPaidAt: Date | null;
  /** Its plan has a number of charges. */
  readonly countsCharges: boolean;
  readonly isDisputed: boolean;
  /** Items are on it, or were, and would be again. */
  readonly hasItems: boolean;
  /** Entries of the balance name it. */
  readonly movedBalance: boolean;
  readonly attempts: readonly OldAttempt[];
  readonly refunds: readonly { readonly settledAt: Date | null }[];
  readonly links: readonly OldLink[];
  readonly events: readonly OldEvent[];
};

/**
 * Closed, and untouched since before the day; and neither it nor what belongs to it decides anything:
 * - the subscription's last cycle says where it goes on, its last payment how long it was served, and void cycles of a plan
 *   with a number of charges are counted;
 * - keys that keep something from being charged twice: of an invoice of no cycle, of items, of entries of the balance;
 * - a card that must never be charged again, a second payment, a person's word that a charge was none, a dispute.
 */
export function isArchivable(invoice: OldInvoice, before: Date): boolean {
  const { status, cycle, openedAt, periodEnd, paidAt, attempts, refunds, links, events } = invoice;
  if (UNSETTLED_STATUSES.some((each) => each === status) || cycle === null) return false;
  if (openedAt >= before || periodEnd > before || !isBefore(paidAt ?? openedAt, before)) return false;
  if (cycle >= (invoice.lastCycle ?? cycle) || saysHowLong(invoice)) return false;
  if (status === "void" && invoice.countsCharges) return false;
  if (invoice.isDisputed || invoice.hasItems || invoice.movedBalance) return false;
  return (
    !attempts.some((each) => isNeeded(each, before)) &&
    refunds.every(({ settledAt }) => isBefore(settledAt, before)) &&
    links.every((each) => each.recheckAt === null && each.keepCardAt === null && each.expiresAt < before) &&
    events.every(({ at, isLast, isUntold }) => at < before && !isLast && !isUntold)
  );
}

/** The last payment of its subscription. */
function saysHowLong({ status, paidAt, lastPaidAt }: OldInvoice): boolean {
  return status === "paid" && (paidAt === null || lastPaidAt === null || lastPaidAt <= paidAt);
}

function isNeeded(attempt: OldAttempt, before: Date): boolean {
  const { state, settledAt, afterCancel, declineClass, isCleared, isDenied, isUnreadable } = attempt;
  if (isOpen(state) || state === "paid_again" || afterCancel === "asked") return true;
  if (settledAt !== null && settledAt >= before) return true;
  return (declineClass === "never_again" && !isCleared) || isDenied || isUnreadable;
}

function isBefore(at: Date | null, before: Date): boolean {
  return at !== null && at < before;
}
