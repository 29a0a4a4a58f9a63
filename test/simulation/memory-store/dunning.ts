/** Dunning in the store in memory: what is due for a check or a step, and what was decided, as in `dunning.ts` of SQLite. */
import { isUnsent } from "../../../src/domain/attempt.ts";
import type { CardKnown } from "../../../src/domain/dunning/card-watch.ts";
import type {
  CheckFacts,
  DuePlace,
  DueStep,
  InvoiceTransition,
  MovedInvoice,
  UnpaidDue,
  WaitingInvoice,
} from "../../../src/application/ports/charging.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import { knownCard } from "./charge-facts.ts";
import { hasUntriedCard } from "../../../src/domain/dunning/new-card.ts";
import { invoiceFactsOf, writeInvoices } from "./invoice-changes.ts";
import { transitionData } from "../../../src/domain/settle/event-data.ts";
import type { AttemptRow, InvoiceRow } from "./rows.ts";
import { failureOf, mayBeRead } from "./read-failures.ts";
import { refreshStatuses } from "./status.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";
import { NO_ATTEMPT_BESIDE } from "../../../src/domain/settle/settlement.ts";

function dunningOf({ plans, subscriptions }: MemoryTables, { subscriptionId }: InvoiceRow): string {
  return plans.must(subscriptions.must(subscriptionId).planId).dunning;
}

export function noteWaiting(tables: MemoryTables, waiting: readonly WaitingInvoice[], now: Date): number {
  const events = waiting.flatMap(({ invoiceId, heldCycle }): NewEvent[] => {
    const invoice = tables.invoices.must(invoiceId);
    if (invoice.waitsToldAt !== null || invoice.status !== "open") return [];
    tables.invoices.put({ ...invoice, waitsToldAt: now });
    const { subscriptionId, customerId, cycle } = invoice;
    return [{ type: "invoice.kept_waiting", customerId, subscriptionId, invoiceId, data: { cycle, heldCycle } }];
  });
  appendEvents(
    tables,
    events.toSorted((a, b) => (`${a.invoiceId}` < `${b.invoiceId}` ? -1 : 1)),
    now,
  );
  return events.length;
}

export function dueSteps(
  tables: MemoryTables,
  now: Date,
  { after, limit }: { readonly after: DuePlace | null; readonly limit: number },
): DueStep[] {
  if (tables.invoices.group("step", "step").size === 0) return [];
  return tables.invoices
    .inGroup("step", "step")
    .filter(({ dunningDueAt }) => dunningDueAt !== null && dunningDueAt <= now)
    .filter(({ dunningStep }) => dunningStep !== "retry")
    .toSorted((a, b) => dueMs(a) - dueMs(b) || (a.id < b.id ? -1 : 1))
    .filter(({ id, dunningDueAt }) => after === null || isAfter(after, id, dunningDueAt))
    .slice(0, limit)
    .map((invoice) => ({
      invoiceId: invoice.id,
      // A card's retry has no such date.
      step: invoice.dunningStep as DueStep["step"],
      dunning: dunningOf(tables, invoice),
      timeZone: tables.subscriptions.must(invoice.subscriptionId).timeZone,
      // The group is of those that have one.
      dueAt: invoice.dunningDueAt ?? now,
      customerId: invoice.customerId,
      customer: cardKnown(tables, invoice.customerId),
      asked: askedLink(tables, invoice),
    }));
}

function cardKnown(tables: MemoryTables, customerId: string): CardKnown {
  const failed = failureOf(tables, "customer", customerId);
  return {
    readAt: tables.customers.must(customerId).readAt,
    failure:
      failed === undefined
        ? null
        : {
            failures: failed.failures,
            failedSince: failed.failedSince,
            failedAt: failed.failedAt,
            nextReadAt: failed.nextReadAt,
          },
  };
}

export function unpaidDue(tables: MemoryTables, now: Date): UnpaidDue[] {
  return [...tables.subscriptions.rows.values()]
    .filter(({ status, nextBillingAt: at }) => status === "unpaid" && at !== null && at <= now)
    .toSorted((a, b) => Number(a.nextBillingAt) - Number(b.nextBillingAt) || (a.id < b.id ? -1 : 1))
    .map(({ id, customerId, nextBillingAt }) => ({
      ...{ subscriptionId: id, customerId, dueAt: nextBillingAt ?? now },
      customer: cardKnown(tables, customerId),
    }));
}

