/** What the rules about charging need to know of due invoices, brought by the store in memory. It decides nothing. */
import type { DueCycle, DueInvoice, DuePlace } from "../../../src/application/ports/charging.ts";
import { barredBy } from "../../../src/domain/charging/card-check.ts";
import { lastPaymentAt, type MissedInvoice } from "../../../src/domain/charging/catch-up-turn.ts";
import { DAILY_LIMIT_WINDOW_MS, type CustomerTry } from "../../../src/domain/charging/daily-limit.ts";
import type { UnsettledInvoice } from "../../../src/domain/charging/invoice-order.ts";
import { blocksCharge, isInFlight } from "../../../src/domain/attempt.ts";
import type { CustomerFacts } from "../../../src/domain/charging/charge-decision.ts";
import type { KnownCardFacts } from "../../../src/domain/dunning/new-card.ts";
import type { PaymentDispute } from "../../../src/domain/dispute.ts";
import type { Invoice } from "../../../src/domain/invoice.ts";
import { standingDisputes } from "./disputes.ts";
import { invoiceFactsOf } from "./invoice-changes.ts";
import type { AttemptRow, CustomerRow, InvoiceRow } from "./rows.ts";
import { failureOf } from "./read-failures.ts";
import type { MemoryTables } from "./tables.ts";
import { NO_ATTEMPT_BESIDE } from "../../../src/domain/settle/settlement.ts";

export function dueInvoices(
  tables: MemoryTables,
  now: Date,
  { after, limit }: { readonly after: DuePlace | null; readonly limit: number },
): DueInvoice[] {
  const facts = newFacts(tables, now);
  return dueRows(tables, now)
    .filter((row) => after === null || isAfter(row, after))
    .slice(0, limit)
    .map((row) => ({ ...withFacts(tables, row, facts), isWaitTold: row.waitsToldAt !== null }));
}

export function duePlaces(
  tables: MemoryTables,
  now: Date,
  { after, limit }: { readonly after: DuePlace | null; readonly limit: number },
): DuePlace[] {
  return dueRows(tables, now)
    .filter((row) => after === null || isAfter(row, after))
    .slice(0, limit)
    .map((row) => ({ at: new Date(dueMs(row)), invoiceId: row.id }));
}

export function dueCycles(
  tables: MemoryTables,
  now: Date,
  { after, limit }: { readonly after: DuePlace | null; readonly limit: number },
): DueCycle[] {
  return dueRows(tables, now)
    .filter((row) => after === null || isAfter(row, after))
    .slice(0, limit)
    .map((row) => {
      const { id: invoiceId, subscriptionId, cycle, customerId, periodStart, periodEnd } = row;
      return { at: new Date(dueMs(row)), invoiceId, subscriptionId, cycle, customerId, periodStart, periodEnd };
    });
}

export function factsBeforeOpening(tables: MemoryTables, invoices: readonly Invoice[], now: Date): DueInvoice[] {
  const known = newFacts(tables, now);
  return invoices.map((invoice) => {
    const facts = withFacts(tables, invoice, known);
    return { ...facts, isWaitTold: false, invoice: { ...invoice, ...facts.invoice } };
  });
}

function dueRows({ invoices }: MemoryTables, now: Date): InvoiceRow[] {
  if (invoices.group("due", "due").size === 0) return [];
  return invoices
    .inGroup("due", "due")
    .filter(({ nextAttemptAt }) => nextAttemptAt !== null && nextAttemptAt <= now)
    .toSorted((a, b) => dueMs(a) - dueMs(b) || (a.id < b.id ? -1 : 1));
}

function isAfter(row: InvoiceRow, { at, invoiceId }: DuePlace): boolean {
  return dueMs(row) > at.getTime() || (dueMs(row) === at.getTime() && row.id > invoiceId);
}

function dueMs({ nextAttemptAt }: InvoiceRow): number {
  return nextAttemptAt?.getTime() ?? 0;
}

/** What many invoices share, drawn up once for all of them while nothing is written. */
type Facts = {
  readonly now: Date;
  readonly payer: (customer: CustomerRow) => CustomerFacts;
  readonly unsettled: (subscriptionId: string) => UnsettledInvoice[];
  readonly paidAt: (subscriptionId: string) => Date | null;
  readonly disputes: (subscriptionId: string) => PaymentDispute[];
  readonly missed: (subscriptionId: string) => MissedInvoice[];
};

function newFacts(tables: MemoryTables, now: Date): Facts {
  return {
    now,
    payer: onceFor((customer) => payerOf(tables, customer, now)),
    unsettled: onceFor((subscriptionId) => unsettledInvoices(tables, subscriptionId)),
    paidAt: onceFor((subscriptionId) => lastPaidAt(tables, subscriptionId)),
    disputes: onceFor((subscriptionId) => standingDisputes(tables, subscriptionId)),
    missed: onceFor((subscriptionId) => missedInvoices(tables, subscriptionId)),
  };
}

/** While nothing is written. */
export function onceFor<Key, Value>(find: (key: Key) => Value): (key: Key) => Value {
  const found = new Map<Key, Value>();
  return (key) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const value = find(key);
    found.set(key, value);
    return value;
  };
}

