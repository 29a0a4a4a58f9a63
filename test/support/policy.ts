/** A dunning policy without surprises: no paydays, no links, no grace. */
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";

export function policyOf(change: Partial<DunningPolicy> = {}): DunningPolicy {
  return {
    name: "standard",
    retryAfterDays: [1, 3],
    payday: false,
    retryAt: null,
    tryAgainAfterMinutes: [60, 60],
    unrecognizedAfterDays: 1,
    windowDays: 45,
    waitForCardDays: 14,
    paymentLink: null,
    graceDays: 0,
    finalAction: "unpaid",
    laterCycles: "collect_in_order",
    onChargeback: "hold",
    cardExpiringDays: [],
    ...change,
  };
}

export const NO_HOLIDAYS = { isBankHoliday: () => false };

export function dunningOf(policies: readonly DunningPolicy[]) {
  return {
    policies: new Map(policies.map((policy) => [policy.name, policy])),
    bankHolidays: [],
    budgets: { visaReattemptsIn30Days: 15 },
  };
}
