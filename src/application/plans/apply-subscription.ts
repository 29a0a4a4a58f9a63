/** One subscription of the file: begun, changed, begun anew, or refused. */
import assert from "node:assert/strict";
import { type InputFault, Refused } from "../../domain/errors.ts";
import { formatMoney } from "../../domain/money.ts";
import { decideSubscriptionChange } from "../../domain/plan-changes.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Apply } from "../../domain/proration.ts";
import { beginSubscription, isEnded, type Subscription, type SubscriptionOrder } from "../../domain/subscription.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Records } from "../ports/records.ts";
import { changeInRecords } from "../subscriptions/change-subscription.ts";
import { text } from "./change-text.ts";
import {
  addition,
  asBooked,
  type Begun,
  begunOrFault,
  FIELD_NAMES,
  type FileSubscription,
  leftEnded,
  noPlan,
  otherTerms,
  periodsOver,
  placeOf,
  refusals,
} from "./judge-subscription.ts";
import type { PlanChange } from "./plan-change.ts";

type Needs = { readonly clock: Clock; readonly random: Random };

/** @param found takes what is wrong with it, and that it was begun */
export async function applySubscription(
  needs: Needs,
  records: Records,
  entry: FileSubscription,
  { fileName, now }: { readonly fileName: string; readonly now: Date },
  { faults, begun }: { readonly faults: InputFault[]; readonly begun: Begun[] },
): Promise<PlanChange | null> {
  const { where: _line, change, ...wanted } = entry;
  const where = placeOf(entry, fileName);
  const wrong = (what: string): null => {
    faults.push({ where, what });
    return null;
  };
  const plan = await records.plan(wanted.planId);
  if (plan === null) return wrong(noPlan(wanted));
  const current = await records.subscription(wanted.id);
  if (current === null) {
    const fresh = begunOrFault(entry, { plan, booked: plan }, now);
    return "fault" in fresh ? wrong(fresh.fault) : await addNew(records, fresh, plan, begun);
  }

  const changed = change === undefined ? [] : await changeTerms(needs, records, { ...wanted, change }, current);
  if ("fault" in changed) return wrong(changed.fault);

  const asked = asBooked(entry);
  // Of what was billed, agreed to, given or changed nothing is forgotten. Whether there is such is asked only where it decides.
  let decision = decideSubscriptionChange(current, asked, true);
  if (decision.do === "refuse" && decision.because === "fixed" && !(await records.hasPast(current.id)))
    decision = decideSubscriptionChange(current, asked, false);
  switch (decision.do) {
    case "leave":
      return leftEnded(wanted.id, decision);
    case "change": {
      const other = otherTerms(current, wanted, plan, decision.fields);
      if (other !== null) {
        Object.assign(current, other.terms);
        records.record(other.event);
      }
      return withChange(changed, wanted.id, other?.change ?? null);
    }
    case "begin_anew": {
      const details = decision.fields.map(
        (each) => `${FIELD_NAMES[each.field]}: ${text(each.is)} -> ${text(each.wanted)}`,
      );
      await records.removeSubscription(current.id);
      const fresh = beginSubscription(wanted, plan, "file", now);
      if (fresh === null) return wrong(periodsOver(plan));
      const added = await addNew(records, fresh, plan, begun);
      return { ...added, action: "change", details: [...details, ...added.details] };
    }
    case "refuse":
      faults.push(...refusals(decision, where));
      return null;
    default:
      return decision satisfies never;
  }
}

/** Another plan or quantity of one that runs. @returns what changed, or why it may not */
async function changeTerms(
  needs: Needs,
  records: Records,
  { id, planId, quantity, change }: SubscriptionOrder & { readonly change: Apply },
  current: Subscription,
): Promise<readonly string[] | { readonly fault: string }> {
  const isSame = current.planId === planId && current.quantity === quantity;
  if (isSame || current.source !== "file" || isEnded(current.status)) return [];
  // Before the first bill a quantity is free, and the plan as long as nothing names the subscription.
  const isFixed = current.planId === planId ? await records.hasInvoices(id) : await records.hasPast(id);
  if (!isFixed) return [];
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

async function addNew(records: Records, fresh: Subscription, plan: Plan, begun: Begun[]): Promise<PlanChange> {
  const customer = await records.customer(fresh.customerId);
  assert(customer, `${fresh.customerId} was looked up before`);
  const added = addition(fresh, plan, customer);
  records.addSubscription(fresh);
  records.record(added.event);
  begun.push(added.begun);
  return added.change;
}
