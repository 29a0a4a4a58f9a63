/**
 * What card networks allow: how often a declined card may be tried again.
 *
 * Counted per card over all its invoices. A reattempt is a charge of an invoice on which the same card was declined
 * before. Beyond the budget networks fine the acquirer, who fines the merchant.
 */
import { HOUR_MS } from "../duration.ts";

export type NetworkBudget = {
  readonly network: "visa" | "mastercard" | "strictest";
  readonly limits: readonly { readonly reattempts: number; readonly withinHours: number }[];
};

export type BudgetSettings = {
  /** 15, which is Visa's limit in most regions, up to 20, which it is in some. */
  readonly visaReattemptsIn30Days: number;
};

export const VISA_REATTEMPTS = { least: 15, most: 20 } as const;
const HOURS_IN_30_DAYS = 720;

/**
 * Never after category 1 ("issuer will never approve": this program's class `never_again`); after the others 15
 * reattempts within 30 days, 20 with some acquirers.
 * @see "Visa Excessive Reattempts Rule & Fees", payway.com: category 1, 15 in 30 days, fees since April 2022 (read
 *   2026-11-23)
 * @see "How to avoid excessive retries penalties", paypal.com: the same of categories 2 to 4 (read 2026-11-23)
 * @see "Excessive Retry Rules", developers.tabapay.com: 20 in 30 days (read 2026-11-23)
 */
function visa({ visaReattemptsIn30Days: reattempts }: BudgetSettings): NetworkBudget {
  return { network: "visa", limits: [{ reattempts, withinHours: HOURS_IN_30_DAYS }] };
}

/** @see "Excessive Retry Rules", developers.tabapay.com: 10 declines a day, 35 in 30 days (read 2026-11-23) */
const MASTERCARD: NetworkBudget = {
  network: "mastercard",
  limits: [
    { reattempts: 10, withinHours: 24 },
    { reattempts: 35, withinHours: HOURS_IN_30_DAYS },
  ],
};

/** @param brand as Conekta writes it; one we do not know gets every limit at once */
export function budgetFor(brand: string | null, settings: BudgetSettings): NetworkBudget {
  const word = (brand ?? "").toLowerCase().replaceAll(/[^a-z]/g, "");
  if (word === "visa") return visa(settings);
  if (word === "mastercard" || word === "mc") return MASTERCARD;
  return { network: "strictest", limits: [...visa(settings).limits, ...MASTERCARD.limits] };
}

/**
 * @param reattemptsAt ascending
 * @returns when one more reattempt is allowed; null: now
 */
export function firstFreeAt(budget: NetworkBudget, reattemptsAt: readonly Date[], now: Date): Date | null {
  let freeAt = now.getTime();
  for (const { reattempts, withinHours } of budget.limits) {
    const windowMs = withinHours * HOUR_MS;
    const inWindow = reattemptsAt.filter((at) => at.getTime() > now.getTime() - windowMs);
    // Free again when enough of the oldest have left the window.
    const leaves = inWindow.at(-reattempts);
    if (leaves !== undefined) freeAt = Math.max(freeAt, leaves.getTime() + windowMs);
  }
  return freeAt === now.getTime() ? null : new Date(freeAt);
}

/** The most of these that any stretch of so many hours holds. @param reattemptsAt ascending */
export function mostWithin(withinHours: number, reattemptsAt: readonly Date[]): number {
  const counts = reattemptsAt.map((from) => {
    const until = from.getTime() + withinHours * HOUR_MS;
    return reattemptsAt.filter((at) => at >= from && at.getTime() < until).length;
  });
  return Math.max(0, ...counts);
}

export type CardDecline = { readonly invoiceId: string; readonly number: number; readonly sentAt: Date };

/** @returns when the card was declined again on an invoice on which it had been declined before, ascending */
export function reattemptsOf(declines: readonly CardDecline[]): Date[] {
  const first = new Map<string, number>();
  for (const { invoiceId, number } of declines)
    first.set(invoiceId, Math.min(number, first.get(invoiceId) ?? Infinity));
  return declines
    .filter(({ invoiceId, number }) => number > (first.get(invoiceId) ?? Infinity))
    .map(({ sentAt }) => sentAt)
    .toSorted((a, b) => a.getTime() - b.getTime());
}
