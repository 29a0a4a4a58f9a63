/** Put one customer on one plan. */
import { NeedsConfirmation, NotFound, Refused, UsageInvalid } from "../../domain/errors.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { amountsOf } from "../../domain/money.ts";
import { taxFaultOf, taxFaultText } from "../../domain/tax.ts";
import type { Source } from "../../domain/plan.ts";
import { beginSubscription, type Subscription, type SubscriptionOrder } from "../../domain/subscription.ts";
import { doubtSecond } from "./doubt-second.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";

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
    const plan = await records.plan(order.planId);
    if (plan === null) throw new NotFound(`there is no plan ${order.planId}`, { mend: { do: "list", what: "plans" } });
    if ((await records.customer(order.customerId)) === null)
      throw new NotFound(`there is no customer ${order.customerId}`, {
        mend: { do: "add_customer", customerId: order.customerId },
      });
    if ((await records.subscription(order.id)) !== null)
      throw new Refused(`there is a subscription ${order.id} already; choose another id`);
    const today = localDateTextOf(now, order.timeZone);
    const taxFault = taxFaultOf(order.lineItems ?? plan.lineItems, plan.tax ?? null, today);
    if (taxFault !== null) throw new UsageInvalid(`line ${taxFault.line + 1} ${taxFaultText(taxFault)}`);
    const { amountCents } = amountsOf(
      order.lineItems ?? plan.lineItems,
      order.quantity,
      order.discount,
      plan.tax ?? null,
    );
    if (amountCents > 0 && amountCents < minChargeCents)
      throw new UsageInvalid(
        `the amount would be ${amountCents} cents; Conekta charges ${minChargeCents} cents or more (MIN_CHARGE_CENTS), or nothing at all`,
      );
    const subscription = beginSubscription(order, plan, source, now);
    if (subscription === null)
      throw new Refused(
        `all ${plan.expiryCount} periods of plan ${plan.id} are over for a start at ${order.startLocal}; ` +
          "choose a later start, or bill the past on purpose",
      );
    const others = await records.subscriptions({ customerIds: [subscription.customerId] });
    const doubt = confirmed ? null : await doubtSecond(records, subscription, plan, others, now, () => false);
    if (doubt !== null)
      throw new NeedsConfirmation("nothing was added", [{ where: `subscription ${subscription.id}`, ...doubt }]);
    records.addSubscription(subscription);
    records.record({
      type: "subscription.created",
      subscriptionId: subscription.id,
      customerId: subscription.customerId,
      data: { planId: plan.id, source, firstCycle: subscription.firstCycle },
    });
    return subscription;
  });
}
