/**
 * What a person may do to an invoice, and when not.
 *
 * Pure. An act beside an attempt that may still move money would let a customer pay twice, so every one waits for its end.
 */
import type { AttemptState } from "./attempt.ts";
import { type AttemptFlow, hasPage } from "./ways-to-pay.ts";
import { isOldDebt, OUT_OF_DUNNING, type Invoice } from "./invoice.ts";
import type { InvoiceMove } from "./invoice-transition.ts";

export type InvoiceAct = "retry" | "void" | "mark_paid" | "link";

export type ActFacts = {
  readonly invoice: Pick<Invoice, "status" | "amountCents">;
  /** The attempt that may still move money; null: there is none. */
  readonly openAttempt: { readonly state: AttemptState; readonly flow: AttemptFlow } | null;
  /** A decline said that the card which would be charged is never to be tried again, and nothing has changed since. */
  readonly isCardForbidden: boolean;
};

export type WhyNot =
  | "paid"
  | "void"
  /** Nothing is owed for it. */
  | "nothing_to_pay"
  /** The customer may still pay on it. */
  | "open_page"
  | "open_attempt"
  /** No run would charge it. */
  | "card_forbidden";

/** @returns null: it may be done */
export function whyNotDone(act: InvoiceAct, { invoice, openAttempt, isCardForbidden }: ActFacts): WhyNot | null {
  if (openAttempt !== null) return hasPage(openAttempt) ? "open_page" : "open_attempt";
  const { status } = invoice;
  if (status === "paid") return "paid";
  // Whoever voided it may have been wrong: money on the counter pays it all the same.
  if (status === "void" && act !== "mark_paid") return "void";
  if (act === "link" && invoice.amountCents === 0) return "nothing_to_pay";
  // An invoice of nothing is paid without a card.
  return act === "retry" && isCardForbidden && invoice.amountCents > 0 ? "card_forbidden" : null;
}

/**
 * Up for the next run. Where dunning has it, dunning goes on from this try, whatever it waited for. What was written off
 * has one try, and is written off again when that fails.
 */
export function retryMove(
  invoice: Pick<Invoice, "status" | "statusReason" | "firstDeclinedAt" | "dunningClass" | "reopenedFrom">,
  now: Date,
): InvoiceMove {
  const { status, statusReason } = invoice;
  if (status === "uncollectible" || isOldDebt(invoice)) {
    const reopenedFrom = status === "uncollectible" ? statusReason : invoice.reopenedFrom;
    return { status: "open", nextAttemptAt: now, ...OUT_OF_DUNNING, reopenedFrom, retryRequestedAt: now };
  }
  return { status: "open", nextAttemptAt: now, ...stepAgain(invoice), retryRequestedAt: now };
}

/** Of one that is put up again: what was declined is in dunning still, and its subscription past due. */
export function stepAgain({
  firstDeclinedAt,
  dunningClass,
}: Pick<Invoice, "firstDeclinedAt" | "dunningClass">): Pick<Invoice, "dunningStep" | "dunningClass" | "dunningDueAt"> {
  return firstDeclinedAt === null
    ? OUT_OF_DUNNING
    : { ...OUT_OF_DUNNING, dunningStep: "retry", dunningClass: dunningClass ?? "retry_later" };
}
