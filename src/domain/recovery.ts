/**
 * What dunning recovered, counted: the terms, defined for people in docs/explain.md, and what they add up to.
 *
 * Pure. What became of one invoice that failed is in `recovered.ts`; how many make a row, in `recovery-rows.ts`.
 */
import type { DeclineClass } from "./decline.ts";

/** How an invoice that had failed came to be paid. */
export const RECOVERY_WAYS = [
  /** The card that failed, tried again. */
  "card_retry",
  "new_card",
  /** Through a payment link; where the answer does not say how, `link`. */
  "link_card",
  "link_cash",
  "link_bank_transfer",
  "link",
  /** A person marked it as paid. */
  "person",
  /** The try that was called declined had paid after all. */
  "same_try",
] as const;
export type RecoveryWay = (typeof RECOVERY_WAYS)[number];

export type RecoveryWindow = {
  /** Invoices whose first failure was at this instant or later. */
  readonly since: Date | null;
  /** … and before this one. */
  readonly until: Date | null;
  readonly planId: string | null;
};

type Counts = {
  readonly invoices: number;
  readonly recovered: number;
  /** Open or held: not decided. */
  readonly open: number;
  /** Uncollectible or void. */
  readonly lost: number;
  readonly amountCents: number;
  readonly recoveredCents: number;
  readonly by: Readonly<Record<RecoveryWay, number>>;
};

export type RecoveryRow = Counts & {
  readonly currency: string;
  /** Of the first failure, as is the code. */
  readonly declineClass: DeclineClass;
  readonly failureCode: string | null;
  /** Card tries after the first failure, up to the one that recovered it, or so far. */
  readonly retry: number;
  /** Of the same currency, class and code: invoices with so many retries or more. */
  readonly reached: number;
  /** Null: none recovered. */
  readonly medianDays: number | null;
  readonly meanDays: number | null;
};

export type RecoveryTotal = Counts & { readonly currency: string; readonly rate: number };

/** Of those that came as far as this retry, how many it recovered. From 0 to 1. */
export function rateOf({ recovered, reached }: Pick<RecoveryRow, "recovered" | "reached">): number {
  return reached === 0 ? 0 : recovered / reached;
}

/** One for each currency, in the order of the rows. */
export function totalsOf(rows: readonly RecoveryRow[]): readonly RecoveryTotal[] {
  return [...Map.groupBy(rows, ({ currency }) => currency)].map(([currency, own]) => {
    const sum = (key: "invoices" | "recovered" | "open" | "lost" | "amountCents" | "recoveredCents"): number =>
      own.reduce((total, row) => total + row[key], 0);
    const [invoices, recovered] = [sum("invoices"), sum("recovered")];
    const ways = RECOVERY_WAYS.map((way) => [way, own.reduce((total, { by }) => total + by[way], 0)]);
    return {
      ...{ currency, invoices, recovered, open: sum("open"), lost: sum("lost") },
      ...{ amountCents: sum("amountCents"), recoveredCents: sum("recoveredCents") },
      by: Object.fromEntries(ways) as Record<RecoveryWay, number>,
      rate: invoices === 0 ? 0 : recovered / invoices,
    };
  });
}
