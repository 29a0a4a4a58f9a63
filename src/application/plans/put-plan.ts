/**
 * A plan as a program wants it: added, or changed from the next invoice on. One transaction.
 *
 * What its subscriptions' calendars are computed from stays fixed once it has any, and a plan of a file is the file's.
 */
import { isSameContent } from "../../domain/same-content.ts";
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import { type Plan, priceCentsOf } from "../../domain/plan.ts";
import { decidePlanChange, FIXED_PLAN_FIELDS } from "../../domain/plan-changes.ts";
import { taxFaultOf, taxFaultSaid } from "../../domain/tax.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

type Needs = {
  readonly store: Store;
  readonly clock: Clock;
  readonly minChargeCents: number;
  /** The names of dunning.yaml. */
  readonly policies: ReadonlyMap<string, unknown>;
};

/**
 * @param today the merchant's local day: rates of tax end
 * @throws {UsageInvalid} it could never be charged
 * @throws {Refused} it is another source's, or what would change is fixed
 */
export async function putPlan(needs: Needs, plan: Plan, today: string): Promise<void> {
  await needs.store.write(needs.clock.now(), async (records) => {
    const current = await records.plan(plan.id);
    const changes = current === null ? [] : changedFields(current, plan);
    // As it is, whoever's it is: nothing is refused, and nothing told.
    if (current !== null && changes.length === 0) return;
    mustBeCharged(needs, plan, today);
    if (current === null) {
      records.addPlan(plan);
      records.record({ type: "plan.created", data: { planId: plan.id, source: plan.source } });
      return;
    }
    const decision = decidePlanChange(current, plan, await records.hasSubscriptions(plan.id));
    if (decision.do === "refuse")
      throw new Refused(
        decision.because === "of_another_source"
          ? said("plan_of_another", { id: plan.id, source: decision.source })
          : said("plan_fixed", { fields: decision.fields.map(({ field }) => field).join(", "), id: plan.id }),
      );
    Object.assign(current, { prices: null, tax: null }, plan);
    records.record({ type: "plan.changed", data: { planId: plan.id, changes } });
  });
}

/** @throws {UsageInvalid} it could never be */
function mustBeCharged({ minChargeCents, policies }: Needs, plan: Plan, today: string): void {
  if (!policies.has(plan.dunning))
    throw new UsageInvalid(said("no_policy", { name: plan.dunning, known: [...policies.keys()].join(", ") }));
  for (const lines of [plan.lineItems, ...(plan.prices ?? []).map(({ lineItems }) => lineItems)]) {
    const fault = taxFaultOf(lines, plan.tax ?? null, today);
    if (fault !== null) throw new UsageInvalid(said("line_tax", { line: fault.line + 1, why: taxFaultSaid(fault) }));
    const amountCents = priceCentsOf(plan, lines);
    if (amountCents > 0 && amountCents < minChargeCents)
      throw new UsageInvalid(said("plan_too_cheap", { id: plan.id, amountCents, leastCents: minChargeCents }));
  }
}

function changedFields(current: Plan, wanted: Plan): string[] {
  const fields = ["name", ...FIXED_PLAN_FIELDS, "lineItems", "prices", "tax", "dunning", "catchUp"] as const;
  return fields.filter((field) => {
    const [is, wants] = [current, wanted].map((plan) => plan[field] ?? null);
    return !isSameContent(is, wants);
  });
}
