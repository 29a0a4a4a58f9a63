/**
 * Pause a subscription, at once or from one local day until another, and resume it. While it is paused its calendar goes
 * on, and each cycle that falls due gets a void invoice with the reason; invoices that are open already are still collected.
 */
import { instantOfLocal } from "../../domain/calendar/calendar.ts";
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import { hasPauseAhead, isEnded, isSuspended } from "../../domain/subscription.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

type Needs = { readonly store: Store; readonly clock: Clock; readonly random: Random };

export async function pauseSubscription({ store, clock, random }: Needs, subscriptionId: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const { subscription } = await upToDateSubscription(records, subscriptionId, now, random);
    if (isEnded(subscription.status))
      throw new Refused(said("subscription_is", { id: subscriptionId, status: subscription.status }));
    if (subscription.status === "paused") throw new Refused(said("subscription_paused", { id: subscriptionId }));
    const { customerId, status: was } = subscription;
    subscription.status = "paused";
    records.record({ type: "subscription.paused", subscriptionId, customerId, data: { was, because: "person" } });
  });
}

export type PlannedPause = { readonly from: Date; readonly until: Date };

/**
 * Cycles whose charge falls on a day from the first until the last, that one not included, become void; nobody has to
 * resume it.
 *
 * @param days "2026-12-15", in the subscription's zone @throws {Refused} another one is planned, or it is over already
 */
export async function planPause(
  { store, clock, random }: Needs,
  subscriptionId: string,
  days: { readonly from: string | null; readonly until: string },
): Promise<PlannedPause> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const { subscription } = await upToDateSubscription(records, subscriptionId, now, random);
    const { customerId, status, timeZone } = subscription;
    if (isEnded(status)) throw new Refused(said("subscription_is", { id: subscriptionId, status }));
    if (status === "paused") throw new Refused(said("subscription_paused", { id: subscriptionId }));
    if (hasPauseAhead(subscription, now)) throw new Refused(said("pause_planned", { id: subscriptionId }));
    const midnight = (day: string): Date => instantOfLocal(`${day}T00:00`, timeZone);
    const from = days.from === null ? now : midnight(days.from);
    const until = midnight(days.until);
    if (until <= from)
      throw new UsageInvalid(said("pause_backwards", { from: days.from ?? said("pause_from_now"), until: days.until }));
    if (until <= now) throw new UsageInvalid(said("pause_over", { until: days.until }));
    Object.assign(subscription, { pauseFrom: from, pauseUntil: until });
    const data = { from: from.toISOString(), until: until.toISOString(), because: "person" };
    records.record({ type: "subscription.pause_planned", subscriptionId, customerId, data });
    return { from, until };
  });
}

/** Takes a paused or unpaid subscription up again, or withdraws a planned pause; the cycles in between stay void. */
export async function resumeSubscription({ store, clock, random }: Needs, subscriptionId: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, random);
    const { customerId, status: was } = subscription;
    const isPlanned = hasPauseAhead(subscription, now);
    Object.assign(subscription, { pauseFrom: null, pauseUntil: null });
    if (isPlanned && !isSuspended(was)) {
      const data = { because: "person" };
      records.record({ type: "subscription.pause_withdrawn", subscriptionId, customerId, data });
      return;
    }
    if (!isSuspended(was)) throw new Refused(said("not_paused", { id: subscriptionId, status: was }));
    const isOnTrial = plan.trialPeriodDays > 0 && subscription.nextCycle === subscription.firstCycle;
    subscription.status = isOnTrial ? "trialing" : "active";
    records.record({ type: "subscription.resumed", subscriptionId, customerId, data: { was, because: "person" } });
    records.refresh(subscriptionId);
  });
}
