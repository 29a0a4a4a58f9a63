/** Whether a payment link of an invoice may be made now, and what the invoice becomes by it. */
import type { AttemptState } from "../attempt.ts";
import { blocksCharge, isInFlight } from "../attempt.ts";
import type { Invoice } from "../invoice.ts";
import { transition, type InvoiceBefore, type InvoiceChange } from "../invoice-transition.ts";

export type LinkFacts = {
  readonly invoice: InvoiceBefore & Pick<Invoice, "voidWhenSettled">;
  /** Of the attempts of the invoice. */
  readonly tries: readonly AttemptState[];
  /** Of the customer's attempts: those that are in flight, at least. */
  readonly triesOfCustomer: readonly AttemptState[];
  /** An invoice of the subscription, this or another, has a page that may still be paid: dunning gives one at a time. */
  readonly hasOpenPage: boolean;
};

/** @param requestedBy "dunning", or the person @returns null: it may not be made */
export function openLink(
  { invoice, tries, triesOfCustomer, hasOpenPage }: LinkFacts,
  requestedBy: string,
  now: Date,
): InvoiceChange | null {
  if (invoice.voidWhenSettled !== null || tries.some(blocksCharge)) return null;
  if (isInFlight(triesOfCustomer.map((state) => ({ state })))) return null;
  if (requestedBy === "dunning" && (!isLinkDue(invoice, now) || hasOpenPage)) return null;
  if (!isOwed(invoice)) return null;
  return transition(invoice, {
    ...{ status: "open", nextAttemptAt: null, dunningStep: "payment_link", dunningDueAt: null },
    dunningClass: invoice.dunningClass ?? "new_card",
    // A person's page of what is held or written off: it goes back there when nobody pays.
    reopenedFrom: invoice.reopenedFrom ?? invoice.statusReason,
  });
}

/** Dunning's own link is made while it is due, and not when another card came in between. */
function isLinkDue({ status, dunningStep, dunningDueAt }: InvoiceBefore, now: Date): boolean {
  return status === "open" && dunningStep === "payment_link" && dunningDueAt !== null && dunningDueAt <= now;
}

/** What a person may ask a link for. */
function isOwed({ status }: InvoiceBefore): boolean {
  return status === "open" || status === "held" || status === "uncollectible";
}
