/**
 * A coupon: what lowers a subscription's invoices, for so many cycles.
 *
 * Pure. It counts cycles, not invoices: one that is paused, skipped or void uses a cycle up like any other, so that the end
 * is known on the day it is given. Coupons stack in the order in which they were given, each on what the ones before it
 * left, and never below 0. They lower the subscription's own lines, not the items that ride beside them.
 */
import { type Discount, formatMoney } from "./money.ts";

export type Coupon = {
  /** As customers write it; also on Conekta's order. */
  readonly code: string;
  /** Hundredths of a percent, 1 to 10000; null: it is an amount. */
  readonly percentHundredths: number | null;
  readonly amountCents: number | null;
  /** Of an amount. */
  readonly currency: string | null;
  /** For how many cycles; null: for ever. */
  readonly cycles: number | null;
  /** The last local day on which it may be given: "2026-12-31" */
  readonly redeemBy: string | null;
  readonly maxRedemptions: number | null;
  /** Null: all. */
  readonly planIds: readonly string[] | null;
  readonly archivedAt: Date | null;
  readonly source: "file" | "cli" | "code";
};

/** What it takes off, and for how long: fixed once it was given. */
export const COUPON_WORTH = ["percentHundredths", "amountCents", "currency", "cycles"] as const;

export type CouponGrant = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly couponCode: string;
  /** From 1, in the order in which the subscription was given them. */
  readonly number: number;
  readonly fromCycle: number;
  /** The first cycle that it does not lower any more; null: none. */
  readonly untilCycle: number | null;
  readonly grantedAt: Date;
  readonly grantedBy: string;
  readonly takenAt: Date | null;
};

export type GivenCoupon = Pick<CouponGrant, "couponCode" | "number" | "fromCycle" | "untilCycle"> &
  Pick<Coupon, "percentHundredths" | "amountCents" | "currency">;

/** Those that lower this cycle, in the order in which they are applied. */
export function couponsIn(given: readonly GivenCoupon[], cycle: number, currency: string): readonly GivenCoupon[] {
  return given
    .filter((each) => each.fromCycle <= cycle && (each.untilCycle === null || cycle < each.untilCycle))
    .filter((each) => each.currency === null || each.currency === currency)
    .toSorted((a, b) => a.number - b.number);
}

export function discountOfCoupon({
  percentHundredths,
  amountCents,
}: Pick<Coupon, "percentHundredths" | "amountCents">): Discount {
  return percentHundredths === null ? { amountCents: amountCents ?? 0 } : { percent: percentHundredths / 100 };
}

/** Cycles from the next one on: `[from, from + cycles)`. */
export function cyclesOf(
  { cycles }: Pick<Coupon, "cycles">,
  nextCycle: number,
): Pick<CouponGrant, "fromCycle" | "untilCycle"> {
  return { fromCycle: nextCycle, untilCycle: cycles === null ? null : nextCycle + cycles };
}

/** "50 % off for 2 cycles", "$100.00 MXN off for ever" */
export function couponText({
  percentHundredths,
  amountCents,
  currency,
  cycles,
}: Pick<Coupon, (typeof COUPON_WORTH)[number]>): string {
  const worth =
    percentHundredths === null ? formatMoney(amountCents ?? 0, currency ?? "MXN") : `${percentHundredths / 100} %`;
  const duration = cycles === null ? "for ever" : cycles === 1 ? "once" : `for ${cycles} cycles`;
  return `${worth} off ${duration}`;
}

export type WhyNotGiven =
  | { readonly is: "archived" }
  | { readonly is: "too_late"; readonly redeemBy: string }
  | { readonly is: "used_up"; readonly maxRedemptions: number }
  | { readonly is: "other_plan"; readonly planIds: readonly string[] }
  | { readonly is: "other_currency"; readonly currency: string }
  | { readonly is: "given_before" };

/** @param today the local day of the subscription @returns null: it may be given */
export function whyNotGiven(
  coupon: Coupon,
  to: {
    readonly planId: string;
    readonly currency: string;
    readonly today: string;
    /** How often it was given, to anybody. */
    readonly redemptions: number;
    readonly hadIt: boolean;
  },
): WhyNotGiven | null {
  const { archivedAt, redeemBy, maxRedemptions, planIds, currency } = coupon;
  if (to.hadIt) return { is: "given_before" };
  if (archivedAt !== null) return { is: "archived" };
  if (redeemBy !== null && to.today > redeemBy) return { is: "too_late", redeemBy };
  if (planIds !== null && !planIds.includes(to.planId)) return { is: "other_plan", planIds };
  if (currency !== null && currency !== to.currency) return { is: "other_currency", currency };
  if (maxRedemptions !== null && to.redemptions >= maxRedemptions) return { is: "used_up", maxRedemptions };
  return null;
}
