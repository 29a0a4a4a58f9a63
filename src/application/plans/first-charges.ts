/**
 * When is a subscription that was just begun charged first, and how much; or why is it not?
 *
 * The same decision as the run's, by all that is known of its customer; of the subscription itself there is nothing yet.
 */
import { formatMoney } from "../../domain/money.ts";
import { nextCharge, type NextCharge } from "../../domain/charging/next-charge.ts";
import type { OutlookRules } from "../../domain/charging/invoice-outlook.ts";
import type { DueSubscription } from "../../domain/opening.ts";
import type { Records } from "../ports/records.ts";
import { sharersOf } from "../subscriptions/sharers.ts";
import { localText } from "./change-text.ts";
import type { Begun } from "./judge-subscription.ts";
import type { PlanChange } from "./plan-change.ts";

type FirstCharges = ReadonlyMap<string, { readonly who: string; readonly what: string }>;

/** By subscription: who it is for, and in words what comes first. */
export async function firstChargesOf(
  records: Pick<Records, "payers" | "waitingForEach" | "subscriptions" | "plan">,
  begun: readonly Begun[],
  rules: OutlookRules,
  now: Date,
): Promise<FirstCharges> {
  const payers = await records.payers([...new Set(begun.map(({ subscription }) => subscription.customerId))]);
  const waits = await records.waitingForEach(
    begun.map(({ subscription: { id, customerId }, plan: { currency } }) => ({ id, customerId, currency })),
  );
  const dueOf = ({ subscription, plan }: Pick<Begun, "subscription" | "plan">): DueSubscription => {
    return { ...subscription, plan, lastMissedAt: null, voidCycles: 0, waiting: waits.get(subscription.id)! };
  };
  const ofBegun = begun.map(dueOf);
  const others = await sharersOf(records, ofBegun);
  const told = new Map<string, { who: string; what: string }>();
  for (const [index, { subscription, who }] of begun.entries()) {
    const customer = payers.get(subscription.customerId);
    if (customer === undefined) continue;
    const outlook = {
      ...{ subscription: ofBegun[index]!, beside: others(ofBegun[index]!) },
      ...{ customer, unsettled: [], missed: [], disputes: [], paidAt: null },
    };
    told.set(subscription.id, { who, what: firstText(nextCharge(outlook, rules, now), subscription.timeZone, now) });
  }
  return told;
}

/** Of what was begun, the detail that says who it is for says what comes first, too. */
export function withFirstCharges(changes: readonly PlanChange[], firstCharges: FirstCharges): PlanChange[] {
  return changes.map((change) => {
    const first = firstCharges.get(change.id);
    if (first === undefined) return change;
    return { ...change, details: change.details.map((each) => (each === first.who ? `${each}, ${first.what}` : each)) };
  });
}

function firstText(first: NextCharge, timeZone: string, now: Date): string {
  if (first.at === null) return `no charge as things are: ${first.because.replaceAll("_", " ")}`;
  const amount = formatMoney(first.amountCents, first.currency);
  const local = localText(first.at, timeZone);
  if (first.at > now) return `first charge ${local}, ${amount}`;
  return `is charged with the next run, ${amount}: due since ${local}`;
}
