/** What a new subscription is made of, by the names that answers have, and by those of config/plans.yaml. */
import type { z } from "zod";
import { type SubscriptionEntry, subscriptionSchema } from "../../../adapters/files/plans-schema.ts";
import { said } from "../../../domain/refusals.ts";
import { ApiProblem, type ProblemFault } from "./problem.ts";

/** What a change of an entry makes of the running period has an endpoint of its own. */
const { change: _ofFile, id, plan, customer, start, ...ofOne } = subscriptionSchema.shape;

/** As answers name them, and as plans.yaml does. */
const ALIASES = { subscription_id: "id", plan_id: "plan", customer_id: "customer", start_local: "start" } as const;
const asInFile = (of: string) => ({ description: `${of}, by its name in plans.yaml.` });
export const NAMED = {
  subscription_id: id,
  plan_id: plan.optional(),
  customer_id: customer.optional(),
  start_local: start.optional(),
  id: id.meta(asInFile("subscription_id")),
  plan: plan.optional().meta(asInFile("plan_id")),
  customer: customer.optional().meta(asInFile("customer_id")),
  start: start.optional().meta(asInFile("start_local")),
  ...ofOne,
};
type Named = { readonly [Name in keyof typeof NAMED]: z.output<(typeof NAMED)[Name]> };

/** @throws {ApiProblem} one is missing, or has two names that differ */
export function entryOfNamed(given: Omit<Named, "line_items">): Omit<SubscriptionEntry, "line_items"> {
  const saysAsInFile = Object.values(ALIASES).some((name) => given[name] !== undefined);
  const faults = Object.entries(ALIASES).flatMap(([name, other]): ProblemFault[] => {
    const [one, two] = [given[name as keyof typeof ALIASES], given[other]];
    if (one === undefined && two === undefined)
      return other === "id" ? [] : [{ pointer: `/${saysAsInFile ? other : name}`, detail: said("missing") }];
    if (one === undefined || two === undefined || one === two) return [];
    return [{ pointer: `/${name}`, detail: said("two_names", { name, other }) }];
  });
  if (faults.length > 0) throw new ApiProblem("invalid_request", said("fields_invalid"), faults);
  const { subscription_id, plan_id, customer_id, start_local, ...entry } = given;
  return {
    ...entry,
    id: entry.id ?? subscription_id,
    plan: entry.plan ?? plan_id ?? "",
    customer: entry.customer ?? customer_id ?? "",
    start: entry.start ?? start_local ?? "",
  };
}
