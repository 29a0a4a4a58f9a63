/**
 * What the cycles of a subscription that fell due become: invoices to collect, void or held ones, and where its calendar
 * goes on.
 *
 * Pure. The run writes it, and the preview shows it; a person's command opens first what fell due before it; and what
 * announces the next charge asks here what a subscription will be once its due cycles are opened.
 */
import { NO_BALANCE } from "./balance.ts";
import { billingAt, firstCycleNotOver, periodOf } from "./calendar/calendar.ts";
import { openingDecisions, type OpeningDecision } from "./calendar/catch-up.ts";
import type { NewEvent } from "./event-types.ts";
import { openingEvents, subscriptionEvent } from "./opening-events.ts";
import { OUT_OF_DUNNING, type Invoice, type StatusReason } from "./invoice.ts";
import type { PendingItem } from "./item.ts";
import { transition, type InvoiceMove } from "./invoice-transition.ts";
import type { Plan } from "./plan.ts";
import {
  cyclesIn,
  dueAt,
  isOpened,
  scheduleOf,
  suspension,
  type Subscription,
  type SubscriptionStatus,
} from "./subscription.ts";
import {
  afterUses,
  contentOf,
  contentOfItems,
  NO_USES,
  type Content,
  type Uses,
  type Waiting,
} from "./invoice-content.ts";

/** Cycles of one subscription that are opened in one pass: a forgotten daily plan comes in pieces. */
const MAX_CYCLES = 50;

type BilledSubscription = Subscription & { readonly plan: Plan };

export type DueSubscription = BilledSubscription & {
  /** When the last missed invoice that still waits will be tried; null: none waits. `lastMissedAt` says it of invoices. */
  readonly lastMissedAt: Date | null;
  /** Its invoices that are void; a store may leave it out for a plan without an end. */
  readonly voidCycles: number;
  /** What waits for its next invoice. */
  readonly waiting: Waiting;
};

export type OpenedCycles = Pick<Subscription, "nextCycle" | "nextBillingAt" | "status"> & {
  /** What these invoices used of what waited; written with them or not at all. */
  readonly uses: Uses;
  readonly invoices: readonly Invoice[];
  readonly events: readonly NewEvent[];
};

/** An invoice's id; it sorts by the instant, the beginning of its period. */
export type NewInvoiceId = (at: Date) => string;

/** One pass: what the oldest due cycles become, `MAX_CYCLES` at most. `nextBillingAt` says whether some are left. */
export function openCycles(subscription: DueSubscription, now: Date, newId: NewInvoiceId): OpenedCycles {
  const { plan, cancelAt } = subscription;
  const schedule = scheduleOf(subscription, plan);
  const isWithin = (at: Date | null): at is Date => at !== null && isOpened(subscription, at);

  const periods: SuspendablePeriod[] = [];
  let nextCycle = subscription.nextCycle;
  let suspended = 0;
  const dueNext = (voidsHere: number): Date | null =>
    dueAt(schedule, nextCycle, cyclesIn(plan, subscription.voidCycles + voidsHere));
  let nextBillingAt = dueNext(0);
  while (isWithin(nextBillingAt) && nextBillingAt <= now && periods.length < MAX_CYCLES) {
    // Paused and unpaid subscriptions keep their calendar, and owe nothing for it.
    const because = suspension(subscription, nextBillingAt);
    periods.push({ cycle: nextCycle, ...periodOf(schedule, nextCycle), because });
    if (because !== null) suspended += 1;
    nextCycle += 1;
    nextBillingAt = dueNext(suspended);
  }
  const openings = collected(subscription, periods, now, newId);
  const invoices = openings.map(({ invoice }) => invoice);
  nextBillingAt = dueNext(voidsIn(invoices));

  const isCanceled = cancelAt !== null && cancelAt <= now && !isWithin(nextBillingAt);
  const status: SubscriptionStatus = isCanceled
    ? "canceled"
    : subscription.status === "trialing" && periods.length > 0
      ? "active"
      : subscription.status;
  const statusEvents: NewEvent[] =
    status === subscription.status
      ? []
      : [
          subscriptionEvent(isCanceled ? "subscription.canceled" : "subscription.activated", subscription, {
            was: subscription.status,
          }),
        ];
  return {
    nextCycle,
    nextBillingAt: isCanceled ? null : nextBillingAt,
    status,
    invoices,
    uses: allUses(
      subscription.waiting,
      openings.map(({ uses }) => uses),
    ),
    events: [...invoices.flatMap((invoice) => openingEvents(subscription, invoice)), ...statusEvents],
  };

  function collected(due: DueSubscription, all: readonly SuspendablePeriod[], at: Date, ids: NewInvoiceId): Opening[] {
    const billed = all.filter(({ because }) => because === null);
    const decisions = openingDecisions({
      catchUp: plan.catchUp,
      timeZone: due.timeZone,
      now: at,
      cycles: billed.map(({ cycle, end }) => ({ cycle, periodEnd: end })),
      latestDueCycle: latestDueCycle(),
      lastMissedAt: due.lastMissedAt === null ? null : new Date(Math.max(due.lastMissedAt.getTime(), at.getTime())),
    });
    const byCycle = new Map(billed.map(({ cycle }, index) => [cycle, decisions[index]!]));
    // Each uses of what waits what the ones before it left.
    let { waiting } = due;
    return all.map(({ because, ...period }) => {
      if (because !== null) return { invoice: voided(due, period, because, ids), uses: NO_USES };
      const opening = opened({ ...due, waiting }, period, byCycle.get(period.cycle)!, at, ids);
      waiting = afterUses(waiting, opening.uses);
      return opening;
    });
  }

  /** The last cycle owed by now, whether this pass reaches it or not. */
  function latestDueCycle(): number {
    // Where charges count, each one that is passed over makes room for another.
    const lastAllowed = plan.expiryCount === null || plan.expiryCounts !== "cycles" ? Infinity : plan.expiryCount - 1;
    const byCancel = cancelAt === null ? Infinity : firstCycleNotOver(schedule, new Date(cancelAt.getTime() - 1));
    let latest = Math.min(firstCycleNotOver(schedule, now), lastAllowed, byCancel);
    // One that the pause passes over is not owed, and makes none before it obsolete.
    while (latest > subscription.nextCycle && suspension(subscription, billingAt(schedule, latest)) !== null)
      latest -= 1;
    return latest;
  }
}

