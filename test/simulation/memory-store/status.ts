/** Derives subscriptions' statuses in the store in memory, as `subscription-status.ts` does in SQLite. */
import type { NewEvent } from "../../../src/domain/event-types.ts";
import { voidsIn } from "../../../src/domain/opening.ts";
import {
  isEnded,
  nextAfterVoid,
  statusAfter,
  type Subscription,
  statusEvent,
} from "../../../src/domain/subscription.ts";
import type { MemoryTables } from "./tables.ts";

/** @returns the events of the statuses that changed */
export function refreshStatuses(tables: MemoryTables, subscriptionIds: readonly string[]): NewEvent[] {
  return [...new Set(subscriptionIds)].toSorted().flatMap((id): NewEvent[] => {
    const subscription = tables.subscriptions.get(id);
    if (subscription === undefined || isEnded(subscription.status)) return [];
    const plan = tables.plans.must(subscription.planId);
    const nextBillingAt = nextAfterVoid(subscription, plan, voidCycles(tables, subscription));
    const status = statusAfter({ ...subscription, nextBillingAt }, tables.invoices.inGroup("unsettled", id));
    if (nextBillingAt?.getTime() !== subscription.nextBillingAt?.getTime() || status !== subscription.status)
      tables.subscriptions.put({ ...subscription, status, nextBillingAt });
    if (status === subscription.status) return [];
    const { customerId, status: was } = subscription;
    return [{ type: statusEvent(was, status), customerId, subscriptionId: id, data: { was, status } }];
  });
}

/** How many of its cycles are void, where its plan has an end. */
export function voidCycles(
  { plans, invoices }: MemoryTables,
  { id, planId }: Pick<Subscription, "id" | "planId">,
): number {
  if (plans.must(planId).expiryCount === null) return 0;
  return voidsIn(invoices.inGroup("subscription", id));
}
