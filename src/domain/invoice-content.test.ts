import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { entryAfter, leftOfGrants, NO_BALANCE, paidByBalance } from "./balance.ts";
import { couponsIn, cyclesOf, type Coupon, type GivenCoupon, whyNotGiven } from "./coupon.ts";
import type { PendingItem } from "./item.ts";
import type { Discount } from "./money.ts";
import type { Tax } from "./tax.ts";
import {
  afterUses,
  contentOf,
  contentOfItems,
  givesBack,
  isShared,
  NO_USES,
  NOTHING_WAITS,
  usesAnything,
  type Waiting,
} from "./invoice-content.ts";

// prettier-ignore
test.each<[total: number, balance: number, applied: number, charged: number, left: number, because: string]>([
  [20015, 0, 0, 20015, 0, "nothing to the good"],
  [20015, 5000, 5000, 15015, 0, "a part is paid"],
  [20015, 30000, 20015, 0, 9985, "all of it, without an order"],
  [20015, 20015, 20015, 0, 0, "to the cent"],
  [20015, 19715, 19715, 300, 0, "what is left can be charged"],
  [20015, 19716, 20015, 0, -299, "299 cents join the next invoice"],
  [20015, -299, -299, 20314, 0, "and are charged with it"],
  [100, 0, 100, 0, -100, "a coupon left too little to charge"],
  [100, -150, 100, 0, -250, "too little still, and nothing is lost"],
  [200, -150, -150, 350, 0, "together they can be charged"],
  [0, 500, 0, 0, 500, "a free cycle spends nothing"],
  [0, 0, 0, 0, 0, "nothing of nothing"],
  [0, -150, 0, 0, -150, "a small debt waits for an invoice of more"],
])("of %i cents a balance of %i pays %i: %i are charged, %i left (%s)", (total, balanceCents, applied, charged, left) => {
  expect(paidByBalance(total, { number: 7, balanceCents }, 300)).toEqual({ appliedCents: applied, amountCents: charged });
  expect(balanceCents - applied).toBe(left);
});

test("no cent is lost, charged below the least, or paid twice, however many invoices follow each other", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 50_000 }),
      fc.array(fc.oneof(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 0, max: 700 })), { maxLength: 20 }),
      (granted, totals) => {
        let balance = { number: 1, balanceCents: granted };
        let chargedCents = 0;
        for (const total of totals) {
          const { appliedCents, amountCents } = paidByBalance(total, balance, 300);
          expect(appliedCents + amountCents).toBe(total);
          expect(amountCents === 0 || amountCents >= 300).toBe(true);
          balance = { number: balance.number + 1, balanceCents: balance.balanceCents - appliedCents };
          expect(balance.balanceCents).toBeGreaterThan(-300);
          chargedCents += amountCents;
        }
        const soldCents = totals.reduce((sum, each) => sum + each, 0);
        expect(chargedCents + granted - balance.balanceCents).toBe(soldCents);
      },
    ),
    { seed: 12, numRuns: 200 },
  );
});

test("the oldest grant is spent first, and each entry has the next number", () => {
  const grant = (number: number, amountCents: number) => ({ number, amountCents });
  expect(leftOfGrants([grant(1, 5000), grant(2, -3000), grant(3, 1000), grant(4, -2500)])).toEqual([
    { number: 1, leftCents: 0 },
    { number: 3, leftCents: 500 },
  ]);
  const entry = { customerId: "cus_1", currency: "MXN", kind: "grant", amountCents: 500, invoiceId: null } as const;
  const first = entryAfter(NO_BALANCE, { ...entry, reason: "a late class", actor: "ana" });
  const second = entryAfter(first, { ...entry, reason: "another", actor: "ana" });
  expect([first.id, second.number, second.balanceCents]).toEqual(["cus_1/MXN/1", 2, 1000]);
});

const AT = new Date("2026-12-01T15:00:00Z");

function given(couponCode: string, discount: Discount, number: number, cycles: Partial<GivenCoupon> = {}): GivenCoupon {
  const worth =
    "percent" in discount
      ? { percentHundredths: Math.round(discount.percent * 100), amountCents: null, currency: null }
      : { percentHundredths: null, amountCents: discount.amountCents, currency: "MXN" };
  return { couponCode, number, fromCycle: 0, untilCycle: null, ...worth, ...cycles };
}

