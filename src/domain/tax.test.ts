import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { amountsOf, type Discount, type LineItem } from "./money.ts";
import { type TaxRate, verdictOn } from "./tax.ts";

type Sold = { readonly cents: number; readonly rate?: TaxRate; readonly added?: true; readonly quantity?: number };

const lineOf = ({ cents, rate = 16, added, quantity = 1 }: Sold): LineItem => ({
  name: "Plan Oro",
  unitPriceCents: cents,
  quantity,
  tax: { rate, included: added === undefined },
});

describe("base and IVA of an invoice, once a rate", () => {
  test.each<[string, readonly Sold[], Discount | null, readonly (readonly number[])[], number, string]>([
    // vector, lines, discount, [base, IVA] by rate, amount, because
    ["T1", [{ cents: 20015 }], null, [[17254, 2761]], 20015, "in the price"],
    [
      "T2",
      [{ cents: 9900 }],
      null,
      [[8534, 1366]],
      9900,
      "16 % of 8534 is 1365.44: tax is what is left, not a product",
    ],
    ["T3", [{ cents: 9900, rate: 8 }], null, [[9167, 733]], 9900, "the border's rate"],
    ["T4a", [{ cents: 149900 }], null, [[129224, 20676]], 149900, "a year"],
    ["T4b", [{ cents: 149900, rate: 8 }], null, [[138796, 11104]], 149900, "a year at the border"],
    ["T5", [{ cents: 1 }], null, [[1, 0]], 1, "one cent has none"],
    ["T6a", [{ cents: 10000, added: true }], null, [[10000, 1600]], 11600, "added to the price"],
    ["T6b", [{ cents: 10000, rate: 8, added: true }], null, [[10000, 800]], 10800, "added at the border"],
    ["T7", [{ cents: 8535, added: true }], null, [[8535, 1366]], 9901, "1365.6; no net price makes 9900"],
    ["T9", [{ cents: 33 }, { cents: 33 }, { cents: 33 }], null, [[85, 14]], 99, "line by line it would be 15"],
    [
      ...(["T10", [{ cents: 10000 }, { cents: 5000, rate: 0 }], { amountCents: 1000 }] as const),
      ...([
        [
          [8046, 1287],
          [4667, 0],
        ],
        14000,
        "two rates, and a discount spread over both",
      ] as const),
    ],
    ["exempt", [{ cents: 10000, rate: "exempt" }], null, [[10000, 0]], 10000, "no tax, and kept apart from 0 %"],
    ["free", [{ cents: 20015 }], { percent: 100 }, [[0, 0]], 0, "nothing is owed, nothing is taxed"],
    [
      "mixed",
      [{ cents: 11600 }, { cents: 10000, added: true }],
      null,
      [[20000, 3200]],
      23200,
      "in one price, on top of another",
    ],
  ])("%s", (_vector, sold, discount, byRate, amountCents) => {
    const amounts = amountsOf(sold.map(lineOf), 1, discount, null);
    expect(amounts.taxes?.map(({ baseCents, taxCents }) => [baseCents, taxCents])).toEqual(byRate);
    expect(amounts.amountCents).toBe(amountCents);
  });

  test("T8: lines 18900 + 4900, twice, −10 %: the discount is 3780 + 980", () => {
    const { lineItems, discountCents, taxes, amountCents } = amountsOf(
      [lineOf({ cents: 18900 }), lineOf({ cents: 4900 })],
      2,
      { percent: 10 },
      null,
    );
    expect(lineItems.map((line) => line.discountCents)).toEqual([3780, 980]);
    expect([discountCents, amountCents]).toEqual([4760, 42840]);
    expect(taxes).toEqual([{ rate: 16, baseCents: 36931, taxCents: 5909, addedCents: 0 }]);
  });

  test("T10: the discount of 1000 is 667 + 333", () => {
    const lines = [lineOf({ cents: 10000 }), lineOf({ cents: 5000, rate: 0 })];
    expect(amountsOf(lines, 1, { amountCents: 1000 }, null).lineItems.map((line) => line.discountCents)).toEqual([
      667, 333,
    ]);
  });

  test("lines that tell no tax have none: an old invoice stays as it was", () => {
    expect(amountsOf([{ name: "Plan Oro", unitPriceCents: 20015, quantity: 1 }], 1, null, null).taxes).toBeNull();
  });

  test("a tax on one line and none told on another is a bug", () => {
    const lines = [lineOf({ cents: 100 }), { name: "Plan Oro", unitPriceCents: 100, quantity: 1 }];
    expect(() => amountsOf(lines, 1, null, null)).toThrow("either all lines of an invoice tell their tax, or none");
  });

  const drawn = fc.array(
    fc.record({
      cents: fc.nat(10_000_000),
      quantity: fc.integer({ min: 1, max: 9 }),
      rate: fc.constantFrom<TaxRate>(16, 8, 0, "exempt"),
      isAdded: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const soldOf = ({ isAdded, ...sold }: { cents: number; quantity: number; rate: TaxRate; isAdded: boolean }): Sold =>
    isAdded ? { ...sold, added: true } : sold;

  test("whatever the lines: base + IVA is what is charged, line discounts are the discount, nothing is negative", () => {
    fc.assert(
      fc.property(drawn, fc.nat(100), (lines, percent) => {
        const sold = lines.map((line) => lineOf(soldOf(line)));
        const { lineItems, taxes, baseCents, taxCents, discountCents, amountCents } = amountsOf(
          sold,
          1,
          percent === 0 ? null : { percent },
          null,
        );
        expect(baseCents! + taxCents!).toBe(amountCents);
        expect(lineItems.reduce((sum, line) => sum + (line.discountCents ?? 0), 0)).toBe(discountCents);
        for (const tax of taxes!)
          expect(Math.min(tax.baseCents, tax.taxCents, tax.addedCents)).toBeGreaterThanOrEqual(0);
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  test("switching tax on, in the prices, never changes an amount", () => {
    fc.assert(
      fc.property(drawn, fc.nat(100), (lines, percent) => {
        const discount = percent === 0 ? null : { percent };
        const taxed = lines.map((line) => lineOf({ ...line, quantity: line.quantity }));
        const plain = taxed.map(({ tax: _tax, ...line }) => line);
        expect(amountsOf(taxed, 1, discount, null).amountCents).toBe(amountsOf(plain, 1, discount, null).amountCents);
      }),
      { seed: 13, numRuns: 200 },
    );
  });
});

test.each<[TaxRate, string | undefined, string, ReturnType<typeof verdictOn>["is"], string]>([
  [16, undefined, "2026-12-01", "valid", "the law has no end"],
  [8, undefined, "2025-12-31", "valid", "the last day of the decrees"],
  [8, undefined, "2026-01-01", "expired", "a day later"],
  [8, "2026-12-31", "2026-12-31", "valid", "a person vouches for it"],
  [8, "2026-12-31", "2027-01-01", "expired", "not any longer"],
  [15, undefined, "2026-12-01", "unknown", "the rate before 2010"],
  ["exempt", undefined, "2026-12-01", "valid", "not taxed at all"],
])("the rate %s, confirmed until %s, is on %s: %s", (rate, confirmedUntil, day, expected) => {
  expect(verdictOn({ rate, confirmedUntil }, day).is).toBe(expected);
});
