/** Put one customer on one plan. */
import { BillingError, NeedsConfirmation } from "../../domain/errors.ts";
import type { Source } from "../../domain/plan.ts";
import type { Subscription, SubscriptionOrder } from "../../domain/subscription.ts";
import { beginOrRefuse } from "./begin-or-refuse.ts";
import { doubtSecond } from "./doubt-second.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

/**
 * @param confirmed a person said that it is meant, though it looks like one that the customer has already
 * @throws {NeedsConfirmation} it looks so, and nobody has said that
 * @throws {NotFound} no such plan or customer
 * @throws {Refused} the id is taken, or every period of the plan is over
 */
export async function addSubscription(
  { store, clock, minChargeCents }: { store: Store; clock: Clock; minChargeCents: number },
  order: SubscriptionOrder,
  source: Source,
  { confirmed = false }: { readonly confirmed?: boolean } = {},
): Promise<Subscription> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const begun = beginOrRefuse(order, {
      plan: await records.plan(order.planId),
      isCustomerKnown: (await records.customer(order.customerId)) !== null,
      isIdTaken: (await records.subscription(order.id)) !== null,
      ...{ minChargeCents, source, now },
    });
    if (begun instanceof BillingError) throw begun;
    const { subscription, plan } = begun;
    const others = await records.subscriptions({ customerIds: [subscription.customerId] });
    const doubt = confirmed ? null : await doubtSecond(records, subscription, plan, others, now, () => false);
    if (doubt !== null)
      throw new NeedsConfirmation(said("nothing_added"), [{ where: `subscription ${subscription.id}`, ...doubt }]);
    records.addSubscription(subscription);
    records.record(creationOf(subscription));
    return subscription;
  });
}

/** The event of one that a person or code added. */
export function creationOf({ id, customerId, planId, source, firstCycle }: Subscription) {
  return {
    type: "subscription.created",
    subscriptionId: id,
    customerId,
    data: { planId, source, firstCycle },
  } as const;
}
