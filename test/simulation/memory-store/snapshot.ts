/** A copy of all tables in memory. Rows are never changed, only replaced, so a copy of the maps is enough. */
import type { MemoryTables } from "./tables.ts";

/** @returns how to put it back, as often as wanted */
export function snapshotOf(tables: MemoryTables): () => void {
  const { plans, customers, subscriptions, invoices, attempts, webhooks, refunds } = tables;
  const { disputes, disputeReading, links, denials, ordersSetAside, readFailures, installation, events } = tables;
  const { coupons, couponGrants, items, balanceEntries, changes } = tables;
  const waiting = [coupons, couponGrants, items, balanceEntries, changes];
  const money = [invoices, attempts, links, refunds, disputes, disputeReading];
  const putBack = [
    plans,
    customers,
    subscriptions,
    ...money,
    ...waiting,
    denials,
    ordersSetAside,
    readFailures,
    webhooks,
  ].map((table) => table.copied());
  const { current } = installation;
  const copiedEvents = [...events];
  return () => {
    for (const each of putBack) each();
    installation.current = current;
    events.splice(0, Infinity, ...copiedEvents);
  };
}
