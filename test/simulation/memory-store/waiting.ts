/** What waits for the next invoices in the store in memory, as `billing/waiting.ts` has it in SQLite. */
import type { OpeningBatch } from "../../../src/application/ports/charging.ts";
import {
  type Balance,
  type NewBalanceEntry,
  NO_BALANCE,
  returnedEntry,
  LEAST_CHARGE_CENTS,
} from "../../../src/domain/balance.ts";
import type { Coupon, CouponGrant, GivenCoupon } from "../../../src/domain/coupon.ts";
import type { Item, PendingItem } from "../../../src/domain/item.ts";
import type { Subscription } from "../../../src/domain/subscription.ts";
import { givesBack, usesAnything, type Uses, type Waiting } from "../../../src/domain/invoice-content.ts";
import { ConstraintViolated } from "./table.ts";
import type { MemoryTables } from "./tables.ts";

export function waitingFor(
  tables: MemoryTables,
  { id, customerId }: Pick<Subscription, "id" | "customerId">,
  currency: string,
): Waiting {
  return {
    items: tables.items
      .inGroup("pending", customerId)
      .filter((item) => item.subscriptionId === null || item.subscriptionId === id)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(pendingItemOf),
    coupons: tables.couponGrants
      .inGroup("subscription", id)
      .toSorted((a, b) => a.number - b.number)
      .map((grant) => givenCouponOf(grant, tables.coupons.must(grant.couponCode))),
    balance: balanceOf(tables, customerId, currency),
    leastCents: LEAST_CHARGE_CENTS,
  };
}

export function balanceOf({ balanceEntries }: MemoryTables, customerId: string, currency: string): Balance {
  return balanceEntries
    .inGroup("ledger", `${customerId} ${currency}`)
    .reduce<Balance>(
      (last, { number, balanceCents }) => (number > last.number ? { number, balanceCents } : last),
      NO_BALANCE,
    );
}

export function pendingItemOf(item: Item): PendingItem {
  const { id, key, subscriptionId, name, amountCents, discountCents, currency, tax, claveProdServ, claveUnidad } = item;
  return {
    ...{ id, key, subscriptionId, name, amountCents, discountCents, currency, tax },
    ...{ claveProdServ: claveProdServ ?? null, claveUnidad: claveUnidad ?? null },
  };
}

function givenCouponOf(
  { couponCode, number, fromCycle, untilCycle }: CouponGrant,
  { percentHundredths, amountCents, currency }: Coupon,
): GivenCoupon {
  return { couponCode, number, fromCycle, untilCycle, percentHundredths, amountCents, currency };
}

function waits({ invoiceId, removedAt }: Item): boolean {
  return invoiceId === null && removedAt === null;
}

export function isAsItWas(tables: MemoryTables, { uses, subscriptionId }: OpeningBatch): boolean {
  if (tables.couponGrants.inGroup("subscription", subscriptionId).length !== uses.coupons) return false;
  if (!usesAnything(uses)) return true;
  const [first] = uses.entries;
  return (
    uses.items.every(({ itemId }) => waits(tables.items.must(itemId))) &&
    (first === undefined || first.number === balanceOf(tables, first.customerId, first.currency).number + 1)
  );
}

export function writeUses(tables: MemoryTables, { items, entries }: Uses, now: Date): void {
  for (const { itemId, invoiceId } of items)
    tables.items.put({ ...tables.items.must(itemId), invoiceId, lastInvoiceId: null });
  for (const entry of entries) appendEntry(tables, entry, now);
}

export function appendEntry({ balanceEntries }: MemoryTables, entry: NewBalanceEntry, at: Date): void {
  if (balanceEntries.get(entry.id) !== undefined)
    throw new ConstraintViolated(`UNIQUE balance_entry_number: ${entry.id} is there`);
  balanceEntries.put({ ...entry, at });
}

/** By what these invoices have become: void ones give back what they used, paid ones take it again. */
export function settleUses(tables: MemoryTables, invoiceIds: readonly string[], now: Date): void {
  for (const invoice of [...new Set(invoiceIds)].toSorted().map((id) => tables.invoices.must(id))) {
    const { id, status, balanceCents, cycle, customerId, currency } = invoice;
    if (status === "paid")
      for (const item of tables.items.inGroup("returned", id))
        if (waits(item)) tables.items.put({ ...item, invoiceId: id, lastInvoiceId: null });
    if (status !== "void") continue;
    const isReturned = tables.balanceEntries.inGroup("invoice", id).some(({ kind }) => kind === "returned");
    const back = givesBack({ cycle, balanceCents }, { isReturned });
    if (back.items)
      for (const item of tables.items.inGroup("invoice", id))
        tables.items.put({ ...item, invoiceId: null, lastInvoiceId: id });
    if (back.balance) appendEntry(tables, returnedEntry(balanceOf(tables, customerId, currency), invoice), now);
  }
}
