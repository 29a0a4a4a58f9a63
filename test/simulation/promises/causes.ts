/**
 * Nothing that is owed is given up, held or passed over without a cause that the world shows: a person who asked for
 * it, a plan that says so, a gateway that refused, a policy that was lived through to its end.
 */
import type { InvoiceSeen } from "../books-view.ts";
import { DAY_MS, HOUR_MS, named, type Context } from "./promises-of.ts";
import type { Changed } from "./book.ts";
import type { PromisedSubscription } from "./promised.ts";
import { isChargeOf } from "./debts.ts";

/** docs/dunning.md: declines of a card that may be tried again, in any 30 days. */
const NETWORK_RETRIES = 15;
const NETWORK_WINDOW_MS = 30 * DAY_MS;

export function causesCheck(context: Context): (changed: readonly Changed<InvoiceSeen>[]) => void {
  const { book, asked, world, report, ledger } = context;

  function checkVoid(invoice: InvoiceSeen, order: PromisedSubscription): boolean {
    const { id, subscriptionId, statusReason } = invoice;
    const isByPolicy = (action: string): boolean =>
      context.policyOf(order).finalAction === action && hasWrittenOff(subscriptionId);
    switch (statusReason ?? "none") {
      case "paused":
        return (
          asked.ofSubscription(subscriptionId, "pause").length > 0 ||
          isByPolicy("pause") ||
          asked.isInPause(subscriptionId, +invoice.periodStart)
        );
      case "unpaid":
        return isByPolicy("unpaid");
      case "skipped":
        return isSkippedCycle(invoice);
      case "canceled":
        return (
          isByPolicy("cancel") || asked.ofSubscription(subscriptionId, "cancel_now").length > 0 || isAfterEnd(invoice)
        );
      case "voided_by_person":
        return asked.ofInvoice(id, "void").length > 0;
      case "catch_up_latest_only":
        return context.planOf(order).catchUp === "latest_only" && wasMissed(invoice);
      default:
        return false;
    }
  }

  /** The one that the command answered; whoever was not answered may have skipped any. */
  function isSkippedCycle({ subscriptionId, cycle }: InvoiceSeen): boolean {
    const skips = asked.ofSubscription(subscriptionId, "skip");
    return skips.some(
      ({ doneMs, answer }) => doneMs === null || (answer as { cycle?: number } | null)?.cycle === cycle,
    );
  }

  /** A cancellation at the period's end takes nothing from what had begun before it. */
  function isAfterEnd({ subscriptionId, periodStart }: InvoiceSeen): boolean {
    return asked.ofSubscription(subscriptionId, "cancel_at_end").some(({ doneMs, answer }) => {
      const endsAt = (answer as { endsAt?: Date } | null)?.endsAt;
      return doneMs === null || endsAt === undefined || periodStart >= endsAt;
    });
  }

  /** One of the subscription's was written off at some time; later it may have been paid, voided or tried again. */
  function hasWrittenOff(subscriptionId: string): boolean {
    for (const { id, status } of book.cycles.get(subscriptionId)?.values() ?? [])
      if (status === "uncollectible" || book.eventsOf(id).some(({ type }) => type === "invoice.uncollectible"))
        return true;
    return false;
  }

  function wasMissed({ periodEnd, openedAt }: InvoiceSeen): boolean {
    return !world.isClockRight || periodEnd <= openedAt;
  }

  function checkHeld(invoice: InvoiceSeen, order: PromisedSubscription): boolean {
    const { id, statusReason } = invoice;
    const attempts = [...book.attemptsOf(id)];
    switch (statusReason ?? "none") {
      case "catch_up_ask":
        return context.planOf(order).catchUp === "ask" && wasMissed(invoice);
      case "refused":
        // A charge that only this customer is refused for the key: `not_sent`, until it was so for a day.
        return (
          attempts.some(({ state }) => state === "refused") ||
          (context.sick.has(invoice.customerId) && attempts.some(({ state }) => state === "not_sent"))
        );
      case "unknown_outcome":
        return attempts.some(({ state }) => state === "unknown" || state === "pending") || !world.isCalm;
      case "answer_differs":
        return world.answersDiffer;
      case "our_fault":
        return ledger.charges.some((charge) => isChargeOf(charge, invoice) && charge.declineClass === "our_fault");
      case "daily_limit":
        return !world.isCalm || isOftenCharged(invoice);
      case "earlier_unpaid":
        return context.policyOf(order).laterCycles === "hold";
      default:
        return false;
    }
  }

  /** By what was sent: a charge whose answer was lost counts, wherever it went. */
  function isOftenCharged({ id, openedAt }: InvoiceSeen): boolean {
    const sinceMs = openedAt.getTime() - 2 * DAY_MS;
    const sent = [...book.attemptsOf(id)].filter(({ sentAt }) => sentAt !== null && sentAt.getTime() > sinceMs);
    return sent.length >= world.maxChargesPerCustomerPerDay;
  }

  /** Written off only after its policy's last chance and grace, counted from when it first failed. */
  function checkWrittenOff(invoice: InvoiceSeen, order: PromisedSubscription): void {
    if (invoice.statusReason === "collection_stopped") {
      if (!hasWrittenOff(invoice.subscriptionId)) report("cause", `${named(invoice)}: nothing else was written off`);
      return;
    }
    const failedMs = book.failedSinceMs(invoice.id) ?? invoice.firstDeclinedAt?.getTime() ?? firstDeclineMs(invoice);
    if (failedMs === null) return report("cause", `${named(invoice)} was written off, and it had never failed`);
    const { waitForCardDays, paymentLink, graceDays } = context.policyOf(order);
    const lastChanceDays = Math.min(waitForCardDays, paymentLink?.expiresAfterDays ?? Infinity);
    const leastMs = (lastChanceDays + graceDays) * DAY_MS - 2 * HOUR_MS;
    if (world.isClockRight && !context.isTouched(invoice.id) && context.nowMs() - failedMs < leastMs)
      report(
        "cause",
        `${named(invoice)} was written off ${hours(context.nowMs() - failedMs)} hours after it first failed; ` +
          `its policy grants ${lastChanceDays + graceDays} days`,
      );
    checkRetries(invoice, order);
    const hadPage = [...book.attemptsOf(invoice.id)].some(({ flow }) => flow === "link");
    const isDisturbed = !world.isCalm || context.sick.has(order.customerId) || context.isTouched(invoice.id);
    if (paymentLink !== null && !hadPage && !isDisturbed)
      report("cause", `${named(invoice)} was written off, and the page of its policy was never made`);
  }

  /** A card that only lacked funds has all of its retries, where nothing else kept them from it. */
  function checkRetries(invoice: InvoiceSeen, order: PromisedSubscription): void {
    const { retryAfterDays, windowDays, payday } = context.policyOf(order);
    const totalDays = retryAfterDays.reduce((sum, days) => sum + days, 0);
    if (!world.isCalm || payday || totalDays >= windowDays - 1 || context.isTouched(invoice.id)) return;
    if (book.eventsOf(invoice.id).some(({ type }) => PUT_OFF.has(type))) return;
    // Who is refused, or is not there any more for the gateway, has no card to try.
    if (context.sick.has(order.customerId)) return;
    const tries = ledger.charges.filter((charge) => !charge.isOfPage && isChargeOf(charge, invoice));
    const [first] = tries;
    // A machine that was down takes days from the window.
    if (world.goodSinceMs > (first?.history[0]?.atMs ?? Infinity)) return;
    const isOneCard = tries.every(({ card }) => card?.sourceId === first?.card?.sourceId);
    if (first === undefined || !isOneCard || tries.some(({ declineClass }) => declineClass !== "retry_later")) return;
    // Another invoice of the customer may have learnt that the card is stolen, or is to be replaced (docs/dunning.md).
    const ofCard = ledger.byCard.get(first.card?.sourceId ?? "") ?? [];
    if (ofCard.some(({ declineClass }) => declineClass === "never_again" || declineClass === "new_card")) return;
    // Its retries may be used up by another invoice of the customer: the networks count those of a card.
    const sinceMs = context.nowMs() - NETWORK_WINDOW_MS;
    if (ofCard.filter(({ history }) => (history[0]?.atMs ?? 0) > sinceMs).length > NETWORK_RETRIES) return;
    if (book.cardChangedMs(order.customerId) > (first.history[0]?.atMs ?? 0)) return;
    const card = context.cardOf(order.customerId);
    if (card?.id !== first.card?.sourceId || card?.isExpired) return;
    if (tries.length < 1 + retryAfterDays.length)
      report("cause", `${named(invoice)} was written off after ${tries.length} tries of ${1 + retryAfterDays.length}`);
  }

  function wasSkipped({ subscriptionId, cycle }: InvoiceSeen): boolean {
    const skips = asked.ofSubscription(subscriptionId, "skip");
    return skips.some(
      (skip) => (skip.answer as { cycle?: number } | null)?.cycle === cycle && !asked.isTakenBack(skip),
    );
  }

  function firstDeclineMs(invoice: InvoiceSeen): number | null {
    const charge = ledger.charges.find((each) => isChargeOf(each, invoice));
    return charge?.history[0]?.atMs ?? null;
  }

  return (changed) => {
    if (world.hasForgotten) return;
    for (const { row, was } of changed) {
      const order = context.orderOf(row.subscriptionId);
      if (order === null || (was?.status === row.status && was.statusReason === row.statusReason)) continue;
      const isMarked = asked.ofInvoice(row.id, "mark_paid").length > 0;
      if (row.status !== "void" && wasSkipped(row) && !isMarked)
        report("asked", `${named(row)} is owed, and a person skipped it`);
      if (row.status === "void" && !checkVoid(row, order))
        report("cause", `${named(row)} is not collected, and nobody asked for that`);
      if (row.status === "held" && !checkHeld(row, order)) report("cause", `${named(row)} is held without a cause`);
      if (row.status === "uncollectible") checkWrittenOff(row, order);
    }
  };
}

const PUT_OFF: ReadonlySet<string> = new Set(["invoice.retry_scheduled", "invoice.postponed"]);

function hours(ms: number): number {
  return Math.round(ms / HOUR_MS);
}
