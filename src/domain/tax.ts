/**
 * IVA: which rates there are and until when, and what of an amount is base and what is tax; of what goes back,
 * `tax-of-refund.ts` says it.
 *
 * Pure. All money is whole cents. A tax is computed once a rate, on what all lines of that rate come to after discounts,
 * and rounded once, half a cent up: line by line, three lines of 33 cents would owe a cent more.
 *
 * @see Ley del IVA, article 1 (the rate; shown apart), 1-B and 17 (owed when it is collected), 7 (money given back)
 * @see Ley Federal de Protección al Consumidor, article 7 Bis: the price shown to a consumer has its taxes in it
 */
import { said, type Said } from "./refusals.ts";
import { ALL_HUNDREDTHS, hundredthsOf, roundedRatio } from "./rounding.ts";

/** Percent, or `exempt`: taxed at 0 % and not taxed at all are different things to an accountant. */
export type TaxRate = number | "exempt";

export type Tax = {
  readonly rate: TaxRate;
  /** The price has it in it; false: it is added to the price. */
  readonly included: boolean;
  /** The last local day to which a person vouches for a rate that the law's text does not reach: "2026-12-31" */
  readonly confirmedUntil?: string | undefined;
};

/** Of one line: what it does not say is as its plan says. */
export type LineTax = Omit<Tax, "included"> & { readonly included?: boolean | undefined };

/** @returns null: nothing is told of the line's tax */
export function taxOfLine(line: LineTax | undefined, plan: Tax | null): Tax | null {
  if (line === undefined) return plan && { rate: plan.rate, included: plan.included };
  return { rate: line.rate, included: line.included ?? plan?.included ?? true };
}

/** What an invoice owes at one rate; frozen on it. */
export type TaxAmount = {
  readonly rate: TaxRate;
  readonly baseCents: number;
  readonly taxCents: number;
  /** The part of the tax that was added to the prices; the rest was in them. */
  readonly addedCents: number;
};

/** An amount after discounts, and its tax. */
export type TaxedAmount = { readonly cents: number; readonly tax: Tax };

/** @returns one a rate, in the order in which the rates first come */
export function taxesOf(amounts: readonly TaxedAmount[]): readonly TaxAmount[] {
  const byRate = Map.groupBy(amounts, ({ tax }) => tax.rate);
  return [...byRate].map(([rate, ofRate]) => {
    const grossCents = sumOf(ofRate.filter(({ tax }) => tax.included));
    const netCents = sumOf(ofRate.filter(({ tax }) => !tax.included));
    const hundredths = rateHundredths(rate);
    const includedBaseCents = roundedRatio(grossCents, ALL_HUNDREDTHS, ALL_HUNDREDTHS + hundredths);
    const addedCents = roundedRatio(netCents, hundredths, ALL_HUNDREDTHS);
    return {
      rate,
      baseCents: includedBaseCents + netCents,
      taxCents: grossCents - includedBaseCents + addedCents,
      addedCents,
    };
  });
}

/** By rate, and their sums; all null: nothing is told of the tax. */
export type Taxed<Each = TaxAmount> = {
  readonly taxes: readonly Each[] | null;
  readonly baseCents: number | null;
  readonly taxCents: number | null;
};

export const NO_TAX = { taxes: null, baseCents: null, taxCents: null } as const satisfies Taxed;

export function taxedBy<Each extends PartTax>(taxes: readonly Each[] | null): Taxed<Each> {
  if (taxes === null) return NO_TAX;
  return {
    taxes,
    baseCents: taxes.reduce((sum, { baseCents }) => sum + baseCents, 0),
    taxCents: taxes.reduce((sum, { taxCents }) => sum + taxCents, 0),
  };
}

/** Base and tax of a part of an invoice. */
export type PartTax = Omit<TaxAmount, "addedCents">;

