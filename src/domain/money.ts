/**
 * Money: whole cents, what an invoice's lines add up to with discount and tax, and how an amount is shown to people.
 *
 * Pure. Never a fraction of a cent, never a float that is stored: an amount is a safe integer.
 */
import assert from "node:assert/strict";
import {
  type LineTax,
  type Tax,
  type TaxAmount,
  type Taxed,
  taxedBy,
  type TaxedAmount,
  taxesOf,
  taxOfLine,
} from "./tax.ts";
import { ALL_HUNDREDTHS, hundredthsOf, roundedRatio, shares } from "./rounding.ts";

/** One line of what is sold. The price is per piece, in whole cents of the plan's currency. */
export type LineItem = {
  readonly name: string;
  readonly unitPriceCents: number;
  readonly quantity: number;
  readonly sku?: string | undefined;
  readonly description?: string | undefined;
  /** None: as its plan says. */
  readonly tax?: LineTax | undefined;
  /** The SAT's keys of product and unit, for the CFDI: "86121700", "E48". */
  readonly claveProdServ?: string | undefined;
  readonly claveUnidad?: string | undefined;
};

/**
 * What Conekta takes of a line: a name of so many characters, and cents of 32 bits. An order with one that it does not take is
 * refused whole.
 * @see Conekta API 2.3.0 specification, schema "product" (line_items) (read 2026-11-23)
 */
export const LINE_NAME_LENGTH = { least: 3, most: 249 } as const;
export const AMOUNT_CENTS_MAX = 2_147_483_647;

/** A line as an invoice keeps it. */
export type InvoiceLine = LineItem & {
  /** Its part of the invoice's discount; none: nothing was taken off. */
  readonly discountCents?: number | undefined;
};

/**
 * Taken off every invoice of one subscription. A percentage has two decimals at most, and is rounded to the nearest cent,
 * half a cent up.
 */
export type Discount = { readonly percent: number } | { readonly amountCents: number };

/** One thing that was taken off an invoice, as Conekta's order names it; frozen. */
export type InvoiceDiscount = {
  readonly code: string;
  /** `campaign`: a subscription's own, or what a change of plan gives back. `coupon`: with the code it was given by. */
  readonly type: "campaign" | "coupon";
  readonly amountCents: number;
};

export type Amounts = {
  /** The lines with the subscription's quantity multiplied in and their part of the discount: what is frozen on the invoice. */
  readonly lineItems: readonly InvoiceLine[];
  /** Of all discounts together. */
  readonly discountCents: number;
  /** Those that took something off, in the order in which they did. */
  readonly discounts: readonly InvoiceDiscount[];
  /** What is owed: lines less discount, and the tax that is added to them; never below 0. */
  readonly amountCents: number;
} & Taxed;

/** Lines that stand beside a subscription's own: no discount of the subscription lowers them, but each may have its own. */
export type LineBeside = {
  readonly line: LineItem;
  readonly discount: InvoiceDiscount | null;
};

/** A discount with its name. */
export type NamedDiscount = Pick<InvoiceDiscount, "code" | "type"> & { readonly discount: Discount };

export const OWN_DISCOUNT_CODE = "puntual";

/**
 * Discounts are taken off one after the other, each from what is left, and spread over the lines by what each comes to;
 * taxes are computed on what is left, once a rate.
 *
 * @param discount one of the subscription's own, or several in their order
 * @param tax of lines that say none of their own; null: nothing is told of it
 */