export function customersToReread(
  tables: MemoryTables,
  now: Date,
  { readBefore, limit }: { readonly readBefore: Date; readonly limit: number },
): string[] {
  const { customers, invoices } = tables;
  const readMs = (id: string): number => customers.must(id).readAt?.getTime() ?? 0;
  return [...customers.rows.keys()]
    .filter((id) => invoices.group("dunned", id).size > 0 && readMs(id) < readBefore.getTime())
    .filter((id) => mayBeRead(tables, id, now))
    .toSorted((a, b) => readMs(a) - readMs(b) || (a < b ? -1 : 1))
    .slice(0, limit);
}

/** A link that a person asked for, and that could not be made. */
function askedLink({ attempts, links }: MemoryTables, { id }: InvoiceRow): DueStep["asked"] {
  const last = attempts
    .inGroup("invoice", id)
    .reduce<AttemptRow | null>(
      (newest, each) => (newest === null || each.number > newest.number ? each : newest),
      null,
    );
  if (last === null || !isUnsent(last.state)) return null;
  const link = links.byUnique("attempt", last.id);
  if (link === undefined || link.requestedBy === "dunning") return null;
  return { methods: link.methods, expiresAt: link.expiresAt, by: link.requestedBy };
}

function isAfter({ at, invoiceId }: DuePlace, id: string, dueAt: Date | null): boolean {
  const dueAtMs = dueAt?.getTime() ?? 0;
  return dueAtMs > at.getTime() || (dueAtMs === at.getTime() && id > invoiceId);
}

function dueMs({ dunningDueAt }: InvoiceRow): number {
  return dunningDueAt?.getTime() ?? 0;
}

export function applyTransitions(
  tables: MemoryTables,
  invoiceIds: readonly string[],
  now: Date,
  decide: (facts: CheckFacts) => InvoiceTransition | null,
): MovedInvoice[] {
  const moved = [...new Set(invoiceIds)]
    .flatMap((id) => tables.invoices.get(id) ?? [])
    .filter((invoice) => !mayBePaidByAttempt(tables, invoice))
    .flatMap((invoice) => {
      const facts = factsOf(tables, invoice, now);
      const move = decide(facts);
      return move === null ? [] : [{ facts, move }];
    });
  return writeTransitions(tables, moved, now);
}

type Transitioned = { readonly facts: CheckFacts; readonly move: InvoiceTransition };

export function writeTransitions(tables: MemoryTables, moved: readonly Transitioned[], now: Date): MovedInvoice[] {
  if (moved.length === 0) return [];
  const finalEvents = writeInvoices(
    tables,
    moved.map(({ facts, move }) => ({
      invoice: tables.invoices.must(facts.invoice.id),
      change: move.invoice,
      finalAction: move.finalAction,
    })),
    now,
  );
  const statusEvents = refreshStatuses(
    tables,
    moved.map(({ facts }) => facts.subscriptionId),
  );
  appendEvents(tables, [...moved.map(eventOf), ...finalEvents, ...statusEvents], now);
  return moved.map(({ facts, move }) => ({ ...move, invoiceId: facts.invoice.id }));
}

function mayBePaidByAttempt({ attempts }: MemoryTables, { id }: InvoiceRow): boolean {
  const byUnique = [attempts.byUnique("attempt_one_open", id), attempts.byUnique("attempt_one_paid", id)];
  return byUnique.some((attempt) => attempt !== undefined);
}

function factsOf(tables: MemoryTables, invoice: InvoiceRow, now: Date): CheckFacts {
  const { subscriptionId, customerId } = invoice;
  return {
    invoice: {
      ...invoiceFactsOf(tables, invoice),
      ...NO_ATTEMPT_BESIDE,
      hasUntriedCard: hasUntriedCard(invoice.id, knownCard(tables, tables.customers.must(customerId)), now),
    },
    ...{ subscriptionId, customerId, dunning: dunningOf(tables, invoice) },
  };
}

function eventOf({ facts, move }: Transitioned): NewEvent {
  const { customerId, subscriptionId, invoice } = facts;
  return {
    ...{ type: move.event, customerId, subscriptionId, invoiceId: invoice.id },
    data: transitionData(invoice, move),
  };
}
