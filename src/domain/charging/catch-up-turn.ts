/**
 * Whose turn is it among the invoices of a subscription that are late: missed in downtime, or kept waiting behind an unpaid one?
 *
 * Pure. It brings together what `paceAt` in `calendar/catch-up.ts` needs to name the day.
 */
import { isUnsent } from "../attempt.ts";
import { wayOf } from "../ways-to-pay.ts";
import type { CatchUp, MissedAndDue } from "../calendar/catch-up.ts";
import { isRetryRequested, type Invoice } from "../invoice.ts";
import type { CustomerTry } from "./daily-limit.ts";
import { byCycle, hasFailed, type InOrder, isEarlier, type UnsettledInvoice } from "./invoice-order.ts";

/** An invoice of the subscription that was missed. */
export type MissedInvoice = Pick<Invoice, "cycle" | "nextAttemptAt" | "firstDeclinedAt"> & {
  readonly tries: readonly (Omit<CustomerTry, "invoiceId"> & { readonly claimedAt: Date })[];
};

/**
 * `oldest_first`: what decides whose turn it is, for `paceAt`. A person who asks for a retry decides the turn.
 *
 * @param missed the subscription's, the invoice itself among them
 * @returns null: the invoice is not one of those that wait for a turn
 */
export function turnOf(
  invoice: Pick<Invoice, "cycle" | "missed" | "nextAttemptAt" | "retryRequestedAt">,
  { catchUp, timeZone, missed }: { catchUp: CatchUp; timeZone: string; missed: readonly MissedInvoice[] },
): MissedAndDue | null {
  const { cycle, nextAttemptAt: plannedAt } = invoice;
  if (catchUp !== "oldest_first" || !invoice.missed || plannedAt === null || isRetryRequested(invoice)) return null;
  if (missed.some((each) => each.cycle === cycle && !isUntried(each))) return null;
  const older = missed.filter((each) => isEarlier(each, invoice) && isUntried(each));
  const firstTries = missed.flatMap((each) => firstTryAt(each) ?? []);
  return {
    plannedAt,
    olderPlannedAt: older.toSorted(byCycle).flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []),
    lastTriedAt: firstTries.length === 0 ? null : new Date(Math.max(...firstTries.map(Number))),
    timeZone,
  };
}

/**
 * An invoice was opened in time, and had to wait for an earlier one until its period was over: like a missed one it goes
 * on a day of its own, besides the newly due one, so that who pays after months does not pay them all in one minute.
 *
 * @param paidAt of `lastPaymentAt`
 * @returns for `paceAt`; null: it did not wait
 */
export function turnOfWaiting(
  invoice: InOrder & Pick<Invoice, "periodEnd" | "nextAttemptAt">,
  {
    paidAt,
    timeZone,
    unsettled,
  }: { readonly paidAt: Date | null; readonly timeZone: string; readonly unsettled: readonly UnsettledInvoice[] },
  now: Date,
): MissedAndDue | null {
  const { cycle, missed, periodEnd, nextAttemptAt: plannedAt } = invoice;
  // What is charged once has no period to be late in.
  if (cycle === null) return null;
  if (missed || plannedAt === null || periodEnd > now || hasFailed(invoice) || isRetryRequested(invoice)) return null;
  const older = unsettled.filter(
    (each) => isEarlier(each, invoice) && !each.missed && each.status === "open" && !hasFailed(each),
  );
  return {
    plannedAt,
    olderPlannedAt: older.toSorted(byCycle).flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []),
    lastTriedAt: paidAt,
    timeZone,
  };
}

/**
 * When the subscription last cost its customer something: a free invoice spaces nothing.
 *
 * @returns null: never
 */
export function lastPaymentAt(paid: readonly { readonly amountCents: number; readonly paidAt: Date }[]): Date | null {
  const payments = paid.filter(({ amountCents }) => amountCents > 0);
  return payments.length === 0 ? null : new Date(Math.max(...payments.map(({ paidAt }) => Number(paidAt))));
}

/** Never charged, and never failed a check before a charge: from then on dunning has it. */
function isUntried(missed: MissedInvoice): boolean {
  return missed.firstDeclinedAt === null && firstTryAt(missed) === null;
}

function firstTryAt({ tries }: MissedInvoice): Date | null {
  const made = tries.filter((each) => !isUnsent(each.state) && wayOf(each).chargesStoredCard);
  return made.length === 0
    ? null
    : new Date(Math.min(...made.map(({ sentAt, claimedAt }) => Number(sentAt ?? claimedAt))));
}
