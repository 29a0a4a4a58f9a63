/** An invoice's lines and taxes, as they are frozen in its row, for people and programs that read them. */
import type { LineRow } from "../../../application/ports/listings.ts";
import {
  type InvoiceDiscount,
  type InvoiceLine,
  OWN_DISCOUNT_CODE,
  subtotalCentsOf,
  withDiscounts,
} from "../../../domain/money.ts";
import type { PartTax, TaxAmount } from "../../../domain/tax.ts";
import { json, jsonOrNull, whole } from "../dialect/codec.ts";
import type { RawRow } from "../dialect/sql.ts";

/** Reads the row's `discountCents`, too: lines of before they kept their part of it share it by the same rule. */
export function lineRows(row: RawRow, column: string): readonly LineRow[] {
  const lines = withDiscounts(json<readonly InvoiceLine[]>(row, column), whole(row, "discountCents"));
  return lines.map(({ tax, ...line }) => ({
    ...line,
    taxRate: tax?.rate ?? null,
    taxIncluded: tax?.included ?? null,
  }));
}

export function subtotalCents(row: RawRow, column: string): number {
  return subtotalCentsOf(json<readonly InvoiceLine[]>(row, column));
}

/** None where nothing is told. */
export function taxRows(row: RawRow, column: string): readonly PartTax[] {
  const taxes = jsonOrNull<readonly TaxAmount[]>(row, column) ?? [];
  return taxes.map(({ rate, baseCents, taxCents }) => ({ rate, baseCents, taxCents }));
}

/** Those of before they were kept one by one were the subscription's own. Reads the row's `discountCents`, too. */
export function discountRows(row: RawRow, column: string): readonly InvoiceDiscount[] {
  const kept = jsonOrNull<readonly InvoiceDiscount[]>(row, column);
  const amountCents = whole(row, "discountCents");
  if (kept !== null || amountCents === 0) return kept ?? [];
  return [{ code: OWN_DISCOUNT_CODE, type: "campaign", amountCents }];
}
