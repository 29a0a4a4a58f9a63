/**
 * The coupons of plans.yaml, compared with the books and put into them. What one takes off is fixed once it is there; who may
 * be given it changes with the file. One that is gone from the file is archived by `prune`, and else told.
 */
import { type Coupon, COUPON_WORTH, couponText } from "../../domain/coupon.ts";
import type { InputFault } from "../../domain/errors.ts";
import type { Records } from "../ports/records.ts";

/** `where` names the place for messages: "line 12". */
export type FileCoupon = Omit<Coupon, "archivedAt" | "source"> & { readonly where: string };

export type CouponChange = {
  readonly action: "add" | "change" | "remove" | "gone";
  readonly kind: "coupon";
  readonly id: string;
  readonly details: readonly string[];
  readonly isPrunable?: true;
};

type Applied = { readonly changes: readonly CouponChange[]; readonly unchanged: number };

/** After the plans of the file. @param faults gets what is wrong: then nothing may be written */
export async function applyCoupons(
  records: Records,
  wanted: readonly FileCoupon[],
  { fileName, prune, now }: { readonly fileName: string; readonly prune: boolean; readonly now: Date },
  faults: InputFault[],
): Promise<Applied> {
  const changes: CouponChange[] = [];
  let unchanged = 0;
  for (const { where: line, ...coupon } of wanted) {
    const { code } = coupon;
    const where = `${fileName}, ${line} (coupon ${code})`;
    for (const planId of coupon.planIds ?? [])
      if ((await records.plan(planId)) === null) faults.push({ where, what: `there is no plan ${planId}` });
    const known = await records.coupon(code);
    if (known === null) {
      records.addCoupon({ ...coupon, archivedAt: null, source: "file" });
      const worth = couponText(coupon);
      records.record({ type: "coupon.created", data: { code, worth } });
      changes.push({ action: "add", kind: "coupon", id: code, details: [worth] });
      continue;
    }
    if (known.source !== "file") {
      faults.push({ where, what: `a coupon of this code was added by ${known.source} already; use a new code` });
      continue;
    }
    if (COUPON_WORTH.some((key) => known[key] !== coupon[key])) {
      faults.push({
        where,
        what: `what a coupon takes off is fixed: it is ${couponText(known)}, the file says ${couponText(coupon)}; use a new code`,
      });
      continue;
    }
    const details = termsChanged(known, coupon);
    if (details.length === 0) unchanged += 1;
    else {
      const { redeemBy, maxRedemptions, planIds } = coupon;
      Object.assign(known, { redeemBy, maxRedemptions, planIds, archivedAt: null });
      changes.push({ action: "change", kind: "coupon", id: code, details });
    }
  }
  const inFile = new Set(wanted.map(({ code }) => code));
  for (const coupon of await records.coupons()) {
    if (coupon.source !== "file" || coupon.archivedAt !== null || inFile.has(coupon.code)) continue;
    const id = coupon.code;
    if (prune) {
      coupon.archivedAt = now;
      records.record({ type: "coupon.archived", data: { code: id } });
      changes.push({ action: "remove", kind: "coupon", id, details: ["archived; who has it keeps it"] });
    } else
      changes.push({ action: "gone", kind: "coupon", id, details: ["is no longer in the file"], isPrunable: true });
  }
  return { changes, unchanged };
}

function termsChanged(known: Coupon, wanted: Omit<FileCoupon, "where">): readonly string[] {
  return [
    ...differs("last_day", known.redeemBy, wanted.redeemBy),
    ...differs("max_redemptions", known.maxRedemptions, wanted.maxRedemptions),
    ...differs("plans", known.planIds?.join(", ") ?? null, wanted.planIds?.join(", ") ?? null),
    ...(known.archivedAt === null ? [] : ["it may be given again"]),
  ];
}

function differs(name: string, is: string | number | null, wanted: string | number | null): readonly string[] {
  return is === wanted ? [] : [`${name}: ${is ?? "none"} -> ${wanted ?? "none"}`];
}
