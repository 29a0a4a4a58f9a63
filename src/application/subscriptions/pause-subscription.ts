/**
 * Pause a subscription, and resume it. While it is paused its calendar goes on, and each cycle that falls due gets a
 * void invoice with the reason; invoices that are open already are still collected.
 */
import { Refused } from "../../domain/errors.ts";
import { isEnded } from "../../domain/subscription.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";

type Needs = { readonly store: Store; readonly clock: Clock; readonly random: Random };

export async function pauseSubscription({ store, clock, random }: Needs, subscriptionId: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const { subscription } = await upToDateSubscription(records, subscriptionId, now, random);
    if (isEnded(subscription.status))
      throw new Refused(`subscription ${subscriptionId} is ${subscription.status} already`);
    if (subscription.status === "paused") throw new Refused(`subscription ${subscriptionId} is paused already`);
    const { customerId, status: was } = subscription;
    subscription.status = "paused";
    records.record({ type: "subscription.paused", subscriptionId, customerId, data: { was, because: "person" } });
  });
}

/** Takes a paused or unpaid subscription up again; the cycles in between stay void. */
export async function resumeSubscription({ store, clock, random }: Needs, subscriptionId: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, random);
    if (subscription.status !== "paused" && subscription.status !== "unpaid")
      throw new Refused(`subscription ${subscriptionId} is ${subscription.status}, neither paused nor unpaid`);
    const { customerId, status: was } = subscription;
    const isOnTrial = plan.trialPeriodDays > 0 && subscription.nextCycle === subscription.firstCycle;
    subscription.status = isOnTrial ? "trialing" : "active";
    records.record({ type: "subscription.resumed", subscriptionId, customerId, data: { was, because: "person" } });
    records.refresh(subscriptionId);
  });
}
