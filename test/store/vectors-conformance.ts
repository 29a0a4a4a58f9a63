/** The vectors and rules of what an invoice says, each by its name, where a store keeps what they are computed from. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { RefundRecords } from "../../src/application/ports/refunds.ts";
import type { Store } from "../../src/application/ports/store.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { putTaxData } from "../../src/application/customers/change-customer.ts";
import { cfdiDocuments } from "../../src/application/invoices/cfdi-documents.ts";
import {
  changeSubscription,
  previewChange,
  type WantedChange,
} from "../../src/application/subscriptions/change-subscription.ts";
import type { Coupon } from "../../src/domain/coupon.ts";
import { periodOf } from "../../src/domain/calendar/calendar.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import { amountsOf, type Discount, type LineItem } from "../../src/domain/money.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Apply } from "../../src/domain/proration.ts";
import { scheduleOf, type Subscription } from "../../src/domain/subscription.ts";
import { INVOICE_VECTORS, lineAt } from "../support/invoice-vectors.ts";
import { fill, invoiceOf, later, NOW, planOf, subscriptionOf } from "../support/records.ts";
import { chargeAll, paid as pays } from "./conformance.ts";
import { CLOCK, openNext, type ReadStore } from "./waiting-conformance.ts";

type Books = Store & { readonly refunds: RefundRecords };

type Open<S extends Store> = () => Promise<{ readonly store: S; close(): Promise<void> }>;

/** An empty store for each test. */
function storeOfEach<S extends Store>(open: Open<S>): () => S {
  let opened: Awaited<ReturnType<Open<S>>>;
  beforeEach(async () => void (opened = await open()));
  afterEach(async () => await opened.close());
  return () => opened.store;
}

const MITAD: Coupon = {
  ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 2, redeemBy: null },
  ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
};

