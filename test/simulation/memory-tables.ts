/**
 * The tables of the store in memory, with the rules of migrations/sqlite as assertions: what SQLite refuses to write
 * is refused here, too.
 */
import { isOpen, type AttemptState, type ChargeFlow } from "../../src/domain/attempt.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import type { Customer, Plan } from "../../src/domain/plan.ts";
import { isEnded, type Subscription } from "../../src/domain/subscription.ts";
import type { GateKind, NewEvent } from "../../src/application/ports.ts";
import { MemoryTable, type Journal } from "./memory-table.ts";

export type InvoiceRow = Invoice & { readonly openedAt: Date };

export type AttemptRow = {
  readonly id: string;
  readonly invoiceId: string;
  readonly customerId: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly reference: string;
  readonly flow: ChargeFlow;
  readonly amountCents: number;
  readonly currency: string;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly paymentSourceId: string | null;
  readonly cardBrand: string | null;
  readonly cardLast4: string | null;
  readonly claimedBy: string;
  readonly claimEpoch: number;
  readonly claimedAt: Date;
  readonly claimedUntil: Date;
  readonly sentAt: Date | null;
  readonly settledAt: Date | null;
  readonly paidAt: Date | null;
  readonly looks: number;
  readonly nextLookAt: Date | null;
  readonly httpStatus: number | null;
  readonly declineClass: string | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly authCode: string | null;
  readonly feeCents: number | null;
  readonly logId: string | null;
  readonly evidence: readonly unknown[];
};

export type EventRow = Required<NewEvent> & { readonly id: string; readonly at: Date };

export type InstallationRow = {
  readonly id: string;
  readonly livemode: boolean | null;
  readonly epoch: number;
  readonly gateClosedBecause: string | null;
  readonly gateKind: GateKind | null;
  readonly gateReconcileSince: Date | null;
};

/** A `type`, and not an interface made of classes, so that planted bugs can reach into it. */
export type MemoryTables = ReturnType<typeof newTables>;

export function newTables(installationId: string) {
  const journal: Journal = [];
  return {
    journal,
    installation: {
      current: {
        ...{ id: installationId, livemode: null, epoch: 0 },
        ...{ gateClosedBecause: null, gateKind: null, gateReconcileSince: null },
      } as InstallationRow,
    },
    plans: new MemoryTable<Plan, never, never>(
      { name: "plan", checks: { frequency: ({ frequency }) => frequency >= 1 }, uniques: {}, groups: {} },
      journal,
    ),
    customers: new MemoryTable<Customer, never, never>(
      {
        name: "customer",
        checks: { card_last4: ({ cardLast4 }) => cardLast4 === null || cardLast4.length <= 4 },
        uniques: {},
        groups: {},
      },
      journal,
    ),
    subscriptions: new MemoryTable<Subscription, never, "all">(
      {
        name: "subscription",
        checks: {
          subscription_cursor: ({ nextCycle, firstCycle }) => nextCycle >= firstCycle,
          subscription_ended: ({ status, nextBillingAt }) => !isEnded(status) || nextBillingAt === null,
          quantity: ({ quantity }) => quantity >= 1,
        },
        uniques: {},
        groups: { all: () => "all" },
      },
      journal,
    ),
    invoices: new MemoryTable<
      InvoiceRow,
      "invoice_once_a_cycle" | "invoice_order",
      "due" | "unsettled" | "subscription"
    >(
      {
        name: "invoice",
        checks: {
          invoice_period: ({ periodStart, periodEnd }) => periodEnd >= periodStart,
          invoice_paid: ({ status, paidAt }) => (status === "paid") === (paidAt !== null),
          invoice_due: ({ status, nextAttemptAt }) => nextAttemptAt === null || status === "open",
          invoice_reason: ({ status, statusReason }) =>
            (status === "void" || status === "held" || status === "uncollectible") === (statusReason !== null),
          amount_cents: ({ amountCents, discountCents }) => amountCents >= 0 && discountCents >= 0,
          counts: ({ declines, faults, cycle }) => declines >= 0 && faults >= 0 && cycle >= 0,
        },
        uniques: {
          invoice_once_a_cycle: ({ subscriptionId, cycle }) => `${subscriptionId}/${cycle}`,
          invoice_order: ({ orderId }) => orderId,
        },
        groups: {
          due: ({ nextAttemptAt }) => (nextAttemptAt === null ? null : "due"),
          unsettled: ({ status, subscriptionId }) =>
            status === "open" || status === "held" || status === "uncollectible" ? subscriptionId : null,
          subscription: ({ subscriptionId }) => subscriptionId,
        },
      },
      journal,
    ),
    attempts: new MemoryTable<
      AttemptRow,
      | "attempt_number"
      | "attempt_reference"
      | "attempt_charge"
      | "attempt_single_order"
      | "attempt_one_open"
      | "attempt_one_paid"
      | "attempt_one_in_flight",
      "invoice" | "customer" | "in_flight" | "look"
    >(
      {
        name: "attempt",
        checks: {
          attempt_settled: ({ state, settledAt }) => isOpen(state) === (settledAt === null),
          attempt_sent: ({ state, sentAt }) =>
            (state !== "sending" && state !== "pending" && state !== "declined") || sentAt !== null,
          attempt_declined: ({ state, declineClass }) => state !== "declined" || declineClass !== null,
          attempt_look: ({ state, nextLookAt }) => nextLookAt === null || state === "unknown" || state === "pending",
          amount_cents: ({ amountCents, looks, number }) => amountCents > 0 && looks >= 0 && number >= 1,
        },
        uniques: {
          attempt_number: ({ invoiceId, number }) => `${invoiceId}/${number}`,
          attempt_reference: ({ reference }) => reference,
          attempt_charge: ({ chargeId }) => chargeId,
          attempt_single_order: ({ flow, orderId }) => (flow === "single" ? orderId : null),
          attempt_one_open: ({ state, invoiceId }) => (isOpen(state) ? invoiceId : null),
          attempt_one_paid: ({ state, invoiceId }) => (state === "paid" ? invoiceId : null),
          attempt_one_in_flight: ({ state, customerId }) => (isInFlight(state) ? customerId : null),
        },
        groups: {
          invoice: ({ invoiceId }) => invoiceId,
          customer: ({ customerId }) => customerId,
          in_flight: ({ state }) => (isInFlight(state) ? "in flight" : null),
          look: ({ nextLookAt }) => (nextLookAt === null ? null : "look"),
        },
      },
      journal,
    ),
    events: [] as EventRow[],
  };
}

function isInFlight(state: AttemptState): boolean {
  return state === "claimed" || state === "sending";
}

/** All that one transaction wrote, or nothing of it. */
export function transaction<T>(tables: MemoryTables, work: () => T): T {
  tables.journal.length = 0;
  const installation = tables.installation.current;
  const events = tables.events.length;
  try {
    return work();
  } catch (error) {
    for (const undo of tables.journal.toReversed()) undo();
    tables.installation.current = installation;
    tables.events.length = events;
    throw error;
  } finally {
    tables.journal.length = 0;
  }
}

export function appendEvents(tables: MemoryTables, events: readonly NewEvent[], now: Date): void {
  for (const event of events)
    tables.events.push({
      id: `evt_${String(tables.events.length).padStart(9, "0")}`,
      at: now,
      customerId: null,
      subscriptionId: null,
      invoiceId: null,
      attemptId: null,
      data: {},
      ...event,
    });
}
