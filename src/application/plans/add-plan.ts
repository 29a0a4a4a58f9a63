/** Add a plan from code. Plans of a file are applied instead, and compared with what is there. */
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import { type Plan, priceCentsOf } from "../../domain/plan.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";

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
    throw new UsageInvalid(
      `plan ${plan.id} would charge ${amountCents} cents; Conekta charges ${minChargeCents} cents or more (MIN_CHARGE_CENTS), or nothing at all`,
    );
  await store.write(clock.now(), async (records) => {
    if ((await records.plan(plan.id)) !== null)
      throw new Refused(`there is a plan ${plan.id} already; choose another id`);
    records.addPlan(plan);
    records.record({ type: "plan.created", data: { planId: plan.id, source: plan.source } });
  });
}
