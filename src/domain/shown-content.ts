/**
 * What an invoice says, for people and programs that read it: its lines with their part of the discount, each discount by its
 * code, base and tax by rate, what the balance pays, and what is charged. The same for one that is frozen and one that is
 * foreseen.
 */
import type { Invoice } from "./invoice.ts";
import { type InvoiceDiscount, type InvoiceLine, subtotalCentsOf, withDiscounts } from "./money.ts";
import type { PartTax, TaxAmount, TaxRate } from "./tax.ts";

export type ShownLine = Omit<InvoiceLine, "tax" | "discountCents"> & {
  readonly discountCents: number;
  /** Null: nothing is told of its tax. */
  readonly taxRate: TaxRate | null;
  readonly taxIncluded: boolean | null;
};

export type ShownContent = {
  readonly lineItems: readonly ShownLine[];
  /** Lines before discount, and before a tax that is added to them. */
  readonly subtotalCents: number;
  readonly discounts: readonly InvoiceDiscount[];
  readonly taxes: readonly PartTax[];
} & Pick<Invoice, "discountCents" | "taxCents" | "balanceCents" | "amountCents" | "currency">;

export function shownContent({
  lineItems,
  discounts,
  taxes,
  ...cents
}: Pick<
  Invoice,
  "lineItems" | "discounts" | "taxes" | "discountCents" | "taxCents" | "balanceCents" | "amountCents" | "currency"
>): ShownContent {
  const { discountCents, taxCents, balanceCents, amountCents, currency } = cents;
  return {
    lineItems: shownLines(lineItems, discountCents),
    subtotalCents: subtotalCentsOf(lineItems),
    discounts: discounts ?? [],
    taxes: shownTaxes(taxes),
    ...{ discountCents, taxCents, balanceCents, amountCents, currency },
  };
}

/** Lines of before they kept their part of the discount share it by the same rule. */
export function shownLines(lines: readonly InvoiceLine[], discountCents: number): readonly ShownLine[] {
  return withDiscounts(lines, discountCents).map(({ tax, ...line }) => ({
    ...line,
    taxRate: tax?.rate ?? null,
    taxIncluded: tax?.included ?? null,
  }));
}

/** None where nothing is told. */
export function shownTaxes(taxes: readonly TaxAmount[] | null): readonly PartTax[] {
  return (taxes ?? []).map(({ rate, baseCents, taxCents }) => ({ rate, baseCents, taxCents }));
}
