/**
 * MAX_CHARGES_PER_CUSTOMER_PER_DAY: how often the bank may be asked about one invoice within a day, and what follows where it was.
 *
 * Pure. It guards against a program that repeats itself. How much all may be charged is in `run-limits.ts`.
 */
import type { AttemptState } from "../attempt.ts";
import { type AttemptFlow, wayOf } from "../ways-to-pay.ts";
import { DAY_MS } from "../duration.ts";
import { isRetryRequested, type Invoice } from "../invoice.ts";

export type CustomerTry = {
  readonly invoiceId: string;
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  /** Null: no byte has left. */
  readonly sentAt: Date | null;
};

/** MAX_CHARGES_PER_CUSTOMER_PER_DAY counts tries of one invoice for so long: any 24 hours, not a calendar day. */
export const DAILY_LIMIT_WINDOW_MS = DAY_MS;

export type DailyLimit =
  /** A retry that dunning planned has time. */
  | { readonly do: "put_off"; readonly until: Date }
  /** Anything else is a sign that something is wrong: a person must look. */
  | { readonly do: "hold" };

/**
 * It guards against repetition: a customer with four subscriptions, or with weeks to catch up, pays each of them once.
 *
 * @param tries the customer's, of the last 24 hours at least @returns null: the limit is not reached, or does not count
 */
export function dailyLimit(
  invoice: Pick<Invoice, "id" | "declines" | "retryRequestedAt">,
  tries: readonly CustomerTry[],
  maxPerDay: number,
  now: Date,
): DailyLimit | null {
  const sentMs = chargesOfDay(
    tries.filter(({ invoiceId }) => invoiceId === invoice.id),
    now,
  );
  if (sentMs.length < maxPerDay || isRetryRequested(invoice)) return null;
  if (invoice.declines === 0) return { do: "hold" };
  // Below the limit again when enough of the oldest are a day old.
  const leaving = sentMs[sentMs.length - maxPerDay] ?? now.getTime();
  return { do: "put_off", until: new Date(leaving + DAILY_LIMIT_WINDOW_MS) };
}

/** Whatever the bank may have been asked counts, paid or not. A payment link asks nobody. */
function chargesOfDay(tries: readonly CustomerTry[], now: Date): number[] {
  const since = now.getTime() - DAILY_LIMIT_WINDOW_MS;
  return tries
    .filter((each) => each.state !== "not_sent" && wayOf(each).chargesStoredCard)
    .flatMap(({ sentAt }) => (sentAt !== null && sentAt.getTime() > since ? [sentAt.getTime()] : []))
    .toSorted((a, b) => a - b);
}
