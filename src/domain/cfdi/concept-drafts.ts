/**
 * What a CFDI's concepts stand for, before their numbers: the lines of an invoice, what went back, or what was sold without an invoice
 * of its own.
 *
 * Pure. What is not known is null.
 */
import type { InvoiceLine } from "../money.ts";
import type { PartTax, Tax } from "../tax.ts";

/** A concept before its numbers. */
export type ConceptDraft = {
  readonly claveProdServ: string | null;
  readonly claveUnidad: string | null;
  readonly description: string;
  readonly quantity: number;
  /** Before the discount, with a tax that is in it. */
  readonly grossCents: number;
  readonly discountCents: number;
  readonly tax: Tax | null;
  readonly of?: string;
};

/** The lines of an invoice; one that costs nothing is none. */
export function draftsOf(
  lines: readonly (InvoiceLine & { readonly discountCents: number })[],
): readonly ConceptDraft[] {
  return lines
    .map((line) => ({
      claveProdServ: line.claveProdServ ?? null,
      claveUnidad: line.claveUnidad ?? null,
      description: line.name,
      quantity: line.quantity,
      grossCents: line.unitPriceCents * line.quantity,
      discountCents: line.discountCents,
      tax: line.tax ? { rate: line.tax.rate, included: line.tax.included ?? true } : null,
    }))
    .filter(({ grossCents }) => grossCents > 0);
}

type Kind = Pick<ConceptDraft, "claveProdServ" | "claveUnidad" | "description">;

/** What a refund says it is, and an invoice inside the global one: SAT's guides name the keys. */
export const RETURNED: Kind = { claveProdServ: "84111506", claveUnidad: "ACT", description: "Devolución" };
export const CREDITED: Kind = { ...RETURNED, description: "Bonificación por cambio de plan" };
export const SOLD: Kind = { claveProdServ: "01010101", claveUnidad: "ACT", description: "Venta" };

type Rated = {
  /** By rate; null: nothing is told of its tax. */
  readonly taxes: readonly PartTax[] | null;
  readonly amountCents: number;
};

/** One a rate. */
export function ratesOf({ taxes, amountCents }: Rated, kind: Kind): readonly ConceptDraft[] {
  const draft = (grossCents: number, tax: Tax | null) => ({ ...kind, quantity: 1, grossCents, discountCents: 0, tax });
  if (taxes === null) return [draft(amountCents, null)];
  return taxes
    .map(({ rate, baseCents, taxCents }) => draft(baseCents + taxCents, { rate, included: true }))
    .filter(({ grossCents }) => grossCents > 0);
}
