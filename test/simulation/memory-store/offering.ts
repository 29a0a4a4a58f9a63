/** What another card, or a person, does to payment links in memory: as `retryWithNewCard` and `endLinks` do it in SQLite. */
import type { NewEvent } from "../../../src/application/ports/store.ts";
import type { LinkEnd } from "../../../src/domain/payment-link.ts";
import type { Drafts } from "./drafts.ts";
import type { AttemptRow, InvoiceRow, LinkRow } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";

export type DraftedRows = {
  readonly tables: MemoryTables;
  readonly invoices: Drafts<InvoiceRow>;
  readonly attempts: Drafts<AttemptRow>;
  readonly links: Drafts<LinkRow>;
  readonly now: Date;
};

type Card = { readonly paymentSourceId: string; readonly last4: string | null };

/** Invoices that another card may mend are due at once, but not for a card they were tried with already. */
export function retryWithNewCard(drafted: DraftedRows, customerId: string, card: Card): NewEvent[] {
  const { tables, invoices, now } = drafted;
  const closing: NewEvent[] = [];
  const offered: NewEvent[] = [];
  for (const id of tables.invoices.group("dunned", customerId)) {
    const invoice = invoices.get(id);
    if (invoice === null || !mayBeMended(invoice) || wasTriedWith(tables, id, card)) continue;
    const open = tables.attempts.byUnique("attempt_one_open", id);
    if (open?.flow === "link") closing.push(...endLink(drafted, id, "new_card"));
    // A charge that is under way with the older card is judged, when it is declined, by the card of that moment.
    if (open !== undefined) continue;
    Object.assign(invoice, { nextAttemptAt: now, dunningStep: "retry", dunningDueAt: null });
    offered.push({
      ...{ type: "invoice.retry_scheduled", customerId, subscriptionId: invoice.subscriptionId, invoiceId: id },
      data: { nextAttemptAt: now.toISOString(), nextStep: "retry", rule: { name: "new_card" } },
    });
  }
  return [...offered, ...closing];
}

/** What waits for the customer; of what is tried again anyway, what a card may mend. */
function mayBeMended({ status, dunningStep, dunningClass }: InvoiceRow): boolean {
  if (status !== "open" || dunningStep === null || dunningClass === "never_again") return false;
  return dunningStep !== "retry" || dunningClass === "retry_later" || dunningClass === "new_card";
}

function wasTriedWith({ attempts }: MemoryTables, invoiceId: string, { paymentSourceId, last4 }: Card): boolean {
  return attempts.inGroup("invoice", invoiceId).some(({ state, flow, ...card }) => {
    if (state === "not_sent" || state === "released") return false;
    if (card.paymentSourceId === paymentSourceId) return true;
    return card.paymentSourceId === null && flow !== "link" && card.cardLast4 !== null && card.cardLast4 === last4;
  });
}

/** The next inquiry cancels it, and reads what became of it. @returns none: there is no open one */
export function endLink(drafted: DraftedRows, invoiceId: string, because: LinkEnd): NewEvent[] {
  const { tables, attempts, links, now } = drafted;
  const open = tables.attempts.byUnique("attempt_one_open", invoiceId);
  const attempt = open?.flow === "link" ? attempts.get(open.id) : null;
  const link = attempt && links.get(tables.links.byUnique("attempt", attempt.id)?.id ?? "");
  if (attempt === null || link === null) return [];
  link.cancelRequestedAt ??= now;
  link.cancelBecause ??= because;
  // One that is being made is closed as soon as its answer is in the books.
  attempt.nextInquiryAt = attempt.state === "pending" || attempt.state === "unknown" ? now : null;
  const { subscriptionId } = tables.invoices.must(invoiceId);
  const { id: attemptId, customerId } = attempt;
  return [
    {
      type: "invoice.payment_link_closing",
      ...{ customerId, subscriptionId, invoiceId, attemptId, data: { because } },
    },
  ];
}