/** Percent in whole hundredths. */
export function rateHundredths(rate: TaxRate): number {
  return rate === "exempt" ? 0 : hundredthsOf(rate);
}

function sumOf(amounts: readonly TaxedAmount[]): number {
  return amounts.reduce((sum, { cents }) => sum + cents, 0);
}

/** "16 %", "exempt" */
export function rateText(rate: TaxRate): string {
  return rate === "exempt" ? rate : `${rate} %`;
}

/** "IVA 16 %, included" */
export function taxTermsText({ rate, included }: Tax): string {
  return rate === "exempt" ? "exempt of IVA" : `IVA ${rateText(rate)}, ${included ? "included" : "added"}`;
}

// ---------------------------------------------------------------- the rates of the law

type LawfulRate = {
  readonly rate: TaxRate;
  /** Local days, the last one included; null: no end is known. */
  readonly validFrom: string;
  readonly validUntil: string | null;
  readonly source: string;
};

/** What we know of; read on 2026-11-28. */
export const IVA_RATES: readonly LawfulRate[] = [
  { rate: 16, validFrom: "2010-01-01", validUntil: null, source: "Ley del IVA, art. 1" },
  { rate: 0, validFrom: "2010-01-01", validUntil: null, source: "Ley del IVA, art. 2-A" },
  { rate: "exempt", validFrom: "2010-01-01", validUntil: null, source: "Ley del IVA, art. 9, 15 and 20" },
  {
    rate: 8,
    validFrom: "2019-01-01",
    validUntil: "2025-12-31",
    source: "the decrees for the northern (31-12-2018) and southern border (30-12-2020), as extended",
  },
];

export type RateVerdict =
  | { readonly is: "valid"; readonly lastDay: string | null }
  | { readonly is: "unknown" }
  | { readonly is: "expired"; readonly lastDay: string; readonly source: string };

/** @param day the local day on which it is used: "2026-12-01" */
export function verdictOn({ rate, confirmedUntil }: Pick<Tax, "rate" | "confirmedUntil">, day: string): RateVerdict {
  const lawful = IVA_RATES.find((each) => each.rate === rate);
  if (lawful === undefined) return { is: "unknown" };
  const { validUntil, source } = lawful;
  if (validUntil === null) return { is: "valid", lastDay: null };
  const lastDay = confirmedUntil !== undefined && confirmedUntil > validUntil ? confirmedUntil : validUntil;
  return day <= lastDay ? { is: "valid", lastDay } : { is: "expired", lastDay, source };
}

export type TaxFault =
  | { readonly is: "partly_told"; readonly line: number }
  | (Exclude<RateVerdict, { is: "valid" }> & { readonly line: number; readonly rate: TaxRate });

/** What keeps these lines from being sold. @param today the local day: "2026-12-01" */
export function taxFaultOf(
  lines: readonly { readonly tax?: LineTax | undefined }[],
  plan: Tax | null,
  today: string,
): TaxFault | null {
  const taxes = lines.map(({ tax }) => taxOfLine(tax, plan));
  for (const [line, tax] of taxes.entries()) {
    if (tax === null) {
      if (taxes.some((other) => other !== null)) return { is: "partly_told", line };
      continue;
    }
    const verdict = verdictOn(lines[line]!.tax ?? plan ?? tax, today);
    if (verdict.is !== "valid") return { ...verdict, line, rate: tax.rate };
  }
  return null;
}

/** For a person: what is wrong, and how to mend it. */
export function taxFaultSaid(fault: TaxFault): Said {
  switch (fault.is) {
    case "partly_told":
      return said("tax_partly_told");
    case "unknown":
      return said("tax_unknown_rate", {
        rate: rateText(fault.rate),
        known: IVA_RATES.map(({ rate }) => String(rate)).join(", "),
      });
    case "expired":
      return said("tax_rate_ended", { rate: rateText(fault.rate), lastDay: fault.lastDay, source: fault.source });
    default:
      return fault satisfies never;
  }
}
