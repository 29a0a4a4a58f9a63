/**
 * Cancel a subscription: at the end of the period it is in, or now.
 *
 * At the period's end, what is owed until then is still collected, unless collecting is to stop. Now, or then, open
 * invoices are void at once, except those whose attempt may still move money: they are void when that attempt ends without.
 */
import { billingAt, firstCycleNotOver } from "../../domain/calendar/calendar.ts";
import { hasPage } from "../../domain/attempt-kinds.ts";
import { Refused } from "../../domain/errors.ts";
import { transition } from "../../domain/invoice-transition.ts";
import type { Plan } from "../../domain/plan.ts";
import { isEnded, scheduleOf, type Subscription } from "../../domain/subscription.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Records, Mutable, Store } from "../ports/store.ts";

export type Canceled = {
  readonly endsAt: Date;
  readonly voidedInvoices: readonly string[];
  /** Void as soon as their open attempt ends without money. */
  readonly waitingInvoices: readonly string[];
  /** Still owed: the card goes on being charged for them, also after the end. */
  readonly collectedInvoices: readonly string[];
};

export type HowToCancel = {
  readonly atOnce: boolean;
  /** At the period's end: what is owed is not collected any more. */
  readonly stopCollecting?: boolean;
  /** Who, or what; default: a person. */
  readonly because?: "person" | "dispute";
};

export async function cancelSubscription(
  { store, clock, random }: { store: Store; clock: Clock; random: Random },
  subscriptionId: string,
  how: HowToCancel,
): Promise<Canceled> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, random);
    return await cancelInRecords(records, subscription, plan, now, how);
  });
}

/** The same inside a transaction that does more; the subscription is up to date. */
export async function cancelInRecords(
  records: Records,
  subscription: Mutable<Subscription>,
  plan: Plan,
  now: Date,
  { atOnce, stopCollecting = atOnce, because = "person" }: HowToCancel,
): Promise<Canceled> {
  const { id: subscriptionId, customerId, status: was } = subscription;
  if (isEnded(was)) throw new Refused(`subscription ${subscriptionId} is ${was} already`);
  if (!atOnce) {
    const endsAt = endOfPeriod(subscription, plan, now);
    subscription.cancelAt = endsAt;
    if (endsAt <= now || subscription.nextBillingAt === null) endNow(subscription);
    const type = subscription.status === "canceled" ? "subscription.canceled" : "subscription.cancel_scheduled";
    records.record({
      type,
      subscriptionId,
      customerId,
      data: { was, endsAt: endsAt.toISOString(), because },
    });
    const owed = await records.invoices({ subscriptionId, statuses: ["open", "held"] });
    if (!stopCollecting)
      return { endsAt, voidedInvoices: [], waitingInvoices: [], collectedInvoices: owed.map(({ id }) => id) };
    const stopped = await stopCollectingIn(records, subscription);
    records.refresh(subscriptionId);
    return { endsAt, ...stopped };
  }

  endNow(subscription);
  subscription.cancelAt = now;
  records.record({ type: "subscription.canceled", subscriptionId, customerId, data: { was, because } });
  return { endsAt: now, ...(await stopCollectingIn(records, subscription)) };
}

async function stopCollectingIn(
  records: Records,
  { id: subscriptionId, customerId }: Subscription,
): Promise<Omit<Canceled, "endsAt">> {
  const voidedInvoices: string[] = [];
  const waitingInvoices: string[] = [];
  for (const invoice of await records.invoices({ subscriptionId, statuses: ["open", "held"] })) {
    const attempt = await records.openAttempt(invoice.id);
    if (attempt !== null) {
      invoice.voidWhenSettled = "canceled";
      if (hasPage(attempt)) await records.endLink(invoice.id, "voided");
      waitingInvoices.push(invoice.id);
      continue;
    }
    Object.assign(invoice, transition(invoice, { status: "void", statusReason: "canceled" }));
    voidedInvoices.push(invoice.id);
    records.record({
      type: "invoice.voided",
      subscriptionId,
      customerId,
      invoiceId: invoice.id,
      data: { reason: "canceled" },
    });
  }
  return { voidedInvoices, waitingInvoices, collectedInvoices: [] };
}

function endNow(subscription: Mutable<Subscription>): void {
  subscription.status = "canceled";
  subscription.nextBillingAt = null;
}

/** The end of the period that contains `now`; before the first billing date (a trial, a later start) that date. */
function endOfPeriod(subscription: Subscription, plan: Plan, now: Date): Date {
  const schedule = scheduleOf(subscription, plan);
  const firstBillingAt = billingAt(schedule, subscription.firstCycle);
  if (now < firstBillingAt) return firstBillingAt;
  return billingAt(schedule, firstCycleNotOver(schedule, now) + 1);
}
