/**
 * What is added, given and changed is told once: neither never nor twice. And no cycle that is opened after a coupon was taken
 * back is lowered by it, by the order in which both were told and not by what the grant says since.
 */
import type { MemoryTables } from "../memory-store/tables.ts";
import type { Report } from "./violation.ts";

export function checkExtrasTold(tables: MemoryTables, report: Report): void {
  const { events, items, couponGrants, balanceEntries, changes, invoices } = tables;
  const told = new Map<string, number>();
  /** Coupons that were taken back so far, each with its subscription. */
  const taken = new Set<string>();
  for (const { type, subscriptionId, customerId, invoiceId, data } of events) {
    const isOfBalance = type.startsWith("balance.");
    const named = isOfBalance ? customerId : (data?.["key"] ?? data?.["code"]);
    const about = typeof named === "string" ? named : "";
    const what = `${type} ${about} ${isOfBalance ? "" : subscriptionId}`;
    told.set(what, (told.get(what) ?? 0) + 1);
    if (type === "coupon.taken") taken.add(`${about} ${subscriptionId}`);
    const opened = type === "invoice.opened" ? invoices.get(invoiceId ?? "") : undefined;
    for (const { code } of opened?.discounts ?? [])
      if (taken.has(`${code} ${subscriptionId}`))
        report("coupon", `${code} was taken from ${subscriptionId}, and lowers ${invoiceId}, opened after that`);
  }

  function mustBeTold(what: string, wanted: number): void {
    const times = told.get(what) ?? 0;
    if (times !== wanted) report("told", `${what.trim()} is told ${times} times, and happened ${wanted}`);
  }

  // What a change charges or gives back is told with the change.
  const ofChanges = new Set([...changes.rows.values()].map(({ itemKey }) => itemKey));
  for (const { key, subscriptionId, removedAt } of items.rows.values()) {
    if (ofChanges.has(key)) continue;
    mustBeTold(`item.added ${key} ${subscriptionId}`, 1);
    mustBeTold(`item.removed ${key} ${subscriptionId}`, removedAt === null ? 0 : 1);
  }
  for (const { couponCode, subscriptionId, takenAt } of couponGrants.rows.values()) {
    mustBeTold(`coupon.given ${couponCode} ${subscriptionId}`, 1);
    mustBeTold(`coupon.taken ${couponCode} ${subscriptionId}`, takenAt === null ? 0 : 1);
  }
  const byPeople = [...balanceEntries.rows.values()].filter(({ reason }) => reason === "simulated");
  for (const [customerId, ofOne] of Map.groupBy(byPeople, (entry) => entry.customerId)) {
    const granted = ofOne.filter(({ kind }) => kind === "grant").length;
    mustBeTold(`balance.granted ${customerId} `, granted);
    mustBeTold(`balance.taken ${customerId} `, ofOne.length - granted);
  }
  for (const [subscriptionId, ofOne] of Map.groupBy(changes.rows.values(), (change) => change.subscriptionId)) {
    const undone = ofOne.filter(({ undoneAt }) => undoneAt !== null);
    mustBeTold(`subscription.plan_changed  ${subscriptionId}`, ofOne.length);
    mustBeTold(`subscription.change_undone  ${subscriptionId}`, undone.length);
  }
}
