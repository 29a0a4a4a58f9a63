/** One plan of the file: added, changed, or refused. In words for people, what changes from what to what. */
import { isSameContent } from "../../domain/same-content.ts";
import type { InputFault } from "../../domain/errors.ts";
import { formatMoney } from "../../domain/money.ts";
import { decidePlanChange, FIXED_PLAN_FIELDS } from "../../domain/plan-changes.ts";
import { type Plan, priceCentsOf, rhythmOf } from "../../domain/plan.ts";
import { taxOfLine, taxTermsText } from "../../domain/tax.ts";
import type { Records } from "../ports/records.ts";
import { snake, text } from "./change-text.ts";
import type { PlanChange } from "./plan-change.ts";

export async function applyPlan(
  records: Records,
  wanted: Plan,
  fileName: string,
  faults: InputFault[],
): Promise<PlanChange | null> {
  const where = `${fileName} (plan ${wanted.id})`;
  const current = await records.plan(wanted.id);
  if (current === null) {
    records.addPlan(wanted);
    records.record({ type: "plan.created", data: { planId: wanted.id } });
    return { action: "add", kind: "plan", id: wanted.id, details: [planText(wanted)] };
  }
  const details = differences(current, wanted);
  if (details.length === 0 && current.source === wanted.source) return null;
  const isUsed = await records.hasSubscriptions(wanted.id);
  const decision = decidePlanChange(current, wanted, isUsed);
  if (decision.do === "refuse") {
    if (decision.because === "of_another_source")
      faults.push({ where, what: `a plan of this id was added by ${decision.source} already; use a new id` });
    else
      for (const { field, is, wanted: given } of decision.fields)
        faults.push({
          where,
          what:
            `${snake(field)} is fixed once the plan has subscriptions: it is ${text(is)}, ` +
            `the file says ${text(given)}; put it back, or make a plan with a new id`,
        });
    return null;
  }
  Object.assign(current, { prices: null, tax: null }, wanted);
  records.record({ type: "plan.changed", data: { planId: wanted.id, changes: details } });
  return { action: "change", kind: "plan", id: wanted.id, details };
}

const COMPARED = ["name", ...FIXED_PLAN_FIELDS, "lineItems", "prices", "tax", "dunning", "catchUp"] as const;

function differences(current: Plan, wanted: Plan): string[] {
  return COMPARED.filter((field) => !same(current[field], wanted[field])).map((field) => {
    if (field === "lineItems") return lineText(current, wanted);
    if (field === "prices") return `later prices: ${laterText(current)} -> ${laterText(wanted)}`;
    if (field === "tax") return taxDifference(current, wanted);
    return `${snake(field)}: ${text(current[field])} -> ${text(wanted[field])}`;
  });
}

function same(a: unknown, b: unknown): boolean {
  return isSameContent(a ?? null, b ?? null);
}

/** "Plan Oro: $200.15 MXN every month, after a trial of 14 days" */
function planText(plan: Plan): string {
  const trial = plan.trialPeriodDays > 0 ? `, after a trial of ${plan.trialPeriodDays} days` : "";
  const end = plan.expiryCount === null ? "" : `, ${plan.expiryCount} ${plan.expiryCounts ?? "charges"}`;
  const terms = new Set(
    plan.lineItems.map((line) => taxOfLine(line.tax, plan.tax ?? null)).map((tax) => tax && taxTermsText(tax)),
  );
  const told = [...terms].filter((each) => each !== null);
  const tax = told.length > 0 ? `, ${told.join(" and ")},` : "";
  const later = (plan.prices ?? []).length === 0 ? "" : `; ${laterText(plan)}`;
  return `${plan.name}: ${priceText(plan)}${tax} ${rhythmOf(plan)}${trial}${end}${later}`;
}

/** "$250.00 MXN from 2027-01-01" */
function laterText(plan: Plan): string {
  const all = (plan.prices ?? []).map(({ from, lineItems }) => `${priceText(plan, lineItems)} from ${from}`);
  return all.length === 0 ? "none" : all.join(", ");
}

function priceText(plan: Plan, lineItems?: Plan["lineItems"]): string {
  return formatMoney(priceCentsOf(plan, lineItems), plan.currency);
}

/** Whether the amount changes is what the customer will ask. */
function taxDifference(is: Plan, wanted: Plan): string {
  const [was, will] = [is.tax, wanted.tax].map((tax) => (tax ? taxTermsText(tax) : "none told"));
  const [paid, paying] = [priceText(is), priceText({ ...is, tax: wanted.tax })];
  const amount = paid === paying ? `${paid}, as before` : `${paid} -> ${paying}`;
  return `tax: ${was} -> ${will}, from the next invoice on; amount: ${amount}`;
}

/** What a person compares: the price where it changes, and the lines only where it does not. */
function lineText(is: Plan, wanted: Plan): string {
  const [was, will] = [priceText(is), priceText(is, wanted.lineItems)];
  if (was !== will) return `price: ${was} -> ${will}, from the next invoice on`;
  return `line_items: ${text(is.lineItems)} -> ${text(wanted.lineItems)}`;
}
