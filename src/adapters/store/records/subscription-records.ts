/** Who is on which plan, what of it was changed, and what waits for its next invoice. */
import type { RequiredEntityData } from "@mikro-orm/core";
import type { Mutable, Prefetched, Records, SubscriptionFilter, WaitsFor } from "../../../application/ports/records.ts";
import type { Balance, NewBalanceEntry } from "../../../domain/balance.ts";
import type { Consent } from "../../../domain/consent.ts";
import type { CouponGrant } from "../../../domain/coupon.ts";
import type { Invoice } from "../../../domain/invoice.ts";
import type { Item } from "../../../domain/item.ts";
import type { Subscription } from "../../../domain/subscription.ts";
import type { SubscriptionChange } from "../../../domain/subscription-change.ts";
import type { Waiting } from "../../../domain/invoice-content.ts";
import { ConsentEntity } from "../entities/consents.ts";
import { CouponGrantEntity } from "../entities/coupons.ts";
import { CustomerEntity } from "../entities/customers.ts";
import { InvoiceEntity } from "../entities/invoices.ts";
import { ItemEntity } from "../entities/items.ts";
import { SubscriptionChangeEntity, SubscriptionEntity } from "../entities/subscriptions.ts";
import { appendEntries, balanceOf, waitingOf } from "../billing/waiting.ts";
import { inParts, once, row, type UnitOfWork } from "./unit-of-work.ts";

export function subscriptionRecords({
  em,
  now,
  leastCents,
  toRefresh,
  rows,
}: UnitOfWork): Pick<
  Records,
  | "subscription"
  | "subscriptions"
  | "prefetch"
  | "addSubscription"
  | "removeSubscription"
  | "hasSubscriptions"
  | "changes"
  | "addChange"
  | "couponGrants"
  | "addCouponGrant"
  | "addConsent"
  | "hasInvoices"
  | "hasPast"
  | "waitingFor"
  | "waitingForEach"
  | "itemLines"
  | "item"
  | "addItem"
  | "balance"
  | "addBalanceEntry"
  | "refresh"
> {
  async function waitingForEach(whose: readonly WaitsFor[]): Promise<ReadonlyMap<string, Waiting>> {
    await em.flush();
    return await waitingOf(em, whose, leastCents);
  }

  return {
    async subscription(id: string): Promise<Mutable<Subscription> | null> {
      return await once(rows.subscriptions, id, async () => row(await em.findOne(SubscriptionEntity, { id })));
    },
    async subscriptions({ planId, customerIds }: SubscriptionFilter = {}): Promise<Mutable<Subscription>[]> {
      await em.flush();
      const ofPlan = planId === undefined ? {} : { planId };
      if (customerIds === undefined)
        return (await em.find(SubscriptionEntity, ofPlan, { orderBy: { id: "asc" } })).map(row);
      const found: Mutable<Subscription>[] = [];
      for (const some of inParts(customerIds))
        found.push(...(await em.find(SubscriptionEntity, { ...ofPlan, customerId: { $in: some } })).map(row));
      return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
    async prefetch({ customerIds, subscriptionIds }: Prefetched): Promise<void> {
      for (const some of inParts(customerIds)) {
        for (const id of some) rows.customers.set(id, null);
        for (const found of await em.find(CustomerEntity, { id: { $in: some } }))
          rows.customers.set(found.id, row(found));
      }
      for (const some of inParts(subscriptionIds)) {
        for (const id of some) rows.subscriptions.set(id, null);
        for (const found of await em.find(SubscriptionEntity, { id: { $in: some } }))
          rows.subscriptions.set(found.id, row(found));
      }
    },
    addSubscription(subscription: Subscription): void {
      const data = { ...subscription, createdAt: now } as RequiredEntityData<Subscription>;
      rows.subscriptions.set(subscription.id, row(em.create(SubscriptionEntity, data, { persist: true })));
    },
    async removeSubscription(id: string): Promise<void> {
      await em.flush();
      rows.subscriptions.delete(id);
      em.remove(await em.findOneOrFail(SubscriptionEntity, { id }));
      // At once, so that one of the same id can be added in the same transaction.
      await em.flush();
    },
    async hasSubscriptions(planId: string): Promise<boolean> {
      await em.flush();
      if ((await em.find(SubscriptionEntity, { planId }, { fields: ["id"], limit: 1 })).length > 0) return true;
      const byChange = { $or: [{ fromPlanId: planId }, { toPlanId: planId }] };
      return (await em.find(SubscriptionChangeEntity, byChange, { fields: ["id"], limit: 1 })).length > 0;
    },
    async changes(subscriptionId: string): Promise<Mutable<SubscriptionChange>[]> {
      await em.flush();
      return (await em.find(SubscriptionChangeEntity, { subscriptionId }, { orderBy: { number: "asc" } })).map(row);
    },
    addChange(change: SubscriptionChange): void {
      em.create(SubscriptionChangeEntity, { ...change }, { persist: true });
    },
    async couponGrants(subscriptionId: string): Promise<Mutable<CouponGrant>[]> {
      await em.flush();
      return (await em.find(CouponGrantEntity, { subscriptionId }, { orderBy: { number: "asc" } })).map(row);
    },
    addCouponGrant(grant: CouponGrant): void {
      em.create(CouponGrantEntity, { ...grant }, { persist: true });
    },
    async waitingFor({ id, customerId }: Subscription, currency: string): Promise<Waiting> {
      return (await waitingForEach([{ id, customerId, currency }])).get(id)!;
    },
    waitingForEach,
    addConsent(consent: Consent): void {
      em.create(ConsentEntity, { ...consent }, { persist: true });
    },
    async hasInvoices(subscriptionId: string): Promise<boolean> {
      await em.flush();
      return (await em.count(InvoiceEntity, { subscriptionId })) > 0;
    },
    async hasPast(subscriptionId: string): Promise<boolean> {
      await em.flush();
      // Each entity that names a subscription: a row of any of them keeps it from being removed.
      const own = { subscriptionId };
      return (
        (await em.count(InvoiceEntity, own)) > 0 ||
        (await em.count(ConsentEntity, own)) > 0 ||
        (await em.count(CouponGrantEntity, own)) > 0 ||
        (await em.count(ItemEntity, own)) > 0 ||
        (await em.count(SubscriptionChangeEntity, own)) > 0
      );
    },
    async itemLines({ id: invoiceId, customerId }: Pick<Invoice, "id" | "customerId">): Promise<number> {
      await em.flush();
      return await em.count(ItemEntity, { customerId, invoiceId });
    },
    async item(key: string): Promise<Mutable<Item> | null> {
      return row(await em.findOne(ItemEntity, { key }));
    },
    addItem(item: Item): void {
      em.create(ItemEntity, { ...item }, { persist: true });
    },
    async balance(customerId: string, currency: string): Promise<Balance> {
      return await balanceOf(em, customerId, currency);
    },
    async addBalanceEntry(entry: NewBalanceEntry): Promise<void> {
      await em.flush();
      await appendEntries(em, [entry], now);
    },
    refresh(subscriptionId: string): void {
      toRefresh.add(subscriptionId);
    },
  };
}
