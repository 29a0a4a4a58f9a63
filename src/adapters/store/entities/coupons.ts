/** Coupons, and who has them. */
import { defineEntity, p } from "@mikro-orm/core";
import { SOURCES } from "./plans.ts";
import { SubscriptionEntity } from "./subscriptions.ts";

export const CouponEntity = defineEntity({
  name: "Coupon",
  tableName: "coupon",
  properties: {
    code: p.text().primary(),
    percentHundredths: p.integer().nullable().check("percent_hundredths between 1 and 10000"),
    amountCents: p.integer().nullable().check("amount_cents > 0"),
    currency: p.text().nullable().check("length(currency) = 3"),
    cycles: p.integer().nullable().check("cycles >= 1"),
    /** A local day: "2026-12-31" */
    redeemBy: p.text().nullable().check("length(redeem_by) = 10"),
    maxRedemptions: p.integer().nullable().check("max_redemptions >= 1"),
    planIds: p.json<readonly string[]>().nullable(),
    archivedAt: p.datetime(3).nullable(),
    source: p.enum(SOURCES),
  },
  checks: [
    { name: "coupon_worth", expression: "(percent_hundredths is null) <> (amount_cents is null)" },
    { name: "coupon_currency", expression: "(amount_cents is null) = (currency is null)" },
  ],
});

/** A coupon that a subscription has, or had: once, whatever becomes of it. */
export const CouponGrantEntity = defineEntity({
  name: "CouponGrant",
  tableName: "coupon_grant",
  properties: {
    id: p.text().primary(),
    subscriptionId: () => p.manyToOne(SubscriptionEntity).mapToPk().joinColumn("subscription_id"),
    couponCode: () => p.manyToOne(CouponEntity).mapToPk().joinColumn("coupon_code"),
    number: p.integer().check("number >= 1"),
    fromCycle: p.integer().check("from_cycle >= 0"),
    untilCycle: p.integer().nullable(),
    grantedAt: p.datetime(3),
    grantedBy: p.text(),
    takenAt: p.datetime(3).nullable(),
  },
  checks: [
    { name: "coupon_grant_cycles", expression: "until_cycle is null or until_cycle >= from_cycle" },
    { name: "coupon_grant_taken", expression: "taken_at is null or until_cycle is not null" },
  ],
  uniques: [
    { name: "coupon_grant_once", properties: ["subscriptionId", "couponCode"] },
    { name: "coupon_grant_order", properties: ["subscriptionId", "number"] },
  ],
});
