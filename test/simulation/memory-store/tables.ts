/**
 * The tables of the store in memory, with the rules of migrations/sqlite as assertions: what SQLite refuses to write
 * is refused here, too.
 */
import { BARRING_CLASSES } from "../../../src/domain/charging/card-check.ts";
import type { BalanceEntry } from "../../../src/domain/balance.ts";
import type { CouponGrant } from "../../../src/domain/coupon.ts";
import type { Item } from "../../../src/domain/item.ts";
import type { Dispute } from "../../../src/domain/dispute.ts";
import { isBeingMade, isOpen, isPaid, isUncertain, type AttemptState } from "../../../src/domain/attempt.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import { isEnded, type Subscription } from "../../../src/domain/subscription.ts";
import type { SubscriptionChange } from "../../../src/domain/subscription-change.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import type {
  AttemptRow,
  CouponRow,
  CustomerRow,
  DenialRow,
  DisputeReadingRow,
  EventRow,
  InstallationRow,
  InvoiceRow,
  LinkRow,
  ReadFailureRow,
  RefundRow,
  WebhookRow,
} from "./rows.ts";
import { dayOf } from "./rows.ts";
import { MemoryTable, type Journal } from "./table.ts";

/** A `type`, and not an interface made of classes, so that planted bugs can reach into it. */
export type MemoryTables = ReturnType<typeof newTables>;

