import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { amountsOf } from "./money.ts";
import { type PartTax, type TaxRate } from "./tax.ts";
import { type InvoiceGivenBack, taxOfCredit, taxOfRefund } from "./tax-of-refund.ts";

const OF_116 = [{ rate: 16, baseCents: 10000, taxCents: 1600 }] as const;
const HALF = [{ rate: 16, baseCents: 5000, taxCents: 800 }] as const;
const earlier = (state: InvoiceGivenBack["earlier"][number]["state"]) => ({ state, taxes: HALF });

test.each<[string, Partial<InvoiceGivenBack>, number, readonly (readonly [number, number])[] | null]>([
  // because, of the invoice, given back, [base, IVA] by rate
  ["half of an invoice has half of its base and IVA", {}, 5800, [[5000, 800]]],
  ["the other half has the rest", { earlier: [earlier("done")] }, 5800, [[5000, 800]]],
  ["what may have gone back counts as gone back", { earlier: [earlier("unknown")] }, 11600, null],
  ["what was refused went nowhere", { earlier: [earlier("refused")] }, 11600, [[10000, 1600]]],
  ["more than is left: no part of the invoice says what of it is tax", {}, 11601, null],
  ["a second payment is no income", { paidState: "paid_again" }, 5800, null],
  ["an invoice that tells no tax", { taxes: null }, 5800, null],
])("%s", (_because, of, amountCents, byRate) => {
  const { taxes, baseCents, taxCents } = taxOfRefund(
    { taxes: OF_116, paidState: "paid", earlier: [], ...of },
    amountCents,
  );
  expect(taxes?.map((each) => [each.baseCents, each.taxCents]) ?? null).toEqual(byRate);
  expect([baseCents, taxCents]).toEqual(byRate?.[0] ?? [null, null]);
});

test("however an invoice is given back, its parts' base and IVA are the invoice's in the end", () => {
  const line = fc.record({
    cents: fc.nat(10_000_000),
    rate: fc.constantFrom<TaxRate>(16, 8, 0, "exempt"),
    isIn: fc.boolean(),
  });
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), cuts, (lines, at) => {
      const sold = lines.map(({ cents, rate, isIn }) => ({
        ...{ name: "Plan Oro", unitPriceCents: cents, quantity: 1, tax: { rate, included: isIn } },
      }));
      const { taxes, amountCents } = amountsOf(sold, 1, null, null);
      const ends = [...at.map((cut) => Math.floor(cut * amountCents)), amountCents].toSorted((a, b) => a - b);
      const parts: (readonly PartTax[])[] = [];
      for (const [index, end] of ends.entries()) {
        const partCents = end - (ends[index - 1] ?? 0);
        const before = parts.map((each) => ({ state: "done" as const, taxes: each }));
        const part = taxOfRefund({ taxes, paidState: "paid", earlier: before }, partCents).taxes!;
        for (const each of part) expect(Math.min(each.baseCents, each.taxCents)).toBeGreaterThanOrEqual(0);
        expect(part.reduce((sum, each) => sum + each.baseCents + each.taxCents, 0)).toBe(partCents);
        parts.push(part);
      }
      for (const { rate, baseCents, taxCents } of taxes!) {
        const ofRate = parts.flat().filter((part) => part.rate === rate);
        expect(ofRate.reduce((sum, part) => sum + part.baseCents, 0)).toBe(baseCents);
        expect(ofRate.reduce((sum, part) => sum + part.taxCents, 0)).toBe(taxCents);
      }
    }),
    { seed: 14, numRuns: 200 },
  );
});

test("what a change of plan gives to the balance is taxed as the lines of its invoice, in what is given", () => {
  // V3 of the proration: 6667 of 29900.
  expect(taxOfCredit([{ tax: { rate: 16, included: true } }], 6667)).toEqual([
    { rate: 16, baseCents: 5747, taxCents: 920 },
  ]);
  expect(taxOfCredit([{}], 6667)).toBeNull();
});
