/** What every checker of the oracle has at hand. */
import type { DunningPolicy } from "../../../src/domain/dunning/dunning.ts";
import type { AttemptSeen, InvoiceSeen, SubscriptionSeen } from "../books-view.ts";
import type { AskedLog } from "./asked.ts";
import type { Book } from "./book.ts";
import { dueInMs, firstCycleOf, type Stretch, stretchesOf } from "./calendar.ts";
import type { Needs, PromisedPlan, PromisedSubscription } from "./promised.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export type Context = Needs & {
  readonly book: Book;
  readonly asked: AskedLog;
  /** When the charge of this reference left, by the true time. */
  readonly leftAtMs: ReadonlyMap<string, number>;
  orderOf(subscriptionId: string): PromisedSubscription | null;
  planOf(order: Pick<PromisedSubscription, "planId">): PromisedPlan;
  policyOf(order: PromisedSubscription): DunningPolicy;
  /** Each date is computed once. */
  dueMs(order: PromisedSubscription, cycle: number): number;
  /** @param begunMs when it was taken into the books */
  firstCycle(order: PromisedSubscription, begunMs: number): number;
  /** For so long nothing has disturbed anybody since then, or since the world became good. */
  goodForMs(sinceMs: number): number;
  /** A person asked for something about the invoice. */
  isTouched(invoiceId: string): boolean;
};

export function contextOf(needs: Needs, book: Book, asked: AskedLog, leftAtMs: ReadonlyMap<string, number>): Context {
  const orders = new Map<string, PromisedSubscription>();
  const calendars = new Map<string, { stamp: string; stretches: readonly Stretch[]; dates: number[] }>();

  function planOf({ planId }: Pick<PromisedSubscription, "planId">): PromisedPlan {
    const plan = needs.plans().find(({ id }) => id === planId);
    if (plan === undefined) throw new Error(`the merchant has no plan ${planId}`);
    return plan;
  }

  return {
    ...needs,
    ...{ book, asked, leftAtMs, planOf },
    orderOf: (subscriptionId) => {
      const known = orders.get(subscriptionId);
      if (known !== undefined) return known;
      const order = needs.orders().find(({ id }) => id === subscriptionId);
      if (order !== undefined) orders.set(subscriptionId, order);
      return order ?? null;
    },
    policyOf: (order) => {
      const policy = needs.policies.get(planOf(order).dunning);
      if (policy === undefined) throw new Error(`no policy of ${order.planId}`);
      return policy;
    },
    dueMs: (order, cycle) => {
      const changes = needs.tables.changesOf(order.id);
      const stamp = changes.map(({ id, isUndone, madeAt }) => `${id} ${isUndone} ${+madeAt}`).join();
      let known = calendars.get(order.id);
      if (known?.stamp !== stamp) {
        const stretches = stretchesOf(order, changes, (planId) => planOf({ planId }));
        calendars.set(order.id, (known = { stamp, stretches, dates: [] }));
      }
      return (known.dates[cycle] ??= dueInMs(known.stretches, cycle, order.timeZone));
    },
    firstCycle: (order, begunMs) => {
      const [first] = needs.tables.changesOf(order.id);
      return firstCycleOf(planOf(first === undefined ? order : { planId: first.fromPlanId }), order, begunMs);
    },
    goodForMs: (sinceMs) => needs.nowMs() - Math.max(sinceMs, needs.world.goodSinceMs),
    isTouched: (invoiceId) =>
      asked.ofInvoice(invoiceId, "retry", "void", "mark_paid", "link", "cancel_link").length > 0,
  };
}

/** What a violation calls an invoice. */
export function named({ subscriptionId, cycle, status, statusReason }: InvoiceSeen): string {
  return `cycle ${cycle} of ${subscriptionId} (${status}${statusReason === null ? "" : `, ${statusReason}`})`;
}

/** Whose sickness may be why, theirs first; "" where nobody is sick. */
export function sicknessAround({ sick }: Context, customerId: string): string {
  const own = sick.get(customerId);
  if (own !== undefined) return `; its customer answers ${own}`;
  const [other] = sick;
  return other === undefined ? "" : `; meanwhile another customer, ${other[0]}, answers ${other[1]}`;
}

/**
 * The earlier cycle of the subscription that fails, is held or is uncertain, so that this one waits, or a later one that fails
 * while this one was never tried; null: none.
 */
export function waitsFor(context: Context, invoice: InvoiceSeen): InvoiceSeen | null {
  return waitsAmong(invoice, cyclesOf(context, invoice), (id) => context.book.attemptsOf(id));
}

function hasOpenPage(attempts: Iterable<Pick<AttemptSeen, "flow" | "settledAt">>): boolean {
  for (const { flow, settledAt } of attempts) if (flow === "link" && settledAt === null) return true;
  return false;
}

