/** Customers who were charged too often within a day: the same conditions as `enforceDailyLimit` has in SQLite. */
import type { NewEvent } from "../../../src/application/ports/store.ts";
import { OUT_OF_DUNNING } from "../../../src/domain/invoice.ts";
import { dueInvoices } from "./claiming.ts";
import type { InvoiceRow } from "./rows.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";
import { isEarlierUnpaid, isRetryRequested } from "./turns.ts";

const HOLD_SCAN = 2_000;
const DAY_MS = 86_400_000;

/** @returns how many were held */
export function enforceDailyLimit(tables: MemoryTables, now: Date, maxPerDay: number): number {
  const beyond = dueInvoices(tables, now)
    .filter((invoice) => !isEarlierUnpaid(tables, invoice))
    .slice(0, HOLD_SCAN)
    .flatMap((invoice) => {
      const sentMs = chargesOfDay(tables, invoice, now, maxPerDay);
      return sentMs.length < maxPerDay || isRetryRequested(tables, invoice.id) ? [] : [{ invoice, sentMs }];
    });
  // A retry that dunning planned has time: it comes when the day is over. Anything else is held for a person.
  const putOff = beyond
    .filter(({ invoice }) => invoice.declines > 0)
    .map(({ invoice, sentMs }) => putOffUntil(tables, invoice, new Date(Math.min(...sentMs) + DAY_MS), maxPerDay));
  const held = beyond
    .filter(({ invoice }) => invoice.declines === 0)
    .map(({ invoice }) => hold(tables, invoice, maxPerDay));
  appendEvents(tables, [...putOff, ...held], now);
  return held.length;
}

/** When the customer was charged within the last 24 hours; none where it cannot be so often. */
function chargesOfDay({ attempts }: MemoryTables, { customerId }: InvoiceRow, now: Date, maxPerDay: number): number[] {
  if (attempts.group("customer", customerId).size < maxPerDay) return [];
  const dayAgoMs = now.getTime() - DAY_MS;
  return attempts
    .inGroup("customer", customerId)
    .filter(({ state, flow }) => state !== "not_sent" && flow !== "link")
    .flatMap(({ sentAt }) => (sentAt !== null && sentAt.getTime() > dayAgoMs ? [sentAt.getTime()] : []));
}

function putOffUntil(tables: MemoryTables, invoice: InvoiceRow, nextAttemptAt: Date, maxPerDay: number): NewEvent {
  const { id: invoiceId, subscriptionId, customerId } = invoice;
  tables.invoices.put({ ...invoice, nextAttemptAt });
  const rule = { name: "daily_limit", charges: maxPerDay };
  return {
    ...{ type: "invoice.retry_scheduled", invoiceId, subscriptionId, customerId },
    data: { nextAttemptAt: nextAttemptAt.toISOString(), nextStep: "retry", rule },
  };
}

function hold(tables: MemoryTables, invoice: InvoiceRow, maxPerDay: number): NewEvent {
  const { id: invoiceId, subscriptionId, customerId } = invoice;
  const daily = { status: "held", statusReason: "daily_limit", nextAttemptAt: null } as const;
  tables.invoices.put({ ...invoice, ...daily, ...OUT_OF_DUNNING });
  return {
    ...{ type: "invoice.held", invoiceId, subscriptionId, customerId },
    data: { statusReason: "daily_limit", because: `the customer was charged ${maxPerDay} times within 24 hours` },
  };
}
