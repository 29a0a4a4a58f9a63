/**
 * Which changes of a plan and of a subscription are allowed. What was billed is never rewritten: dates are computed from
 * fields that are therefore fixed from the first use on; the others hold from the next invoice on.
 *
 * Pure. `plans apply` words the refusals.
 */
import { isSameContent } from "./same-content.ts";
import type { Plan, Source } from "./plan.ts";
import { isEnded, type Subscription, type SubscriptionStatus } from "./subscription.ts";

/** Once a plan has subscriptions: their calendars, and what they owe, are computed from these. */
export const FIXED_PLAN_FIELDS = [
  "currency",
  "interval",
  "frequency",
  "trialPeriodDays",
  "expiryCount",
  "expiryCounts",
] as const;
/** Once a subscription has a past: who pays, for what, and when. */
export const FIXED_SUBSCRIPTION_FIELDS = ["customerId", "planId", "startLocal", "timeZone"] as const;
/** At any time, from the next invoice on. */
export const FREE_SUBSCRIPTION_FIELDS = ["quantity", "lineItems", "discount"] as const;

/** One field that would change, as it is and as it is wanted. */
export type FieldChange<Field extends string> = {
  readonly field: Field;
  readonly is: unknown;
  readonly wanted: unknown;
};

type FixedPlanField = (typeof FIXED_PLAN_FIELDS)[number];
type FixedSubscriptionField = (typeof FIXED_SUBSCRIPTION_FIELDS)[number];
type FreeSubscriptionField = (typeof FREE_SUBSCRIPTION_FIELDS)[number];

type RefusedForSource = { readonly do: "refuse"; readonly because: "of_another_source"; readonly source: Source };

export type PlanDecision =
  | { readonly do: "apply" }
  | RefusedForSource
  | { readonly do: "refuse"; readonly because: "fixed"; readonly fields: readonly FieldChange<FixedPlanField>[] };

export type SubscriptionDecision =
  /** It has ended, and stays so. */
  | { readonly do: "leave"; readonly status: SubscriptionStatus }
  /** It has no past, and nobody changed it since: it may begin differently. */
  | { readonly do: "begin_anew"; readonly fields: readonly FieldChange<FixedSubscriptionField>[] }
  /** Possibly of no field. */
  | { readonly do: "change"; readonly fields: readonly FieldChange<FreeSubscriptionField>[] }
  | RefusedForSource
  | {
      readonly do: "refuse";
      /** `ending`, `paused`: a person did that, and beginning anew would undo it: the customer would be charged. */
      readonly because: "fixed" | "ending" | "paused";
      readonly fields: readonly FieldChange<FixedSubscriptionField>[];
    };

/** A file changes only what came from a file. @param hasSubscriptions the plan is in use */
export function decidePlanChange(current: Plan, wanted: Plan, hasSubscriptions: boolean): PlanDecision {
  if (current.source !== wanted.source) return ofAnotherSource(current.source);
  const fields = changesIn(FIXED_PLAN_FIELDS, current, wanted);
  return hasSubscriptions && fields.length > 0 ? { do: "refuse", because: "fixed", fields } : { do: "apply" };
}

/** @param hasPast something was billed or passed over already, agreed to, given, or changed by a person */
export function decideSubscriptionChange(
  current: Subscription,
  wanted: Pick<Subscription, FixedSubscriptionField | FreeSubscriptionField | "source">,
  hasPast: boolean,
): SubscriptionDecision {
  if (current.source !== wanted.source) return ofAnotherSource(current.source);
  if (isEnded(current.status)) return { do: "leave", status: current.status };
  const fields = changesIn(FIXED_SUBSCRIPTION_FIELDS, current, wanted);
  if (fields.length === 0) return { do: "change", fields: changesIn(FREE_SUBSCRIPTION_FIELDS, current, wanted) };
  if (hasPast) return { do: "refuse", because: "fixed", fields };
  if (current.cancelAt !== null) return { do: "refuse", because: "ending", fields };
  return current.status === "paused" || current.pauseFrom !== null
    ? { do: "refuse", because: "paused", fields }
    : { do: "begin_anew", fields };
}

function ofAnotherSource(source: Source): RefusedForSource {
  return { do: "refuse", because: "of_another_source", source };
}

/** Lines and discounts are compared as they are stored and shown: as JSON. */
function changesIn<Field extends string>(
  fields: readonly Field[],
  current: Readonly<Partial<Record<Field, unknown>>>,
  wanted: Readonly<Partial<Record<Field, unknown>>>,
): FieldChange<Field>[] {
  return fields
    .filter((field) => !isSameContent(current[field], wanted[field]))
    .map((field) => ({ field, is: current[field], wanted: wanted[field] }));
}
