/** What a person does with coupons: adds and archives them, gives one to a subscription and takes it away again. */
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import {
  type Coupon,
  type CouponGrant,
  couponText,
  cyclesOf,
  whyNotGiven,
  type WhyNotGiven,
} from "../../domain/coupon.ts";
import { NotFound, Refused } from "../../domain/errors.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";
import { subscriptionAndPlan, upToDateSubscription } from "../subscriptions/bring-up-to-date.ts";
import { said, unchanged, type Said } from "../../domain/refusals.ts";

type Needs = { readonly store: Store; readonly clock: Clock; readonly random: Random };

/** @throws {Refused} another coupon has the code */
export async function addCoupon({ store, clock }: Omit<Needs, "random">, coupon: Coupon): Promise<void> {
  await store.write(clock.now(), async (records) => {
    const known = await records.coupon(coupon.code);
    if (known !== null)
      throw new Refused(unchanged(said("coupon_exists", { code: coupon.code, worth: couponText(known) })));
    for (const planId of coupon.planIds ?? [])
      if ((await records.plan(planId)) === null)
        throw new NotFound(unchanged(said("no_plan", { id: planId })), { mend: { do: "list", what: "plans" } });
    records.addCoupon(coupon);
    records.record({ type: "coupon.created", data: { code: coupon.code, worth: couponText(coupon) } });
  });
}

/** Nobody is given it any more; who has it keeps it. */
export async function archiveCoupon({ store, clock }: Omit<Needs, "random">, code: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const coupon = await mustBeThere(records, code);
    if (coupon.archivedAt !== null) return;
    coupon.archivedAt = now;
    records.record({ type: "coupon.archived", data: { code } });
  });
}

/** Lowers the cycles from the next one on. @throws {Refused} why it may not be given */
export async function giveCoupon(
  { store, clock, random }: Needs,
  subscriptionId: string,
  { code, by }: { readonly code: string; readonly by: string },
): Promise<CouponGrant> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const coupon = await mustBeThere(records, code);
    // A cycle that fell due, and is not opened yet, is lowered, too.
    const { subscription, plan } = await subscriptionAndPlan(records, subscriptionId);
    if (subscription.nextBillingAt === null)
      throw new Refused(unchanged(said("no_cycle_to_come_of", { id: subscriptionId })));
    const grants = await records.couponGrants(subscriptionId);
    const why = whyNotGiven(coupon, {
      ...{ planId: plan.id, currency: plan.currency, today: localDateTextOf(now, subscription.timeZone) },
      redemptions: await records.redemptions(code),
      hadIt: grants.some(({ couponCode }) => couponCode === code),
    });
    if (why !== null)
      throw new Refused(unchanged(said("coupon_not_given", { code, why: whyNotSaid(why, subscriptionId) })));
    const grant: CouponGrant = {
      ...{ id: random.newId("cpn", now), subscriptionId, couponCode: code, number: grants.length + 1 },
      ...cyclesOf(coupon, subscription.nextCycle),
      ...{ grantedAt: now, grantedBy: by, takenAt: null },
    };
    records.addCouponGrant(grant);
    const { fromCycle, untilCycle } = grant;
    const data = { code, worth: couponText(coupon), fromCycle, untilCycle };
    records.record({ type: "coupon.given", subscriptionId, customerId: subscription.customerId, data });
    return grant;
  });
}

/** Its cycles to come are not lowered any more; it is not given a second time. */
export async function takeCoupon(
  { store, clock, random }: Needs,
  subscriptionId: string,
  code: string,
): Promise<CouponGrant> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const { subscription } = await upToDateSubscription(records, subscriptionId, now, random);
    const grant = (await records.couponGrants(subscriptionId)).find(({ couponCode }) => couponCode === code);
    if (grant === undefined) throw new NotFound(unchanged(said("no_coupon_of", { subscriptionId, code })));
    if (grant.takenAt !== null) return grant;
    grant.takenAt = now;
    const nextCycle = Math.max(grant.fromCycle, subscription.nextCycle);
    grant.untilCycle = Math.min(grant.untilCycle ?? Infinity, nextCycle);
    const data = { code, fromCycle: grant.fromCycle, untilCycle: grant.untilCycle };
    records.record({ type: "coupon.taken", subscriptionId, customerId: subscription.customerId, data });
    return grant;
  });
}

async function mustBeThere(records: Records, code: string) {
  const coupon = await records.coupon(code);
  if (coupon !== null) return coupon;
  throw new NotFound(unchanged(said("no_coupon", { id: code })), { mend: { do: "list", what: "coupons" } });
}

function whyNotSaid(why: WhyNotGiven, subscriptionId: string): Said {
  switch (why.is) {
    case "given_before":
      return said("coupon_given_before", { subscriptionId });
    case "archived":
      return said("coupon_archived");
    case "too_late":
      return said("coupon_too_late", { day: why.redeemBy });
    case "used_up":
      return said("coupon_used_up", { count: why.maxRedemptions });
    case "other_plan":
      return said("coupon_other_plan", { plans: why.planIds.join(", ") });
    case "other_currency":
      return said("coupon_other_currency", { currency: why.currency });
    default:
      return why satisfies never;
  }
}