function withFacts(tables: MemoryTables, invoice: Invoice, facts: Facts): Omit<DueInvoice, "isWaitTold"> {
  const { subscriptionId, customerId, cycle, missed, periodEnd } = invoice;
  const { dunning, catchUp } = tables.plans.must(tables.subscriptions.must(subscriptionId).planId);
  const payer = facts.payer(tables.customers.must(customerId));
  return {
    invoice: {
      ...invoiceFactsOf(tables, invoice),
      ...NO_ATTEMPT_BESIDE,
      ...{ cycle, missed, periodEnd },
    },
    ...{ subscriptionId, customerId, dunning, catchUp },
    customer: invoice.declines > 0 ? payer : { ...payer, declines: [] },
    attempt: tables.attempts.inGroup("invoice", invoice.id).find(({ state }) => blocksCharge(state))?.state ?? null,
    unsettled: facts.unsettled(subscriptionId),
    paidAt: periodEnd > facts.now ? null : facts.paidAt(subscriptionId),
    disputes: facts.disputes(subscriptionId),
    missed: missed && catchUp === "oldest_first" ? facts.missed(subscriptionId) : [],
  };
}

/** As it stands in the tables; a customer who is drafted only was never tried. */
export function payerOf(tables: MemoryTables, customer: CustomerRow, now: Date): CustomerFacts {
  return {
    card: cardOf(customer),
    isDeleted: customer.deletedAt !== null,
    readAt: customer.readAt,
    nextReadAt: failureOf(tables, "customer", customer.id)?.nextReadAt ?? null,
    readFailedAt: failureOf(tables, "customer", customer.id)?.failedAt ?? null,
    nextChargeAt: failureOf(tables, "charge", customer.id)?.nextReadAt ?? null,
    ...barredCards(tables, customer),
    declines: declinesOf(tables, customer),
    tries: recentTries(tables, customer.id, now),
  };
}

export function cardOf({ paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear }: CustomerRow) {
  return { paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear };
}

export function knownCard(tables: MemoryTables, customer: CustomerRow): KnownCardFacts {
  return {
    card: cardOf(customer),
    isDeleted: customer.deletedAt !== null,
    ...barredCards(tables, customer),
    declines: declinesOf(tables, customer),
  };
}

export function declinesOf({ attempts }: MemoryTables, { paymentSourceId }: CustomerRow) {
  if (paymentSourceId === null) return [];
  return attempts
    .inGroup("declined_card", paymentSourceId)
    .flatMap(({ invoiceId, number, sentAt }) => (sentAt === null ? [] : [{ invoiceId, number, sentAt }]));
}

/** Of the card that the customer has, and of those that only the gateway named. */
export function barredCards({ attempts, invoices }: MemoryTables, { id, paymentSourceId }: CustomerRow) {
  const declines = attempts
    .inGroup("barring", id)
    .filter((each) => each.paymentSourceId === null || each.paymentSourceId === paymentSourceId);
  return barredBy(
    declines.map((each) => ({
      ...each,
      isCleared: each.cardClearedAt !== null,
      invoiceStatus: invoices.must(each.invoiceId).status,
    })),
  );
}

function recentTries({ attempts }: MemoryTables, customerId: string, now: Date): CustomerTry[] {
  const since = now.getTime() - DAILY_LIMIT_WINDOW_MS;
  return attempts
    .inGroup("customer", customerId)
    .filter(({ state, sentAt }) => isInFlight([{ state }]) || (sentAt !== null && sentAt.getTime() > since))
    .map((each) => ({ invoiceId: each.invoiceId, ...tryOf(each) }));
}

function tryOf({ state, flow, sentAt }: AttemptRow): Omit<CustomerTry, "invoiceId"> {
  return { state, flow, sentAt };
}

export function unsettledInvoices({ invoices, attempts }: MemoryTables, subscriptionId: string): UnsettledInvoice[] {
  return invoices.inGroup("unsettled", subscriptionId).map((invoice) => {
    const { id, cycle, status, statusReason, dunningStep, reopenedFrom, missed, nextAttemptAt, firstDeclinedAt } =
      invoice;
    const openAttempt = attempts.byUnique("attempt_one_open", id)?.state ?? null;
    return {
      ...{
        cycle,
        status,
        statusReason,
        dunningStep,
        reopenedFrom,
        missed,
        nextAttemptAt,
        firstDeclinedAt,
        openAttempt,
      },
    };
  });
}

function lastPaidAt({ invoices }: MemoryTables, subscriptionId: string): Date | null {
  const paid = invoices
    .inGroup("subscription", subscriptionId)
    .flatMap(({ amountCents, paidAt }) => (paidAt === null ? [] : { amountCents, paidAt }));
  return lastPaymentAt(paid);
}

function missedInvoices(tables: MemoryTables, subscriptionId: string): MissedInvoice[] {
  return tables.invoices
    .inGroup("missed", subscriptionId)
    .toSorted((a, b) => Number(a.cycle) - Number(b.cycle))
    .map((each) => missedInvoice(tables, each));
}

function missedInvoice({ attempts }: MemoryTables, invoice: InvoiceRow): MissedInvoice {
  const { id, cycle, nextAttemptAt, firstDeclinedAt } = invoice;
  const tries = attempts.inGroup("invoice", id).map((each) => ({ ...tryOf(each), claimedAt: each.claimedAt }));
  return { cycle, nextAttemptAt, firstDeclinedAt, tries };
}
