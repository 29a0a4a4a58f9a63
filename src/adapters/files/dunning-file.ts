/**
 * config/dunning.yaml → the policies by name, or every fault of the file at once, each with its place.
 *
 * Pure: text in, values out. A policy that could break a card network's rules is a fault of the file.
 */
import { z } from "zod";
import type { DunningPolicy } from "../../domain/dunning/dunning.ts";
import { type BudgetSettings, VISA_REATTEMPTS } from "../../domain/dunning/network-budget.ts";
import { exceededBudget } from "../../domain/dunning/policy-budget.ts";
import { dunningFileSchema, policyName, policySchema } from "./dunning-schema.ts";
import { readValue } from "./schema-faults.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

export type DunningSettings = {
  readonly policies: ReadonlyMap<string, DunningPolicy>;
  /** "2026-12-24" */
  readonly bankHolidays: readonly string[];
  readonly budgets: BudgetSettings;
};

/** The policies are read one by one, so that a fault in one place does not hide those of the others. */
const outlineSchema = dunningFileSchema.extend({ policies: z.record(policyName, z.unknown()) });

/** @throws {ConfigurationInvalid} with every fault of the file */
export function parseDunningFile(text: string, { fileName }: { readonly fileName: string }): DunningSettings {
  const file = readYaml(text, fileName);
  if (file.value === undefined) file.throwFaults();
  const outline = readValue(file, outlineSchema, file.value ?? {}, []);
  const budgets = {
    // Nothing is called a fault that may be none once the others are mended.
    visaReattemptsIn30Days: outline?.network_budgets.visa_reattempts_in_30_days ?? VISA_REATTEMPTS.most,
  };
  const policies = new Map<string, DunningPolicy>();
  for (const [name, value] of Object.entries(outline?.policies ?? policiesIn(file.value))) {
    const entry = readValue(file, policySchema, value, ["policies", name]);
    if (entry === null) continue;
    const policy = policyOf(name, entry);
    policies.set(name, policy);
    noteLateRetries(file, policy);
    const fault = exceededBudget(policy, budgets);
    if (fault !== null) file.fault(["policies", name], fault);
  }
  file.throwFaults();
  return { policies, bankHolidays: outline?.bank_holidays ?? [], budgets };
}

/** Where something else of the file is wrong. */
function policiesIn(value: unknown): object {
  const policies = isMap(value) ? value["policies"] : null;
  return isMap(policies) ? policies : {};
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Who writes five waits wants five retries: one that the window cuts off is a mistake. */
function noteLateRetries(file: YamlFile, { name, retryAfterDays, unrecognizedAfterDays, windowDays }: DunningPolicy) {
  let passed = 0;
  const late = retryAfterDays.findIndex((waitDays) => (passed += waitDays) > windowDays);
  const mend = `raise window_days, which is ${windowDays}, or shorten the waits`;
  if (late >= 0)
    file.fault(
      ["policies", name, "retry_after_days", late],
      `comes ${passed} days after the first decline, so retry ${late + 1} would never be made; ${mend}`,
    );
  if (unrecognizedAfterDays > windowDays)
    file.fault(["policies", name, "unrecognized_after_days"], `is longer than the window; ${mend}`);
}

function policyOf(name: string, policy: z.output<typeof policySchema>): DunningPolicy {
  const { payment_link: link } = policy;
  return {
    name,
    retryAfterDays: policy.retry_after_days,
    payday: policy.payday,
    retryAt: policy.retry_at,
    tryAgainAfterMinutes: policy.try_again_after_minutes,
    unrecognizedAfterDays: policy.unrecognized_after_days,
    windowDays: policy.window_days,
    waitForCardDays: policy.wait_for_card_days,
    paymentLink: link === null ? null : { methods: link.methods, expiresAfterDays: link.expires_after_days },
    graceDays: policy.grace_days,
    finalAction: policy.final_action,
    laterCycles: policy.later_cycles,
    onChargeback: policy.on_chargeback,
    cardExpiringDays: policy.card_expiring_days,
  };
}