function waitsForCustomer({ dunningStep = null }: InvoiceSeen): boolean {
  return dunningStep !== null && dunningStep !== "retry";
}

/** @param cycles the invoices of its subscription, of which each may be asked for more than once */
export function waitsAmong(
  invoice: InvoiceSeen,
  cycles: readonly InvoiceSeen[],
  attemptsOf: (invoiceId: string) => Iterable<AttemptSeen>,
): InvoiceSeen | null {
  const { id, cycle, missed, dunningStep = null, firstDeclinedAt = null } = invoice;
  // A customer has one page of a subscription.
  if (dunningStep === "payment_link")
    for (const other of cycles) if (other.id !== id && hasOpenPage(attemptsOf(other.id))) return other;
  // What was missed waits for one that waits for its customer: one after the other fails; and passes none that waits itself.
  if (missed) {
    const earlier = cycles.filter((other) => other.cycle < cycle && other.status === "open");
    const isWaiting = (other: InvoiceSeen): boolean => !other.missed && waitsAmong(other, cycles, attemptsOf) !== null;
    return earlier.find((other) => waitsForCustomer(other) || isWaiting(other)) ?? null;
  }
  for (const other of cycles) {
    if (other.cycle === cycle || (other.status !== "open" && other.status !== "held")) continue;
    if (other.cycle > cycle) {
      const isFailing =
        (other.dunningStep ?? null) !== null ||
        (other.status === "open" && (hasFailed(other) || isAsked(attemptsOf(other.id))));
      if (firstDeclinedAt === null && dunningStep === null && isFailing && !other.missed) return other;
      continue;
    }
    if (other.status === "held" && other.statusReason !== "catch_up_ask") return other;
    if ((other.dunningStep ?? null) !== null) return other;
    if (other.status === "open" && hasFailed(other)) return other;
    if (isAsked(attemptsOf(other.id))) return other;
  }
  return null;
}

/** Its bank may pay, or decline, it yet. */
function isAsked(attempts: Iterable<AttemptSeen>): boolean {
  for (const { state } of attempts) if (state === "pending" || state === "unknown") return true;
  return false;
}

/**
 * What waited for an earlier cycle until its period was over is collected on a local day of its own (docs/dunning.md): behind
 * those that waited like it, and while each day one of them is tried.
 */
export function waitsItsDay(context: Context, invoice: InvoiceSeen): boolean {
  const nowMs = context.nowMs();
  const tries = cyclesOf(context, invoice).flatMap((each) => [...context.book.attemptsOf(each.id)]);
  const triedMs = tries.map(({ settledAt, claimedAt }) => (settledAt ?? claimedAt).getTime());
  // Cash that a person took is a payment of the customer like any other.
  const marked = cyclesOf(context, invoice).flatMap(({ id }) => context.asked.ofInvoice(id, "mark_paid"));
  const lastMs = Math.max(0, ...triedMs, ...marked.map(({ begunMs }) => begunMs));
  const patienceDays = context.world.hasRunLimit ? 5 : 3;
  return nowMs - lastMs < patienceDays * DAY_MS && isItsTurn(context, invoice, nowMs);
}

/** It waited, and comes within a day for each that waited before it. @param sinceMs when its day was chosen */
export function isItsTurn(context: Context, { id, subscriptionId }: InvoiceSeen, sinceMs: number): boolean {
  const order = context.orderOf(subscriptionId);
  const invoice = context.book.invoices.get(id);
  if (order === null || invoice === undefined || context.policyOf(order).laterCycles === "collect_at_once")
    return false;
  const at = invoice.nextAttemptAt;
  if (invoice.missed || hasFailed(invoice) || at === null || invoice.periodEnd.getTime() > context.nowMs())
    return false;
  // Those that were paid since had their days, too.
  const isPaidSince = ({ id: paidId, status }: InvoiceSeen): boolean =>
    status === "paid" &&
    [...context.book.attemptsOf(paidId)].some(({ settledAt }) => (settledAt?.getTime() ?? 0) > sinceMs);
  const before = cyclesOf(context, invoice).filter(
    (each) =>
      each.cycle < invoice.cycle && !each.missed && ((each.status === "open" && !hasFailed(each)) || isPaidSince(each)),
  );
  return at.getTime() - sinceMs < (before.length + 2) * DAY_MS;
}

function cyclesOf({ book }: Context, { subscriptionId }: InvoiceSeen): InvoiceSeen[] {
  return [...(book.cycles.get(subscriptionId)?.values() ?? [])];
}

/** It was declined; an open one in no step of dunning was held since, and is about to be tried again on a person's word. */
function hasFailed({ firstDeclinedAt = null }: InvoiceSeen): boolean {
  return firstDeclinedAt !== null;
}

export function isOver({ status }: SubscriptionSeen): boolean {
  return status === "canceled" || status === "completed";
}