export function vectorsConformance(name: string, open: Open<Books>): void {
  describe(`${name}: an invoice, frozen and read back`, () => {
    const store = storeOfEach(open);

    test.each(INVOICE_VECTORS)("%s", async (_name, { lines, discount = null, quantity = 1, ...is }) => {
      const subscription = subscriptionOf("a", { discount, quantity });
      await fill(store(), { plans: [planOf({ lineItems: lines })], subscriptions: [subscription] });
      expect(await store().open([await openNext(store(), "a")], NOW)).toBe(1);
      const [row] = await store().list("invoices", { where: { subscriptionId: "a" } });
      expect(row?.taxes.map(({ rate, baseCents, taxCents }) => [rate, baseCents, taxCents])).toEqual(is.taxes);
      // What is too little to charge is carried by the balance.
      expect((row?.amountCents ?? 0) + (row?.balanceCents ?? 0)).toBe(is.totalCents);
      expect(row?.lineItems.map(({ discountCents }) => discountCents)).toEqual(is.discounts ?? lines.map(() => 0));
    });

    test("R6 rate, base and IVA stay as they were when it was opened, whatever the plan says since", async () => {
      await fill(store(), {
        plans: [planOf({ tax: { rate: 16, included: true } })],
        subscriptions: [subscriptionOf("a")],
      });
      await store().open([await openNext(store(), "a")], NOW);
      await store().write(NOW, async (records) => {
        Object.assign((await records.plan("oro"))!, {
          tax: { rate: 8, included: false },
          lineItems: [lineAt(9900, 8)],
        });
      });
      const [row] = await store().list("invoices", { where: { subscriptionId: "a" } });
      expect(row).toMatchObject({
        ...{ amountCents: 20015, taxes: [{ rate: 16, baseCents: 17254, taxCents: 2761 }] },
        lineItems: [{ unitPriceCents: 20015, taxRate: 16, taxIncluded: true }],
      });
    });

    test("20015, 50 % for 2 cycles from cycle 3, cycle 4 is skipped: 10007, void, 20015", async () => {
      const pause = { pauseFrom: new Date("2025-12-15T06:00:00Z"), pauseUntil: new Date("2026-01-15T06:00:00Z") };
      await fill(store(), {
        subscriptions: [subscriptionOf("a", { anchorLocal: "2025-08-31T09:00", nextCycle: 3, ...pause })],
      });
      await store().write(NOW, async (records) => {
        records.addCoupon(MITAD);
        records.addCouponGrant({
          ...{ id: "cpn_1", subscriptionId: "a", couponCode: "MITAD", number: 1, fromCycle: 3, untilCycle: 5 },
          ...{ grantedAt: NOW, grantedBy: "ana", takenAt: null },
        });
        await Promise.resolve();
      });
      const due = await openNext(store(), "a");
      const ids = due.invoices.map((invoice) => ({ ...invoice, id: `inv_a_${String(invoice.cycle)}` }));
      expect(await store().open([{ ...due, invoices: ids, events: [] }], NOW)).toBe(ids.length);
      const rows = (await store().list("invoices", { where: { subscriptionId: "a" } })).toReversed();
      expect(
        rows
          .slice(0, 3)
          .map(({ cycle, status, discountCents, amountCents }) => [cycle, status, discountCents, amountCents]),
      ).toEqual([
        [3, "open", 10008, 10007],
        [4, "void", 10008, 10007],
        [5, "open", 0, 20015],
      ]);
    });
  });

  describe(`${name}: a change of plan or quantity`, () => {
    const store = storeOfEach(open);

    test.each(CHANGES)("%s", async (_name, { interval = "month", begins, on, cents, quantity = [1, 1], ...is }) => {
      const [before, after] = cents.map((each, index) =>
        planOf({ id: `plan-${index}`, interval, lineItems: [lineAt(each)] }),
      ) as [Plan, Plan];
      const anchorLocal = `${begins}T09:00`;
      const discount = is.discount ?? null;
      await sell(store(), { anchorLocal, quantity: quantity[0], discount }, before, [after]);
      const planId = cents[0] === cents[1] ? null : after.id;
      const wanted = { planId, quantity: quantity[1], apply: "next_invoice" } as const;
      const seen = await make(store(), `${on}T18:00:00Z`, wanted);
      const [row] = await store().write(NOW, (records) => records.changes("a"));
      const { creditCents = 0, debitCents = 0 } = row ?? {};
      expect([creditCents, debitCents, debitCents - creditCents]).toEqual(is.net);
      expect([...seen.lines.map(({ amountCents }) => amountCents), seen.netCents]).toEqual(is.net);
    });
  });

  describe(`${name}: the rules of a change`, () => {
    const store = storeOfEach(open);

    // prettier-ignore
    test.each([
      // zone, at, on, credit, because
      ["America/Mexico_City", "2026-11-16T05:59:59Z", "2026-11-15", 10675, "a second before midnight there"],
      ["America/Mexico_City", "2026-11-16T06:00:00Z", "2026-11-16", 10008, "midnight there"],
      ["America/Tijuana", "2026-11-16T07:59:59Z", "2026-11-15", 10675, "two hours later in Tijuana"],
      ["America/Mexico_City", "2026-12-01T05:59:59Z", "2026-11-30", 667, "the last day is one of it"],
    ])("P1 days are local ones of the subscription, the day of the change included: %s, %s", async (timeZone, at, on, credit, _because) => {
      await sell(store(), { timeZone });
      const seen = await preview(store(), at, { planId: "platino", apply: "next_invoice" });
      expect([seen.on, seen.lines[0]?.amountCents, seen.lines[0]?.to]).toEqual([on, credit, "2026-12-01"]);
    });

    test("P2 what is given back and what is owed are lines that tell their dates, each rounded once", async () => {
      await sell(store());
      const seen = await preview(store(), HALF, { planId: "platino", apply: "next_invoice" });
      expect(seen.lines).toEqual([
        { kind: "credit", name: "Plan Oro", from: "2026-11-16", to: "2026-12-01", amountCents: 10008 },
        { kind: "debit", name: "Plan platino", from: "2026-11-16", to: "2026-12-01", amountCents: 14950 },
      ]);
    });

    test("P3 old and new are what the whole period comes to after its discounts, whatever was charged last", async () => {
      // The balance paid most of it, and an extra of 150.00 stood beside it: 30.13 were charged.
      const amounts = amountsOf([lineAt(20015)], 1, { percent: 10 }, null, [{ line: lineAt(15000), discount: null }]);
      await sell(store(), { discount: { percent: 10 } }, undefined, undefined, {
        ...{ ...amounts, amountCents: 3013, balanceCents: amounts.amountCents - 3013 },
      });
      await store().write(NOW, async (records) => {
        records.addItem({
          ...{ id: "itm_1", key: "locker", customerId: "cus_a", subscriptionId: null, name: "Locker", tax: null },
          ...{ amountCents: 15000, discountCents: 0, currency: "MXN", createdAt: NOW, createdBy: "ana" },
          ...{ removedAt: null, invoiceId: "inv_a_0", lastInvoiceId: null },
        });
        await Promise.resolve();
      });
      const seen = await preview(store(), HALF, { planId: "platino", apply: "next_invoice" });
      expect(seen.lines.map(({ amountCents }) => amountCents)).toEqual([9007, 13455]);
    });

    test("P3 old is what the period was sold for, though its plan costs more since", async () => {
      await sell(store());
      await store().write(NOW, async (records) => {
        Object.assign((await records.plan("oro"))!, { lineItems: [lineAt(30015)] });
      });
      for (const apply of ["next_invoice", "now"] as const) {
        const seen = await preview(store(), HALF, { planId: "platino", apply });
        expect(seen.lines.map(({ amountCents }) => amountCents)).toEqual([10008, 14950]);
      }
    });

    test("P4 no more is given back than was paid and is left after refunds", async () => {
      const open1 = { status: "open", paidAt: null, nextAttemptAt: NOW } as const;
      await sell(store(), {}, undefined, undefined, open1);
      await store().confirmMode(false);
      await chargeAll(store(), await store().takeOver("own_1"), pays);
      const refund = { invoiceId: "inv_a_0", attemptId: null, shownCents: null, amountCents: 15000 };
      await store().refunds.request({ ...refund, reason: "other", note: null, by: "ana" }, NOW);
      const seen = await preview(store(), HALF, { planId: "platino", apply: "next_invoice" });
      expect(seen.lines.map(({ amountCents }) => amountCents)).toEqual([5015, 14950]);
    });

    test("P4 in a period that is not paid it is refused, or takes effect at its end", async () => {
      await sell(store(), {}, undefined, undefined, { status: "open", paidAt: null, nextAttemptAt: NOW });
      for (const apply of ["next_invoice", "now"] as const)
        await expect(preview(store(), HALF, { planId: "platino", apply })).rejects.toThrow("is not paid");
      expect(await preview(store(), HALF, { planId: "platino" })).toMatchObject({ apply: "period_end", lines: [] });
    });

    // prettier-ignore
    test.each<[apply: Apply | null, planId: string, is: Apply, now: number, next: number]>([
      ["period_end", "platino", "period_end", 0, 29900],
      ["next_invoice", "platino", "next_invoice", 0, 29900 + 4942],
      ["now", "platino", "now", 4942, 29900],
      ["none", "platino", "none", 0, 29900],
      [null, "platino", "next_invoice", 0, 29900 + 4942],
      [null, "plata", "period_end", 0, 9900],
    ])("P5 applied %s, to %s: %s, %i now, %i next", async (apply, planId, is, now, next) => {
      await sell(store());
      const seen = await preview(store(), HALF, { planId, apply });
      expect([seen.apply, seen.chargedNowCents, seen.nextAmountCents]).toEqual([is, now, next]);
      expect(await make(store(), HALF, { planId, apply }, seen.token)).toEqual(seen);
      const [once] = (await store().list("invoices", { where: { subscriptionId: "a" } })).filter(
        ({ cycle }) => cycle === null,
      );
      expect(once?.amountCents ?? 0).toBe(now);
      expect(await openedAtDecember(store())).toMatchObject({ amountCents: next });
    });

    test("P6 another interval begins now or at the period's end, with an anchor of its own", async () => {
      await sell(store());
      for (const apply of ["next_invoice", "none"] as const)
        await expect(preview(store(), HALF, { planId: "anual", apply })).rejects.toThrow("apply it now or period_end");
      expect(await preview(store(), HALF, { planId: "anual" })).toMatchObject({
        ...{ apply: "period_end", nextBillingAt: "2026-12-01T15:00:00.000Z", nextAmountCents: 199900 },
      });
      await make(store(), HALF, { planId: "anual", apply: "now" });
      const subscription = await store().write(NOW, (records) => records.subscription("a"));
      // A year before cycle 1, which begins today.
      expect(subscription).toMatchObject({ anchorLocal: "2025-11-16T09:00", nextCycle: 1 });
    });

    test("P7 a net below the least charge is carried to the next invoice", async () => {
      await sell(store(), {}, undefined, [planOf({ id: "oro2", lineItems: [lineAt(20415)] })]);
      const seen = await make(store(), HALF, { planId: "oro2", apply: "now" });
      expect(seen).toMatchObject({ netCents: 200, chargedNowCents: 0, nextAmountCents: 20615 });
      expect((await store().write(NOW, (records) => records.balance("cus_a", "MXN"))).balanceCents).toBe(-200);
      expect(await openedAtDecember(store())).toMatchObject({ amountCents: 20615, balanceCents: -200 });
    });

    test("P7 a negative net goes to the balance, and pays of the next invoice", async () => {
      await sell(store());
      expect(await make(store(), HALF, { planId: "plata", apply: "next_invoice" })).toMatchObject({
        ...{ netCents: 4950 - 10008, grantedCents: 5058, nextAmountCents: 9900 - 5058 },
      });
      expect((await store().write(NOW, (records) => records.balance("cus_a", "MXN"))).balanceCents).toBe(5058);
      expect(await openedAtDecember(store())).toMatchObject({ amountCents: 9900 - 5058, balanceCents: 5058 });
    });

    test("P8 one row a change, by its number; a token of an older preview is refused, and nothing is changed", async () => {
      await sell(store());
      const wanted = { quantity: 2, apply: "period_end" } as const;
      const { token } = await preview(store(), HALF, wanted);
      await make(store(), HALF, { quantity: 3, apply: "period_end" });
      const stale = make(store(), HALF, wanted, token);
      await expect(stale).rejects.toMatchObject({
        message: expect.stringContaining("Nothing was changed"),
        mend: { do: "preview_change", subscriptionId: "a", planId: null, ...wanted, on: null },
      });
      const changes = await store().write(NOW, (records) => records.changes("a"));
      expect(changes.map(({ id, toQuantity }) => [id, toQuantity])).toEqual([["a/1", 3]]);
      const twice = store().write(NOW, async (records) => {
        records.addChange({ ...changes[0]!, id: "a/again" });
        await Promise.resolve();
      });
      await expect(twice).rejects.toThrow(/subscription_change/);
    });

    test("P9 what waits is used up by the opening of one invoice: a cycle is opened once", async () => {
      await sell(store());
      await make(store(), HALF, { planId: "platino", apply: "next_invoice" });
      const due = await openNext(store(), "a", DECEMBER);
      expect([await store().open([due], DECEMBER), await store().open([due], DECEMBER)]).toEqual([1, 0]);
      const item = await store().write(NOW, (records) => records.item("change:a/1"));
      expect(item?.invoiceId).toBe("inv_a_1");
      const [row] = await store().list("invoices", { where: { subscriptionId: "a", status: "open" } });
      // IVA of the net is computed on the whole invoice, once.
      expect(row).toMatchObject({ cycle: 1, amountCents: 34842, taxes: [{ baseCents: 30036, taxCents: 4806 }] });
      await expect(again(store(), row!.invoiceId)).rejects.toThrow(/UNIQUE|unique/i);
    });

    test("P9 an invoice of no cycle has a key of its own, once", async () => {
      await sell(store());
      await make(store(), HALF, { planId: "platino", apply: "now" });
      const [once] = await store().list("invoices", { where: { subscriptionId: "a", status: "open" } });
      expect(once).toMatchObject({ cycle: null, amountCents: 4942 });
      const kept = await store().write(NOW, async (records) => (await records.invoice(once!.invoiceId))?.oneOffKey);
      expect(kept).toBe("change:a/1");
      await expect(again(store(), once!.invoiceId)).rejects.toThrow(/UNIQUE|unique/i);
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
const CHANGES: readonly (readonly [name: string, change: Change])[] = [
  ["V1 a month, from its middle on", V1],
  ["V2 to the end of February", { begins: "2026-01-31", on: "2026-02-10", cents: [20015, 29900], net: [12867, 19221, 6354] }],
  ["V3 what costs less", { begins: "2026-11-01", on: "2026-11-21", cents: [29900, 9900], net: [9967, 3300, -6667] }],
  ["V4 a quincena", { interval: "half_month", begins: "2026-11-15", on: "2026-11-20", cents: [20015, 29900], net: [13343, 19933, 6590] }],
  ["V5 a year", { interval: "year", begins: "2026-03-01", on: "2026-07-01", cents: [149900, 299900], net: [99796, 199659, 99863] }],
  ["V6 the last day", { ...V1, on: "2026-11-30", net: [667, 997, 330] }],
  ["V7 three pieces are five", { ...V1, cents: [20015, 20015], quantity: [3, 5], net: [30023, 50038, 20015] }],
  ["V8 a discount on both", { ...V1, discount: { percent: 10 }, net: [9007, 13455, 4448] }],
];

const HALF = "2026-11-16T18:00:00Z";
const DECEMBER = new Date("2026-12-01T15:00:00Z");
const OTHERS = [
  planOf({ id: "platino", name: "Plan platino", lineItems: [lineAt(29900)] }),
  planOf({ id: "plata", lineItems: [lineAt(9900)] }),
  planOf({ id: "anual", interval: "year", lineItems: [lineAt(199900)] }),
];

/** Its first period is paid: November, where nothing else is said. */
async function sell(
  store: Store,
  change: Partial<Subscription> = {},
  plan: Plan = planOf({ lineItems: [lineAt(20015)] }),
  others: readonly Plan[] = OTHERS,
  invoice: Partial<Invoice> = {},
): Promise<void> {
  const subscription = subscriptionOf("a", { anchorLocal: "2026-11-01T09:00", ...change }, plan);
  const { start: periodStart, end: periodEnd } = periodOf(scheduleOf(subscription, plan), 0);
  const amounts = amountsOf(plan.lineItems, subscription.quantity, subscription.discount, null);
  const paid = { status: "paid", paidAt: periodStart, nextAttemptAt: null } as const;
  await fill(store, {
    plans: [plan, ...others],
    subscriptions: [subscription],
    invoices: [invoiceOf(subscription, 0, { periodStart, periodEnd, ...amounts, ...paid, ...invoice })],
  });
}

const needsAt = (store: Store, at: string) => ({
  ...{ store, random: seededRandom(12), digest: (text: string) => text },
  clock: { ...CLOCK, now: () => new Date(at) },
});
const wants = (wanted: Partial<WantedChange>): WantedChange => ({
  ...{ planId: null, quantity: null, apply: null, on: null },
  ...wanted,
});

async function preview(store: Store, at: string, wanted: Partial<WantedChange>) {
  return await previewChange(needsAt(store, at), "a", wants(wanted));
}

async function make(store: Store, at: string, wanted: Partial<WantedChange>, token: string | null = null) {
  return await changeSubscription(needsAt(store, at), "a", wants(wanted), { token, by: "eva" });
}

async function openedAtDecember(store: Store) {
  expect(await store.open([await openNext(store, "a", DECEMBER)], DECEMBER)).toBe(1);
  return (await store.list("invoices", { where: { subscriptionId: "a" } })).find(({ cycle }) => cycle === 1);
}

/** The same invoice under another id. */
async function again(store: Store, invoiceId: string): Promise<void> {
  await store.write(NOW, async (records) => {
    const invoice = await records.invoice(invoiceId);
    records.addInvoice({ ...(invoice as Invoice), id: `${invoiceId}_again` });
  });
}

/** Of the databases alone: nobody asks the store in memory for a month. */
export function cfdiConformance(name: string, open: Open<ReadStore>): void {
  describe(`${name}: the CFDI of what was frozen`, () => {
    const store = storeOfEach(open);
    const ten = { percent: 10 };
    // prettier-ignore
    test.each<[string, readonly LineItem[], number, Discount | null, readonly string[]]>([
      ["C1 9900", [lineAt(9900)], 1, null, ["85.34", "0.00", "13.66", "99.00"]],
      ["C2 20015", [lineAt(20015)], 1, null, ["172.54", "0.00", "27.61", "200.15"]],
      ["C3 two lines, twice, less 10 %", [lineAt(18900), lineAt(4900)], 2, ten, ["410.34", "41.03", "59.09", "428.40"]],
      ["C4 the discount is what is left", [lineAt(404000), lineAt(101000)], 1, ten, ["4353.45", "435.35", "626.90", "4545.00"]],
    ])("%s", async (_name, lines, quantity, discount, sums) => {
      const subscription = subscriptionOf("a", { nextCycle: 2 });
      const standing = { status: "paid", paidAt: NOW, nextAttemptAt: null } as const;
      const paid = invoiceOf(subscription, 1, { ...amountsOf(lines, quantity, discount, null), ...standing });
      await fill(store(), { subscriptions: [subscription], invoices: [paid] });
      await putTaxData({ store: store(), clock: CLOCK }, "cus_a", {
        ...{ rfc: "CACX7605101P8", name: "XOCHILT CASAS CHAVEZ", postalCode: "10740", regime: "612", use: "G03" },
      });
      const window = { month: "2026-02", from: later(-1000), until: later(1000), issuer: null };
      const { documents } = await cfdiDocuments({ store: store(), clock: CLOCK }, window);
      expect(
        documents.map(({ invoiceId, subTotal, descuento, traslados, total }) => [
          invoiceId,
          ...[subTotal, descuento, traslados, total],
        ]),
      ).toEqual([["inv_a_1", ...sums]]);
    });
  });
}
