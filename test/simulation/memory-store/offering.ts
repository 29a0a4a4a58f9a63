/** What another card, or a person, does to payment links in memory: as `retryWithNewCard` and `endLinks` do it in SQLite. */
import { isUncertain } from "../../../src/domain/attempt.ts";
import { hasPage } from "../../../src/domain/ways-to-pay.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import type { Rule } from "../../../src/domain/dunning/dunning.ts";
import {
  mendsUnpaid,
  tryKnownCard,
  tryNewCard,
  type NewCard,
  type NewCardDecision,
  type TriedCard,
} from "../../../src/domain/dunning/new-card.ts";
import type { Subscription } from "../../../src/domain/subscription.ts";
import type { LinkEnd } from "../../../src/domain/payment-link.ts";
import { barredCards, cardOf, knownCard } from "./charge-facts.ts";
import type { Drafts } from "./drafts.ts";
import type { AttemptRow, CustomerRow, InvoiceRow, LinkRow } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";

export type DraftedRows = {
  readonly tables: MemoryTables;
  readonly customers: Drafts<CustomerRow>;
  readonly subscriptions: Drafts<Subscription>;
  readonly invoices: Drafts<InvoiceRow>;
  readonly attempts: Drafts<AttemptRow>;
  readonly links: Drafts<LinkRow>;
  readonly now: Date;
};

/** What each of the invoices in dunning makes of another card is in `tryNewCard`. */
export function retryWithNewCard(drafted: DraftedRows, customerId: string, card: NewCard): NewEvent[] {
  return tryCard(drafted, customerId, { name: "new_card" }, (invoice, tries) =>
    tryNewCard(invoice, tries, card, drafted.now),
  );
}

/** What they make of the card that the books know is in `tryKnownCard`. */
export function tryKnownCardOf(drafted: DraftedRows, customerId: string): NewEvent[] {
  const { tables, customers, now } = drafted;
  const customer = customers.get(customerId);
  if (customer === null || tables.invoices.group("dunned", customerId).size === 0) return [];
  const facts = knownCard(tables, customer);
  return tryCard(drafted, customerId, { name: "card_untried" }, (invoice, tries) =>
    tryKnownCard(invoice, tries, facts, now),
  );
}

function tryCard(
  drafted: DraftedRows,
  customerId: string,
  rule: Rule,
  decide: (invoice: InvoiceRow, tries: readonly TriedCard[]) => NewCardDecision | null,
): NewEvent[] {
  const { tables, invoices, now } = drafted;
  const closing: NewEvent[] = [];
  const offered: NewEvent[] = [];
  for (const invoiceId of tables.invoices.group("dunned", customerId)) {
    const invoice = invoices.get(invoiceId);
    if (invoice === null) continue;
    const decision = decide(invoice, triedCards(drafted, invoiceId));
    if (decision?.do === "close_link") closing.push(...endLink(drafted, invoiceId, "new_card"));
    if (decision?.do !== "try") continue;
    Object.assign(invoice, decision.change);
    offered.push({
      ...{ type: "invoice.retry_scheduled", customerId, subscriptionId: invoice.subscriptionId, invoiceId },
      data: { nextAttemptAt: now.toISOString(), nextStep: "retry", rule },
    });
  }
  return [...offered, ...closing];
}

/** Which of the customer's unpaid subscriptions another card mends is in `mendsUnpaid`. */
export function resumeUnpaid(drafted: DraftedRows, customerId: string): NewEvent[] {
  const { tables, customers, subscriptions, invoices, now } = drafted;
  const customer = customers.get(customerId);
  if (customer === null) return [];
  const facts = {
    card: cardOf(customer),
    isDeleted: customer.deletedAt !== null,
    ...barredCards(tables, customer),
  };
  return subscriptions
    .all()
    .filter((each) => each.customerId === customerId && each.status === "unpaid")
    .filter(({ id }) => {
      const writtenOff = [...tables.invoices.group("subscription", id)].filter(
        (invoiceId) => invoices.get(invoiceId)?.status === "uncollectible",
      );
      const tries = writtenOff.flatMap((invoiceId) => triedCards(drafted, invoiceId));
      return mendsUnpaid(facts, tries, now);
    })
    .map((subscription) => {
      subscription.status = "active";
      const data = { was: "unpaid", because: "new_card" };
      return { type: "subscription.resumed", customerId, subscriptionId: subscription.id, data };
    });
}

function triedCards({ tables, attempts, links }: DraftedRows, invoiceId: string): TriedCard[] {
  return tables.attempts
    .inGroup("invoice", invoiceId)
    .flatMap(({ id }) => attempts.get(id) ?? [])
    .map((each) => ({ ...each, isCleared: each.cardClearedAt !== null, isClosing: isClosing(each.id) }));

  function isClosing(attemptId: string): boolean {
    const link = links.get(tables.links.byUnique("attempt", attemptId)?.id ?? "");
    return link !== null && link.cancelRequestedAt !== null;
  }
}

/** The next inquiry cancels it, and reads what became of it. @returns none: there is no open one */
export function endLink(drafted: DraftedRows, invoiceId: string, because: LinkEnd): NewEvent[] {
  const { tables, attempts, links, now } = drafted;
  const open = tables.attempts.byUnique("attempt_one_open", invoiceId);
  const attempt = open !== undefined && hasPage(open) ? attempts.get(open.id) : null;
  const link = attempt && links.get(tables.links.byUnique("attempt", attempt.id)?.id ?? "");
  if (attempt === null || link === null) return [];
  link.cancelRequestedAt ??= now;
  link.cancelBecause ??= because;
  // One that is being made is closed as soon as its answer is in the books.
  attempt.nextInquiryAt = isUncertain(attempt.state) ? now : null;
  const { subscriptionId } = tables.invoices.must(invoiceId);
  const { id: attemptId, customerId } = attempt;
  return [
    {
      type: "invoice.payment_link_closing",
      ...{ customerId, subscriptionId, invoiceId, attemptId, data: { because } },
    },
  ];
}
