/**
 * IVA of a refund: what of money that goes back is base and what is tax, and of a credit to the balance.
 *
 * Pure. A part has its share of what earlier parts left of the invoice, so that all parts together are the invoice, to the
 * cent. Nothing is told of the tax (all null) where it would be a guess.
 *
 * @see Ley del IVA, article 7 (money given back)
 */
import type { AttemptState } from "./attempt.ts";
import type { InvoiceLine } from "./money.ts";
import { isIncome, mayHaveGoneBack, type RefundState } from "./refund.ts";
import { roundedRatio, shares } from "./rounding.ts";
import { NO_TAX, type PartTax, type Taxed, taxedBy, taxesOf } from "./tax.ts";

export type InvoiceGivenBack = {
  /** Of the invoice, by rate. */
  readonly taxes: readonly PartTax[] | null;
  /** Of the attempt whose money goes back. */
  readonly paidState: AttemptState;
  /** All refunds of the invoice so far. */
  readonly earlier: readonly { readonly state: RefundState; readonly taxes: readonly PartTax[] | null }[];
};

export function taxOfRefund({ taxes, paidState, earlier }: InvoiceGivenBack, amountCents: number): Taxed<PartTax> {
  // A second payment of an invoice is no income of it, and gives no tax back.
  if (!isIncome(paidState) || taxes === null) return NO_TAX;
  const counted = earlier.filter(({ state }) => mayHaveGoneBack(state));
  const left = taxesLeft(
    taxes,
    counted.map((refund) => refund.taxes ?? []),
  );
  // More went back in the panel than was paid of it: no part of the invoice says what of that is tax.
  if (left.reduce((sum, each) => sum + each.baseCents + each.taxCents, 0) < amountCents) return NO_TAX;
  return taxedBy(taxesOfPart(left, amountCents));
}

/** Of what a change of plan gave back of an invoice: all its lines are taxed alike. Null: nothing is told of its tax. */
export function taxOfCredit(
  lines: readonly Pick<InvoiceLine, "tax">[],
  amountCents: number,
): readonly PartTax[] | null {
  const rate = lines[0]?.tax?.rate;
  if (rate === undefined) return null;
  const [of] = taxesOf([{ cents: amountCents, tax: { rate, included: true } }]);
  return of === undefined ? [] : [{ rate, baseCents: of.baseCents, taxCents: of.taxCents }];
}

/** Shared among the rates by what is left of each. */
function taxesOfPart(left: readonly PartTax[], partCents: number): readonly PartTax[] {
  const totals = left.map(({ baseCents, taxCents }) => baseCents + taxCents);
  return shares(partCents, totals).map((share, index) => {
    const { rate, baseCents: ofBase } = left[index]!;
    const baseCents = share === 0 ? 0 : roundedRatio(share, ofBase, totals[index]!);
    return { rate, baseCents, taxCents: share - baseCents };
  });
}

function taxesLeft(taxes: readonly PartTax[], parts: readonly (readonly PartTax[])[]): readonly PartTax[] {
  return taxes.map(({ rate, baseCents, taxCents }) => {
    const ofRate = parts.flat().filter((part) => part.rate === rate);
    return {
      rate,
      baseCents: baseCents - ofRate.reduce((sum, part) => sum + part.baseCents, 0),
      taxCents: taxCents - ofRate.reduce((sum, part) => sum + part.taxCents, 0),
    };
  });
}
