/** Derives subscriptions' statuses in the store in memory, as `subscription-status.ts` does in SQLite. */
import type { NewEvent } from "../../../src/domain/event-types.ts";
import { isEnded, statusAfter, statusEvent } from "../../../src/domain/subscription.ts";
import type { MemoryTables } from "./tables.ts";

/** @returns the events of the statuses that changed */
export function refreshStatuses(tables: MemoryTables, subscriptionIds: readonly string[]): NewEvent[] {
  return [...new Set(subscriptionIds)].toSorted().flatMap((id): NewEvent[] => {
    const subscription = tables.subscriptions.get(id);
    if (subscription === undefined || isEnded(subscription.status)) return [];
    const status = statusAfter(subscription, tables.invoices.inGroup("unsettled", id));
    if (status === subscription.status) return [];
    tables.subscriptions.put({ ...subscription, status });
    const { customerId, status: was } = subscription;
    return [{ type: statusEvent(was, status), customerId, subscriptionId: id, data: { was, status } }];
  });
}
