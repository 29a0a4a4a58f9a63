/**
 * Opens the due cycles of one subscription before a person changes it, inside the same transaction.
 *
 * What fell due before the change is judged by the state before the change: a pause does not reach back to a cycle
 * that merely had not been opened yet, and a resume does not bill the cycles of the pause.
 */
import { NotFound } from "../../domain/errors.ts";
import { lastMissedAt, voidsIn } from "../../domain/opening.ts";
import { openDueCycles } from "../../domain/opening-turns.ts";
import type { Plan } from "../../domain/plan.ts";
import { turnsAt, type Subscription } from "../../domain/subscription.ts";
import type { Random } from "../ports/runtime.ts";
import type { Records, Mutable } from "../ports/records.ts";
import { said } from "../../domain/refusals.ts";

export async function upToDateSubscription(
  records: Records,
  subscriptionId: string,
  now: Date,
  random: Random,
): Promise<{ subscription: Mutable<Subscription>; plan: Plan }> {
  const { subscription, plan } = await subscriptionAndPlan(records, subscriptionId);
  const turn = turnsAt(subscription);
  if (turn === null || turn > now) return { subscription, plan };
  const open = await records.invoices({ subscriptionId, statuses: ["open"] });
  const voidCycles = await voidCyclesIn(records, subscription, plan);
  const waiting = await records.waitingFor(subscription, plan.currency);
  const due = { ...subscription, plan: { ...plan }, lastMissedAt: lastMissedAt(open), voidCycles, waiting };
  const { invoices, events, uses, waiting: _, ...opened } = openDueCycles(due, now, (at) => random.newId("inv", at));
  for (const invoice of invoices) records.addInvoice(invoice);
  await records.use(uses);
  for (const event of events) records.record(event);
  Object.assign(subscription, opened);
  return { subscription, plan };
}

/** How many of its cycles are void, where the plan has an end. */
export async function voidCyclesIn(
  records: Records,
  { id: subscriptionId }: Pick<Subscription, "id">,
  { expiryCount }: Pick<Plan, "expiryCount">,
): Promise<number> {
  return expiryCount === null ? 0 : voidsIn(await records.invoices({ subscriptionId, statuses: ["void"] }));
}

export async function subscriptionAndPlan(
  records: Records,
  subscriptionId: string,
): Promise<{ subscription: Mutable<Subscription>; plan: Plan }> {
  const subscription = await records.subscription(subscriptionId);
  if (subscription === null)
    throw new NotFound(said("no_subscription", { id: subscriptionId }), {
      mend: { do: "list", what: "subscriptions" },
    });
  const plan = await records.plan(subscription.planId);
  if (plan === null) throw new NotFound(said("plan_gone", { subscriptionId, planId: subscription.planId }));
  return { subscription, plan };
}
