/** What every store does with items, coupons and balances: read with what is due, used when it is opened, given back. */
import { describe, expect, test } from "@jest/globals";
import type { StoryRecords } from "../../src/application/ports/explain.ts";
import type { Records } from "../../src/application/ports/records.ts";
import type { FiscalRecords } from "../../src/application/ports/fiscal.ts";
import type { Store } from "../../src/application/ports/store.ts";
import { entryAfter } from "../../src/domain/balance.ts";
import type { Item } from "../../src/domain/item.ts";
import { openCycles } from "../../src/domain/opening.ts";
import { voidInvoice } from "../../src/application/invoices/change-invoice.ts";
import type { SubscriptionChange } from "../../src/domain/subscription-change.ts";
import { lineAt } from "../support/invoice-vectors.ts";
import { customerOf, fill, invoiceOf, later, NOW, planOf, subscriptionOf } from "../support/records.ts";

export const CLOCK = { now: () => NOW, monotonicMs: () => 0 };

function itemOf(key: string, change: Partial<Item> = {}): Item {
  return {
    ...{ id: `itm_${key}`, key, customerId: "cus_a", subscriptionId: null, name: `Locker ${key}`, amountCents: 15000 },
    ...{ discountCents: 0, currency: "MXN", tax: null, createdAt: NOW, createdBy: "ana", removedAt: null },
    ...{ invoiceId: null, lastInvoiceId: null, ...change },
  };
}

async function grantIn(records: Records, amountCents: number): Promise<void> {
  const entry = { customerId: "cus_a", currency: "MXN", amountCents, invoiceId: null, reason: "a gift", actor: "ana" };
  await records.addBalanceEntry(entryAfter(await records.balance("cus_a", "MXN"), { ...entry, kind: "grant" }));
}

async function grant(store: Store, amountCents: number): Promise<void> {
  await store.write(NOW, async (records) => await grantIn(records, amountCents));
}

export async function openNext(store: Store, id: string, now: Date = NOW) {
  const [due] = (await store.dueSubscriptions(now, 50, [])).filter((each) => each.id === id);
  if (due === undefined) throw new Error(`${id} is not due`);
  const { nextCycle, status, cancelAt, pauseFrom, pauseUntil } = due;
  const opened = openCycles(due, now, () => `inv_${id}_${nextCycle}`);
  return { ...opened, subscriptionId: id, expected: { nextCycle, status, cancelAt, pauseFrom, pauseUntil } };
}

export function waitingConformance(
  name: string,
  open: () => Promise<{ readonly store: Store; close(): Promise<void> }>,
): void {
  describe(`${name}: what waits for the next invoice`, () => {
    test("is read with what is due, used once, and given back by a void invoice, in whichever order others ask", async () => {
      const opened = await open();
      const { store } = opened;
      const two = { customerId: "cus_a" };
      await fill(store, { subscriptions: [subscriptionOf("a"), subscriptionOf("b", two)] });
      await store.write(NOW, async (records) => {
        records.addItem(itemOf("one"));
        records.addItem(itemOf("two", { subscriptionId: "a", tax: null }));
        records.addItem(itemOf("gone", { removedAt: NOW }));
        records.addCoupon({
          ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 2, redeemBy: null },
          ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
        });
        records.addCouponGrant({
          ...{ id: "cpn_1", subscriptionId: "a", couponCode: "MITAD", number: 1, fromCycle: 1, untilCycle: 3 },
          ...{ grantedAt: NOW, grantedBy: "ana", takenAt: null },
        });
      });
      await grant(store, 5000);
      await grant(store, 1000);

      const [a, b] = [await openNext(store, "a"), await openNext(store, "b")];
      expect(a.invoices[0]).toMatchObject({
        discountCents: 10008,
        balanceCents: 6000,
        amountCents: 10007 + 30000 - 6000,
      });
      expect(b.invoices[0]).toMatchObject({ balanceCents: 6000, amountCents: 20015 + 15000 - 6000 });
      // Both were read before either was written: one uses what waits, the other is left for the next pass.
      expect([await store.open([a], NOW), await store.open([b], NOW)]).toEqual([1, 0]);
      const after = await openNext(store, "b");
      expect(after.uses).toEqual({ coupons: 0, items: [], entries: [] });

      await voidInvoice({ store, clock: CLOCK }, "inv_a_1", "a mistake");
      const again = await openNext(store, "b");
      expect(again.uses.items).toEqual([{ itemId: "itm_one", invoiceId: "inv_b_1" }]);
      expect(again.invoices[0]).toMatchObject({ balanceCents: 6000, amountCents: 29015 });
      expect(await store.open([again], NOW)).toBe(1);
      const [rowA] = await store.list("invoices", { where: { invoiceId: "inv_a_1" } });
      expect(rowA?.status).toBe("void");
      const linesOf = (id: string) =>
        store.write(later(1), async (records) => await records.itemLines({ id, customerId: "cus_a" }));
      expect([await linesOf("inv_a_1"), await linesOf("inv_b_1")]).toEqual([0, 1]);
      await store.write(later(1), async (records) => {
        const balance = await records.balance("cus_a", "MXN");
        expect([balance.number, balance.balanceCents]).toEqual([5, 0]);
        const [one, two_] = [await records.item("one"), await records.item("two")];
        expect([one?.invoiceId, one?.lastInvoiceId, two_?.invoiceId, two_?.lastInvoiceId]).toEqual([
          ...["inv_b_1", null],
          ...[null, "inv_a_1"],
        ]);
        expect((await records.couponGrants("a")).map(({ couponCode }) => couponCode)).toEqual(["MITAD"]);
        expect([await records.redemptions("MITAD"), (await records.coupons()).length]).toEqual([1, 1]);
        expect((await records.coupon("MITAD"))?.cycles).toBe(2);
      });
      await opened.close();
    });

    test("a balance may be begun in the transaction that adds its customer", async () => {
      const opened = await open();
      const { store } = opened;
      const balance = await store.write(NOW, async (records) => {
        await records.putCustomer(customerOf("cus_a"));
        await grantIn(records, 5000);
        return await records.balance("cus_a", "MXN");
      });
      expect(balance).toEqual({ number: 1, balanceCents: 5000 });
      await opened.close();
    });

    test("an entry that was made from an older balance is refused", async () => {
      const opened = await open();
      const { store } = opened;
      await fill(store, { subscriptions: [subscriptionOf("a")] });
      await grant(store, 5000);
      const entry = {
        customerId: "cus_a",
        currency: "MXN",
        kind: "take",
        amountCents: -5000,
        invoiceId: null,
      } as const;
      const twice = entryAfter({ number: 0, balanceCents: 0 }, { ...entry, reason: "again", actor: "ana" });
      await expect(store.write(NOW, (records) => records.addBalanceEntry(twice))).rejects.toThrow(/UNIQUE|unique/i);
      await opened.close();
    });
  });
}

