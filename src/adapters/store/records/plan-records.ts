/** Plans and coupons, as a person changes them. */
import type { Mutable, Records } from "../../../application/ports/records.ts";
import type { Coupon } from "../../../domain/coupon.ts";
import type { Plan } from "../../../domain/plan.ts";
import { CouponEntity, CouponGrantEntity } from "../entities/coupons.ts";
import { PlanEntity } from "../entities/plans.ts";
import { once, row, type UnitOfWork } from "./unit-of-work.ts";

export function planRecords({
  em,
  rows,
}: UnitOfWork): Pick<
  Records,
  "plan" | "plans" | "addPlan" | "removePlan" | "coupon" | "coupons" | "addCoupon" | "redemptions"
> {
  return {
    async plan(id: string): Promise<Mutable<Plan> | null> {
      return await once(rows.plans, id, async () => row(await em.findOne(PlanEntity, { id })));
    },
    async plans(): Promise<Mutable<Plan>[]> {
      await em.flush();
      return (await em.findAll(PlanEntity, { orderBy: { id: "asc" } })).map(row);
    },
    addPlan(plan: Plan): void {
      const { expiryCounts = "charges" } = plan;
      rows.plans.set(plan.id, row(em.create(PlanEntity, { ...plan, expiryCounts }, { persist: true })));
    },
    async removePlan(id: string): Promise<void> {
      rows.plans.delete(id);
      em.remove(await em.findOneOrFail(PlanEntity, { id }));
    },
    async coupon(code: string): Promise<Mutable<Coupon> | null> {
      return row(await em.findOne(CouponEntity, { code }));
    },
    async coupons(): Promise<Mutable<Coupon>[]> {
      await em.flush();
      return (await em.findAll(CouponEntity, { orderBy: { code: "asc" } })).map(row);
    },
    addCoupon(coupon: Coupon): void {
      em.create(CouponEntity, { ...coupon }, { persist: true });
    },
    async redemptions(code: string): Promise<number> {
      await em.flush();
      return await em.count(CouponGrantEntity, { couponCode: code });
    },
  };
}
