/**
 * The numbers of a CFDI: of each concept, and their sums.
 *
 * Pure. Concepts have six decimals and sums two; all of it is computed in whole millionths of a peso, never in floats.
 *
 * The total is what was charged. A base of two decimals would miss it for one price in seven; with six it is met, save where a
 * discount, or a second rate, is rounded: then `Descuento = SubTotal + Traslados − Total`, and the first concept's discount (or,
 * where there is none, its price) takes the fraction of a cent, so that sums of concepts and sums of the document agree.
 *
 * @see SAT, Anexo 20 of CFDI 4.0 and its matrix of errors: CFDI40108, CFDI40110, CFDI40167, CFDI40215, CFDI40221
 */
import assert from "node:assert/strict";
import { ALL_HUNDREDTHS, halfUp } from "../rounding.ts";
import { rateHundredths, type Tax, type TaxRate } from "../tax.ts";
import type { ConceptDraft } from "./concept-drafts.ts";

export type Concept = {
  readonly claveProdServ: string | null;
  readonly claveUnidad: string | null;
  readonly description: string;
  readonly quantity: number;
  readonly valorUnitario: string;
  readonly importe: string;
  readonly descuento: string;
  readonly base: string | null;
  /** "0.160000", or "Exento"; null: nothing is told of its tax. */
  readonly tasaOCuota: string | null;
  readonly iva: string | null;
  readonly objetoImp: "02" | null;
  /** In the global invoice: the invoice that it stands for. */
  readonly noIdentificacion?: string;
};

/** Sums of a document, and its concepts. */
export type CfdiNumbers = {
  readonly concepts: readonly Concept[];
  readonly subTotal: string;
  readonly descuento: string;
  readonly traslados: string;
  readonly total: string;
};

/** Millionths of a peso. */
type Micro = bigint;

type Counted = {
  readonly draft: ConceptDraft;
  readonly amount: Micro;
  readonly discount: Micro;
  readonly base: Micro;
  readonly tax: Micro;
};

const CENT = 10_000n;
const WHOLE = BigInt(ALL_HUNDREDTHS);

export function cfdiNumbers(drafts: readonly ConceptDraft[], totalCents: number): CfdiNumbers {
  const counted = balanced(drafts.map(countedOf), BigInt(totalCents));
  const { subTotalCents, taxCents } = sumsOf(counted);
  return {
    concepts: counted.map(conceptOf),
    subTotal: centsText(subTotalCents),
    descuento: centsText(subTotalCents + taxCents - BigInt(totalCents)),
    traslados: centsText(taxCents),
    total: centsText(BigInt(totalCents)),
  };
}

function countedOf(draft: ConceptDraft): Counted {
  const amount = netOf(draft.grossCents, draft.tax);
  return withBase({ draft, amount, discount: netOf(draft.discountCents, draft.tax) });
}

/** Without the tax that is in it. */
function netOf(grossCents: number, tax: Tax | null): Micro {
  const gross = BigInt(grossCents) * CENT;
  return tax?.included === true ? halfUp(gross * WHOLE, WHOLE + BigInt(rateHundredths(tax.rate))) : gross;
}

function withBase({ draft, amount, discount }: Pick<Counted, "draft" | "amount" | "discount">): Counted {
  const base = amount - discount;
  return {
    draft,
    amount,
    discount,
    base,
    tax: draft.tax === null ? 0n : halfUp(base * BigInt(rateHundredths(draft.tax.rate)), WHOLE),
  };
}

function sumsOf(counted: readonly Counted[]) {
  const byRate = Map.groupBy(counted, ({ draft }) => draft.tax?.rate ?? null);
  const taxCents = [...byRate.values()].reduce((sum, ofRate) => sum + cents(total(ofRate, "tax")), 0n);
  return { subTotalCents: cents(total(counted, "amount")), taxCents, discount: total(counted, "discount") };
}