function item(id: string, amountCents: number, change: Partial<PendingItem> = {}): PendingItem {
  return {
    id,
    key: id,
    subscriptionId: null,
    name: `Locker ${id}`,
    amountCents,
    discountCents: 0,
    currency: "MXN",
    tax: null,
    ...change,
  };
}

type Sold = { readonly cents?: number; readonly discount?: Discount | null; readonly tax?: Tax | null };

function content(cycle: number, waiting: Partial<Waiting>, { cents = 20015, discount = null, tax = null }: Sold = {}) {
  const plan = { currency: "MXN", lineItems: [{ name: "Plan Oro", unitPriceCents: cents, quantity: 1 }], tax };
  const subscription = { customerId: "cus_1", lineItems: null, quantity: 1, discount, timeZone: "America/Mexico_City" };
  const opened = { invoiceId: "inv_1", cycle, at: AT };
  const { frozen, uses } = contentOf({ ...subscription, plan }, opened, { ...NOTHING_WAITS, ...waiting });
  return { ...frozen, uses };
}

describe("coupons", () => {
  // prettier-ignore
  test.each<[cycle: number, off: number, total: number, because: string]>([
    [2, 0, 20015, "before it was given"],
    [3, 10008, 10007, "the first of two: half a cent up"],
    [4, 10008, 10007, "the second, also where it is skipped and void"],
    [5, 0, 20015, "used up by cycles 3 and 4"],
  ])("50 %% of 20015 for 2 cycles from cycle 3: cycle %i is %i off, %i (%s)", (cycle, off, total) => {
    const coupons = [given("MITAD", { percent: 50 }, 1, cyclesOf({ cycles: 2 }, 3))];
    const { discountCents, amountCents } = content(cycle, { coupons });
    expect([discountCents, amountCents]).toEqual([off, total]);
  });

  // prettier-ignore
  test.each<[cents: number, own: Discount | null, coupons: readonly Discount[], off: string, because: string]>([
    [5000, null, [{ percent: 0.57 }], "C0 29", "28.5 cents, in whole numbers"],
    [20000, { percent: 10 }, [{ percent: 10 }], "puntual 2000, C0 1800", "each on what is left"],
    [20000, null, [{ amountCents: 15000 }, { percent: 50 }], "C0 15000, C1 2500", "in the order in which they were given"],
    [20000, null, [{ percent: 50 }, { amountCents: 15000 }], "C0 10000, C1 10000", "never below nothing"],
    [20000, null, [{ percent: 100 }, { amountCents: 100 }], "C0 20000", "what takes nothing off is no line"],
  ])("of %i cents with %j and %j: %s (%s)", (cents, discount, coupons, off) => {
    const { discounts } = content(1, { coupons: coupons.map((each, n) => given(`C${n}`, each, n + 1)) }, { cents, discount });
    expect(discounts.map(({ code, amountCents }) => `${code} ${amountCents}`).join(", ")).toBe(off);
  });

  test("an amount of another currency lowers nothing", () => {
    expect(couponsIn([{ ...given("A", { amountCents: 100 }, 1), currency: "USD" }], 1, "MXN")).toEqual([]);
  });

  const COUPON: Coupon = {
    ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 2, planIds: ["oro"] },
    ...{ redeemBy: "2026-12-31", maxRedemptions: 2, archivedAt: null, source: "cli" },
  };
  // prettier-ignore
  test.each<[change: object, to: object, is: string | undefined]>([
    [{}, {}, undefined],
    [{}, { today: "2026-12-31" }, undefined],
    [{}, { today: "2027-01-01" }, "too_late"],
    [{}, { redemptions: 2 }, "used_up"],
    [{}, { planId: "plata" }, "other_plan"],
    [{}, { hadIt: true }, "given_before"],
    [{ archivedAt: AT }, {}, "archived"],
    [{ percentHundredths: null, amountCents: 100, currency: "USD" }, {}, "other_currency"],
  ])("with %j to %j: %s", (change, to, is) => {
    const whom = { planId: "oro", currency: "MXN", today: "2026-12-01", redemptions: 1, hadIt: false };
    expect(whyNotGiven({ ...COUPON, ...change }, { ...whom, ...to })?.is).toBe(is);
  });
});

