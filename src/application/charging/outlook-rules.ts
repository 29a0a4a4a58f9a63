/** With what the next charge is foreseen: the settings of the run, whether charging is halted, and what the hour has left. */
import type { OutlookRules } from "../../domain/charging/invoice-outlook.ts";
import { policyOf, type SettleNeeds } from "../settling/settle-attempts.ts";
import type { Store } from "../ports/store.ts";

export type OutlookNeeds = Pick<SettleNeeds, "policies" | "budgets"> & {
  readonly store: Pick<Store, "installation" | "sentWithinTheHour">;
  readonly limits: OutlookRules["limits"] & Pick<OutlookRules, "maxChargesPerCustomerPerDay">;
};

export async function outlookRules(
  { store, policies, budgets, limits: { maxChargesPerCustomerPerDay, ...limits } }: OutlookNeeds,
  now: Date,
): Promise<OutlookRules> {
  return {
    ...{ maxChargesPerCustomerPerDay, budgets, limits },
    policyOf: (name) => policyOf(policies, name),
    isHalted: (await store.installation()).haltReason !== null,
    spent: await store.sentWithinTheHour(now),
  };
}
