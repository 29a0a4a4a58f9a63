/**
 * How much may be charged: by this run, as a person asked, and within an hour, as the configuration says. A run
 * is a tick, so a limit of the run alone would be none: the hour counts over all of them. Pure.
 */
import { HOUR_MS } from "../duration.ts";

export type RunLimits = {
  /** By this run, because a person asked for no more: reaching it is no alarm. null: no limit. */
  readonly askedCharges: number | null;
  /** Within an hour; null: no limit. Reaching one halts charging until a person says go. */
  readonly maxCharges: number | null;
  readonly maxAmountCents: number | null;
};

export type Spent = { readonly charges: number; readonly amountCents: number };

export type HourlyLimit = "MAX_CHARGES_PER_RUN" | "MAX_AMOUNT_CENTS_PER_RUN";

export type RunLimit =
  /** As many as the person asked for. */
  | "asked_charges"
  | HourlyLimit
  /** The invoice would stop every run and never be collected: a person must look at it, or at the limit. */
  | "amount_beyond_limit";

/** What ends a run early. */
export type ReachedLimit = Exclude<RunLimit, "amount_beyond_limit">;

/**
 * What was sent after this instant counts.
 *
 * @param countFrom when a person last said go after a limit; null: never
 */
export function hourBegins(now: Date, countFrom: Date | null): Date {
  return new Date(Math.max(now.getTime() - HOUR_MS, countFrom?.getTime() ?? -Infinity));
}

/**
 * @param charges of this run so far
 * @param hour what was begun within the hour, this run included
 * @returns what keeps one more charge from being made; null: nothing
 */
export function runLimitReached(
  { askedCharges, maxCharges, maxAmountCents }: RunLimits,
  charges: number,
  hour: Spent,
  amountCents: number,
): RunLimit | null {
  if (askedCharges !== null && charges >= askedCharges) return "asked_charges";
  if (maxCharges !== null && hour.charges >= maxCharges) return "MAX_CHARGES_PER_RUN";
  if (maxAmountCents === null) return null;
  if (amountCents > maxAmountCents) return "amount_beyond_limit";
  return hour.amountCents + amountCents > maxAmountCents ? "MAX_AMOUNT_CENTS_PER_RUN" : null;
}

/** How many more may be begun. */
export function chargesLeft({ askedCharges, maxCharges }: RunLimits, charges: number, hour: Spent): number {
  return Math.max(0, Math.min((askedCharges ?? Infinity) - charges, (maxCharges ?? Infinity) - hour.charges));
}
