/**
 * One subscription of the file beside what the books hold of it: what would become of it, and how that is told.
 *
 * Pure. Whether the books are changed row by row, or many at once, it is asked here.
 */
import { normalizeLocalDateTime } from "../../domain/calendar/calendar.ts";
import type { InputFault } from "../../domain/errors.ts";
import type { NewEvent } from "../../domain/event-types.ts";
import { amountsOf, formatMoney } from "../../domain/money.ts";
import { type FieldChange, FREE_SUBSCRIPTION_FIELDS, type SubscriptionDecision } from "../../domain/plan-changes.ts";
import { type Customer, isArchived, type Plan } from "../../domain/plan.ts";
import { beginSubscription, type Subscription, type SubscriptionOrder } from "../../domain/subscription.ts";
import type { ChangedTerms } from "../ports/enrolment.ts";
import { snake, text } from "./change-text.ts";
import type { PlanChange } from "./plan-change.ts";
import type { PlansInput } from "./plans-input.ts";

export type FileSubscription = PlansInput["subscriptions"][number];

/** `who`: the detail that its first charge is told in. */
export type Begun = { readonly subscription: Subscription; readonly plan: Plan; readonly who: string };

/** What it is begun on. `plan`: of the file, or of the books where the file has none; `booked`: as it stands in the books. */
export type PlanOfNew = { readonly plan: Plan; readonly booked: Plan | null };

export function placeOf({ where, id }: Pick<FileSubscription, "where" | "id">, fileName: string): string {
  return `${fileName}, ${where} (subscription ${id})`;
}

/** As somebody who reads the file finds them. */
export function inFileOrder(found: readonly InputFault[], input: PlansInput, fileName: string): readonly InputFault[] {
  const places = new Map(input.subscriptions.map((entry, at) => [placeOf(entry, fileName), at]));
  // Plans and coupons stand before them.
  const of = ({ where }: InputFault): number => places.get(where) ?? -1;
  return found.toSorted((one, other) => of(one) - of(other));
}

export function noPlan({ planId }: SubscriptionOrder): string {
  return `names plan ${planId}, which does not exist`;
}

/** One that the books do not have. */
export function begunOrFault(
  { where: _where, change: _change, ...wanted }: FileSubscription,
  { plan, booked }: PlanOfNew,
  now: Date,
): Subscription | { readonly fault: string } {
  if (isArchived(booked ?? plan)) return { fault: `plan ${plan.id} is archived, and takes no new subscription` };
  return beginSubscription(wanted, plan, "file", now) ?? { fault: periodsOver(plan) };
}

export function periodsOver({ expiryCount }: Plan): string {
  return `all ${expiryCount} periods are over already; choose a later start, or set bill_past: true`;
}

export function addition(
  subscription: Subscription,
  plan: Plan,
  customer: Pick<Customer, "name">,
): { readonly change: PlanChange; readonly begun: Begun; readonly event: NewEvent } {
  const { id, customerId, firstCycle } = subscription;
  const who = `${plan.name} for ${customer.name} (${customerId})`;
  const details = [who];
  if (firstCycle > 0) details.push(`${firstCycle} past period(s) are not billed (bill_past: true would)`);
  return {
    change: { action: "add", kind: "subscription", id, details },
    begun: { subscription, plan, who },
    event: { type: "subscription.created", subscriptionId: id, customerId, data: { planId: plan.id, firstCycle } },
  };
}

/** As its row in the books would have it. */
export function asBooked({ where: _where, change: _change, ...wanted }: FileSubscription) {
  return { ...wanted, startLocal: normalizeLocalDateTime(wanted.startLocal), source: "file" } as const;
}

export function leftEnded(id: string, { status }: Extract<SubscriptionDecision, { do: "leave" }>): PlanChange {
  return { action: "ended", kind: "subscription", id, details: [`is ${status}; use a new id to start again`] };
}

/** Other terms from the next invoice on; null: they are the same. */
export function otherTerms(
  { id, customerId, ...current }: Subscription,
  { quantity, lineItems, discount }: SubscriptionOrder,
  plan: Plan,
  fields: readonly FieldChange<(typeof FREE_SUBSCRIPTION_FIELDS)[number]>[],
): { readonly change: PlanChange; readonly terms: ChangedTerms; readonly event: NewEvent } | null {
  if (fields.length === 0) return null;
  const wanted = { quantity, lineItems, discount };
  const details = fields.map(
    (each) => `${snake(each.field)}: ${text(each.is)} -> ${text(each.wanted)}, from the next invoice on`,
  );
  const [was, will] = [current, wanted].map((terms) =>
    formatMoney(
      amountsOf(terms.lineItems ?? plan.lineItems, terms.quantity, terms.discount, plan.tax ?? null).amountCents,
      plan.currency,
    ),
  );
  details.push(was === will ? `amount: ${was}, as before` : `amount: ${was} -> ${will}`);
  return {
    change: { action: "change", kind: "subscription", id, details },
    terms: { id, ...wanted },
    event: { type: "subscription.changed", subscriptionId: id, customerId, data: { changes: details } },
  };
}

/** Why it may not become what the file says. */
export function refusals(decision: Extract<SubscriptionDecision, { do: "refuse" }>, where: string): InputFault[] {
  if (decision.because === "of_another_source")
    return [{ where, what: `a subscription of this id was added by ${decision.source} already; use a new id` }];
  return decision.fields.map(({ field, is, wanted: given }) => ({
    where,
    what:
      `${FIELD_NAMES[field]} is fixed ${FIXED_SINCE[decision.because]}: it is ${text(is)}, ` +
      `the file says ${text(given)}; put it back, or use a new id` +
      (field === "planId" ? `; or say how it is to change: change: next_invoice` : ""),
  }));
}

/** What a person did stays done: a subscription that begins anew would be neither paused nor canceled. */
const FIXED_SINCE = {
  fixed: "once the subscription has invoices, a consent, a coupon, an item or a change of plan",
  ending: "while the subscription is canceled at the end of its period",
  paused: "while the subscription is paused",
} as const;

export const FIELD_NAMES = {
  customerId: "customer",
  planId: "plan",
  startLocal: "start",
  timeZone: "time_zone",
} as const;
