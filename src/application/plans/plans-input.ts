/** What `plans apply` is given. */
import type { FileCoupon } from "../coupons/apply-coupons.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Apply } from "../../domain/proration.ts";
import type { SubscriptionOrder } from "../../domain/subscription.ts";

/** A plans file, read and checked by itself. `where` names the place for messages: "line 12". */
export type PlansInput = {
  /** None: it says nothing of coupons, and those of an earlier file stay. */
  readonly coupons?: readonly FileCoupon[] | undefined;
  readonly plans: readonly Omit<Plan, "source">[];
  readonly subscriptions: readonly (SubscriptionOrder & {
    readonly where: string;
    /** How another plan or quantity is applied to one that runs; none: a plan is not changed. */
    readonly change?: Apply | undefined;
  })[];
};
