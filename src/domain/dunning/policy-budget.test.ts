/** Policies that could break a network's rules are found out before they do. */
import { describe, expect, test } from "@jest/globals";
import { policyOf } from "../../../test/support/policy.ts";
import type { DunningPolicy } from "./dunning.ts";
import { exceededBudget } from "./policy-budget.ts";

const BUDGETS = { visaReattemptsIn30Days: 15 };

function times(count: number, wait: number): number[] {
  return Array.from({ length: count }, () => wait);
}

describe("a policy", () => {
  test.each<[change: Partial<DunningPolicy>, fault: string | null, because: string]>([
    [{ retryAfterDays: [1, 3, 5], tryAgainAfterMinutes: [60, 360, 1440] }, null, "as it is shipped"],
    [{ retryAfterDays: [], tryAgainAfterMinutes: [] }, null, "that tries nothing again"],
    [{ retryAfterDays: times(15, 1) }, null, "15 in 15 days are all that Visa allows"],
    [{ retryAfterDays: times(16, 1) }, "16 times more within 30 days, and Visa allows 15", "one more"],
    [{ retryAfterDays: times(16, 2) }, "16 times more within 30 days, and Visa allows 15", "16 in 30 days and an hour"],
    [{ retryAfterDays: times(20, 3), windowDays: 90 }, null, "at most 11 in 30 days"],
    [{ retryAfterDays: times(20, 1), windowDays: 12 }, null, "the window ends before"],
    [{ retryAfterDays: times(20, 1), windowDays: 13 }, null, "15 up to the end of its last day"],
    [{ retryAfterDays: times(20, 1), windowDays: 14 }, "16 times more within 30 days", "one day more"],
    [{ tryAgainAfterMinutes: times(10, 60) }, null, "10 in a day are all that Mastercard allows"],
    [{ tryAgainAfterMinutes: times(11, 60) }, "11 times more within 24 hours, and Mastercard allows 10", "one more"],
    [{ tryAgainAfterMinutes: times(11, 150) }, null, "the 11th is 25 hours after the first"],
    [{ retryAfterDays: times(17, 2), windowDays: 90 }, "16 times more", "never 17: clocks change once in 30 days"],
    [
      { retryAfterDays: times(11, 1), tryAgainAfterMinutes: times(11, 100) },
      "11 times more within 24 hours, and Mastercard allows 10",
      "of each wait the shorter one: any decline may come",
    ],
    [{ retryAfterDays: times(20, 3), payday: true, windowDays: 90 }, null, "paydays are rare: 4 in 30 days"],
    [
      { retryAfterDays: times(16, 2), retryAt: "09:00", windowDays: 90 },
      "and Visa allows 15",
      "shorter, at a fixed hour",
    ],
    // prettier-ignore
    [{ retryAfterDays: times(17, 2), tryAgainAfterMinutes: [60, 60], windowDays: 90 }, "16 times more", "the 17th is 30 days later to the minute, an hour of the clock left out"],
    // prettier-ignore
    [{ retryAfterDays: times(17, 2), tryAgainAfterMinutes: [59, 59], windowDays: 90 }, "17 times more", "a minute less"],
    // prettier-ignore
    [{ retryAfterDays: [...times(20, 1), ...times(5, 30)], windowDays: 365 }, "20 times more", "a long wait later does not thin out the short ones before"],
    [
      { retryAfterDays: times(25, 2), retryAt: "12:15", windowDays: 90 },
      "20 times more",
      "each is 36:15 hours at least",
    ],
    // prettier-ignore
    [{ retryAfterDays: times(25, 3), payday: true, retryAt: "00:30", windowDays: 90 }, "19 times more", "four paydays come half an hour after a decline"],
    // prettier-ignore
    [{ retryAfterDays: times(25, 2), payday: true, retryAt: "23:00", windowDays: 90 }, "18 times more", "four of them 23 hours after it"],
    // prettier-ignore
    [{ retryAfterDays: [], tryAgainAfterMinutes: times(20, 2600), payday: true, windowDays: 90 }, "17 times more", "what is counted in minutes waits for no payday"],
    // prettier-ignore
    [{ retryAfterDays: [...times(6, 2), ...times(14, 3)], payday: true, windowDays: 365 }, "16 times more", "paydays shorten the longest waits, at worst"],
    // prettier-ignore
    [{ retryAfterDays: [...times(5, 2), ...times(10, 3), ...times(6, 2)], payday: true, windowDays: 365 }, "16 times more", "wherever those stand"],
    [{ retryAfterDays: times(16, 4), payday: true, retryAt: "00:30", windowDays: 90 }, null, "8 and 4 paydays at most"],
  ])("%j: %j (%s)", (change, fault, _because) => {
    const said = exceededBudget(policyOf({ tryAgainAfterMinutes: [], ...change }), BUDGETS);
    expect(said ?? "no fault").toContain(fault ?? "no fault");
  });

  test("is told how to be mended", () => {
    const said = exceededBudget(policyOf({ retryAfterDays: times(16, 1) }), BUDGETS);
    expect(said).toContain("give fewer or longer waits in retry_after_days and try_again_after_minutes");
  });

  test("may do more where the acquirer allows it", () => {
    expect(exceededBudget(policyOf({ retryAfterDays: times(20, 1) }), { visaReattemptsIn30Days: 20 })).toBeNull();
  });
});
