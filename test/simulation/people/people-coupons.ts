/**
 * Coupons as they stand in `plans.yaml`: written, changed, taken out, pruned, and given to subscriptions. What one takes off is
 * fixed once it is there, and nobody is given one that the file does not offer.
 */
import { DateTime } from "luxon";
import type { FileCoupon } from "../../../src/application/coupons/apply-coupons.ts";
import { giveCoupon } from "../../../src/application/coupons/coupons.ts";
import type { Chance } from "../chance.ts";
import type { Report } from "../checks/violation.ts";
import type { Merchant } from "../merchant.ts";
import { apply } from "./people.ts";
import type { PersonNeeds } from "./person-needs.ts";

/** By what they take off: the checks read it there. */
const PERCENTS = [5, 20] as const;

/** What the file came to, as people were answered. */
export type FileCouponsDone = {
  /** Taken out of the file, which was applied with `--prune`. */
  readonly archived: Set<string>;
  /** Edited in the file, and nobody was told whether that was taken in: what the books say of them is not known. */
  readonly unsure: Set<string>;
  /** How often each was given. */
  readonly given: Map<string, number>;
};

type Within = { readonly merchant: Merchant; readonly done: FileCouponsDone; readonly report: Report };

/** @returns what was done, for the trace */
export async function fileCouponsAsPerson(needs: PersonNeeds, chance: Chance, within: Within): Promise<string> {
  const { merchant, done, report } = within;
  const coupons = merchant.coupons ?? [];
  const act = coupons.length === 0 ? "write" : chance.pick(["write", "give", "give", "give", "worth", "out"] as const);
  if (act === "give") return await give(needs, chance, within);
  if (act === "worth") {
    const edited = coupons.map((each) => ({ ...each, percentHundredths: (each.percentHundredths ?? 0) + 100 }));
    await apply(needs, { ...merchant, coupons: edited });
    report("coupon", `what ${edited.map(({ code }) => code).join(", ")} take off was changed by the file`);
    return "coupons take off more";
  }
  if (act === "out") {
    const out = chance.pick(coupons);
    const rest = coupons.filter((each) => each !== out);
    const isPruned = chance.happens(0.5);
    done.unsure.add(out.code);
    await apply(needs, { ...merchant, coupons: rest }, { prune: isPruned });
    done.unsure.delete(out.code);
    merchant.coupons = rest;
    if (isPruned) done.archived.add(out.code);
    return `coupon ${out.code} out of the file${isPruned ? ", pruned" : ""}`;
  }
  const percent = chance.pick(PERCENTS);
  const today = DateTime.fromJSDate(needs.clock.now(), { zone: "utc" });
  const known = coupons.find(({ code }) => code === `F${percent}`);
  const written: FileCoupon = {
    ...{ code: `F${percent}`, percentHundredths: percent * 100, amountCents: null, currency: null, cycles: 3 },
    redeemBy: chance.happens(0.5) ? today.plus({ days: chance.between(1, 60) }).toISODate() : null,
    maxRedemptions: known?.maxRedemptions ?? chance.pick([null, 1, 1, 2]),
    planIds: chance.happens(0.3) ? [chance.pick(merchant.plans).id] : null,
    where: `line ${percent}`,
  };
  const others = coupons.filter(({ code }) => code !== written.code);
  done.unsure.add(written.code);
  await apply(needs, { ...merchant, coupons: [...others, written] });
  done.unsure.delete(written.code);
  merchant.coupons = [...others, written];
  done.archived.delete(written.code);
  return `coupon ${written.code} in the file`;
}

async function give(needs: PersonNeeds, chance: Chance, { merchant, done, report }: Within): Promise<string> {
  const code = `F${chance.pick(PERCENTS)}`;
  const { id: subscriptionId, timeZone } = chance.pick(merchant.subscriptions);
  const offered = merchant.coupons?.find((each) => each.code === code);
  const today = DateTime.fromJSDate(needs.clock.now(), { zone: timeZone }).toISODate() ?? "";
  const given = done.given.get(code) ?? 0;
  // The one that it runs on: a change that waits is in the merchant's list already.
  const planId = (await needs.store.list("subscriptions", { where: { subscriptionId } }))[0]?.planId;
  await giveCoupon(needs, subscriptionId, { code, by: "somebody" });
  done.given.set(code, given + 1);
  if (done.unsure.has(code)) return `coupon ${code} for ${subscriptionId}, whatever the books know of it`;
  const { redeemBy, maxRedemptions, planIds } = offered ?? { redeemBy: null, maxRedemptions: null, planIds: null };
  if (done.archived.has(code)) report("coupon", `${code} was given after it was archived`);
  if (redeemBy !== null && today > redeemBy) report("coupon", `${code} was given on ${today}, after ${redeemBy}`);
  if (maxRedemptions !== null && given >= maxRedemptions) report("coupon", `${code} was given ${given + 1} times`);
  if (planIds !== null && planId !== undefined && !planIds.includes(planId))
    report("coupon", `${code} was given to one on ${planId}`);
  return `coupon ${code} of the file for ${subscriptionId}`;
}
