/**
 * Which other subscriptions of a customer use the balance, or the items of no single one, that a subscription's next invoice
 * counts on? Inside a transaction; the listings read the same of many (`adapters/store/reports/charge-outlooks.ts`).
 */
import type { DueSubscription } from "../../domain/opening.ts";
import { isShared } from "../../domain/invoice-content.ts";
import type { Records } from "../ports/records.ts";

/** @param all each with what waits for it; those that are not in the books yet, too */
export async function sharersOf(
  records: Pick<Records, "subscriptions" | "plan" | "waitingForEach">,
  all: readonly DueSubscription[],
): Promise<(subscription: DueSubscription) => readonly DueSubscription[]> {
  const sharing = all.filter(({ waiting }) => isShared(waiting));
  if (sharing.length === 0) return () => [];
  const customerIds = [...new Set(sharing.map(({ customerId }) => customerId))];
  const given = new Set(all.map(({ id }) => id));
  const booked: Omit<DueSubscription, "waiting">[] = [];
  for (const subscription of await records.subscriptions({ customerIds })) {
    if (subscription.nextBillingAt === null || given.has(subscription.id)) continue;
    const plan = await records.plan(subscription.planId);
    if (plan !== null) booked.push({ ...subscription, plan, lastMissedAt: null, voidCycles: 0 });
  }
  const waits = await records.waitingForEach(
    booked.map(({ id, customerId, plan: { currency } }) => ({ id, customerId, currency })),
  );
  const others = [...all, ...booked.map((each) => ({ ...each, waiting: waits.get(each.id)! }))];
  return (subscription) =>
    isShared(subscription.waiting) ? others.filter((each) => isBeside(each, subscription)) : [];
}

function isBeside(each: DueSubscription, { id, customerId, plan: { currency } }: DueSubscription): boolean {
  return each.customerId === customerId && each.id !== id && each.plan.currency === currency;
}