export type ReadStore = Store & { readonly fiscal: FiscalRecords; readonly explaining: StoryRecords };

/** Of the databases alone: nobody asks the store in memory for a month. */
export function creditConformance(
  name: string,
  open: () => Promise<{ readonly store: ReadStore; close(): Promise<void> }>,
): void {
  test(`${name}: a month has what was paid in it, from its first instant on and before its end, and nothing that was free`, async () => {
    const opened = await open();
    const { store } = opened;
    const paidAt = [later(-1001), later(-1000), later(999), later(1000), later(0), null];
    const invoices = paidAt.map((at, cycle) =>
      invoiceOf(subscriptionOf("a"), cycle, {
        ...(at !== null && { status: "paid", paidAt: at, nextAttemptAt: null }),
        ...(cycle === 4 && { amountCents: 0 }),
      }),
    );
    await fill(store, { subscriptions: [subscriptionOf("a", { nextCycle: 6 })], invoices });
    const month = await store.fiscal.month({ from: later(-1000), until: later(1000) });
    expect(month.invoices.map(({ invoiceId }) => invoiceId)).toEqual(["inv_a_1", "inv_a_2"]);
    // What has no document takes no stamp.
    const stamp = { uuid: "5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001", status: "stamped" } as const;
    for (const id of ["inv_a_4", "inv_a_5"])
      await expect(store.fiscal.stamp(id, NOW, () => stamp)).rejects.toThrow("it has no CFDI");
    expect(await store.fiscal.stamp("inv_a_1", NOW, () => stamp)).toMatchObject(stamp);
    await opened.close();
  });

  describe(`${name}: credits to the balance`, () => {
    test("what a change of plan gave to the balance is in the month's documents, with the invoice it was given back of", async () => {
      const opened = await open();
      const { store } = opened;
      await fill(store, {
        plans: [planOf({ lineItems: [lineAt(29900)] })],
        subscriptions: [subscriptionOf("a", { nextCycle: 2 })],
        invoices: [
          invoiceOf(subscriptionOf("a"), 1, {
            status: "paid",
            paidAt: NOW,
            nextAttemptAt: null,
            lineItems: [lineAt(29900)],
          }),
        ],
      });
      const change: SubscriptionChange = {
        ...{ id: "a/1", subscriptionId: "a", number: 1, fromPlanId: "oro", toPlanId: "oro", fromQuantity: 1 },
        ...{ toQuantity: 1, apply: "next_invoice", onDate: "2026-02-28", creditCents: 9967, debitCents: 3300 },
        ...{ grantedCents: 6667, nextCycle: 2, fromAnchorLocal: "2026-01-31T09:00", fromNextBillingAt: null },
        ...{ itemKey: null, invoiceId: null, madeAt: NOW, madeBy: "eva", undoneAt: null, undoneBy: null },
      };
      await store.write(NOW, async (records) => records.addChange(change));
      const window = { from: later(-1000), until: later(1000) };
      expect((await store.fiscal.month(window)).refunds).toMatchObject([
        {
          ...{ documentId: "a/1", kind: "credit", invoiceId: "inv_a_1", amountCents: 6667, original: null },
          taxes: [{ rate: 16, baseCents: 5747, taxCents: 920 }],
        },
      ]);
      const uuid = "5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001";
      const noted = await store.fiscal.stamp("a/1", NOW, () => ({ uuid, status: "stamped" }));
      expect(noted).toMatchObject({ id: "a/1", uuid });
      const [row] = await store.explaining.taxes(window);
      expect(row).toMatchObject({ rate: 16, refunds: 1, refundedBaseCents: 5747, refundedTaxCents: 920 });
      // The report counts what the view does, whose days are those of UTC.
      const revenue = await store.explaining.revenue({ timeZone: "UTC" });
      expect(revenue).toHaveLength(1);
      expect(revenue).toEqual(await store.list("revenue", {}));
      await opened.close();
    });
  });
}
