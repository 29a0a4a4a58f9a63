/**
 * Which of the charges that are due the limits of a run let through. Pure: charges in the order of the run come in.
 *
 * The same rules as in `collect-due.ts` and in the store's `enforceDailyLimit`, for looking first.
 */
import type { NotCharged, PreviewedCharge } from "./preview.ts";

export type PreviewLimits = {
  /** null: no limit. */
  readonly maxCharges: number | null;
  readonly maxAmountCents: number | null;
  readonly maxChargesPerCustomerPerDay: number;
};

export type Limited = {
  readonly wouldCharge: readonly PreviewedCharge[];
  readonly wouldNotCharge: readonly NotCharged[];
  /** The limit that would end the run early. */
  readonly stoppedAt: string | null;
};

/** @param facts.chargedToday charges of each customer within the last 24 hours */
export function withinLimits(
  charges: readonly PreviewedCharge[],
  limits: PreviewLimits,
  facts: { readonly chargedToday: ReadonlyMap<string, number>; readonly requested: ReadonlySet<string> },
): Limited {
  const { maxAmountCents } = limits;
  const maxCharges = limits.maxCharges ?? Infinity;
  const today = new Map(facts.chargedToday);
  const wouldCharge: PreviewedCharge[] = [];
  const wouldNotCharge: NotCharged[] = [];
  let stoppedAt: string | null = null;
  let sumCents = 0;

  for (const charge of charges) {
    const { customerId, invoiceId, amountCents } = charge;
    const leave = (because: string): void => void wouldNotCharge.push({ ...charge, because, until: null });
    const count = today.get(customerId) ?? 0;
    const isRequested = invoiceId !== null && facts.requested.has(invoiceId);
    if (stoppedAt === null && wouldCharge.length >= maxCharges) stoppedAt = "MAX_CHARGES_PER_RUN";
    if (count >= limits.maxChargesPerCustomerPerDay && !isRequested) leave("daily_limit");
    else if (stoppedAt !== null) leave(stoppedAt);
    else if (maxAmountCents !== null && amountCents > maxAmountCents) leave("amount_beyond_limit");
    else if (maxAmountCents !== null && sumCents + amountCents > maxAmountCents)
      leave((stoppedAt = "MAX_AMOUNT_CENTS_PER_RUN"));
    else {
      wouldCharge.push(charge);
      sumCents += amountCents;
      today.set(customerId, count + 1);
    }
  }
  return { wouldCharge, wouldNotCharge, stoppedAt };
}
