/**
 * Money: whole cents, what an invoice's lines add up to, and how an amount is shown to people.
 *
 * Pure. Never a fraction of a cent, never a float that is stored: an amount is a safe integer.
 */
import assert from "node:assert/strict";

/** One line of what is sold. The price is per piece, in whole cents of the plan's currency. */
export type LineItem = {
  readonly name: string;
  readonly unitPriceCents: number;
  readonly quantity: number;
  readonly sku?: string | undefined;
  readonly description?: string | undefined;
};

/**
 * Taken off every invoice of one subscription. A percentage has two decimals at most, and is rounded to the nearest cent,
 * half a cent up.
 */
export type Discount = { readonly percent: number } | { readonly amountCents: number };

export type Amounts = {
  /** The lines with the subscription's quantity multiplied in: what is frozen on the invoice. */
  readonly lineItems: readonly LineItem[];
  readonly discountCents: number;
  /** What is owed: lines less discount; never below 0. */
  readonly amountCents: number;
};

export function amountsOf(lineItems: readonly LineItem[], quantity: number, discount: Discount | null): Amounts {
  assert(Number.isInteger(quantity) && quantity >= 1, `quantity must be a whole number from 1, got ${quantity}`);
  const lines = lineItems.map((line) => ({ ...line, quantity: line.quantity * quantity }));
  const subtotalCents = lines.reduce((sum, line) => sum + line.unitPriceCents * line.quantity, 0);
  assert(
    Number.isSafeInteger(subtotalCents) && subtotalCents >= 0,
    `lines must add up to whole cents, got ${subtotalCents}`,
  );
  const discountCents = Math.min(subtotalCents, discountOf(subtotalCents, discount));
  return { lineItems: lines, discountCents, amountCents: subtotalCents - discountCents };
}

const WHOLE = 10_000n;
const HALF = WHOLE / 2n;

function discountOf(subtotalCents: number, discount: Discount | null): number {
  if (discount === null) return 0;
  if ("amountCents" in discount) return discount.amountCents;
  // In whole hundredths of a percent: 28.5 cents are 29, where floating point makes them 28.499… and so 28.
  const hundredths = BigInt(Math.round(discount.percent * 100));
  return Number((BigInt(subtotalCents) * hundredths + HALF) / WHOLE);
}

/** "$1,234.50 MXN": the form people in Mexico read, in both of our languages. */
export function formatMoney(amountCents: number, currency: string): string {
  const units = (amountCents / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `${units.startsWith("-") ? "-$" + units.slice(1) : "$" + units} ${currency}`;
}
