/**
 * What became of one invoice that failed: since when, how often a card was tried again, and how it came to be paid.
 *
 * Pure. An invoice counts from its first failure on: the first decline, or the first check before a charge that failed. The
 * history says when and why: an attempt that is found to have paid after all forgets it.
 */
import { type AttemptState, isUnsent } from "./attempt.ts";
import type { DeclineClass } from "./decline.ts";
import { DAY_MS } from "./duration.ts";
import type { InvoiceStatus } from "./invoice.ts";
import { RECOVERY_WAYS, type RecoveryWay, type RecoveryWindow } from "./recovery.ts";
import { type AttemptFlow, hasPage, wayOf } from "./ways-to-pay.ts";

/** An event that names a class of decline. */
export type DeclineEvent = {
  readonly type: string;
  readonly at: Date;
  /** By which events follow each other. */
  readonly sequence: number;
  readonly attemptId: string | null;
  readonly declineClass: DeclineClass;
  readonly failureCode: string | null;
  /** Of the attempt, as the event says it; null: there was none. */
  readonly outcome: string | null;
};

export type TryOfFailed = {
  readonly id: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  readonly paymentSourceId: string | null;
  readonly paymentMethod: string | null;
  readonly sentAt: Date | null;
};

export type FailedInvoice = {
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly amountCents: number;
  readonly paidAt: Date | null;
  readonly declines: readonly DeclineEvent[];
  readonly tries: readonly TryOfFailed[];
};

export type RecoveredInvoice = Pick<FailedInvoice, "status" | "currency" | "amountCents"> &
  Pick<DeclineEvent, "declineClass" | "failureCode"> & {
    /** Card tries after the first failure, up to the one that recovered it, or so far. */
    readonly retry: number;
    /** Null: it is not paid, as are `days`, from the first failure to the payment. */
    readonly way: RecoveryWay | null;
    readonly days: number | null;
  };

/** @returns null: it never failed, or its first failure was at another time */
export function recoveredInvoice(
  invoice: FailedInvoice,
  { since, until }: Pick<RecoveryWindow, "since" | "until">,
): RecoveredInvoice | null {
  const failure = firstFailure(invoice.declines);
  if (failure === null || (since !== null && failure.at < since) || (until !== null && failure.at >= until))
    return null;
  const { status, currency, amountCents, paidAt, tries } = invoice;
  const { declineClass, failureCode } = failure;
  const payer = tries.find(({ state }) => state === "paid") ?? null;
  const isPaid = status === "paid";
  return {
    ...{ status, currency, amountCents, declineClass, failureCode },
    retry: retriesOf(tries, failure, payer),
    way: isPaid ? wayTo(payer, failure, tries) : null,
    days: isPaid && paidAt !== null ? Math.max(0, paidAt.getTime() - failure.at.getTime()) / DAY_MS : null,
  };
}

function firstFailure(declines: readonly DeclineEvent[]): DeclineEvent | null {
  return declines
    .filter(isFailure)
    .reduce<DeclineEvent | null>(
      (first, each) => (first === null || each.sequence < first.sequence ? each : first),
      null,
    );
}

/** A request of ours that was refused is no failure of the customer; the attempt's own event tells of the same decline twice. */
function isFailure({ type, outcome }: DeclineEvent): boolean {
  return type !== "attempt.declined" && (outcome === null || outcome === "declined");
}

/** Those that the bank was asked about, or may have been. */
function retriesOf(tries: readonly TryOfFailed[], failure: DeclineEvent, payer: TryOfFailed | null): number {
  const failed = tries.find(({ id }) => id === failure.attemptId);
  const isAfter = ({ number, sentAt }: TryOfFailed): boolean =>
    failed === undefined ? sentAt !== null && sentAt >= failure.at : number > failed.number;
  const isRetry = ({ state, flow, sentAt }: TryOfFailed): boolean =>
    wayOf({ flow }).chargesStoredCard && sentAt !== null && !isUnsent(state) && state !== "refused";
  return tries.filter((each) => isRetry(each) && isAfter(each) && (payer === null || each.number <= payer.number))
    .length;
}

/** @param payer null: a person said that it is paid */
function wayTo(payer: TryOfFailed | null, { attemptId }: DeclineEvent, tries: readonly TryOfFailed[]): RecoveryWay {
  if (payer === null) return "person";
  if (hasPage(payer)) return RECOVERY_WAYS.find((way) => way === `link_${payer.paymentMethod}`) ?? "link";
  if (payer.id === attemptId) return "same_try";
  const failed = tries.find(({ id }) => id === attemptId);
  const isSameCard = payer.paymentSourceId !== null && payer.paymentSourceId === failed?.paymentSourceId;
  return isSameCard ? "card_retry" : "new_card";
}