/**
 * How near the sum of the concepts comes to its cents: at best it is them. Where the tax of the moved base would turn to the
 * next cent, less is moved.
 */
const REACHES: readonly Micro[] = [0n, 2_500n, 4_900n];

/** The fractions of a cent that rounding leaves over are put where the document and its concepts agree. */
function balanced(counted: readonly Counted[], totalCents: bigint): readonly Counted[] {
  const key = counted.some(({ discount }) => discount > 0n) ? "discount" : "amount";
  const found = absorbedBy(counted, key, totalCents);
  if (found !== null) return found;
  // A discount on a price that both rise leaves base and tax as they are.
  for (const at of counted.keys()) {
    const raised = withRoundDiscount(counted, at);
    const sum = absorbedBy(raised, "discount", totalCents) ?? absorbedBy(raised, "amount", totalCents);
    if (sum !== null) return sum;
  }
  assert(counted.length === 0 && totalCents === 0n, `no concepts add up to ${totalCents} cents`);
  return counted;
}

function absorbedBy(
  counted: readonly Counted[],
  key: "discount" | "amount",
  totalCents: bigint,
): readonly Counted[] | null {
  for (const reach of REACHES)
    for (const at of counted.keys()) {
      const found = absorbed(counted, { at, key, reach }, totalCents);
      if (found !== null) return found;
    }
  return null;
}

function withRoundDiscount(counted: readonly Counted[], at: number): readonly Counted[] {
  const discount = total(counted, "discount");
  const more = (cents(discount) + 1n) * CENT - discount;
  const { draft, ...before } = counted[at]!;
  return counted.with(at, withBase({ draft, amount: before.amount + more, discount: before.discount + more }));
}

/** @returns null: not by this concept */
function absorbed(
  counted: readonly Counted[],
  { at, key, reach }: { readonly at: number; readonly key: "discount" | "amount"; readonly reach: Micro },
  totalCents: bigint,
): readonly Counted[] | null {
  let current = counted;
  for (let pass = 0; pass < 4; pass += 1) {
    const { subTotalCents, taxCents, discount } = sumsOf(current);
    const is = key === "discount" ? discount : total(current, "amount");
    const wanted = key === "discount" ? subTotalCents + taxCents - totalCents : totalCents - taxCents + cents(discount);
    if (wanted >= 0n && cents(is) === wanted) return current;
    const goal = wanted * CENT;
    const moved = { ...current[at]! };
    moved[key] += (is < goal ? goal - reach : goal + reach) - is;
    if (moved.discount < 0n || moved.amount <= 0n || moved.discount > moved.amount) return null;
    current = current.with(at, withBase(moved));
  }
  return null;
}

function conceptOf({ draft, amount, discount, base, tax }: Counted): Concept {
  const { claveProdServ, claveUnidad, description, quantity } = draft;
  return {
    ...{ claveProdServ, claveUnidad, description, quantity },
    valorUnitario: microText(halfUp(amount, BigInt(quantity))),
    importe: microText(amount),
    descuento: microText(discount),
    base: draft.tax === null ? null : microText(base),
    tasaOCuota: draft.tax === null ? null : rateTextOf(draft.tax.rate),
    iva: draft.tax === null ? null : microText(tax),
    objetoImp: draft.tax === null ? null : "02",
    ...(draft.of !== undefined && { noIdentificacion: draft.of }),
  };
}

/** "0.160000", "Exento" */
function rateTextOf(rate: TaxRate): string {
  return rate === "exempt" ? "Exento" : microText(BigInt(rateHundredths(rate)) * 100n);
}

function total(counted: readonly Counted[], key: "amount" | "discount" | "tax"): Micro {
  return counted.reduce((sum, each) => sum + each[key], 0n);
}

function cents(micro: Micro): bigint {
  return halfUp(micro, CENT);
}

function microText(micro: Micro): string {
  const digits = String(micro).padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function centsText(amount: bigint): string {
  const digits = String(amount).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
