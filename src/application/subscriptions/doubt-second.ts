/** Asks the domain about a new subscription beside the customer's others, and puts its doubt before a person. Reads only. */
import type { InputFault } from "../../domain/errors.ts";
import type { Plan } from "../../domain/plan.ts";
import { BILLED_STATUSES } from "../../domain/invoice.ts";
import {
  billedUntilOf,
  doubtAbout,
  startFor,
  type Doubt,
  type OtherSubscription,
} from "../../domain/second-subscription.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Records } from "../ports/records.ts";
import { said } from "../../domain/refusals.ts";

/**
 * @param all the customer's subscriptions
 * @param isDropped whether a subscription stands in the file no longer, and goes on @returns null: there is no doubt
 */
export async function doubtSecond(
  records: Records,
  fresh: Subscription,
  plan: Plan,
  all: readonly Subscription[],
  now: Date,
  isDropped: (other: Subscription) => boolean,
): Promise<Omit<InputFault, "where"> | null> {
  const others: OtherSubscription[] = [];
  for (const other of all.filter(({ id }) => id !== fresh.id)) {
    const billed = await records.invoices({ subscriptionId: other.id, statuses: BILLED_STATUSES });
    others.push({ ...other, billedUntil: billedUntilOf(billed), isDropped: isDropped(other) });
  }
  return doubtAmong(fresh, plan, others, now);
}

/** @param others of the same customer @returns null: there is no doubt */
export function doubtAmong(
  fresh: Subscription,
  plan: Plan,
  others: readonly OtherSubscription[],
  now: Date,
): Omit<InputFault, "where"> | null {
  const doubt = doubtAbout(fresh, others, now);
  return doubt === null ? null : doubtSaid(doubt, fresh, plan);
}

function doubtSaid(
  { because, other, freeFrom }: Doubt,
  { customerId, timeZone }: Subscription,
  plan: Plan,
): Omit<InputFault, "where"> {
  const startLocal = freeFrom === null ? null : startFor(freeFrom, timeZone, plan.trialPeriodDays);
  const gone = other.isDropped ? said("goes_on_beside_file") : "";
  if (because === "same_plan")
    return {
      what: said("same_plan_twice", { customerId, planId: plan.id, otherId: other.id, gone }),
      mend: { do: "keep_subscription", subscriptionId: other.id, startLocal },
    };
  return {
    what: said("period_billed_already", { customerId, otherId: other.id, otherPlanId: other.planId, gone }),
    mend: { do: "start_at", startLocal: startLocal ?? "" },
  };
}
