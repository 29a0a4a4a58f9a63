/** One subscription of the file: begun, changed, begun anew, or refused. */
import assert from "node:assert/strict";
import { type InputFault, Refused } from "../../domain/errors.ts";
import { amountsOf, formatMoney } from "../../domain/money.ts";
import { decideSubscriptionChange, type FieldChange } from "../../domain/plan-changes.ts";
import { isArchived, type Plan } from "../../domain/plan.ts";
import type { Apply } from "../../domain/proration.ts";
import { beginSubscription, isEnded, type Subscription, type SubscriptionOrder } from "../../domain/subscription.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Mutable, Records } from "../ports/records.ts";
import { changeInRecords } from "../subscriptions/change-subscription.ts";
import { snake, text } from "./change-text.ts";
import type { PlanChange } from "./plan-change.ts";
import type { PlansInput } from "./plans-input.ts";

type Needs = { readonly clock: Clock; readonly random: Random };

/** `who`: the detail that its first charge is told in. */
export type Begun = { readonly subscription: Subscription; readonly plan: Plan; readonly who: string };

/** @param found takes what is wrong with it, and that it was begun */
export async function applySubscription(
  needs: Needs,
  records: Records,
  { where: line, change, ...wanted }: PlansInput["subscriptions"][number],
  filePlan: Plan | undefined,
  { fileName, now }: { readonly fileName: string; readonly now: Date },
  found: { readonly faults: InputFault[]; readonly begun: Begun[] },
): Promise<PlanChange | null> {
  const { faults } = found;
  const where = `${fileName}, ${line} (subscription ${wanted.id})`;
  const plan = filePlan ?? (await records.plan(wanted.planId));
  if (plan === null) {
    faults.push({ where, what: `names plan ${wanted.planId}, which does not exist` });
    return null;
  }
  const current = await records.subscription(wanted.id);
  if (current === null && isArchived((await records.plan(wanted.planId)) ?? plan)) {
    faults.push({ where, what: `plan ${plan.id} is archived, and takes no new subscription` });
    return null;
  }
  const fresh = beginSubscription(wanted, plan, "file", now);
  if (current === null) return await addNew(records, fresh, plan, where, found);

  const changed = change === undefined ? [] : await changeTerms(needs, records, { ...wanted, change }, current);
  if ("fault" in changed) {
    faults.push({ where, what: changed.fault });
    return null;
  }

  const asked = { ...wanted, ...fresh, source: "file" } as const;
  // Whether something was billed is asked only where it decides.
  let decision = decideSubscriptionChange(current, asked, true);
  if (decision.do === "refuse" && decision.because === "fixed" && !(await hasPast(records, current.id)))
    decision = decideSubscriptionChange(current, asked, false);
  switch (decision.do) {
    case "leave": {
      const details = [`is ${decision.status}; use a new id to start again`];
      return { action: "ended", kind: "subscription", id: wanted.id, details };
    }
    case "change":
      return withChange(changed, wanted.id, changeFree(records, current, wanted, plan, decision.fields));
    case "begin_anew": {
      const details = decision.fields.map(
        (each) => `${FIELD_NAMES[each.field]}: ${text(each.is)} -> ${text(each.wanted)}`,
      );
      await records.removeSubscription(current.id);
      const added = await addNew(records, fresh, plan, where, found);
      return added && { ...added, action: "change", details: [...details, ...added.details] };
    }
    case "refuse":
      if (decision.because === "of_another_source")
        faults.push({ where, what: `a subscription of this id was added by ${decision.source} already; use a new id` });
      else
        for (const { field, is, wanted: given } of decision.fields)
          faults.push({
            where,
            what:
              `${FIELD_NAMES[field]} is fixed ${FIXED_SINCE[decision.because]}: it is ${text(is)}, ` +
              `the file says ${text(given)}; put it back, or use a new id` +
              (field === "planId" ? `; or say how it is to change: change: next_invoice` : ""),
          });
      return null;
    default:
      return decision satisfies never;
  }
}