export function allUses({ coupons }: Waiting, each: readonly Uses[]): Uses {
  return {
    coupons: coupons.length,
    items: each.flatMap(({ items }) => items),
    entries: each.flatMap(({ entries }) => entries),
  };
}

/** An invoice, and what it used of what waited. */
type Opening = { readonly invoice: Invoice; readonly uses: Uses };

/** How many cycles are void: what is charged once is none. A store may count them in SQL. */
export function voidsIn(invoices: readonly Pick<Invoice, "status" | "cycle">[]): number {
  return invoices.filter(({ status, cycle }) => status === "void" && cycle !== null).length;
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

/** `because`: why it is not billed; null: it is. */
type SuspendablePeriod = Period & { readonly because: ReturnType<typeof suspension> };

function opened(
  subscription: DueSubscription,
  period: Period,
  decision: OpeningDecision,
  now: Date,
  newId: NewInvoiceId,
): Opening {
  const missed = period.end <= now;
  // Nobody pays a void one, so what waits goes on waiting.
  const waiting = decision.do === "void" ? without(subscription.waiting) : subscription.waiting;
  const { id, content } = contentIn(subscription, period, waiting, newId);
  const { uses } = content;
  const base = { ...blank(subscription, period, { id, content }), missed };
  // Nothing to collect is paid, without an attempt and without asking anybody.
  if (base.amountCents === 0 && decision.do !== "void")
    return { invoice: moved(base, { status: "paid", paidAt: now }), uses };
  switch (decision.do) {
    case "collect":
      return { invoice: moved(base, { nextAttemptAt: decision.at }), uses };
    case "void":
      return { invoice: moved(base, { status: "void", statusReason: decision.because }), uses };
    case "hold":
      return { invoice: moved(base, { status: "held", statusReason: decision.because }), uses };
    default:
      return decision satisfies never;
  }
}

/** The invoice of a cycle that is not billed: it stands in the books with its reason. */
export function voided(
  subscription: BilledSubscription & { readonly waiting: Waiting },
  period: Period,
  reason: StatusReason,
  newId: NewInvoiceId,
): Invoice {
  const named = contentIn(subscription, period, without(subscription.waiting), newId);
  return moved(blank(subscription, period, named), { status: "void", statusReason: reason });
}

/** Coupons count cycles, void ones too; nothing else is used by an invoice that nobody pays, and no rest of it is owed. */
function without(waiting: Waiting): Waiting {
  return { ...waiting, items: [], balance: NO_BALANCE, leastCents: 0 };
}

function moved(invoice: Invoice, move: InvoiceMove): Invoice {
  return { ...invoice, ...transition(invoice, move) };
}

type NamedContent = { readonly id: string; readonly content: Content };

function contentIn(
  subscription: BilledSubscription,
  { cycle, start }: Period,
  waiting: Waiting,
  newId: NewInvoiceId,
): NamedContent {
  const id = newId(start);
  return { id, content: contentOf(subscription, { invoiceId: id, cycle, at: start }, waiting) };
}

function blank(subscription: BilledSubscription, period: Period, { id, content }: NamedContent): Invoice {
  return {
    ...blankInvoice(subscription, id, content),
    cycle: period.cycle,
    oneOffKey: null,
    periodStart: period.start,
    periodEnd: period.end,
  };
}

/**
 * An invoice of no cycle, for items alone: due at once, and as unique as its key. The coupons of the subscription leave it
 * alone, the customer's balance pays of it.
 */
export function openOnce(
  subscription: BilledSubscription & { readonly waiting: Waiting },
  { key, items, now }: { readonly key: string; readonly items: readonly PendingItem[]; readonly now: Date },
  newId: NewInvoiceId,
): Opening & { readonly events: readonly NewEvent[] } {
  const id = newId(now);
  const content = contentOfItems(subscription, { invoiceId: id, at: now }, items, subscription.waiting);
  const ofNoCycle = { cycle: null, oneOffKey: key, periodStart: now, periodEnd: now };
  const base: Invoice = { ...blankInvoice(subscription, id, content), ...ofNoCycle };
  const isPaid = base.amountCents === 0;
  const invoice = moved(base, isPaid ? { status: "paid", paidAt: now } : { nextAttemptAt: now });
  return { invoice, uses: content.uses, events: openingEvents(subscription, invoice) };
}

/** An invoice of a subscription as it begins, whatever it is for. */
function blankInvoice(
  { id: subscriptionId, customerId, plan }: Pick<BilledSubscription, "id" | "customerId" | "plan">,
  id: string,
  { frozen }: Content,
): Omit<Invoice, "cycle" | "oneOffKey" | "periodStart" | "periodEnd"> {
  return {
    id,
    subscriptionId,
    customerId,
    ...frozen,
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