describe("items", () => {
  test("ride as lines of their own, which the subscription's discount and its coupons leave alone", () => {
    const waiting = { items: [item("a", 15000), item("b", 500)], coupons: [given("MITAD", { percent: 50 }, 1)] };
    const { lineItems, discountCents, amountCents, uses } = content(1, waiting);
    expect(lineItems.map(({ name, discountCents: off }) => [name, off])).toEqual([
      ["Plan Oro", 10008],
      ["Locker a", 0],
      ["Locker b", 0],
    ]);
    expect([discountCents, amountCents]).toEqual([10008, 10007 + 15500]);
    expect(uses.items).toEqual([
      { itemId: "a", invoiceId: "inv_1" },
      { itemId: "b", invoiceId: "inv_1" },
    ]);
    expect(afterUses({ ...NOTHING_WAITS, ...waiting }, uses).items).toEqual([]);
  });

  // prettier-ignore
  test.each<[plan: Tax | null, own: PendingItem["tax"], taxes: string, because: string]>([
    [null, null, "none", "nothing is told"],
    [{ rate: 16, included: true }, null, "16: 30185 + 4830", "as the plan, computed once on both"],
    [{ rate: 16, included: true }, { rate: 0 }, "16: 17254 + 2761, 0: 15000 + 0", "one of its own"],
    [{ rate: 16, included: false }, null, "16: 35015 + 5602", "added, like the plan's"],
  ])("with a plan of %j and %j of its own: %s (%s)", (tax, own, taxes) => {
    const { taxes: told } = content(1, { items: [item("a", 15000, { tax: own })] }, { tax });
    const text = (told ?? []).map(({ rate, baseCents, taxCents }) => `${rate}: ${baseCents} + ${taxCents}`).join(", ");
    expect(text || "none").toBe(taxes);
  });

  test.each<[change: Partial<PendingItem>, because: string]>([
    [{ currency: "USD" }, "another currency"],
    [{ tax: { rate: 16 } }, "a tax beside lines that tell none"],
  ])("%j waits on: %s", (change) => {
    expect(content(1, { items: [item("a", 15000, change)] }).uses.items).toEqual([]);
  });

  test("what is given back lowers its own line, and has its code on the order", () => {
    const { discounts, amountCents } = content(1, { items: [item("a", 14950, { discountCents: 10008 })] });
    expect(discounts).toEqual([{ code: "prorrateo", type: "campaign", amountCents: 10008 }]);
    expect(amountCents).toBe(20015 + 4942);
  });
});

test("the balance pays what is left, with its entry, and base and tax stay those of all that was sold", () => {
  const balance = { number: 3, balanceCents: 5000 };
  const told = content(1, { balance }, { tax: { rate: 16, included: true } });
  expect([told.amountCents, told.balanceCents, told.baseCents, told.taxCents]).toEqual([15015, 5000, 17254, 2761]);
  expect(told.uses.entries).toMatchObject([{ number: 4, kind: "applied", amountCents: -5000, balanceCents: 0 }]);
});

test("lines less discounts, with what is added, are what is charged and what the balance pays: no cent is left over", () => {
  const taxes = fc.constantFrom<Tax | null>(null, { rate: 16, included: true }, { rate: 16, included: false });
  const cents = fc.integer({ min: 1, max: 60_000 });
  const discount = fc.oneof(
    fc.integer({ min: 1, max: 10_000 }).map((hundredths): Discount => ({ percent: hundredths / 100 })),
    cents.map((amountCents): Discount => ({ amountCents })),
  );
  fc.assert(
    fc.property(
      ...[cents, taxes, fc.array(discount, { maxLength: 4 }), fc.array(cents, { maxLength: 3 })],
      fc.integer({ min: -299, max: 90_000 }),
      (price, tax, coupons, extras, balanceCents) => {
        const told = content(
          1,
          {
            items: extras.map((each, index) => item(String(index), each)),
            coupons: coupons.map((each, index) => given(`C${index}`, each, index + 1)),
            balance: { number: 1, balanceCents },
          },
          { cents: price, tax },
        );
        const lines = told.lineItems.reduce((sum, line) => sum + line.unitPriceCents * line.quantity, 0);
        const added = (told.taxes ?? []).reduce((sum, { addedCents }) => sum + addedCents, 0);
        const off = told.discounts.reduce((sum, { amountCents }) => sum + amountCents, 0);
        expect(off).toBe(told.discountCents);
        expect(lines - off + added).toBe(told.amountCents + told.balanceCents);
        expect(told.lineItems.reduce((sum, line) => sum + (line.discountCents ?? 0), 0)).toBe(off);
        const soldCents = told.amountCents + told.balanceCents;
        expect((told.baseCents ?? soldCents) + (told.taxCents ?? 0)).toBe(soldCents);
      },
    ),
    { seed: 12, numRuns: 300 },
  );
});

