import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { amountsOf, formatMoney, type Discount, type LineItem } from "./money.ts";

const line = (unitPriceCents: number, quantity = 1): LineItem => ({ name: "Plan Oro", unitPriceCents, quantity });

describe("what an invoice's lines add up to", () => {
  test.each<[readonly LineItem[], number, Discount | null, number, number, string]>([
    // lines, quantity, discount, discount in cents, amount in cents, because
    [[line(20015)], 1, null, 0, 20015, "one line, one piece"],
    [[line(20015, 2), line(500)], 1, null, 0, 40530, "pieces times price, line by line"],
    [[line(20015, 2)], 3, null, 0, 120090, "the subscription's quantity multiplies every line"],
    [[line(20015)], 1, { percent: 10 }, 2002, 18013, "2001.5 cents off: half a cent is rounded up"],
    [[line(333)], 1, { percent: 33 }, 110, 223, "109.89 is 110"],
    [[line(5000)], 1, { percent: 0.57 }, 29, 4971, "28.5 is 29, though 0.57 is no number of a computer"],
    [[line(1_000_000)], 1, { percent: 8.29 }, 82_900, 917_100, "two decimals, exactly"],
    [[line(20015)], 1, { percent: 100 }, 20015, 0, "free"],
    [[line(20015)], 2, { amountCents: 1000 }, 1000, 39030, "an amount is taken off once, not per piece"],
    [[line(20015)], 1, { amountCents: 99_999 }, 20015, 0, "never below nothing"],
    [[line(0)], 1, { percent: 50 }, 0, 0, "half of nothing"],
    [[], 1, null, 0, 0, "no lines, nothing owed"],
  ])("%j × %i less %j", (lines, quantity, discount, discountCents, amountCents) => {
    expect(amountsOf(lines, quantity, discount, null)).toMatchObject({ discountCents, amountCents });
  });

  test("the frozen lines carry the multiplied quantity and keep what else they say", () => {
    const { lineItems } = amountsOf([{ ...line(100, 2), sku: "ORO" }], 3, null, null);
    expect(lineItems).toEqual([{ name: "Plan Oro", unitPriceCents: 100, quantity: 6, sku: "ORO" }]);
  });

  test("whatever the prices and the discount: whole cents, lines = discount + amount, nothing negative", () => {
    const lines = fc.array(fc.record({ price: fc.nat(10_000_000), quantity: fc.integer({ min: 1, max: 50 }) }), {
      maxLength: 5,
    });
    const discount = fc.oneof(
      fc.constant(null),
      fc.record({ percent: fc.double({ min: 0, max: 100, noNaN: true }) }),
      fc.record({ amountCents: fc.nat(100_000_000) }),
    );
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 20 }), discount, (drawn, quantity, off) => {
        const items = drawn.map((each) => line(each.price, each.quantity));
        const { lineItems, discountCents, amountCents } = amountsOf(items, quantity, off, null);
        const sum = lineItems.reduce((total, each) => total + each.unitPriceCents * each.quantity, 0);
        expect(discountCents + amountCents).toBe(sum);
        expect(Math.min(discountCents, amountCents)).toBeGreaterThanOrEqual(0);
        expect(Number.isSafeInteger(discountCents) && Number.isSafeInteger(amountCents)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    // prices, quantity, message
    [1.5, 1, "whole cents"],
    [-1, 1, "whole cents"],
    [Number.MAX_SAFE_INTEGER, 2, "whole cents"],
    [100, 0, "quantity must be a whole number"],
    [100, 1.5, "quantity must be a whole number"],
  ])("a bug stops here: %d cents × %d", (price, quantity, message) => {
    expect(() => amountsOf([line(price)], quantity, null, null)).toThrow(message);
  });
});

test.each([
  [123450, "MXN", "$1,234.50 MXN"],
  [0, "MXN", "$0.00 MXN"],
  [5, "MXN", "$0.05 MXN"],
  [100_000_000_00, "USD", "$100,000,000.00 USD"],
  [-2050, "MXN", "-$20.50 MXN"],
])("%i cents are shown as %s %s", (cents, currency, shown) => {
  expect(formatMoney(cents, currency)).toBe(shown);
});