export function amountsOf(
  lineItems: readonly LineItem[],
  quantity: number,
  discount: Discount | readonly NamedDiscount[] | null,
  tax: Tax | null,
  beside: readonly LineBeside[] = [],
): Amounts {
  assert(Number.isInteger(quantity) && quantity >= 1, `quantity must be a whole number from 1, got ${quantity}`);
  const own = lineItems.map((line) => frozen(line, quantity, tax));
  const lines = [...own, ...beside.map(({ line }) => frozen(line, 1, tax))];
  const subtotalCents = subtotalCentsOf(lines);
  assert(
    Number.isSafeInteger(subtotalCents) && subtotalCents >= 0,
    `lines must add up to whole cents, got ${subtotalCents}`,
  );
  const ofAll = discountsOf(subtotalCentsOf(own), namedDiscounts(discount));
  const spread = shares(
    ofAll.reduce((sum, { amountCents }) => sum + amountCents, 0),
    own.map(lineCentsOf),
  );
  const discounts = [...spread, ...beside.map(({ discount: its }) => its?.amountCents ?? 0)];
  assert(
    discounts.every((cents, index) => cents >= 0 && cents <= lineCentsOf(lines[index]!)),
    "no discount is more than its line",
  );
  const discountCents = discounts.reduce((sum, each) => sum + each, 0);
  const taxes = taxesOfLines(lines, discounts);
  const addedCents = (taxes ?? []).reduce((sum, each) => sum + each.addedCents, 0);
  const amountCents = subtotalCents - discountCents + addedCents;
  const taxed = taxedBy(taxes);
  assert(
    taxes === null || (taxed.baseCents ?? 0) + (taxed.taxCents ?? 0) === amountCents,
    "base and tax are what is owed",
  );
  return {
    lineItems: lines.map((line, index) => (discountCents === 0 ? line : { ...line, discountCents: discounts[index]! })),
    discountCents,
    discounts: [
      ...ofAll,
      ...beside.flatMap(({ discount: its }) => (its === null || its.amountCents === 0 ? [] : [its])),
    ],
    amountCents,
    ...taxed,
  };
}

function namedDiscounts(discount: Discount | readonly NamedDiscount[] | null): readonly NamedDiscount[] {
  if (discount === null) return [];
  if (isList(discount)) return discount;
  return [{ code: OWN_DISCOUNT_CODE, type: "campaign", discount }];
}

function isList(discount: Discount | readonly NamedDiscount[]): discount is readonly NamedDiscount[] {
  return Array.isArray(discount);
}

/** Each on what the ones before it left; what takes nothing off is none. */
function discountsOf(subtotalCents: number, named: readonly NamedDiscount[]): readonly InvoiceDiscount[] {
  let leftCents = subtotalCents;
  return named.flatMap(({ discount, ...name }) => {
    const amountCents = Math.min(leftCents, discountOf(leftCents, discount));
    leftCents -= amountCents;
    return amountCents === 0 ? [] : [{ ...name, amountCents }];
  });
}

function frozen({ tax: own, ...line }: LineItem, quantity: number, planTax: Tax | null): LineItem {
  const tax = taxOfLine(own, planTax);
  return { ...line, quantity: line.quantity * quantity, ...(tax === null ? {} : { tax }) };
}

function taxesOfLines(lines: readonly LineItem[], discounts: readonly number[]): readonly TaxAmount[] | null {
  const taxed = lines.flatMap((line, index): TaxedAmount[] => {
    const tax = taxOfLine(line.tax, null);
    return tax === null ? [] : [{ cents: lineCentsOf(line) - discounts[index]!, tax }];
  });
  assert(taxed.length === 0 || taxed.length === lines.length, "either all lines of an invoice tell their tax, or none");
  return taxed.length === 0 ? null : taxesOf(taxed);
}

/** Before discount, and before a tax that is added. */
export function subtotalCentsOf(lines: readonly LineItem[]): number {
  return lines.reduce((sum, line) => sum + lineCentsOf(line), 0);
}

function lineCentsOf({ unitPriceCents, quantity }: LineItem): number {
  return unitPriceCents * quantity;
}

/** The lines with their parts of the discount: kept on them, or, on lines of before they kept it, spread anew. */
export function withDiscounts(
  lines: readonly InvoiceLine[],
  discountCents: number,
): readonly (InvoiceLine & { readonly discountCents: number })[] {
  const spread = shares(Math.min(discountCents, subtotalCentsOf(lines)), lines.map(lineCentsOf));
  return lines.map((line, index) => ({ ...line, discountCents: line.discountCents ?? spread[index]! }));
}

function discountOf(subtotalCents: number, discount: Discount): number {
  if ("amountCents" in discount) return discount.amountCents;
  return roundedRatio(subtotalCents, hundredthsOf(discount.percent), ALL_HUNDREDTHS);
}

/** Made once, when one is asked for: the first of a process takes 30 milliseconds, others a quarter of one. */
let units: Intl.NumberFormat | null = null;

function unitsOf(amountCents: number): string {
  units ??= new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return units.format(amountCents / 100);
}

/** "$1,234.50 MXN": the form people in Mexico read, in both of our languages. */
export function formatMoney(amountCents: number, currency: string): string {
  const shown = unitsOf(amountCents);
  return `${shown.startsWith("-") ? "-$" + shown.slice(1) : "$" + shown} ${currency}`;
}