test.each<[cycle: number | null, balanceCents: number, isReturned: boolean, expected: string, because: string]>([
  [3, 500, false, "items balance", "of a cycle: all of it waits again"],
  [null, 500, false, "balance", "charged once, by an invoice of its own: the items wait for nothing more"],
  [3, 0, false, "items", "the balance paid nothing"],
  [3, 500, true, "items", "the balance has it back already"],
  [3, -500, false, "items balance", "a debt that had joined it is owed again"],
])(
  "void, of cycle %p, with %i cents of the balance, returned %p: gives back %j (%s)",
  (cycle, balanceCents, isReturned, expected) => {
    const back = givesBack({ cycle, balanceCents }, { isReturned });
    expect([back.items ? "items" : "", back.balance ? "balance" : ""].join(" ").trim()).toBe(expected);
  },
);

// prettier-ignore
test.each<[waiting: Partial<Waiting>, isShared: boolean, because: string]>([
  [{}, false, "nothing waits"],
  [{ balance: { number: 1, balanceCents: 1 } }, true, "the balance is the customer's"],
  [{ balance: { number: 1, balanceCents: -1 } }, true, "so is a debt"],
  [{ balance: { number: 9, balanceCents: 0 } }, false, "all of it was spent"],
  [{ items: [item("a", 100, { subscriptionId: "ana" })] }, false, "it rides on its own subscription's invoice"],
  [{ items: [item("a", 100)] }, true, "it rides on whichever comes first"],
  [{ items: [item("a", 100, { subscriptionId: "ana" }), item("b", 100)] }, true, "one of two does"],
  [{ coupons: [given("A", { percent: 50 }, 1)] }, false, "a coupon is a subscription's own"],
])("what waits, %j, may be used by another subscription of the customer: %p (%s)", (waiting, expected) => {
  expect(isShared({ ...NOTHING_WAITS, ...waiting })).toBe(expected);
});

test("an invoice uses something where an item rides on it, or the balance is moved", () => {
  const entry = entryAfter(NO_BALANCE, {
    ...{ customerId: "cus_1", currency: "MXN", kind: "applied", amountCents: -1, invoiceId: "inv_1" },
    ...{ reason: "invoice", actor: "puntual" },
  });
  const items = [{ itemId: "a", invoiceId: "inv_1" }];
  expect(NO_USES).toEqual({ coupons: 0, items: [], entries: [] });
  expect(usesAnything({ ...NO_USES, coupons: 3 })).toBe(false);
  expect(usesAnything({ ...NO_USES, items })).toBe(true);
  expect(usesAnything({ ...NO_USES, entries: [entry] })).toBe(true);
});

test("what is charged once is taxed as the subscription is, by its own lines where it has some", () => {
  const lineOf = (rate: 16 | 8) => ({ name: "Plan", unitPriceCents: 100, quantity: 1, tax: { rate, included: true } });
  const plan = { currency: "MXN", lineItems: [lineOf(16)], tax: null };
  const subscription = { customerId: "cus_1", quantity: 3, discount: null, timeZone: "America/Mexico_City", plan };
  const contentBy = (lineItems: readonly ReturnType<typeof lineOf>[] | null) =>
    contentOfItems({ ...subscription, lineItems }, { invoiceId: "inv_1", at: AT }, [item("a", 11600)], NOTHING_WAITS);
  expect(contentBy(null).frozen).toMatchObject({ amountCents: 11600, taxes: [{ rate: 16, taxCents: 1600 }] });
  expect(contentBy([lineOf(8)]).frozen).toMatchObject({ amountCents: 11600, taxes: [{ rate: 8, taxCents: 859 }] });
  expect(contentBy(null).frozen.lineItems).toMatchObject([{ name: "Locker a", quantity: 1 }]);
});

test.each([
  [0, [], "nothing is given back: no discount is told"],
  [1, [{ code: "prorrateo", type: "campaign", amountCents: 1 }], "and be it a cent"],
])("an item of which a change gave %i cents back has the discounts %j (%s)", (discountCents, discounts) => {
  const frozen = content(1, { items: [item("a", 5000, { discountCents })] });
  expect(frozen.discounts).toEqual(discounts);
  expect(frozen.amountCents).toBe(20015 + 5000 - discountCents);
});
