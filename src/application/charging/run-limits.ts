/** The limits of one run: what is due beyond them waits for a person, or for the next run. Pure. */

export type RunLimits = {
  /** null: no limit. Reaching one stops the run. */
  readonly maxCharges: number | null;
  readonly maxAmountCents: number | null;
};

export type RunLimit =
  /** The invoice would stop every run and never be collected: a person must look at it, or at the limit. */
  "amount_beyond_limit" | "MAX_CHARGES_PER_RUN" | "MAX_AMOUNT_CENTS_PER_RUN";

/** @param begun by this run so far @returns what keeps one more charge from being made; null: nothing */
export function runLimitReached(
  { maxCharges, maxAmountCents }: RunLimits,
  begun: { readonly charges: number; readonly amountCents: number },
  amountCents: number,
): RunLimit | null {
  if (maxCharges !== null && begun.charges >= maxCharges) return "MAX_CHARGES_PER_RUN";
  if (maxAmountCents === null) return null;
  if (amountCents > maxAmountCents) return "amount_beyond_limit";
  return begun.amountCents + amountCents > maxAmountCents ? "MAX_AMOUNT_CENTS_PER_RUN" : null;
}
