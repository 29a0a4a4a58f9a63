/**
 * Open what is due: for every subscription whose next billing date has come, the invoice of each cycle from its
 * cursor to now.
 *
 * One transaction a batch writes invoices, cursor and events together. A crash between two batches leaves the rest
 * due; a subscription that a person changed in between is left for the next pass.
 */
import { firstCycleNotOver, periodOf } from "../../domain/calendar/calendar.ts";
import { openingDecisions, type OpeningDecision } from "../../domain/calendar/catch-up.ts";
import { DatabaseUnusable } from "../../domain/errors.ts";
import { OUT_OF_DUNNING, type Invoice, type StatusReason } from "../../domain/invoice.ts";
import { transition, type InvoiceMove } from "../../domain/invoice-transition.ts";
import { amountsOf } from "../../domain/money.ts";
import { dueAt, isOpened, scheduleOf, suspension, type SubscriptionStatus } from "../../domain/subscription.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";
import type { DueSubscription, NewEvent, OpeningBatch, Store } from "../ports/store.ts";

/** Subscriptions in one transaction; at some 0.1 ms each the write lock is held for well under 100 ms. */
const BATCH = 250;
/** Cycles of one subscription in one transaction: a forgotten daily plan comes in pieces. */
const MAX_CYCLES = 50;

export async function openDue(
  { store, clock, log, random }: { store: Store; clock: Clock; log: Log; random: Random },
  signal: AbortSignal,
): Promise<{ opened: number; held: number; setAside: readonly string[] }> {
  const setAside: string[] = [];
  let count = 0;
  let held = 0;
  while (!signal.aborted) {
    const now = clock.now();
    const due = await store.dueSubscriptions(now, BATCH, setAside);
    if (due.length === 0) break;
    const batch = due.flatMap((subscription) => {
      try {
        return [openCycles(subscription, now, random)];
      } catch (error) {
        return putAside(subscription.id, error);
      }
    });
    count += await write(batch, now);
    held += batch.flatMap(({ invoices }) => invoices).filter(({ status }) => status === "held").length;
  }
  if (count > 0) log.info("invoices.opened", { count });
  return { opened: count, held, setAside };

  async function write(batch: readonly OpeningBatch[], now: Date): Promise<number> {
    try {
      return await store.open(batch, now);
    } catch (error) {
      if (error instanceof DatabaseUnusable) throw error;
      const [first, ...others] = batch;
      if (first === undefined) throw error;
      if (others.length === 0) return putAside(first.subscriptionId, error).length;
      let written = 0;
      for (const each of batch) written += await write([each], now);
      return written;
    }
  }

  /** A row that cannot be understood, or written, must not stop everybody else's billing. */
  function putAside(subscriptionId: string, error: unknown): [] {
    setAside.push(subscriptionId);
    log.error("subscription.set_aside", { subscriptionId, error });
    return [];
  }
}

/** Decides everything that one subscription's due cycles become. Writes nothing. */
export function openCycles(subscription: DueSubscription, now: Date, random: Random): OpeningBatch {
  const { plan, cancelAt } = subscription;
  const schedule = scheduleOf(subscription, plan);
  const isWithin = (at: Date | null): at is Date => at !== null && isOpened(subscription, at);

  const cycles: number[] = [];
  let nextCycle = subscription.nextCycle;
  let nextBillingAt = dueAt(schedule, nextCycle, plan.expiryCount);
  while (isWithin(nextBillingAt) && nextBillingAt <= now && cycles.length < MAX_CYCLES) {
    cycles.push(nextCycle);
    nextCycle += 1;
    nextBillingAt = dueAt(schedule, nextCycle, plan.expiryCount);
  }
  const periods = cycles.map((cycle) => ({ cycle, ...periodOf(schedule, cycle) }));
  // Paused and unpaid subscriptions keep their calendar, and owe nothing for it.
  const suspended = suspension(subscription.status);
  const invoices =
    suspended === null
      ? collected(subscription, periods, now, random)
      : periods.map((period) => voided(subscription, period, suspended, random));

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
    subscriptionId: subscription.id,
    expected: { nextCycle: subscription.nextCycle, status: subscription.status, cancelAt },
    nextCycle,
    nextBillingAt: isCanceled ? null : nextBillingAt,
    status,
    invoices,
    events: [...invoices.flatMap((invoice) => eventsOf(subscription, invoice)), ...statusEvents],
  };

  function collected(due: DueSubscription, all: readonly Period[], at: Date, ids: Random): Invoice[] {
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
    const lastAllowed = plan.expiryCount === null ? Infinity : plan.expiryCount - 1;
    const byCancel = cancelAt === null ? Infinity : firstCycleNotOver(schedule, new Date(cancelAt.getTime() - 1));
    return Math.min(firstCycleNotOver(schedule, now), lastAllowed, byCancel);
  }
}

type Period = { readonly cycle: number; readonly start: Date; readonly end: Date };

function opened(
  subscription: DueSubscription,
  period: Period,
  decision: OpeningDecision,
  now: Date,
  random: Random,
): Invoice {
  const missed = period.end <= now;
  const base = { ...blank(subscription, period, random), missed };
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
export function voided(subscription: DueSubscription, period: Period, reason: StatusReason, random: Random): Invoice {
  return moved(blank(subscription, period, random), { status: "void", statusReason: reason });
}

function moved(invoice: Invoice, move: InvoiceMove): Invoice {
  return { ...invoice, ...transition(invoice, move) };
}

function blank(subscription: DueSubscription, period: Period, random: Random): Invoice {
  const { plan } = subscription;
  const amounts = amountsOf(subscription.lineItems ?? plan.lineItems, subscription.quantity, subscription.discount);
  return {
    id: random.newId("inv", period.start),
    subscriptionId: subscription.id,
    customerId: subscription.customerId,
    cycle: period.cycle,
    periodStart: period.start,
    periodEnd: period.end,
    ...amounts,
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
  const of = (type: NewEvent["type"]) => ({ ...event(type, subscription, data), invoiceId: invoice.id });
  if (invoice.status === "paid") return [of("invoice.opened"), of("invoice.paid")];
  if (invoice.status === "void") return [of("invoice.voided")];
  if (invoice.status === "held") return [of("invoice.held")];
  return [of("invoice.opened")];
}

function event(type: NewEvent["type"], subscription: DueSubscription, data: Record<string, unknown>): NewEvent {
  return { type, customerId: subscription.customerId, subscriptionId: subscription.id, data };
}
