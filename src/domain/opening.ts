/**
 * What the cycles of a subscription that fell due become: invoices to collect, void or held ones, and where its calendar
 * goes on.
 *
 * Pure. The run writes it, and the preview shows it; a person's command opens first what fell due before it; and what
 * announces the next charge asks here what a subscription will be once its due cycles are opened.
 */
import { firstCycleNotOver, periodOf } from "./calendar/calendar.ts";
import { openingDecisions, type OpeningDecision } from "./calendar/catch-up.ts";
import type { EventType, NewEvent } from "./event-types.ts";
import { OUT_OF_DUNNING, type Invoice, type StatusReason } from "./invoice.ts";
import { transition, type InvoiceMove } from "./invoice-transition.ts";
import { amountsAt, type Plan } from "./plan.ts";
import {
  cyclesIn,
  dueAt,
  isOpened,
  scheduleOf,
  suspension,
  turnsAt,
  type Subscription,
  type SubscriptionStatus,
} from "./subscription.ts";

/** Cycles of one subscription that are opened in one pass: a forgotten daily plan comes in pieces. */
const MAX_CYCLES = 50;

type BilledSubscription = Subscription & { readonly plan: Plan };

export type DueSubscription = BilledSubscription & {
  /** When the last missed invoice that still waits will be tried; null: none waits. `lastMissedAt` says it of invoices. */
  readonly lastMissedAt: Date | null;
  /** Its invoices that are void; a store may leave it out for a plan without an end. */
  readonly voidCycles: number;
};

export type OpenedCycles = Pick<Subscription, "nextCycle" | "nextBillingAt" | "status"> & {
  readonly invoices: readonly Invoice[];
  readonly events: readonly NewEvent[];
};

/** An invoice's id; it sorts by the instant, the beginning of its period. */
type NewInvoiceId = (at: Date) => string;

/** One pass: what the oldest due cycles become, `MAX_CYCLES` at most. `nextBillingAt` says whether some are left. */
export function openCycles(subscription: DueSubscription, now: Date, newId: NewInvoiceId): OpenedCycles {
  const { plan, cancelAt } = subscription;
  const schedule = scheduleOf(subscription, plan);
  const isWithin = (at: Date | null): at is Date => at !== null && isOpened(subscription, at);

  const cycles: number[] = [];
  let nextCycle = subscription.nextCycle;
  // Paused and unpaid subscriptions keep their calendar, and owe nothing for it.
  const suspended = suspension(subscription.status);
  const dueNext = (voidsHere: number): Date | null =>
    dueAt(schedule, nextCycle, cyclesIn(plan, subscription.voidCycles + voidsHere));
  let nextBillingAt = dueNext(0);
  while (isWithin(nextBillingAt) && nextBillingAt <= now && cycles.length < MAX_CYCLES) {
    cycles.push(nextCycle);
    nextCycle += 1;
    nextBillingAt = dueNext(suspended === null ? 0 : cycles.length);
  }
  const periods = cycles.map((cycle) => ({ cycle, ...periodOf(schedule, cycle) }));
  const invoices =
    suspended === null
      ? collected(subscription, periods, now, newId)
      : periods.map((period) => voided(subscription, period, suspended, newId));
  nextBillingAt = dueNext(voidsIn(invoices));

  const isCanceled = cancelAt !== null && cancelAt <= now && !isWithin(nextBillingAt);
  const status: SubscriptionStatus = isCanceled
    ? "canceled"
    : subscription.status === "trialing" && cycles.length > 0
      ? "active"
      : subscription.status;
  const statusEvents: NewEvent[] =
    status === subscription.status
      ? []
      : [
          event(isCanceled ? "subscription.canceled" : "subscription.activated", subscription, {
            was: subscription.status,
          }),
        ];
  return {
    nextCycle,
    nextBillingAt: isCanceled ? null : nextBillingAt,
    status,
    invoices,
    events: [...invoices.flatMap((invoice) => eventsOf(subscription, invoice)), ...statusEvents],
  };

  function collected(due: DueSubscription, all: readonly Period[], at: Date, ids: NewInvoiceId): Invoice[] {
    const decisions = openingDecisions({
      catchUp: plan.catchUp,
      timeZone: due.timeZone,
      now: at,
      cycles: all.map(({ cycle, end }) => ({ cycle, periodEnd: end })),
      latestDueCycle: latestDueCycle(),
      lastMissedAt: due.lastMissedAt === null ? null : new Date(Math.max(due.lastMissedAt.getTime(), at.getTime())),
    });
    return all.map((period, index) => opened(due, period, decisions[index]!, at, ids));
  }

  /** The last cycle owed by now, whether this pass reaches it or not. */
  function latestDueCycle(): number {
    // Where charges count, each one that is passed over makes room for another.
    const lastAllowed = plan.expiryCount === null || plan.expiryCounts !== "cycles" ? Infinity : plan.expiryCount - 1;
    const byCancel = cancelAt === null ? Infinity : firstCycleNotOver(schedule, new Date(cancelAt.getTime() - 1));
    return Math.min(firstCycleNotOver(schedule, now), lastAllowed, byCancel);
  }
}