/** Of what was billed, or agreed to, nothing is forgotten. */
async function hasPast(records: Records, id: string): Promise<boolean> {
  return (await records.hasInvoices(id)) || (await records.hasConsents(id));
}

/** Another plan or quantity of one that runs. @returns what changed, or why it may not */
async function changeTerms(
  needs: Needs,
  records: Records,
  { id, planId, quantity, change }: SubscriptionOrder & { readonly change: Apply },
  current: Subscription,
): Promise<readonly string[] | { readonly fault: string }> {
  const isSame = current.planId === planId && current.quantity === quantity;
  if (isSame || current.source !== "file" || isEnded(current.status) || !(await records.hasInvoices(id))) return [];
  const wanted = { planId, quantity, apply: change, on: null };
  const was = `${current.planId} × ${current.quantity}`;
  try {
    // A file has no preview that it could be held to: its own dry run is one.
    const done = await changeInRecords({ ...needs, digest: () => "" }, records, id, wanted, "plans.yaml");
    const { apply, on, netCents } = done;
    const plan = await records.plan(planId);
    const net =
      netCents === 0 || plan === null ? "" : `, ${formatMoney(netCents, plan.currency)} for the rest of the period`;
    return [`plan: ${was} -> ${planId} × ${quantity}, ${apply}, from ${on} on${net}`];
  } catch (error) {
    if (error instanceof Refused) return { fault: error.message };
    throw error;
  }
}

function withChange(changed: readonly string[], id: string, change: PlanChange | null): PlanChange | null {
  if (changed.length === 0) return change;
  return { action: "change", kind: "subscription", id, details: [...changed, ...(change?.details ?? [])] };
}

async function addNew(
  records: Records,
  fresh: Subscription | null,
  plan: Plan,
  where: string,
  { faults, begun }: { readonly faults: InputFault[]; readonly begun: Begun[] },
): Promise<PlanChange | null> {
  if (fresh === null) {
    faults.push({
      where,
      what: `all ${plan.expiryCount} periods are over already; choose a later start, or set bill_past: true`,
    });
    return null;
  }
  records.addSubscription(fresh);
  const { id, customerId, firstCycle } = fresh;
  records.record({
    type: "subscription.created",
    subscriptionId: id,
    customerId,
    data: { planId: plan.id, firstCycle },
  });
  const customer = await records.customer(customerId);
  assert(customer, `${customerId} was looked up before`);
  const who = `${plan.name} for ${customer.name} (${customerId})`;
  begun.push({ subscription: fresh, plan, who });
  const details = [who];
  if (firstCycle > 0) details.push(`${firstCycle} past period(s) are not billed (bill_past: true would)`);
  return { action: "add", kind: "subscription", id, details };
}

function changeFree(
  records: Records,
  current: Mutable<Subscription>,
  wanted: SubscriptionOrder,
  plan: Plan,
  fields: readonly FieldChange<string>[],
): PlanChange | null {
  const details = fields.map(
    (each) => `${snake(each.field)}: ${text(each.is)} -> ${text(each.wanted)}, from the next invoice on`,
  );
  if (details.length === 0) return null;
  const [was, will] = [current, wanted].map(({ lineItems, quantity, discount }) =>
    formatMoney(
      amountsOf(lineItems ?? plan.lineItems, quantity, discount, plan.tax ?? null).amountCents,
      plan.currency,
    ),
  );
  details.push(was === will ? `amount: ${was}, as before` : `amount: ${was} -> ${will}`);
  current.quantity = wanted.quantity;
  current.lineItems = wanted.lineItems;
  current.discount = wanted.discount;
  const { id, customerId } = current;
  records.record({ type: "subscription.changed", subscriptionId: id, customerId, data: { changes: details } });
  return { action: "change", kind: "subscription", id, details };
}

/** What a person did stays done: a subscription that begins anew would be neither paused nor canceled. */
const FIXED_SINCE = {
  fixed: "once the subscription has invoices, or a consent",
  ending: "while the subscription is canceled at the end of its period",
  paused: "while the subscription is paused",
} as const;

const FIELD_NAMES = { customerId: "customer", planId: "plan", startLocal: "start", timeZone: "time_zone" } as const;
