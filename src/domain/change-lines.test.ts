import { describe, expect, test } from "@jest/globals";
import { heldPart, isTaxedAlike, linesFor, linesOf, nameOf, soldBy, valueCents } from "./change-lines.ts";
import { NOTHING_WAITS } from "./invoice-content.ts";
import type { InvoiceLine } from "./money.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";

const ORO: Plan = {
  ...{ id: "oro", name: "Plan Oro", currency: "MXN", interval: "month", frequency: 1, trialPeriodDays: 0 },
  ...{ expiryCount: null, expiryCounts: "charges", dunning: "standard", catchUp: "oldest_first", source: "file" },
  lineItems: [{ name: "Oro", unitPriceCents: 300_00, quantity: 1 }],
};
const PLATINO: Plan = {
  ...{ ...ORO, id: "platino", name: "Plan Platino" },
  lineItems: [{ name: "Platino", unitPriceCents: 600_00, quantity: 1 }],
};
const ANUAL: Plan = { ...PLATINO, id: "anual", name: "Plan Anual", interval: "year" };
/** Its cycle 1 runs from 1 to 30 November, cycle 2 is the next. */
const ANA: Subscription = {
  ...{ id: "ana", planId: "oro", customerId: "cus_1", status: "active", source: "file" },
  ...{ startLocal: "2026-10-01T09:00", anchorLocal: "2026-10-01T09:00", timeZone: "America/Mexico_City" },
  ...{ quantity: 1, lineItems: null, discount: null, billPast: false, firstCycle: 0, nextCycle: 2 },
  ...{ nextBillingAt: new Date("2026-12-01T15:00:00Z"), cancelAt: null, pauseFrom: null, pauseUntil: null },
};
const PERIOD = { start: new Date("2026-11-01T15:00:00Z"), end: new Date("2026-12-01T15:00:00Z") };
const IVA = { rate: 16, included: true } as const;

function line(unitPriceCents: number, change: Partial<InvoiceLine> = {}): InvoiceLine {
  return { name: "Oro", unitPriceCents, quantity: 1, ...change };
}

// prettier-ignore
test.each<[lines: readonly InvoiceLine[], discountCents: number, itemLines: number, prices: readonly number[], soldCents: number, because: string]>([
  [[line(300_00)], 0, 0, [300_00], 300_00, "what its one line says"],
  [[line(300_00), line(50_00)], 0, 1, [300_00], 300_00, "an item rides on it, and is of no period"],
  [[line(300_00), line(50_00), line(20_00)], 0, 2, [300_00], 300_00, "two of them: they come last"],
  [[line(300_00), line(100_00)], 0, 0, [300_00, 100_00], 400_00, "lines of the plan"],
  [[line(300_00, { discountCents: 30_00 }), line(100_00, { discountCents: 5_00 })], 35_00, 0, [300_00, 100_00], 365_00, "each less its own discount"],
  [[line(300_00), line(100_00)], 40_00, 0, [300_00, 100_00], 360_00, "a discount of before lines kept theirs"],
  [[line(300_00, { discountCents: 30_00 }), line(100_00, { discountCents: 100_00 })], 130_00, 1, [300_00], 270_00, "what lowers an item is not the plan's"],
  [[line(300_00, { quantity: 2 })], 0, 0, [300_00], 600_00, "two pieces"],
])("an invoice of %j, less %i, of which %i are items, sold its period for %j, together %i (%s)", (lineItems, discountCents, itemLines, prices, soldCents) => {
  const { start: periodStart, end: periodEnd } = PERIOD;
  const sold = soldBy({ periodStart, periodEnd, lineItems, discountCents }, itemLines);
  expect(sold.lines.map(({ unitPriceCents }) => unitPriceCents)).toEqual(prices);
  expect(sold).toMatchObject({ period: PERIOD, soldCents });
});

describe("what a part of the period is held for", () => {
  const priced = { subscription: ANA, plan: ORO, pricedCents: 310_00 };
  const sold = (lines: readonly InvoiceLine[], soldCents: number) => ({ period: PERIOD, lines, soldCents });
  const whole = { from: null, planId: "oro", quantity: 1 } as const;

  test("nothing was sold: as it is priced by now", () => {
    const taxed = { ...ORO, tax: IVA };
    expect(heldPart({ ...whole, quantity: 3 }, { ...priced, plan: taxed }, null)).toEqual({
      ...{ from: null, plan: taxed, quantity: 3, valueCents: 310_00, taxes: [IVA] },
    });
  });

  test.each<[lines: readonly InvoiceLine[], own: Subscription["lineItems"], quantity: number, because: string]>([
    [[line(300_00, { quantity: 2 })], null, 2, "the invoice says how many"],
    [[line(300_00, { quantity: 4 })], [line(150_00, { quantity: 2 })], 2, "two of its own lines, of two pieces each"],
    [[line(300_00, { quantity: 3 })], [line(150_00, { quantity: 2 })], 5, "no whole number of them: the terms say it"],
    [[], null, 5, "an invoice without lines says nothing"],
    [[line(300_00)], null, 1, "one"],
    [[line(300_00, { quantity: 3 })], [], 3, "of lines that are gone, each was one piece"],
  ])("from the beginning, sold as %j with own lines %j: %i pieces (%s)", (lines, lineItems, quantity) => {
    const subscription = { ...ANA, lineItems };
    const held = heldPart({ ...whole, quantity: 5 }, { ...priced, subscription }, sold(lines, 290_00));
    expect(held).toMatchObject({ from: null, plan: ORO, quantity, valueCents: 290_00 });
  });

  test("from the beginning, it is taxed as its invoice was, whatever the plan says since", () => {
    const taxed = { ...priced, plan: { ...ORO, tax: { rate: 8, included: true } as const } };
    expect(heldPart(whole, taxed, sold([line(300_00, { tax: IVA })], 300_00)).taxes).toEqual([IVA]);
    expect(heldPart(whole, taxed, sold([line(300_00)], 300_00)).taxes).toEqual([null]);
  });

  test.each<[chargedCents: number, valueCents: number, because: string]>([
    [155_00, 310_00, "half of the month was charged as it is priced"],
    [100_00, 200_00, "its price was another one then"],
  ])("from the 16th on, charged %i: the month comes to %i (%s)", (chargedCents, value) => {
    const held = heldPart(
      { ...whole, from: "2026-11-16", quantity: 2, chargedCents },
      priced,
      sold([line(300_00)], 300_00),
    );
    expect(held).toEqual({ from: "2026-11-16", plan: ORO, quantity: 2, valueCents: value, taxes: [null] });
  });
});