export function newTables(installationId: string, createdAt: Date) {
  const journal: Journal = [];
  return {
    journal,
    installation: {
      current: {
        ...{ id: installationId, createdAt, livemode: null, epoch: 0 },
        ...{ halts: [], limitsCountFrom: null, ordersComparedUntil: null, mayRepeatOthers: false },
      } as InstallationRow,
    },
    plans: new MemoryTable<Plan, never, never>(
      { name: "plan", checks: { frequency: ({ frequency }) => frequency >= 1 }, uniques: {}, groups: {} },
      journal,
    ),
    customers: new MemoryTable<CustomerRow, never, never>(
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
    changes: new MemoryTable<SubscriptionChange, "subscription_change_number", "subscription">(
      {
        name: "subscription_change",
        checks: {
          subscription_change_prorated: ({ apply, creditCents, debitCents }) =>
            (creditCents === 0 && debitCents === 0) || apply === "now" || apply === "next_invoice",
          subscription_change_undone: ({ undoneAt, undoneBy }) => (undoneAt === null) === (undoneBy === null),
        },
        uniques: { subscription_change_number: ({ subscriptionId, number }) => `${subscriptionId}/${number}` },
        groups: { subscription: ({ subscriptionId }) => subscriptionId },
      },
      journal,
    ),
    invoices: new MemoryTable<
      InvoiceRow,
      "invoice_once_a_cycle" | "invoice_order" | "invoice_one_off",
      "due" | "step" | "unsettled" | "dunned" | "missed" | "subscription"
    >(
      {
        name: "invoice",
        checks: {
          invoice_period: ({ periodStart, periodEnd }) => periodEnd >= periodStart,
          invoice_paid: ({ status, paidAt }) => (status === "paid") === (paidAt !== null),
          invoice_due: ({ status, nextAttemptAt }) => nextAttemptAt === null || status === "open",
          invoice_dunning: ({ status, dunningStep }) => dunningStep === null || status === "open",
          invoice_dunning_class: ({ dunningStep, dunningClass }) => (dunningStep === null) === (dunningClass === null),
          invoice_dunning_due: ({ dunningStep, dunningDueAt }) => dunningDueAt === null || dunningStep !== null,
          invoice_reason: ({ status, statusReason }) =>
            (status === "void" || status === "held" || status === "uncollectible") === (statusReason !== null),
          amount_cents: ({ amountCents, discountCents }) => amountCents >= 0 && discountCents >= 0,
          invoice_cycle: ({ cycle, oneOffKey }) => (cycle === null) === (oneOffKey !== null),
          invoice_taxes: ({ taxes, baseCents, taxCents, amountCents, balanceCents }) =>
            taxes === null || (baseCents ?? 0) + (taxCents ?? 0) === amountCents + balanceCents,
          counts: ({ declines, faults, cycle }) => declines >= 0 && faults >= 0 && (cycle ?? 0) >= 0,
        },
        uniques: {
          invoice_once_a_cycle: ({ subscriptionId, cycle }) => (cycle === null ? null : `${subscriptionId}/${cycle}`),
          invoice_one_off: ({ oneOffKey }) => oneOffKey,
          invoice_order: ({ orderId }) => orderId,
        },
        groups: {
          due: ({ nextAttemptAt }) => (nextAttemptAt === null ? null : "due"),
          unsettled: ({ status, subscriptionId }) =>
            status === "open" || status === "held" || status === "uncollectible" ? subscriptionId : null,
          step: ({ dunningDueAt }) => (dunningDueAt === null ? null : "step"),
          dunned: ({ dunningStep, customerId }) => (dunningStep === null ? null : customerId),
          missed: ({ missed, subscriptionId }) => (missed ? subscriptionId : null),
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
      | "attempt_own_order"
      | "attempt_one_open"
      | "attempt_one_paid"
      | "attempt_one_in_flight",
      "invoice" | "customer" | "shared_order" | "declined_card" | "barring" | "in_flight" | "look" | "paid"
    >(
      {
        name: "attempt",
        checks: {
          attempt_settled: ({ state, settledAt }) => isOpen(state) === (settledAt === null),
          attempt_sent: ({ state, sentAt }) =>
            (state !== "sending" && state !== "pending" && state !== "declined") || sentAt !== null,
          attempt_declined: ({ state, declineClass }) => state !== "declined" || declineClass !== null,
          attempt_look: ({ state, nextInquiryAt }) => nextInquiryAt === null || isUncertain(state),
          amount_cents: ({ amountCents, inquiries, number }) => amountCents > 0 && inquiries >= 0 && number >= 1,
          moved_cents: ({ movedCents }) => movedCents === null || movedCents >= 0,
        },
        uniques: {
          attempt_number: ({ invoiceId, number }) => `${invoiceId}/${number}`,
          attempt_reference: ({ reference }) => reference,
          attempt_charge: ({ chargeId }) => chargeId,
          attempt_own_order: ({ flow, orderId }) => (flow === "order_first" ? null : orderId),
          attempt_one_open: ({ state, invoiceId }) => (isOpen(state) ? invoiceId : null),
          attempt_one_paid: ({ state, invoiceId }) => (state === "paid" ? invoiceId : null),
          attempt_one_in_flight: ({ state, customerId }) => (isInFlight(state) ? customerId : null),
        },
        groups: {
          invoice: ({ invoiceId }) => invoiceId,
          customer: ({ customerId }) => customerId,
          shared_order: ({ flow, orderId }) => (flow === "order_first" ? orderId : null),
          declined_card: ({ declineClass, paymentSourceId }) => (declineClass === null ? null : paymentSourceId),
          barring: ({ declineClass, customerId }) =>
            BARRING_CLASSES.some((barring) => barring === declineClass) ? customerId : null,
          in_flight: ({ state }) => (isInFlight(state) ? "in flight" : null),
          look: ({ nextInquiryAt }) => (nextInquiryAt === null ? null : "look"),
          paid: ({ state, claimedAt }) => (isPaid(state) ? String(dayOf(claimedAt.getTime())) : null),
        },
      },
      journal,
    ),
    links: new MemoryTable<LinkRow, "attempt", "recheck" | "keep_card">(
      {
        name: "payment_link",
        checks: {
          payment_link_cancel: ({ cancelRequestedAt, cancelBecause }) =>
            (cancelRequestedAt === null) === (cancelBecause === null),
        },
        uniques: { attempt: ({ attemptId }) => attemptId },
        groups: {
          recheck: ({ recheckAt }) => (recheckAt === null ? null : "recheck"),
          keep_card: ({ keepCardAt }) => (keepCardAt === null ? null : "keep card"),
        },
      },
      journal,
    ),
    webhooks: new MemoryTable<WebhookRow, never, "waiting">(
      {
        name: "webhook_event",
        checks: {
          webhook_due: ({ state, nextTryAt }) => (state === "received") === (nextTryAt !== null),
          webhook_over: ({ state, processedAt }) => (state === "received") === (processedAt === null),
        },
        uniques: {},
        groups: { waiting: ({ state }) => (state === "received" ? "waiting" : null) },
      },
      journal,
    ),
    refunds: new MemoryTable<RefundRow, never, "order" | "attempt">(
      {
        name: "refund",
        checks: {
          amount_cents: ({ amountCents }) => amountCents > 0,
          refund_settled: ({ state, settledAt }) =>
            (state === "requested" || state === "unknown") === (settledAt === null),
        },
        uniques: {},
        groups: { order: ({ orderId }) => orderId, attempt: ({ attemptId }) => attemptId },
      },
      journal,
    ),
    disputes: new MemoryTable<Dispute, "dispute_charge", "order" | "subscription" | "due">(
      {
        name: "dispute",
        checks: {
          amount_cents: ({ amountCents }) => amountCents > 0,
          dispute_closed: ({ outcome, closedAt }) => (outcome === "open") === (closedAt === null),
          dispute_read: ({ outcome, nextReadAt }) => nextReadAt === null || outcome === "open",
        },
        uniques: { dispute_charge: ({ chargeId }) => chargeId },
        groups: {
          order: ({ orderId }) => orderId,
          subscription: ({ subscriptionId }) => subscriptionId,
          due: ({ nextReadAt }) => (nextReadAt === null ? null : "due"),
        },
      },
      journal,
    ),
    disputeReading: new MemoryTable<DisputeReadingRow, never, never>(
      { name: "dispute_reading", checks: {}, uniques: {}, groups: {} },
      journal,
    ),
    coupons: new MemoryTable<CouponRow, never, never>(
      {
        name: "coupon",
        checks: {
          coupon_worth: ({ percentHundredths, amountCents }) => (percentHundredths === null) !== (amountCents === null),
        },
        uniques: {},
        groups: {},
      },
      journal,
    ),
    couponGrants: new MemoryTable<CouponGrant, "coupon_grant_once" | "coupon_grant_order", "subscription" | "coupon">(
      {
        name: "coupon_grant",
        checks: {
          coupon_grant_cycles: ({ fromCycle, untilCycle }) => untilCycle === null || untilCycle >= fromCycle,
          coupon_grant_taken: ({ takenAt, untilCycle }) => takenAt === null || untilCycle !== null,
        },
        uniques: {
          coupon_grant_once: ({ subscriptionId, couponCode }) => `${subscriptionId}/${couponCode}`,
          coupon_grant_order: ({ subscriptionId, number }) => `${subscriptionId}/${number}`,
        },
        groups: { subscription: ({ subscriptionId }) => subscriptionId, coupon: ({ couponCode }) => couponCode },
      },
      journal,
    ),
    items: new MemoryTable<Item, "item_key", "pending" | "invoice" | "returned">(
      {
        name: "item",
        checks: {
          amount_cents: ({ amountCents }) => amountCents > 0,
          item_discount: ({ amountCents, discountCents }) => discountCents >= 0 && discountCents <= amountCents,
          item_once: ({ removedAt, invoiceId }) => removedAt === null || invoiceId === null,
        },
        uniques: { item_key: ({ key }) => key },
        groups: {
          pending: ({ customerId, invoiceId, removedAt }) =>
            invoiceId === null && removedAt === null ? customerId : null,
          invoice: ({ invoiceId }) => invoiceId,
          returned: ({ lastInvoiceId }) => lastInvoiceId,
        },
      },
      journal,
    ),
    balanceEntries: new MemoryTable<BalanceEntry, "balance_entry_number" | "balance_entry_once", "ledger" | "invoice">(
      {
        name: "balance_entry",
        checks: {
          amount_cents: ({ amountCents }) => amountCents !== 0,
          balance_entry_grant: ({ kind, amountCents }) => kind !== "grant" || amountCents > 0,
          balance_entry_take: ({ kind, amountCents }) => kind !== "take" || amountCents < 0,
          balance_entry_invoice: ({ kind, invoiceId }) =>
            (kind === "applied" || kind === "returned") === (invoiceId !== null),
        },
        uniques: {
          balance_entry_number: ({ customerId, currency, number }) => `${customerId} ${currency} ${number}`,
          balance_entry_once: ({ invoiceId, kind }) => (invoiceId === null ? null : `${invoiceId} ${kind}`),
        },
        groups: {
          ledger: ({ customerId, currency }) => `${customerId} ${currency}`,
          invoice: ({ invoiceId }) => invoiceId,
        },
      },
      journal,
    ),
    denials: new MemoryTable<DenialRow, never, "recheck">(
      {
        name: "denied_charge",
        checks: { rechecks: ({ rechecks }) => rechecks >= 0 },
        uniques: {},
        groups: { recheck: ({ recheckAt }) => (recheckAt === null ? null : "recheck") },
      },
      journal,
    ),
    readFailures: new MemoryTable<ReadFailureRow, never, never>(
      { name: "read_failure", checks: { failures: ({ failures }) => failures >= 1 }, uniques: {}, groups: {} },
      journal,
    ),
    ordersSetAside: new MemoryTable<{ readonly id: string }, never, never>(
      { name: "order_set_aside", checks: {}, uniques: {}, groups: {} },
      journal,
    ),
    events: [] as EventRow[],
  };
}

function isInFlight(state: AttemptState): boolean {
  return isBeingMade(state);
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
  for (const event of events) {
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
}

/** One transaction, as soon as no person's is open. */
export type MemoryTransact = <T>(work: () => T) => Promise<T>;