function voidsIn(invoices: readonly Pick<Invoice, "status">[]): number {
  return invoices.filter(({ status }) => status === "void").length;
}

const NEVER = new Date(8.64e15);

/** All passes that a run makes one after the other, as one. */
export function openDueCycles(subscription: DueSubscription, now: Date, newId: NewInvoiceId): OpenedCycles {
  const invoices: Invoice[] = [];
  const events: NewEvent[] = [];
  let due = subscription;
  while ((turnsAt(due) ?? NEVER) <= now) {
    const pass = openCycles(due, now, newId);
    invoices.push(...pass.invoices);
    events.push(...pass.events);
    const { nextCycle, nextBillingAt, status } = pass;
    const voidCycles = due.voidCycles + voidsIn(pass.invoices);
    due = {
      ...{ ...due, nextCycle, nextBillingAt, status, voidCycles },
      lastMissedAt: lastMissedAt(pass.invoices, due.lastMissedAt),
    };
  }
  const { nextCycle, nextBillingAt, status } = due;
  return { nextCycle, nextBillingAt, status, invoices, events };
}

/** When the last of the missed invoices that wait will be tried. A store may ask it in SQL: `max` over the same ones. */
export function lastMissedAt(
  invoices: readonly Pick<Invoice, "status" | "missed" | "nextAttemptAt">[],
  before: Date | null = null,
): Date | null {
  return invoices
    .filter(({ status, missed }) => status === "open" && missed)
    .reduce<Date | null>(
      (last, { nextAttemptAt: at }) => (at !== null && (last === null || at > last) ? at : last),
      before,
    );
}

type Period = { readonly cycle: number; readonly start: Date; readonly end: Date };

function opened(
  subscription: DueSubscription,
  period: Period,
  decision: OpeningDecision,
  now: Date,
  newId: NewInvoiceId,
): Invoice {
  const missed = period.end <= now;
  const base = { ...blank(subscription, period, newId), missed };
  // Nothing to collect is paid, without an attempt and without asking anybody.
  if (base.amountCents === 0 && decision.do !== "void") return moved(base, { status: "paid", paidAt: now });
  switch (decision.do) {
    case "collect":
      return moved(base, { nextAttemptAt: decision.at });
    case "void":
      return moved(base, { status: "void", statusReason: decision.because });
    case "hold":
      return moved(base, { status: "held", statusReason: decision.because });
    default:
      return decision satisfies never;
  }
}

/** The invoice of a cycle that is not billed: it stands in the books with its reason. */
export function voided(
  subscription: BilledSubscription,
  period: Period,
  reason: StatusReason,
  newId: NewInvoiceId,
): Invoice {
  return moved(blank(subscription, period, newId), { status: "void", statusReason: reason });
}

function moved(invoice: Invoice, move: InvoiceMove): Invoice {
  return { ...invoice, ...transition(invoice, move) };
}

function blank(subscription: BilledSubscription, period: Period, newId: NewInvoiceId): Invoice {
  const { plan } = subscription;
  return {
    id: newId(period.start),
    subscriptionId: subscription.id,
    customerId: subscription.customerId,
    cycle: period.cycle,
    periodStart: period.start,
    periodEnd: period.end,
    ...amountsAt(subscription, plan, period.start),
    currency: plan.currency,
    status: "open",
    statusReason: null,
    missed: false,
    nextAttemptAt: null,
    orderId: null,
    declines: 0,
    faults: 0,
    voidWhenSettled: null,
    paidAt: null,
    firstDeclinedAt: null,
    ...OUT_OF_DUNNING,
    retryRequestedAt: null,
  };
}

function eventsOf(subscription: DueSubscription, invoice: Invoice): NewEvent[] {
  const data = {
    cycle: invoice.cycle,
    amountCents: invoice.amountCents,
    currency: invoice.currency,
    status: invoice.status,
    reason: invoice.statusReason,
  };
  const of = (type: EventType): NewEvent => ({ ...event(type, subscription, data), invoiceId: invoice.id });
  if (invoice.status === "paid") return [of("invoice.opened"), of("invoice.paid")];
  if (invoice.status === "void") return [of("invoice.voided")];
  if (invoice.status === "held") return [of("invoice.held")];
  return [of("invoice.opened")];
}

function event(type: EventType, subscription: DueSubscription, data: Record<string, unknown>): NewEvent {
  return { type, customerId: subscription.customerId, subscriptionId: subscription.id, data };
}