describe("the lines of a change", () => {
  const part = (from: string | null, plan: Plan, quantity: number) => ({
    from,
    plan,
    quantity,
    valueCents: 0,
    taxes: [],
  });
  const rest = (...cents: readonly number[]) => ({
    ...{ days: 30, daysLeft: 15, creditCents: 0, debitCents: 280_00, netCents: 0 },
    credits: cents.map((amountCents) => ({ from: "", amountCents })),
  });
  const asked = {
    ...{ subscription: ANA, to: PLATINO, quantity: 1, on: "2026-11-16", isOther: false, newCents: 600_00 },
    ...{ held: [part(null, ORO, 1)], running: { periodEnd: PERIOD.end } },
  };
  const shown = (...args: Parameters<typeof linesFor>) =>
    linesFor(...args).map(({ kind, name, from, to, amountCents }) => `${kind} ${name} ${from} ${to} ${amountCents}`);

  test("the rest of the old one back, the rest of the new one charged", () => {
    expect(shown(rest(150_00), asked)).toEqual([
      "credit Plan Oro 2026-11-16 2026-12-01 15000",
      "debit Plan Platino 2026-11-16 2026-12-01 28000",
    ]);
  });

  test("pieces are named where they are several", () => {
    expect(shown(rest(150_00), { ...asked, held: [part(null, ORO, 2)], quantity: 3 })).toEqual([
      "credit Plan Oro × 2 2026-11-16 2026-12-01 15000",
      "debit Plan Platino × 3 2026-11-16 2026-12-01 28000",
    ]);
  });

  test("a part for which nothing is given back", () => {
    expect(shown(rest(), asked)[0]).toBe("credit Plan Oro 2026-11-16 2026-12-01 0");
  });

  test("each part that is left to its own end", () => {
    const held = [part(null, ORO, 1), part("2026-11-20", ORO, 2)];
    expect(shown(rest(40_00, 220_00), { ...asked, held })).toEqual([
      "credit Plan Oro 2026-11-16 2026-11-20 4000",
      "credit Plan Oro × 2 2026-11-20 2026-12-01 22000",
      "debit Plan Platino 2026-11-16 2026-12-01 28000",
    ]);
  });

  test("of another interval the whole first period is charged, to its end", () => {
    const subscription = { ...ANA, anchorLocal: "2026-11-16T09:00", nextCycle: 0 };
    expect(shown(rest(150_00), { ...asked, subscription, to: ANUAL, isOther: true }).at(-1)).toBe(
      "debit Plan Anual 2026-11-16 2027-11-16 60000",
    );
  });
});

test.each<[name: string, shown: string]>([
  ["Plan Platino", "Plan Platino (2026-11-16 – 2026-12-01)"],
  ["P".repeat(240), `${"P".repeat(240)} (2026-11`],
])("%s is named with its days, as long as Conekta takes it", (name, shown) => {
  const days = { kind: "debit", from: "2026-11-16", to: "2026-12-01", amountCents: 1 } as const;
  expect(nameOf({ ...days, name }, ORO)).toBe(shown);
  expect(nameOf(undefined, { ...ORO, name })).toBe(name);
});

test("a whole period comes to its lines less its discounts, whatever else waits", () => {
  const item = {
    ...{ id: "itm_1", key: "evento", subscriptionId: null, name: "Evento", amountCents: 50_00, discountCents: 0 },
    ...{ currency: "MXN", tax: null, claveProdServ: null, claveUnidad: null },
  };
  const waiting = { ...NOTHING_WAITS, items: [item], balance: { number: 1, balanceCents: 250_00 } };
  const half = { ...ANA, plan: ORO, quantity: 2, discount: { percent: 50 } };
  expect(valueCents(half, { cycle: 2, at: PERIOD.end }, waiting)).toBe(300_00);
  const added = { ...ANA, plan: { ...ORO, tax: { rate: 16, included: false } as const } };
  expect(valueCents(added, { cycle: 2, at: PERIOD.end }, NOTHING_WAITS)).toBe(300_00);
});

test("its own lines are taxed as they say, the others as the plan says", () => {
  expect(linesOf(ANA, { ...ORO, tax: IVA })).toEqual([IVA]);
  expect(linesOf({ lineItems: [line(1), line(2, { tax: IVA })] }, ORO)).toEqual([null, IVA]);
});

test.each<[taxes: readonly unknown[], is: boolean]>([
  [[], true],
  [[null, null], true],
  [[IVA], true],
  [[IVA, { included: true, rate: 16 }], true],
  [[IVA, null], false],
  [[IVA, IVA, { rate: 8, included: true }], false],
])("%j are taxed alike: %p", (taxes, is) => {
  expect(isTaxedAlike(taxes)).toBe(is);
});
