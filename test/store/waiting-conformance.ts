/** What every store does with items, coupons and balances: read with what is due, used when it is opened, given back. */
import { describe, expect, test } from "@jest/globals";
import type { StoryRecords } from "../../src/application/ports/explain.ts";
import type { FiscalRecords } from "../../src/application/ports/fiscal.ts";
import type { Store } from "../../src/application/ports/store.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { putTaxData } from "../../src/application/customers/change-customer.ts";
import { cfdiDocuments } from "../../src/application/invoices/cfdi-documents.ts";
import { changeSubscription } from "../../src/application/subscriptions/change-subscription.ts";
import { periodOf } from "../../src/domain/calendar/calendar.ts";
import { amountsOf } from "../../src/domain/money.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { scheduleOf } from "../../src/domain/subscription.ts";
import { entryAfter } from "../../src/domain/balance.ts";
import type { Item } from "../../src/domain/item.ts";
import { openCycles } from "../../src/domain/opening.ts";
import { voidInvoice } from "../../src/application/invoices/change-invoice.ts";
import type { Discount, LineItem } from "../../src/domain/money.ts";
import type { SubscriptionChange } from "../../src/domain/subscription-change.ts";
import type { TaxRate } from "../../src/domain/tax.ts";
import { fill, invoiceOf, later, NOW, planOf, subscriptionOf } from "../support/records.ts";

const CLOCK = { now: () => NOW, monotonicMs: () => 0 };

function itemOf(key: string, change: Partial<Item> = {}): Item {
  return {
    ...{ id: `itm_${key}`, key, customerId: "cus_a", subscriptionId: null, name: `Locker ${key}`, amountCents: 15000 },
    ...{ discountCents: 0, currency: "MXN", tax: null, createdAt: NOW, createdBy: "ana", removedAt: null },
    ...{ invoiceId: null, lastInvoiceId: null, ...change },
  };
}

type Vector = {
  readonly lines: readonly LineItem[];
  readonly discount?: Discount;
  readonly quantity?: number;
  /** Rate, base, tax. */
  readonly taxes: readonly (readonly [TaxRate, number, number])[];
  readonly amountCents: number;
  /** Of each line. */
  readonly discounts?: readonly number[];
};

const at = (unitPriceCents: number, rate: TaxRate = 16, included = true): LineItem => ({
  ...{ name: "Plan Oro", unitPriceCents, quantity: 1, tax: { rate, included } },
});

// prettier-ignore
const VECTORS: Readonly<Record<string, Vector>> = {
  T1: { lines: [at(20015)], taxes: [[16, 17254, 2761]], amountCents: 20015 },
  T2: { lines: [at(9900)], taxes: [[16, 8534, 1366]], amountCents: 9900 },
  T3: { lines: [at(9900, 8)], taxes: [[8, 9167, 733]], amountCents: 9900 },
  T4a: { lines: [at(149900)], taxes: [[16, 129224, 20676]], amountCents: 149900 },
  T4b: { lines: [at(149900, 8)], taxes: [[8, 138796, 11104]], amountCents: 149900 },
  T5: { lines: [at(1)], taxes: [[16, 1, 0]], amountCents: 0 },
  T6a: { lines: [at(10000, 16, false)], taxes: [[16, 10000, 1600]], amountCents: 11600 },
  T6b: { lines: [at(10000, 8, false)], taxes: [[8, 10000, 800]], amountCents: 10800 },
  T7: { lines: [at(8535, 16, false)], taxes: [[16, 8535, 1366]], amountCents: 9901 },
  T8: { lines: [at(18900), at(4900)], quantity: 2, discount: { percent: 10 }, taxes: [[16, 36931, 5909]], amountCents: 42840, discounts: [3780, 980] },
  T9: { lines: [at(33), at(33), at(33)], taxes: [[16, 85, 14]], amountCents: 0 },
  T10: { lines: [at(10000), at(5000, 0)], discount: { amountCents: 1000 }, taxes: [[16, 8046, 1287], [0, 4667, 0]], amountCents: 14000, discounts: [667, 333] },
};

async function grant(store: Store, amountCents: number): Promise<void> {
  await store.write(NOW, async (records) => {
    const entry = {
      customerId: "cus_a",
      currency: "MXN",
      amountCents,
      invoiceId: null,
      reason: "a gift",
      actor: "ana",
    };
    await records.addBalanceEntry(entryAfter(await records.balance("cus_a", "MXN"), { ...entry, kind: "grant" }));
  });
}

