/**
 * The story of a subscription, in Spanish and in English: what happened, in order and grouped by invoice, by which rule;
 * then what happens next, when, and why not earlier.
 *
 * Pure: facts from the store come in, sentences go out. It decides nothing, and no shape of an event's data makes it fail.
 */
import { formatMoney } from "../domain/money.ts";
import type { OutlookRules } from "../domain/charging/invoice-outlook.ts";
import { cardName } from "./attempt-sentences.ts";
import { bracketed, prefixed } from "./event-data.ts";
import { eventText } from "./event-sentences.ts";
import type { DeclineText } from "../domain/decline.ts";
import type { EventFacts, Facts, InvoiceStory, SubscriptionFacts, WebhookStory } from "./facts.ts";
import { nextOfInvoice } from "./next-of-invoice.ts";
import { nextOfHalt, nextOfSubscription } from "./next-of-subscription.ts";
import type { Next } from "./next.ts";
import type { Text } from "../domain/language.ts";
import { dayOf, NOTHING } from "./text.ts";
import { attemptEntries, type Entry, inOrder, hadConsequences, refundEntry, webhookEntry } from "./timeline.ts";
import { reasonWords, statusWords } from "./words.ts";

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
  rules: OutlookRules,
  now: Date,
  invoiceId: string | null = null,
): Explanation {
  const { subscription, halt } = facts;
  const shown = facts.invoices.filter(({ id }) => invoiceId === null || id === invoiceId);
  const waiting = shown.filter(({ status }) => invoiceId !== null || status === "open" || status === "held");
  return {
    subscription,
    entries: invoiceId === null ? entriesOfSubscription(facts, declineText) : [],
    invoices: shown.map((invoice) => ({ ...invoice, entries: entriesOf(invoice, facts, declineText) })),
    next: [
      ...(halt === null ? [] : [nextOfHalt(halt)]),
      ...waiting.map((invoice) => nextOfInvoice(invoice, facts, rules, now)),
      ...(invoiceId === null ? [nextOfSubscription(facts, rules, now)] : []),
    ],
  };
}

function entriesOf(invoice: InvoiceStory, facts: Facts, declineText: DeclineText): readonly Entry[] {
  const events = facts.events.filter((event) => event.invoiceId === invoice.id);
  const attempts = facts.attempts.filter((attempt) => attempt.invoiceId === invoice.id);
  const orders = new Set(attempts.map(({ orderId }) => orderId));
  const isAboutThis = ({ orderId }: WebhookStory): boolean => orderId !== null && orders.has(orderId);
  return inOrder(
    events.map((event) => entryOf(event, facts, invoice, declineText)),
    [
      ...attempts.flatMap((attempt) => attemptEntries(attempt, events, facts.subscription.timeZone)),
      ...facts.refunds.filter((refund) => refund.invoiceId === invoice.id).map(refundEntry),
      ...facts.webhooks.filter((webhook) => isAboutThis(webhook) && hadConsequences(webhook, events)).map(webhookEntry),
    ],
  );
}

function entriesOfSubscription(facts: Facts, declineText: DeclineText): readonly Entry[] {
  const events = facts.events.filter((event) => event.invoiceId === null);
  const aboutCustomer = events.filter(({ type }) => /^(customer|card)\./.test(type));
  const webhooks = facts.webhooks.filter((each) => each.orderId === null && hadConsequences(each, aboutCustomer));
  return inOrder(
    events.map((event) => entryOf(event, facts, null, declineText)),
    webhooks.map(webhookEntry),
  );
}

function entryOf(event: EventFacts, facts: Facts, invoice: InvoiceStory | null, declineText: DeclineText): Entry {
  const { at, type, data, attemptId } = event;
  const attempt = facts.attempts.find(({ id }) => id === attemptId) ?? null;
  const { timeZone } = facts.subscription;
  const text = eventText(type, { at, data, attempt, invoice, timeZone, declineText });
  return { at, type, attemptId, text, data };
}

export function subscriptionHeading({ id, status, planName, customer }: SubscriptionFacts): Text {
  const [words, card] = [statusWords(status), cardName(customer.card)];
  return {
    es: `${id}: ${customer.name}, ${planName}, ${words.es}; ${card === null ? "sin tarjeta" : `tarjeta ${card}`}`,
    en: `${id}: ${customer.name}, ${planName}, ${words.en}; ${card === null ? "no card" : `card ${card}`}`,
  };
}

export function invoiceHeading(invoice: InvoiceStory, timeZone: string): Text {
  const { id, periodStart, periodEnd, amountCents, currency, status, statusReason, missed } = invoice;
  const money = formatMoney(amountCents, currency);
  const [from, to] = [dayOf(periodStart, timeZone), dayOf(periodEnd, timeZone)];
  const [words, reason] = [statusWords(status), statusReason === null ? NOTHING : reasonWords(statusReason)];
  const which = cycleName(invoice);
  const late = missed ? { es: "se abrió tarde", en: "opened late" } : NOTHING;
  return {
    es: `${which.es}, ${money}, ${words.es}${prefixed(": ", reason.es)} — del ${from.es} al ${to.es}${bracketed(late.es || null)} — ${id}`,
    en: `${which.en}, ${money}, ${words.en}${prefixed(": ", reason.en)} — ${from.en} to ${to.en}${bracketed(late.en || null)} — ${id}`,
  };
}

/** "Cycle 3", "Subscription", "Everybody": the subject of one line of what comes next. */
export function aboutOf({ what, invoiceId }: Next, invoices: readonly Pick<InvoiceStory, "id" | "cycle">[]): Text {
  if (what === "halt") return { es: "Todos", en: "Everybody" };
  const invoice = invoices.find(({ id }) => id === invoiceId);
  return invoice === undefined ? { es: "Suscripción", en: "Subscription" } : cycleName(invoice);
}

function cycleName({ cycle }: Pick<InvoiceStory, "cycle">): Text {
  return cycle === null ? { es: "Cobro único", en: "One-off" } : { es: `Ciclo ${cycle}`, en: `Cycle ${cycle}` };
}
