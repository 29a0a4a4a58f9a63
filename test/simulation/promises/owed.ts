/**
 * Every cycle that the plan owes has its invoice on its date, and within a day it is paid, in dunning with a next step
 * and date, or on the list for people with an advice.
 *
 * What waits says for what: a next try, a step of dunning, an answer of the gateway, or an earlier cycle that is not
 * paid. Judged only while nothing disturbs: a fault takes its own time.
 */
import type { AttemptSeen, InvoiceSeen } from "../books-view.ts";
import {
  DAY_MS,
  HOUR_MS,
  isOver,
  named,
  isItsTurn,
  sicknessAround,
  waitsFor,
  waitsItsDay,
  type Context,
} from "./promises-of.ts";
import type { PromisedSubscription } from "./promised.ts";

const PENDING_MS = 98 * HOUR_MS;
const UNKNOWN_MS = 26 * HOUR_MS;

export type OwedCheck = {
  /** Each day. */
  look(): Promise<void>;
};

export function owedCheck(context: Context): OwedCheck {
  const { book, world, report } = context;
  const next = new Map<string, number>();
  const startedMs = context.nowMs();
  /** When an invoice was last seen to wait for another one, which may have ended since. */
  const waited = new Map<string, number>();
  /** Invoices that must stand on the list for people today, and what is to be said where one does not. */
  let late: [invoiceId: string, what: string][] = [];

  function checkCycles(order: PromisedSubscription): void {
    const subscription = book.subscriptions.get(order.id);
    if (subscription === undefined) return;
    const endCycle = context.planOf(order).expiryCount ?? Infinity;
    let cycle = next.get(order.id) ?? firstOf(order, subscription.firstCycle);
    // Where a backup took the signing with it, it was signed again since.
    if (world.hasForgotten) cycle = Math.max(cycle, subscription.firstCycle);
    for (; cycle < endCycle; cycle++) {
      const due = context.dueMs(order, cycle);
      // A cycle of an unpaid subscription waits for up to a day where its customer cannot be read.
      const waitsMs = subscription.status === "unpaid" && context.sick.has(order.customerId) ? DAY_MS + HOUR_MS : 0;
      if (context.goodForMs(due) < DAY_MS + waitsMs) break;
      const invoice = book.cycles.get(order.id)?.get(cycle);
      if (invoice === undefined && isOwed(order, due))
        return report(
          "owed",
          `cycle ${cycle} of ${order.id} was due at ${iso(due)}, and it has no invoice${sicknessAround(context, order.customerId)}`,
        );
    }
    next.set(order.id, cycle);
  }

  /** Where it begins must follow from the day it was signed. */
  function firstOf(order: PromisedSubscription, firstCycle: number): number {
    const choices = [context.firstCycle(order, startedMs), context.firstCycle(order, context.nowMs())];
    if (!world.hasForgotten && (firstCycle < Math.min(...choices) || firstCycle > Math.max(...choices)))
      report("calendar", `${order.id} begins with cycle ${firstCycle}, and should with ${choices.join(" or ")}`);
    return firstCycle;
  }

  function isOwed(order: PromisedSubscription, due: number): boolean {
    const subscription = book.subscriptions.get(order.id);
    if (world.hasForgotten && subscription !== undefined && isOver(subscription)) return false;
    if (subscription?.status === "canceled" && due > book.statusSinceMs(order.id) - 2 * DAY_MS) return false;
    const cancels = context.asked.ofSubscription(order.id, "cancel_at_end", "cancel_now");
    return !cancels.some((cancel) => due > cancel.begunMs && !context.asked.isSurelyTakenBack(cancel));
  }

  function checkOpen(invoice: InvoiceSeen): void {
    checkBackOff(invoice);
    const due = invoice.periodStart.getTime();
    const since = Math.max(due, invoice.openedAt.getTime());
    if (context.goodForMs(since) < DAY_MS) return;
    const attempts = [...book.attemptsOf(invoice.id)];
    const open = attempts.find(({ settledAt }) => settledAt === null);
    if (open !== undefined) return checkUnderWay(invoice, open);
    const earlier = waitsFor(context, invoice);
    const at = invoice.nextAttemptAt ?? invoice.dunningDueAt ?? null;
    if (at === null) return report("owed", `${named(invoice)} waits for nothing`);
    if (earlier !== null) waited.set(invoice.id, context.nowMs());
    const patienceMs = world.hasRunLimit ? 3 * DAY_MS : DAY_MS;
    const freeMs = Math.max(at.getTime(), waited.get(invoice.id) ?? 0);
    if (context.goodForMs(freeMs) > patienceMs && earlier === null)
      late.push([
        invoice.id,
        `${named(invoice)} is due since ${at.toISOString()}, and no list shows it${around(invoice)}`,
      ]);
    const wait = at.getTime() - context.nowMs();
    const isNew = attempts.length === 0 && (invoice.dunningStep ?? null) === null;
    const isInQueue = waitsItsDay(context, invoice) || isBehindUnreadable(invoice);
    const isPutOff = isNew && wait > 2 * HOUR_MS && !invoice.missed && !isInQueue;
    if (isPutOff && earlier === null && !context.isTouched(invoice.id))
      report("owed", `${named(invoice)} was never tried, and is put off until ${at.toISOString()}`);
    checkRetry(invoice, attempts, at);
    checkHorizon(invoice, at.getTime());
  }

  /** What a person asks for is tried by the next runs; where a limit or a card's network puts it off, that is told. */
  function checkRetry(invoice: InvoiceSeen, attempts: readonly AttemptSeen[], at: Date): void {
    const wanted = context.asked
      .ofInvoice(invoice.id, "retry")
      .findLast(({ doneMs, answer }) => doneMs !== null && answer !== undefined);
    if (wanted === undefined || at.getTime() - context.nowMs() < 2 * HOUR_MS) return;
    if (context.goodForMs(wanted.doneMs ?? 0) < DAY_MS) return;
    const isTried = attempts.some(({ claimedAt }) => claimedAt.getTime() >= wanted.begunMs);
    const since = book.eventsOf(invoice.id).filter(({ at: toldAt }) => (toldAt?.getTime() ?? 0) >= wanted.begunMs);
    // A command that was refused has left none.
    const isAccepted = since.some(({ type }) => type === "invoice.retry_requested");
    const isTold = since.some(({ type }) => PUTS_OFF.has(type));
    if (isAccepted && !isTried && !isTold)
      report(
        "owed",
        `${named(invoice)} was to be tried on a person's word, and is put off until ${at.toISOString()}${around(invoice)}`,
      );
  }

  /** Its queue does not move: one before it is due, and its customer cannot be read; that one is on the list. */
  function isBehindUnreadable({ subscriptionId, customerId, cycle }: InvoiceSeen): boolean {
    if (!context.sick.has(customerId)) return false;
    const others = [...(book.cycles.get(subscriptionId)?.values() ?? [])];
    const isDue = ({ status, nextAttemptAt }: InvoiceSeen): boolean =>
      status === "open" && nextAttemptAt !== null && nextAttemptAt.getTime() <= context.nowMs();
    return others.some((other) => other.cycle < cycle && isDue(other));
  }

  /** A try that never reached the gateway is made again within the hour; or after what it waits for, and on its day where what waited comes one a day. */
  function checkBackOff(invoice: InvoiceSeen & { declines?: number }): void {
    const { id, nextAttemptAt, declines } = invoice;
    // By number: books that were put back are seen in any order.
    const last = [...book.attemptsOf(id)].toSorted((a, b) => a.number - b.number).at(-1);
    if (last?.state !== "not_sent" || last.settledAt === null || nextAttemptAt === null || declines !== 0) return;
    const waitMs = nextAttemptAt.getTime() - last.settledAt.getTime();
    const postponed =
      book
        .eventsOf(id)
        .findLast(({ type }) => type === "invoice.postponed")
        ?.at?.getTime() ?? 0;
    const chosenMs = Math.max(last.settledAt.getTime(), postponed);
    const isInQueue = isItsTurn(context, invoice, chosenMs) || waitsItsDay(context, invoice);
    const waitsInQueue = isInQueue || waitsFor(context, invoice) !== null;
    if (waitMs > 2 * HOUR_MS && !invoice.missed && !waitsInQueue && !context.isTouched(id))
      report("owed", `${last.reference} was not sent, and is tried again only ${waitMs / HOUR_MS} hours later`);
  }

  function checkUnderWay(invoice: InvoiceSeen, { state, flow, sentAt, claimedAt, reference }: AttemptSeen): void {
    const forMs = context.goodForMs((sentAt ?? claimedAt).getTime());
    if (flow === "link" && state === "pending") return;
    const most = state === "pending" ? PENDING_MS : state === "unknown" ? UNKNOWN_MS : 2 * HOUR_MS;
    if (forMs > most + DAY_MS)
      report("owed", `${named(invoice)} waits for ${reference}, which is ${state} for ever${around(invoice)}`);
  }

  /** Dunning has an end: window, last chance and grace, and what a new card or an answer may add. */
  function checkHorizon(invoice: InvoiceSeen, atMs: number): void {
    const order = context.orderOf(invoice.subscriptionId);
    const failedMs = book.failedSinceMs(invoice.id);
    if (order === null || failedMs === null || context.isTouched(invoice.id) || !world.isCalm) return;
    const { windowDays, waitForCardDays, paymentLink, graceDays } = context.policyOf(order);
    const mostDays = windowDays + Math.max(waitForCardDays, paymentLink?.expiresAfterDays ?? 0) * 2 + graceDays + 8;
    if (atMs - failedMs > mostDays * DAY_MS && context.goodForMs(failedMs) > mostDays * DAY_MS)
      if (book.cardChangedMs(order.customerId) < failedMs) {
        const what = `${named(invoice)} failed at ${iso(failedMs)}, and dunning goes on until ${iso(atMs)}${around(invoice)}`;
        // Who cannot be charged at all is tried each hour, for as long as that lasts, and is on the list.
        if (context.sick.has(order.customerId)) late.push([invoice.id, what]);
        else report("owed", what);
      }
  }

  function around({ customerId }: InvoiceSeen): string {
    return sicknessAround(context, customerId);
  }

  /** Such as a customer or an order that cannot be read at the gateway, kind `unreadable`. */
  async function checkLate(): Promise<void> {
    if (late.length === 0) return;
    const shown = new Set((await context.attention()).map(({ invoiceId }) => invoiceId));
    for (const [invoiceId, what] of late) if (!shown.has(invoiceId)) report("owed", what);
  }

  return {
    look: async () => {
      late = [];
      for (const order of context.orders()) checkCycles(order);
      for (const id of book.unsettled) {
        const invoice = book.invoices.get(id);
        if (invoice?.status === "open") checkOpen(invoice);
      }
      await checkLate();
    },
  };
}

const PUTS_OFF: ReadonlySet<string> = new Set([
  "invoice.retry_scheduled",
  "invoice.postponed",
  "invoice.payment_failed",
]);

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
