/** What people add to the next invoices: items, coupons, money to the good. Its chance is its own, so that all else stays as drawn. */
import { changeBalance } from "../../../src/application/balance/change-balance.ts";
import { addCoupon, giveCoupon } from "../../../src/application/coupons/coupons.ts";
import { addItem } from "../../../src/application/items/add-item.ts";
import type { Coupon } from "../../../src/domain/coupon.ts";
import { BillingError } from "../../../src/domain/errors.ts";
import type { Chance } from "../chance.ts";
import type { Merchant } from "../merchant.ts";
import type { PersonNeeds } from "./person-needs.ts";

/** By what it takes off: the checks read it there. */
const COUPONS = [10, 25, 33, 100] as const;

/** Names of lines that are no plan's. */
export const EXTRA = "Extra ";

/** @returns what was done, for the trace */
export async function extrasAsPerson(needs: PersonNeeds, chance: Chance, merchant: Merchant): Promise<string> {
  const { id: subscriptionId, customerId } = chance.pick(merchant.subscriptions);
  const what = chance.pick(["item", "item", "balance", "coupon"] as const);
  if (what === "item") {
    const key = `k${chance.between(1, 1_000_000)}`;
    const request = { key, customerId: null, subscriptionId, name: `${EXTRA}${key}`, currency: null, tax: null };
    const amountCents = chance.pick([1, 150, chance.between(300, 50_000)]);
    const now = chance.happens(0.4);
    await addItem(needs, { ...request, amountCents, now, by: "somebody" });
    return `item ${key} of ${amountCents} for ${subscriptionId}${now ? ", now" : ""}`;
  }
  if (what === "balance") {
    const amountCents = chance.pick([chance.between(1, 300), chance.between(300, 60_000)]);
    const change = { customerId, currency: "MXN", amountCents, reason: "simulated", by: "somebody" };
    await changeBalance(needs, chance.happens(0.8) ? "grant" : "take", change);
    return `balance of ${customerId} by ${amountCents}`;
  }
  const percent = chance.pick(COUPONS);
  const code = `P${percent}`;
  const coupon: Coupon = {
    ...{ code, percentHundredths: percent * 100, amountCents: null, currency: null, cycles: 2, redeemBy: null },
    ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
  };
  try {
    await addCoupon(needs, coupon);
  } catch (error) {
    // It is there already.
    if (!(error instanceof BillingError)) throw error;
  }
  await giveCoupon(needs, subscriptionId, { code, by: "somebody" });
  return `coupon ${code} for ${subscriptionId}`;
}
