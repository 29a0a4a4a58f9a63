/**
 * Begins a subscription, or says why it cannot be: the rule of one that is added by hand and of a thousand of a file.
 *
 * Pure. What looks like a mistake and is none for sure is asked elsewhere: doubt-second.ts.
 */
import { type BillingError, NotFound, Refused, UsageInvalid } from "../../domain/errors.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { amountsOf } from "../../domain/money.ts";
import { taxFaultOf, taxFaultSaid } from "../../domain/tax.ts";
import { isArchived, isDamaged, type Plan, type Source } from "../../domain/plan.ts";
import { beginSubscription, type Subscription, type SubscriptionOrder } from "../../domain/subscription.ts";
import { said } from "../../domain/refusals.ts";

export type Surroundings = {
  /** Null: there is no such plan. */
  readonly plan: Plan | null;
  readonly isCustomerKnown: boolean;
  readonly isIdTaken: boolean;
  readonly minChargeCents: number;
  readonly source: Source;
  readonly now: Date;
};

export type Begun = { readonly subscription: Subscription; readonly plan: Plan };

export function beginOrRefuse(
  order: SubscriptionOrder,
  { plan, isCustomerKnown, isIdTaken, minChargeCents, source, now }: Surroundings,
): Begun | BillingError {
  if (plan === null)
    return new NotFound(said("no_plan", { id: order.planId }), { mend: { do: "list", what: "plans" } });
  if (isDamaged(plan)) return new Refused(said("row_damaged", { id: plan.id }));
  if (isArchived(plan)) return new Refused(said("plan_archived", { id: plan.id }));
  if (!isCustomerKnown)
    return new NotFound(said("no_customer", { id: order.customerId }), {
      mend: { do: "add_customer", customerId: order.customerId },
    });
  if (isIdTaken) return new Refused(said("subscription_exists", { id: order.id }));
  const lines = order.lineItems ?? plan.lineItems;
  const tax = plan.tax ?? null;
  const taxFault = taxFaultOf(lines, tax, localDateTextOf(now, order.timeZone));
  if (taxFault !== null)
    return new UsageInvalid(said("line_tax", { line: taxFault.line + 1, why: taxFaultSaid(taxFault) }));
  const { amountCents } = amountsOf(lines, order.quantity, order.discount, tax);
  if (amountCents > 0 && amountCents < minChargeCents)
    return new UsageInvalid(said("amount_too_small", { amountCents, leastCents: minChargeCents }));
  const subscription = beginSubscription(order, plan, source, now);
  if (subscription !== null) return { subscription, plan };
  return new Refused(said("periods_over", { count: plan.expiryCount ?? 0, planId: plan.id, start: order.startLocal }));
}
