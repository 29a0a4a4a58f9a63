/**
 * A subscription: one customer on one plan, the unit that falls due.
 *
 * Its status is derived from what happened to its invoices, in the transaction that causes the change.
 */
import assert from "node:assert/strict";
import {
  anchorAfterTrial,
  billingAt,
  firstCycleNotOver,
  normalizeLocalDateTime,
  type Schedule,
} from "./calendar/calendar.ts";
import type { EventType } from "./event-types.ts";
import { isOldDebt, type Invoice } from "./invoice.ts";
import type { Discount, LineItem } from "./money.ts";
import type { Plan, Source } from "./plan.ts";

export const SUBSCRIPTION_STATUSES = [
  "trialing",
  "active",
  "past_due",
  "unpaid",
  "paused",
  "canceled",
  "completed",
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

export type Subscription = {
  readonly id: string;
  readonly planId: string;
  readonly customerId: string;
  readonly status: SubscriptionStatus;
  readonly timeZone: string;
  /** As the merchant gave it, "2026-12-01T09:00". */
  readonly startLocal: string;
  /** The first billing date-time: start plus trial. Every later date is computed from it and the cycle. */
  readonly anchorLocal: string;
  readonly quantity: number;
  /** This subscription's own lines instead of the plan's; null: the plan's. */
  readonly lineItems: readonly LineItem[] | null;
  readonly discount: Discount | null;
  readonly billPast: boolean;
  readonly firstCycle: number;
  /** The next cycle to open. */
  readonly nextCycle: number;
  /** When it falls due; null: nothing will (ended, or the last cycle is open). */
  readonly nextBillingAt: Date | null;
  /** Canceled at this instant, the end of a period; cycles that begin at it or later are not opened. */
  readonly cancelAt: Date | null;
  /** Cycles that fall due from here on are void; null: no pause is planned. */
  readonly pauseFrom: Date | null;
  /** Cycles that fall due from here on are billed again. Null with `pauseFrom`. */
  readonly pauseUntil: Date | null;
  readonly source: Source;
};

/** Nothing falls due any more, and nothing leads out of these. */
export function isEnded(status: SubscriptionStatus): boolean {
  return status === "canceled" || status === "completed";
}

export function scheduleOf(
  subscription: Pick<Subscription, "anchorLocal" | "timeZone">,
  plan: Pick<Plan, "interval" | "frequency">,
): Schedule {
  return {
    interval: plan.interval,
    frequency: plan.frequency,
    anchorLocal: subscription.anchorLocal,
    timeZone: subscription.timeZone,
  };
}

/**
 * How many cycles the plan's charges take; null: there is no end. Where charges count, each void cycle makes one more: a
 * month that was skipped, paused or voided is no charge that was made.
 *
 * @param voidCycles the subscription's, so far
 */
export function cyclesIn(
  { expiryCount, expiryCounts }: Pick<Plan, "expiryCount" | "expiryCounts">,
  voidCycles: number,
): number | null {
  return expiryCount === null || expiryCounts === "cycles" ? expiryCount : expiryCount + voidCycles;
}

/** @returns when its next cycle falls due, once one of its cycles became void after the last was opened; null: none is to come */
export function nextAfterVoid(
  subscription: Pick<Subscription, "anchorLocal" | "timeZone" | "status" | "nextCycle" | "nextBillingAt" | "cancelAt">,
  plan: Pick<Plan, "interval" | "frequency" | "expiryCount" | "expiryCounts">,
  voidCycles: number,
): Date | null {
  const { status, nextCycle, nextBillingAt } = subscription;
  if (nextBillingAt !== null || plan.expiryCount === null || isEnded(status)) return nextBillingAt;
  const at = dueAt(scheduleOf(subscription, plan), nextCycle, cyclesIn(plan, voidCycles));
  return at !== null && isOpened(subscription, at) ? at : null;
}

/** When `cycle` falls due, or null when all of the plan's cycles are before it. @param expiryCount `cyclesIn` */
export function dueAt(schedule: Schedule, cycle: number, expiryCount: number | null): Date | null {
  return expiryCount !== null && cycle >= expiryCount ? null : billingAt(schedule, cycle);
}

/** Whether no cycle at all is billed, until something happens; else the planned pause alone counts. */
export function isSuspended(status: SubscriptionStatus): status is "paused" | "unpaid" {
  return status === "paused" || status === "unpaid";
}

export type Suspended = Pick<Subscription, "status" | "pauseFrom" | "pauseUntil">;

/** Why a cycle that falls due at this instant is void, and nobody is charged for it; null: it is billed. */
export function suspension({ status, pauseFrom, pauseUntil }: Suspended, at: Date): "paused" | "unpaid" | null {
  if (isSuspended(status)) return status;
  return pauseFrom !== null && pauseUntil !== null && pauseFrom <= at && at < pauseUntil ? "paused" : null;
}

/** Whether a pause is planned, or under way, that ends by itself. */
export function hasPauseAhead({ pauseUntil }: Pick<Suspended, "pauseUntil">, now: Date): boolean {
  return pauseUntil !== null && pauseUntil > now;
}

/** Whether a cycle that falls due at this instant is opened, or the subscription ends first. */
export function isOpened({ cancelAt }: Pick<Subscription, "cancelAt">, at: Date): boolean {
  return cancelAt === null || at < cancelAt;
}

type Ended = Pick<Subscription, "status" | "cancelAt"> & {
  /** When its policy's final action canceled it; null: none did. */
  readonly givenUpAt: Date | null;
};

/** From when on no cycle is owed. What a final action canceled was never asked to end; null: it has no end. */
export function endsAt({ status, cancelAt, givenUpAt }: Ended): Date | null {
  return cancelAt ?? (status === "canceled" ? givenUpAt : null);
}

/** When its calendar moves on: its next cycle falls due, or it ends before that; null: never again. */
export function turnsAt({ nextBillingAt, cancelAt }: Pick<Subscription, "nextBillingAt" | "cancelAt">): Date | null {
  return nextBillingAt !== null && cancelAt !== null && cancelAt < nextBillingAt ? cancelAt : nextBillingAt;
}

/** What a person asks for, in a file, on the command line or from code. */
export type SubscriptionOrder = Pick<
  Subscription,
  "id" | "planId" | "customerId" | "startLocal" | "timeZone" | "quantity" | "lineItems" | "discount" | "billPast"
>;

/**
 * The subscription as it begins. The past is not billed by accident: unless `billPast`, its first cycle is the first
 * whose period is not over yet.
 *
 * @returns null when every period the plan allows is over already
 */
export function beginSubscription(
  order: SubscriptionOrder,
  plan: Pick<Plan, "interval" | "frequency" | "trialPeriodDays" | "expiryCount">,
  source: Source,
  now: Date,
): Subscription | null {
  const startLocal = normalizeLocalDateTime(order.startLocal);
  const anchorLocal = anchorAfterTrial(startLocal, plan.trialPeriodDays);
  const schedule = scheduleOf({ anchorLocal, timeZone: order.timeZone }, plan);
  const firstCycle = order.billPast ? 0 : firstCycleNotOver(schedule, now);
  const nextBillingAt = dueAt(schedule, firstCycle, plan.expiryCount);
  if (nextBillingAt === null) return null;
  return {
    ...order,
    startLocal,
    anchorLocal,
    firstCycle,
    nextCycle: firstCycle,
    nextBillingAt,
    cancelAt: null,
    ...{ pauseFrom: null, pauseUntil: null },
    status: plan.trialPeriodDays > 0 && nextBillingAt > now ? "trialing" : "active",
    source,
  };
}

/** What of a subscription's invoice says something about it. */
export type StatusInvoice = Pick<Invoice, "status" | "dunningStep" | "firstDeclinedAt" | "reopenedFrom">;

/** In dunning, declined or without a card that could be charged; or held after that. */
function isFailing(invoice: StatusInvoice): boolean {
  const { status, dunningStep, firstDeclinedAt } = invoice;
  if (isOldDebt(invoice)) return false;
  return dunningStep !== null || (status === "held" && firstDeclinedAt !== null);
}

/** Its end is not known yet. */
function isUnsettled({ status }: StatusInvoice): boolean {
  return status === "open" || status === "held";
}

/** Also while a person has it collected again. */
function isWrittenOff(invoice: StatusInvoice): boolean {
  return invoice.status === "uncollectible" || isOldDebt(invoice);
}

/**
 * The status after something happened to the invoices: those that are open, held or uncollectible. Ended statuses absorb; a pause is lifted only by a person.
 * `unpaid` is entered by dunning's final action and left when nothing is owed any more, or by `resume`. `completed` is for
 * who paid: what was written off and never paid is no charge made.
 */
export function statusAfter(
  now: Pick<Subscription, "status" | "nextBillingAt" | "firstCycle" | "nextCycle">,
  invoices: readonly StatusInvoice[],
): SubscriptionStatus {
  if (isEnded(now.status)) return now.status;
  const isAnyWrittenOff = invoices.some(isWrittenOff);
  if (now.nextBillingAt === null && !isAnyWrittenOff && !invoices.some(isUnsettled)) return "completed";
  if (now.status === "paused") return "paused";
  const isAnyFailing = invoices.some(isFailing);
  if (now.status === "unpaid" && (isAnyWrittenOff || isAnyFailing)) return "unpaid";
  if (isAnyFailing) return "past_due";
  return now.nextCycle === now.firstCycle && now.status === "trialing" ? "trialing" : "active";
}

/** The event that tells a change of status that the invoices brought about. Nothing leads back into a trial. */
export function statusEvent(was: SubscriptionStatus, status: SubscriptionStatus): EventType {
  assert(status !== "trialing", `a subscription went from ${was} back to trialing`);
  if (status === "active")
    return was === "past_due" || was === "unpaid" ? "subscription.recovered" : "subscription.activated";
  return `subscription.${status}`;
}
