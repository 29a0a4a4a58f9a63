/** Add a plan from code. Plans of a file are applied instead, and compared with what is there. */
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import { type Plan, priceCentsOf } from "../../domain/plan.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

/**
 * @throws {Refused} the id is taken
 * @throws {UsageInvalid} the amount lies between nothing and the least that Conekta charges
 */
export async function addPlan(
  { store, clock, minChargeCents }: { store: Store; clock: Clock; minChargeCents: number },
  plan: Plan,
): Promise<void> {
  const amountCents = priceCentsOf(plan);
  if (amountCents > 0 && amountCents < minChargeCents)
    throw new UsageInvalid(said("plan_too_cheap", { id: plan.id, amountCents, leastCents: minChargeCents }));
  await store.write(clock.now(), async (records) => {
    if ((await records.plan(plan.id)) !== null) throw new Refused(said("plan_exists", { id: plan.id }));
    records.addPlan(plan);
    records.record({ type: "plan.created", data: { planId: plan.id, source: plan.source } });
  });
}
