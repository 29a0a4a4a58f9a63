/**
 * Does an earlier invoice of the subscription come first? One after the other is collected, and one fails at a time.
 *
 * Pure. Of what was missed, and of what waited until it was late, `catch-up-turn.ts` says the day.
 */
import { isUncertain, type AttemptState } from "../attempt.ts";
import { isOldDebt, isRetryRequested, type Invoice } from "../invoice.ts";

export type UnsettledInvoice = Pick<
  Invoice,
  "cycle" | "status" | "statusReason" | "dunningStep" | "reopenedFrom" | "missed" | "nextAttemptAt" | "firstDeclinedAt"
> & {
  /** Of the attempt that may still move money; null: there is none. */
  readonly openAttempt: AttemptState | null;
};

/** What decides whether it waits for another. */
export type InOrder = Pick<Invoice, "cycle" | "missed" | "retryRequestedAt" | "firstDeclinedAt" | "dunningStep">;

/**
 * The earliest invoice of the subscription that is to be paid before this one: it is failing, held or uncertain. One that
 * waits for an answer about the past keeps nobody waiting. A missed one waits only while another card, or a payment, is
 * waited for. An invoice that waited its day, and was never tried, waits for a later one that fails, or may fail yet, too:
 * one fails at a time.
 *
 * @param unsettled of the subscription; the invoice itself and later ones may be among them
 * @returns its cycle; null: none comes first
 */
export function earlierUnpaidCycle(invoice: InOrder, unsettled: readonly UnsettledInvoice[]): number | null {
  return firstCycle(earlierUnpaid(invoice, unsettled));
}

/**
 * The earliest of them that a person must decide: without that this one waits for ever. @returns its cycle; null: there is
 * none, so that it waits for something that ends by itself, or for nothing
 */
export function earlierHeldCycle(...invoices: Parameters<typeof earlierUnpaidCycle>): number | null {
  return firstCycle(earlierUnpaid(...invoices).filter(({ status }) => status === "held"));
}

function earlierUnpaid(invoice: InOrder, unsettled: readonly UnsettledInvoice[]): readonly UnsettledInvoice[] {
  if (isRetryRequested(invoice)) return [];
  if (invoice.missed) return unsettled.filter((each) => isEarlier(each, invoice) && waitsForCustomer(each));
  return unsettled.filter((each) =>
    isEarlier(each, invoice) ? keepsOthersWaiting(each) : !hasFailed(invoice) && failsBeside(invoice, each),
  );
}

/** By their cycles; what is charged once, and is of none, comes before nothing and after nothing. */
export function isEarlier(one: Pick<Invoice, "cycle">, other: Pick<Invoice, "cycle">): boolean {
  return one.cycle !== null && other.cycle !== null && one.cycle < other.cycle;
}

export function byCycle(a: Pick<Invoice, "cycle">, b: Pick<Invoice, "cycle">): number {
  return (a.cycle ?? -1) - (b.cycle ?? -1);
}

function failsBeside(invoice: Pick<Invoice, "cycle">, other: UnsettledInvoice): boolean {
  return isEarlier(invoice, other) && !other.missed && !isOldDebt(other) && (isFailing(other) || mayFail(other));
}

/** Its bank may decline it yet: nobody knows, or it was asked. */
function mayFail({ status, openAttempt }: UnsettledInvoice): boolean {
  return status === "open" && isUncertain(openAttempt);
}

/** In a step of dunning, or on its way back to one: what was held since is tried again, and was declined before. */
function isFailing({ status, ...invoice }: UnsettledInvoice): boolean {
  return status === "open" && hasFailed(invoice);
}

/**
 * Of an open one: dunning has its date. Whether others wait for it, and whether it waits for them, is asked with the same
 * word: two that answered it differently waited for each other for ever.
 */
export function hasFailed({ dunningStep, firstDeclinedAt }: Pick<Invoice, "dunningStep" | "firstDeclinedAt">): boolean {
  return dunningStep !== null || firstDeclinedAt !== null;
}

/** It has failed, and the card has no try left: a missed one after it would only fail as well, with a page of its own. */
function waitsForCustomer(invoice: UnsettledInvoice): boolean {
  const { dunningStep } = invoice;
  return dunningStep !== null && dunningStep !== "retry" && !isOldDebt(invoice);
}

function firstCycle(invoices: readonly UnsettledInvoice[]): number | null {
  return invoices.length === 0 ? null : Math.min(...invoices.flatMap(({ cycle }) => cycle ?? []));
}

function keepsOthersWaiting(invoice: UnsettledInvoice): boolean {
  const { status, statusReason, openAttempt } = invoice;
  if (isOldDebt(invoice)) return false;
  if (status !== "open" && status !== "held") return false;
  if (isFailing(invoice) || (status === "held" && statusReason !== "catch_up_ask")) return true;
  return isUncertain(openAttempt);
}

/**
 * An earlier one is due as well: it goes first, so that one after the other is decided, and one fails at a time. One that
 * fails already goes on: the earlier one waits for it.
 */
export function isBehindDue(...asked: Parameters<typeof earlierDue>): boolean {
  return earlierDue(...asked).length > 0;
}

function earlierDue(invoice: InOrder, unsettled: readonly UnsettledInvoice[], now: Date): readonly UnsettledInvoice[] {
  if (hasFailed(invoice) || isRetryRequested(invoice)) return [];
  return unsettled.filter(
    (each) => isEarlier(each, invoice) && !isOldDebt(each) && each.nextAttemptAt !== null && each.nextAttemptAt <= now,
  );
}

/**
 * The earliest that a person must decide before what is due before it goes on: without that it waits for ever, too.
 * @returns its cycle; null: there is none
 */
export function heldBeforeDue(...[invoice, unsettled, now]: Parameters<typeof earlierDue>): number | null {
  const held = earlierDue(invoice, unsettled, now).flatMap((each) =>
    earlierUnpaid({ ...each, retryRequestedAt: null }, unsettled).filter(({ status }) => status === "held"),
  );
  return firstCycle(held);
}

/** The earliest that it waits for, whether that one fails or is due as well. @returns its cycle; null: it need not wait */
export function firstUnpaidBefore(...[invoice, unsettled, now]: Parameters<typeof earlierDue>): number | null {
  return earlierUnpaidCycle(invoice, unsettled) ?? firstCycle(earlierDue(invoice, unsettled, now));
}
