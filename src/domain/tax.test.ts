import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { INVOICE_VECTORS } from "../../test/support/invoice-vectors.ts";
import { amountsOf, type LineItem } from "./money.ts";
import { inEnglish } from "./refusals.ts";
import {
  type LineTax,
  rateText,
  type Tax,
  taxFaultOf,
  taxFaultSaid,
  taxOfLine,
  type TaxRate,
  taxTermsText,
  verdictOn,
} from "./tax.ts";

type Sold = { readonly cents: number; readonly rate?: TaxRate; readonly added?: true; readonly quantity?: number };

const lineOf = ({ cents, rate = 16, added, quantity = 1 }: Sold): LineItem => ({
  name: "Plan Oro",
  unitPriceCents: cents,
  quantity,
  tax: { rate, included: added === undefined },
});

describe("base and IVA of an invoice, once a rate", () => {
  test.each(INVOICE_VECTORS)("%s", (_name, { lines, discount = null, quantity = 1, taxes, totalCents, discounts }) => {
    const amounts = amountsOf(lines, quantity, discount, null);
    expect(amounts.taxes?.map(({ rate, baseCents, taxCents }) => [rate, baseCents, taxCents])).toEqual(taxes);
    expect(amounts.amountCents).toBe(totalCents);
    expect(amounts.lineItems.map(({ discountCents = 0 }) => discountCents)).toEqual(discounts ?? lines.map(() => 0));
  });

  test("R2 what is taken off one line comes first, and the discount of the others leaves it alone", () => {
    const givenBack = { code: "prorrateo", type: "campaign", amountCents: 10008 } as const;
    const beside = [{ line: lineOf({ cents: 14950 }), discount: givenBack }];
    const { lineItems, amountCents } = amountsOf([lineOf({ cents: 29900 })], 1, { percent: 10 }, null, beside);
    expect(lineItems.map(({ discountCents }) => discountCents)).toEqual([2990, 10008]);
    expect(amountCents).toBe(29900 - 2990 + 14950 - 10008);
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

  test("R4 whatever the lines: base + IVA is what is charged, line discounts are the discount, nothing is negative", () => {
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

// prettier-ignore
test.each<[line: LineTax | undefined, plan: Tax | null, tax: Tax | null, because: string]>([
  [undefined, null, null, "nobody tells"],
  [undefined, { rate: 16, included: false, confirmedUntil: "2027-12-31" }, { rate: 16, included: false }, "the plan's, without who vouches for it"],
  [{ rate: 8 }, { rate: 16, included: false }, { rate: 8, included: false }, "its own rate, in the plan's way"],
  [{ rate: 8 }, null, { rate: 8, included: true }, "nobody says how: it is in the price"],
  [{ rate: 8, included: false }, { rate: 16, included: true }, { rate: 8, included: false }, "its own way"],
])("a line with %j on a plan with %j is taxed %j (%s)", (line, plan, tax) => {
  expect(taxOfLine(line, plan)).toStrictEqual(tax);
});

test.each<[tax: Tax, terms: string, rate: string]>([
  [{ rate: 16, included: true }, "IVA 16 %, included", "16 %"],
  [{ rate: 8, included: false }, "IVA 8 %, added", "8 %"],
  [{ rate: 0, included: true }, "IVA 0 %, included", "0 %"],
  [{ rate: "exempt", included: true }, "exempt of IVA", "exempt"],
])("%j is told as %p", (tax, terms, rate) => {
  expect([taxTermsText(tax), rateText(tax.rate)]).toEqual([terms, rate]);
});

const BORDER = "2025-12-31";

// prettier-ignore
test.each<[rate: TaxRate, confirmedUntil: string | undefined, day: string, verdict: string, because: string]>([
  [16, undefined, "2030-01-01", "valid, no end known", "the law's own"],
  ["exempt", undefined, "2030-01-01", "valid, no end known", "the same"],
  [15, undefined, "2026-12-01", "unknown", "there is no such rate"],
  [8, undefined, BORDER, `valid until ${BORDER}`, "its last day"],
  [8, undefined, "2026-01-01", `expired on ${BORDER}`, "the day after"],
  [8, "2026-12-31", "2026-12-31", "valid until 2026-12-31", "a person vouches for it"],
  [8, "2026-12-31", "2027-01-01", "expired on 2026-12-31", "not for so long"],
  [8, "2024-12-31", BORDER, `valid until ${BORDER}`, "nobody makes the law shorter"],
])("the rate of %p, vouched for until %p, is on %s %s (%s)", (rate, confirmedUntil, day, expected) => {
  const verdict = verdictOn({ rate, confirmedUntil }, day);
  const words = { valid: (last: string | null) => (last === null ? "valid, no end known" : `valid until ${last}`), expired: (last: string | null) => `expired on ${last}` };
  expect(verdict.is === "unknown" ? "unknown" : words[verdict.is](verdict.lastDay)).toBe(expected);
});

const IVA: Tax = { rate: 16, included: true };

// prettier-ignore
test.each<[lines: readonly (LineTax | null)[], plan: Tax | null, fault: object | null, says: string | null, because: string]>([
  [[], null, null, null, "there is nothing to tax"],
  [[null, null], null, null, null, "nobody tells anything"],
  [[null, null], IVA, null, null, "the plan tells it of all"],
  [[{ rate: 16 }, null], null, { is: "partly_told", line: 1 }, "another line does", "one tells, the other does not"],
  [[null, { rate: 16 }], null, { is: "partly_told", line: 0 }, "another line does", "the first that does not"],
  [[{ rate: 16 }, { rate: 15 }], null, { is: "unknown", line: 1, rate: 15 }, "there is no rate of 15 %); expected 16, 0, exempt, 8", "a rate that IVA does not have"],
  [[{ rate: 8 }], null, { is: "expired", line: 0, rate: 8, lastDay: BORDER }, `which ended on ${BORDER}`, "the decree is over"],
  [[{ rate: 8, confirmedUntil: "2026-12-31" }], null, null, null, "a person vouches for the line"],
  [[null], { rate: 8, included: true, confirmedUntil: "2026-12-31" }, null, null, "or for the plan"],
  [[null, { rate: 8 }], { rate: 8, included: true, confirmedUntil: "2026-12-31" }, { is: "expired", line: 1, rate: 8, lastDay: BORDER }, "which ended", "but not for a line of its own"],
])("lines with %j on a plan with %j: %j, %p (%s)", (lines, plan, fault, says) => {
  const found = taxFaultOf(lines.map((tax) => (tax === null ? {} : { tax })), plan, "2026-12-01");
  expect(found && { ...found, ...fault }).toEqual(fault === null ? null : found);
  expect(found === null ? "" : inEnglish(taxFaultSaid(found))).toContain(says ?? "");
});
