/** What invoices come to, to the cent: the vectors and rules about tax, tried in the domain and on each database. */
import type { Discount, LineItem } from "../../src/domain/money.ts";
import type { TaxRate } from "../../src/domain/tax.ts";

export type InvoiceVector = {
  readonly lines: readonly LineItem[];
  readonly discount?: Discount;
  readonly quantity?: number;
  /** Rate, base, tax. */
  readonly taxes: readonly (readonly [TaxRate, number, number])[];
  readonly totalCents: number;
  /** Of each line; none: nothing is taken off. */
  readonly discounts?: readonly number[];
};

/** One line, taxed. */
export const lineAt = (unitPriceCents: number, rate: TaxRate = 16, included = true, quantity = 1): LineItem => ({
  ...{ name: "Plan Oro", unitPriceCents, quantity, tax: { rate, included } },
});

const ten = { percent: 10 };

// prettier-ignore
export const INVOICE_VECTORS: readonly (readonly [name: string, vector: InvoiceVector])[] = [
  ["T1 in the price", { lines: [lineAt(20015)], taxes: [[16, 17254, 2761]], totalCents: 20015 }],
  ["T2 tax is what is left, not a product: 16 % of 8534 is 1365.44", { lines: [lineAt(9900)], taxes: [[16, 8534, 1366]], totalCents: 9900 }],
  ["T3 the border's rate", { lines: [lineAt(9900, 8)], taxes: [[8, 9167, 733]], totalCents: 9900 }],
  ["T4 a year, at 16 %", { lines: [lineAt(149900)], taxes: [[16, 129224, 20676]], totalCents: 149900 }],
  ["T4 a year, at 8 %", { lines: [lineAt(149900, 8)], taxes: [[8, 138796, 11104]], totalCents: 149900 }],
  ["T5 one cent has none", { lines: [lineAt(1)], taxes: [[16, 1, 0]], totalCents: 1 }],
  ["T6 added to the price, at 16 %", { lines: [lineAt(10000, 16, false)], taxes: [[16, 10000, 1600]], totalCents: 11600 }],
  ["T6 added to the price, at 8 %", { lines: [lineAt(10000, 8, false)], taxes: [[8, 10000, 800]], totalCents: 10800 }],
  ["T7 no net price makes 9900", { lines: [lineAt(8535, 16, false)], taxes: [[16, 8535, 1366]], totalCents: 9901 }],
  ["T8 two lines, twice, less 10 %", { lines: [lineAt(18900), lineAt(4900)], quantity: 2, discount: ten, taxes: [[16, 36931, 5909]], totalCents: 42840, discounts: [3780, 980] }],
  ["T9 line by line it would be 15", { lines: [lineAt(33), lineAt(33), lineAt(33)], taxes: [[16, 85, 14]], totalCents: 99 }],
  ["T10 two rates, and a discount spread over both", { lines: [lineAt(10000), lineAt(5000, 0)], discount: { amountCents: 1000 }, taxes: [[16, 8046, 1287], [0, 4667, 0]], totalCents: 14000, discounts: [667, 333] }],
  ["R1 a line is its price times its pieces, and those of the subscription", { lines: [lineAt(333, 16, true, 3)], quantity: 2, taxes: [[16, 1722, 276]], totalCents: 1998 }],
  ["R2 a discount is spread by the largest remainder", { lines: [lineAt(100), lineAt(200), lineAt(400)], discount: { amountCents: 100 }, taxes: [[16, 517, 83]], totalCents: 600, discounts: [14, 29, 57] }],
  ["R2 among equal remainders to the earlier line", { lines: [lineAt(500), lineAt(500), lineAt(500)], discount: { amountCents: 100 }, taxes: [[16, 1207, 193]], totalCents: 1400, discounts: [34, 33, 33] }],
  ["R3 once a rate: two lines of 16 % share one base, the one of 8 % has its own", { lines: [lineAt(333), lineAt(333, 8), lineAt(333)], taxes: [[16, 574, 92], [8, 308, 25]], totalCents: 999 }],
  ["R3 once a rate, added: 53.44 + 53.44 would be 53 each", { lines: [lineAt(334, 16, false), lineAt(334, 16, false)], taxes: [[16, 668, 107]], totalCents: 775 }],
  ["R4 base and IVA are what is charged, in the price and on top of it", { lines: [lineAt(11600), lineAt(10000, 16, false)], taxes: [[16, 20000, 3200]], totalCents: 23200 }],
  ["R4 nothing is owed, nothing is taxed", { lines: [lineAt(20015)], discount: { percent: 100 }, taxes: [[16, 0, 0]], totalCents: 0, discounts: [20015] }],
  ["R5 0 % and exempt are kept apart", { lines: [lineAt(10000, "exempt"), lineAt(5000, 0)], taxes: [["exempt", 10000, 0], [0, 5000, 0]], totalCents: 15000 }],
];
