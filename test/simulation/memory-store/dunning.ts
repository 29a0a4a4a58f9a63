/** Dunning in the store in memory: what is due for a check or a step, and what was decided, as in `dunning.ts` of SQLite. */
import type {
  CheckFacts,
  DueCheck,
  DueStep,
  InvoiceTransition,
  NewEvent,
  Store,
} from "../../../src/application/ports/store.ts";
import { cardFacts, declinesOfCard, isCardForbidden, isCardMissing } from "./cards.ts";
import { dueInvoices } from "./claiming.ts";
import { invoiceFactsOf, stepData, writeInvoices } from "./invoice-changes.ts";
import type { AttemptRow, CustomerRow, InvoiceRow } from "./rows.ts";
import { refreshStatuses } from "./status.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";
import { isEarlierUnpaid, mayWaitItsTurn, turnOf } from "./turns.ts";

type CheckOptions = Parameters<Store["dueChecks"]>[1];

export function dueChecks(tables: MemoryTables, now: Date, options: CheckOptions): DueCheck[] {
  return dueInvoices(tables, now)
    .filter((invoice) => invoice.id > options.after && mustBeChecked(tables, invoice, now, options))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, options.limit)
    .map(({ id, customerId }) => ({
      invoiceId: id,
      customerId,
      mustReadCustomer: mustBeRead(tables.customers.must(customerId), now),
    }));
}

function mustBeChecked(
  tables: MemoryTables,
  invoice: InvoiceRow,
  now: Date,
  { smallestBudget, holding }: CheckOptions,
): boolean {
  if (mayWaitItsTurn(tables, invoice)) return true;
  // One that waits for an earlier one is checked when its turn has come.
  if (isEarlierUnpaid(tables, invoice)) return holding.includes(dunningOf(tables, invoice));
  const customer = tables.customers.must(invoice.customerId);
  if (mustBeRead(customer, now) || isCardForbidden(tables, customer)) return true;
  return invoice.declines > 0 && declinesOfCard(tables, customer, now).length >= smallestBudget;
}

function mustBeRead(customer: CustomerRow, now: Date): boolean {
  return customer.readAt === null || isCardMissing(customer, now);
}

function dunningOf({ plans, subscriptions }: MemoryTables, { subscriptionId }: InvoiceRow): string {
  return plans.must(subscriptions.must(subscriptionId).planId).dunning;
}

export function dueSteps(tables: MemoryTables, now: Date, limit: number): DueStep[] {
  if (tables.invoices.group("step", "step").size === 0) return [];
  return tables.invoices
    .inGroup("step", "step")
    .filter(({ dunningDueAt }) => dunningDueAt !== null && dunningDueAt <= now)
    .toSorted((a, b) => dueMs(a) - dueMs(b) || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
    .map((invoice) => ({
      invoiceId: invoice.id,
      // A card's retry has no such date.
      step: invoice.dunningStep as DueStep["step"],
      dunning: dunningOf(tables, invoice),
      timeZone: tables.subscriptions.must(invoice.subscriptionId).timeZone,
      asked: askedLink(tables, invoice),
    }));
}

/** A link that a person asked for, and that could not be made. */
function askedLink({ attempts, links }: MemoryTables, { id }: InvoiceRow): DueStep["asked"] {
  const last = attempts
    .inGroup("invoice", id)
    .reduce<AttemptRow | null>(
      (newest, each) => (newest === null || each.number > newest.number ? each : newest),
      null,
    );
  if (last === null || (last.state !== "not_sent" && last.state !== "released")) return null;
  const link = links.byUnique("attempt", last.id);
  if (link === undefined || link.requestedBy === "dunning") return null;
  return { methods: link.methods, expiresAt: link.expiresAt, by: link.requestedBy };
}

function dueMs({ dunningDueAt }: InvoiceRow): number {
  return dunningDueAt?.getTime() ?? 0;
}

export function applyTransitions(
  tables: MemoryTables,
  invoiceIds: readonly string[],
  now: Date,
  decide: (facts: CheckFacts) => InvoiceTransition | null,
): InvoiceTransition[] {
  const read = [...new Set(invoiceIds)]
    .flatMap((id) => tables.invoices.get(id) ?? [])
    .filter((invoice) => !mayBePaidByAttempt(tables, invoice))
    .map((invoice) => ({ invoice, facts: factsOf(tables, invoice, now) }));
  const moved = read.flatMap(({ invoice, facts }) => {
    const move = decide(facts);
    return move === null ? [] : [{ invoice, facts, move }];
  });
  if (moved.length === 0) return [];
  const finalEvents = writeInvoices(
    tables,
    moved.map(({ invoice, move }) => ({ invoice, change: move.invoice, finalAction: move.finalAction })),
  );
  const statusEvents = refreshStatuses(
    tables,
    moved.map(({ invoice }) => invoice.subscriptionId),
  );
  appendEvents(tables, [...moved.map(eventOf), ...finalEvents, ...statusEvents], now);
  return moved.map(({ move }) => move);
}

function mayBePaidByAttempt({ attempts }: MemoryTables, { id }: InvoiceRow): boolean {
  const byUnique = [attempts.byUnique("attempt_one_open", id), attempts.byUnique("attempt_one_paid", id)];
  return byUnique.some((attempt) => attempt !== undefined);
}

function factsOf(tables: MemoryTables, invoice: InvoiceRow, now: Date): CheckFacts {
  const { subscriptionId, customerId } = invoice;
  const customer = tables.customers.must(customerId);
  return {
    invoice: {
      ...invoiceFactsOf(tables, invoice),
      ...{ paidByAnother: false, openElsewhere: false, isOtherCardNow: false, cardLast4Now: null },
    },
    ...{ subscriptionId, customerId, dunning: dunningOf(tables, invoice) },
    card: cardFacts(tables, customer, now),
    isCustomerDeleted: customer.deletedAt !== null,
    isEarlierUnpaid: isEarlierUnpaid(tables, invoice),
    turn: turnOf(tables, invoice),
  };
}

function eventOf({ facts, move }: { readonly facts: CheckFacts; readonly move: InvoiceTransition }): NewEvent {
  const { customerId, subscriptionId, invoice } = facts;
  return {
    ...{ type: move.event, customerId, subscriptionId, invoiceId: invoice.id },
    data: {
      amountCents: invoice.amountCents,
      currency: invoice.currency,
      ...(move.failure && { declineClass: move.failure.declineClass, failureCode: move.failure.failureCode }),
      nextAttemptAt: move.invoice.nextAttemptAt?.toISOString() ?? null,
      statusReason: move.invoice.statusReason,
      ...(move.step && stepData(move.step)),
      ...(move.rule && { rule: move.rule }),
    },
  };
}