async function openNext(store: Store, id: string) {
  const [due] = (await store.dueSubscriptions(NOW, 50, [])).filter((each) => each.id === id);
  if (due === undefined) throw new Error(`${id} is not due`);
  const { nextCycle, status, cancelAt, pauseFrom, pauseUntil } = due;
  const opened = openCycles(due, NOW, () => `inv_${id}_${nextCycle}`);
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

    test("base and IVA of each vector are frozen, and read back to the cent: T1 to T10", async () => {
      const opened = await open();
      const { store } = opened;
      const ids = Object.keys(VECTORS);
      const plans = ids.map((id) => planOf({ id: `plan-${id}`, lineItems: VECTORS[id]!.lines }));
      const subscriptions = ids.map((id) => {
        const { discount = null, quantity = 1 } = VECTORS[id]!;
        return subscriptionOf(id, { planId: `plan-${id}`, discount, quantity });
      });
      await fill(store, { plans, subscriptions });
      const openings = [];
      for (const id of ids) openings.push(await openNext(store, id));
      expect(await store.open(openings, NOW)).toBe(ids.length);
      for (const id of ids) {
        const { taxes, amountCents, discounts } = VECTORS[id]!;
        const [row] = await store.list("invoices", { where: { subscriptionId: id } });
        const read = row?.taxes.map(({ rate, baseCents, taxCents }) => [rate, baseCents, taxCents]);
        expect([id, read, row?.amountCents]).toEqual([id, taxes, amountCents]);
        const ofLines = row?.lineItems.map(({ discountCents }) => discountCents) ?? [];
        expect([id, ofLines]).toEqual([id, discounts ?? ofLines.map(() => 0)]);
      }
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

type ReadStore = Store & { readonly fiscal: FiscalRecords; readonly explaining: StoryRecords };

/** Of the databases alone: nobody asks the store in memory for a month. */
export function creditConformance(
  name: string,
  open: () => Promise<{ readonly store: ReadStore; close(): Promise<void> }>,
): void {
  describe(`${name}: credits to the balance`, () => {
    test("what a change of plan gave to the balance is in the month's documents, with the invoice it was given back of", async () => {
      const opened = await open();
      const { store } = opened;
      await fill(store, {
        plans: [planOf({ lineItems: [at(29900)] })],
        subscriptions: [subscriptionOf("a", { nextCycle: 2 })],
        invoices: [
          invoiceOf(subscriptionOf("a"), 1, {
            status: "paid",
            paidAt: NOW,
            nextAttemptAt: null,
            lineItems: [at(29900)],
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

type Change = {
  readonly interval?: Plan["interval"];
  /** The paid period begins here; the change is of this day. */
  readonly begins: string;
  readonly on: string;
  readonly cents: readonly [before: number, after: number];
  readonly quantity?: readonly [before: number, after: number];
  readonly discount?: Discount;
  readonly net: readonly [credit: number, debit: number, net: number];
};

const V1: Change = { begins: "2026-11-01", on: "2026-11-16", cents: [20015, 29900], net: [10008, 14950, 4942] };
// prettier-ignore
const CHANGES: Readonly<Record<string, Change>> = {
  V1,
  V2: { begins: "2026-01-31", on: "2026-02-10", cents: [20015, 29900], net: [12867, 19221, 6354] },
  V3: { begins: "2026-11-01", on: "2026-11-21", cents: [29900, 9900], net: [9967, 3300, -6667] },
  V4: { interval: "half_month", begins: "2026-11-15", on: "2026-11-20", cents: [20015, 29900], net: [13343, 19933, 6590] },
  V5: { interval: "year", begins: "2026-03-01", on: "2026-07-01", cents: [149900, 299900], net: [99796, 199659, 99863] },
  V6: { ...V1, on: "2026-11-30", net: [667, 997, 330] },
  V7: { ...V1, cents: [20015, 20015], quantity: [3, 5], net: [30023, 50038, 20015] },
  V8: { ...V1, discount: { percent: 10 }, net: [9007, 13455, 4448] },
};

/** The rest of the vectors, where a database keeps what they are computed from. */
export function contentConformance(
  name: string,
  open: () => Promise<{ readonly store: ReadStore; close(): Promise<void> }>,
): void {
  describe(`${name}: what an invoice says`, () => {
    test("a change of plan or quantity gives back and costs what each vector says: V1 to V8", async () => {
      const opened = await open();
      const { store } = opened;
      for (const [id, { interval = "month", begins, cents, quantity = [1, 1], discount = null }] of Object.entries(
        CHANGES,
      )) {
        const [before, after] = cents.map((each, index) =>
          planOf({ id: `${id}-${index}`, name: `Plan ${id} ${index}`, interval, lineItems: [at(each)] }),
        ) as [Plan, Plan];
        const subscription = subscriptionOf(
          id,
          { anchorLocal: `${begins}T09:00`, quantity: quantity[0], discount },
          before,
        );
        const { start: periodStart, end: periodEnd } = periodOf(scheduleOf(subscription, before), 0);
        const amounts = amountsOf(before.lineItems, quantity[0], discount, null);
        const standing = { status: "paid", paidAt: periodStart, nextAttemptAt: null } as const;
        const paid = invoiceOf(subscription, 0, { periodStart, periodEnd, ...amounts, ...standing });
        await fill(store, { plans: [before, after], subscriptions: [subscription], invoices: [paid] });
      }
      const random = seededRandom(12);
      for (const [id, { on, cents, quantity = [1, 1], net }] of Object.entries(CHANGES)) {
        const now = new Date(`${on}T18:00:00Z`);
        const needs = {
          store,
          clock: { ...CLOCK, now: () => now },
          random,
          digest: (text: string) => text,
        };
        const planId = cents[0] === cents[1] ? null : `${id}-1`;
        const wanted = { planId, quantity: quantity[1], apply: "next_invoice", on: null } as const;
        await changeSubscription(needs, id, wanted, { token: null, by: "eva" });
        const [change] = await store.write(now, (records) => records.changes(id));
        const { creditCents = 0, debitCents = 0 } = change ?? {};
        expect([id, creditCents, debitCents, debitCents - creditCents]).toEqual([id, ...net]);
      }
      await opened.close();
    });

    test("a coupon for two cycles, of which the second is paused: 10007, void, 20015", async () => {
      const opened = await open();
      const { store } = opened;
      const pause = { pauseFrom: new Date("2025-12-15T06:00:00Z"), pauseUntil: new Date("2026-01-15T06:00:00Z") };
      await fill(store, {
        subscriptions: [subscriptionOf("a", { anchorLocal: "2025-08-31T09:00", nextCycle: 3, ...pause })],
      });
      await store.write(NOW, async (records) => {
        records.addCoupon({
          ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 2, redeemBy: null },
          ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
        });
        records.addCouponGrant({
          ...{ id: "cpn_1", subscriptionId: "a", couponCode: "MITAD", number: 1, fromCycle: 3, untilCycle: 5 },
          ...{ grantedAt: NOW, grantedBy: "ana", takenAt: null },
        });
        await Promise.resolve();
      });
      const due = await openNext(store, "a");
      const ids = due.invoices.map((invoice) => ({ ...invoice, id: `inv_a_${String(invoice.cycle)}` }));
      expect(await store.open([{ ...due, invoices: ids, events: [] }], NOW)).toBe(ids.length);
      const rows = (await store.list("invoices", { where: { subscriptionId: "a" } })).toReversed();
      expect(
        rows
          .slice(0, 3)
          .map(({ cycle, status, discountCents, amountCents }) => [cycle, status, discountCents, amountCents]),
      ).toEqual([
        [3, "open", 10008, 10007],
        [4, "void", 10008, 10007],
        [5, "open", 0, 20015],
      ]);
      await opened.close();
    });

    test("the CFDI of what was frozen: C1 to C4", async () => {
      const opened = await open();
      const { store } = opened;
      const ten = { percent: 10 };
      const sold: Readonly<Record<string, readonly [LineItem[], number, Discount | null, string[]]>> = {
        C1: [[at(9900)], 1, null, ["85.34", "0.00", "13.66", "99.00"]],
        C2: [[at(20015)], 1, null, ["172.54", "0.00", "27.61", "200.15"]],
        C3: [[at(18900), at(4900)], 2, ten, ["410.34", "41.03", "59.09", "428.40"]],
        C4: [[at(404000), at(101000)], 1, ten, ["4353.45", "435.35", "626.90", "4545.00"]],
      };
      for (const [id, [lines, quantity, discount]] of Object.entries(sold)) {
        const subscription = subscriptionOf(id, { nextCycle: 2 });
        const standing = { status: "paid", paidAt: NOW, nextAttemptAt: null } as const;
        const paid = invoiceOf(subscription, 1, { ...amountsOf(lines, quantity, discount, null), ...standing });
        await fill(store, { subscriptions: [subscription], invoices: [paid] });
        await putTaxData({ store, clock: CLOCK }, `cus_${id}`, {
          ...{ rfc: "CACX7605101P8", name: "XOCHILT CASAS CHAVEZ", postalCode: "10740", regime: "612", use: "G03" },
        });
      }
      const window = { month: "2026-02", from: later(-1000), until: later(1000), issuer: null };
      const documents = await cfdiDocuments({ store, clock: CLOCK }, window);
      const read = documents.map(({ invoiceId, subTotal, descuento, traslados, total }) => [
        invoiceId,
        ...[subTotal, descuento, traslados, total],
      ]);
      expect(read.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))).toEqual(
        Object.entries(sold).map(([id, [, , , sums]]) => [`inv_${id}_1`, ...sums]),
      );
      await opened.close();
    });
  });
}
