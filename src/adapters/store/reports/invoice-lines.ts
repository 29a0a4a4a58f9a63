/** An invoice's lines and taxes, as they are frozen in its row, for people and programs that read them. */
import type { LineRow } from "../../../application/ports/listings/invoices.ts";
import { type InvoiceDiscount, type InvoiceLine, OWN_DISCOUNT_CODE, subtotalCentsOf } from "../../../domain/money.ts";
import { shownLines, shownTaxes } from "../../../domain/shown-content.ts";
import type { PartTax, TaxAmount } from "../../../domain/tax.ts";
import { jsonShown, jsonShownOrNull, whole } from "../dialect/codec.ts";
import type { RawRow } from "../dialect/sql.ts";

/** Reads the row's `discountCents`, too. */
export function lineRows(row: RawRow, column: string): readonly LineRow[] {
  return shownLines(jsonShown<readonly InvoiceLine[]>(row, column, []), whole(row, "discountCents"));
}

export function subtotalCents(row: RawRow, column: string): number {
  return subtotalCentsOf(jsonShown<readonly InvoiceLine[]>(row, column, []));
}

/** None where nothing is told. */
export function taxRows(row: RawRow, column: string): readonly PartTax[] {
  return shownTaxes(jsonShownOrNull<readonly TaxAmount[]>(row, column));
}

/** Those of before they were kept one by one were the subscription's own. Reads the row's `discountCents`, too. */
export function discountRows(row: RawRow, column: string): readonly InvoiceDiscount[] {
  const kept = jsonShownOrNull<readonly InvoiceDiscount[]>(row, column);
  const amountCents = whole(row, "discountCents");
  if (kept !== null || amountCents === 0) return kept ?? [];
  return [{ code: OWN_DISCOUNT_CODE, type: "campaign", amountCents }];
}
