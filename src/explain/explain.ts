/**
 * The story of a subscription, in Spanish and in English: what happened, in order and grouped by invoice, by which rule;
 * then what happens next, when, and why not earlier.
 *
 * Pure: rows of the books come in, sentences go out. Never decides anything, and never fails for what an event holds.
 */
import { attemptEntries } from "./attempt-entries.ts";
import { inOrder, type Entry } from "./entry.ts";
import { eventText } from "./event-sentences.ts";
import type { InvoiceStory, DeclineText, EventFacts, Facts, WebhookStory } from "./facts.ts";
import type { Next } from "./next.ts";
import { nextOfInvoice } from "./next-of-invoice.ts";
import { nextOfGate, nextOfSubscription } from "./next-of-subscription.ts";
import { ledToSomething, refundEntry, webhookEntry } from "./other-entries.ts";

export type ExplainedInvoice = InvoiceStory & { readonly entries: readonly Entry[] };

export type Explanation = {
  readonly subscription: Facts["subscription"];
  /** What concerns no single invoice: the subscription, its card, its plan. */
  readonly entries: readonly Entry[];
  readonly invoices: readonly ExplainedInvoice[];
  readonly next: readonly Next[];
};

/** @param invoiceId only this one */
export function explain(
  facts: Facts,
  declineText: DeclineText,
  now: Date,
  invoiceId: string | null = null,
): Explanation {
  const { subscription, gate } = facts;
  const shown = facts.invoices.filter(({ id }) => invoiceId === null || id === invoiceId);
  const waiting = shown.filter(({ status }) => invoiceId !== null || status === "open" || status === "held");
  return {
    subscription,
    entries: invoiceId === null ? entriesOfSubscription(facts, declineText) : [],
    invoices: shown.map((invoice) => ({ ...invoice, entries: entriesOf(invoice, facts, declineText) })),
    next: [
      ...(gate === null ? [] : [nextOfGate(gate)]),
      ...waiting.map((invoice) => nextOfInvoice(invoice, facts, now)),
      ...(invoiceId === null ? [nextOfSubscription(facts, now)] : []),
    ],
  };
}

function entriesOf(invoice: InvoiceStory, facts: Facts, declineText: DeclineText): readonly Entry[] {
  const events = facts.events.filter((event) => event.invoiceId === invoice.id);
  const attempts = facts.attempts.filter((attempt) => attempt.invoiceId === invoice.id);
  const orders = new Set(attempts.map(({ orderId }) => orderId));
  const isAboutThis = (news: WebhookStory): boolean => news.orderId !== null && orders.has(news.orderId);
  return inOrder(
    events.map((event) => entryOf(event, facts, invoice, declineText)),
    [
      ...attempts.flatMap((attempt) => attemptEntries(attempt, events, facts.subscription.timeZone)),
      ...facts.refunds.filter((refund) => refund.invoiceId === invoice.id).map(refundEntry),
      ...facts.webhooks.filter((news) => isAboutThis(news) && ledToSomething(news, events)).map(webhookEntry),
    ],
  );
}

function entriesOfSubscription(facts: Facts, declineText: DeclineText): readonly Entry[] {
  const events = facts.events.filter((event) => event.invoiceId === null);
  const aboutCustomer = events.filter(({ type }) => /^(customer|card)\./.test(type));
  const news = facts.webhooks.filter((each) => each.orderId === null && ledToSomething(each, aboutCustomer));
  return inOrder(
    events.map((event) => entryOf(event, facts, null, declineText)),
    news.map(webhookEntry),
  );
}

function entryOf(event: EventFacts, facts: Facts, invoice: InvoiceStory | null, declineText: DeclineText): Entry {
  const { at, type, data, attemptId } = event;
  const attempt = facts.attempts.find(({ id }) => id === attemptId) ?? null;
  const { timeZone } = facts.subscription;
  const told = { at, data, attempt, invoice, timeZone, declineText };
  return { at, type, attemptId, text: eventText(type, told), data };
}
