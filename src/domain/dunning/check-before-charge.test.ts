import { describe, expect, test } from "@jest/globals";
import { checkBeforeCharge, SMALLEST_BUDGET, type Check } from "./check-before-charge.ts";
import { budgetFor } from "./network-budget.ts";
import { HOUR_MS } from "../duration.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const CARD = { paymentSourceId: "src_1", brand: "visa", isMissing: false, isForbidden: false, reattemptsAt: [] };
const FACTS = { card: CARD, isCustomerDeleted: false, isEarlierUnpaid: false, isReattempt: false };
const BUDGETS = { visaReattemptsIn30Days: 15 };

/** So many reattempts, an hour apart, the last an hour ago. */
function hourly(count: number): Date[] {
  return Array.from({ length: count }, (_, index) => new Date(NOW.getTime() - (count - index) * HOUR_MS));
}

function words(result: Check): string {
  if (result.do === "fail") return `${result.failure.declineClass} ${result.failure.failureCode}`;
  if (result.do === "wait") return `wait until ${result.until.toISOString().slice(0, 16)}`;
  return result.do === "hold" ? `hold ${result.because}` : result.do;
}

type Facts = Partial<Omit<typeof FACTS, "card">> & {
  readonly card?: Partial<Omit<typeof CARD, "reattemptsAt" | "paymentSourceId" | "brand">> & {
    readonly paymentSourceId?: string | null;
    readonly brand?: string | null;
    readonly reattemptsAt?: Date[];
  };
};

function check(facts: Facts, laterCycles: "collect_in_order" | "hold" = "collect_in_order"): string {
  const card = { ...CARD, ...facts.card };
  return words(checkBeforeCharge({ ...FACTS, ...facts, card }, { laterCycles }, BUDGETS, NOW));
}

describe("before a charge", () => {
  // prettier-ignore
  test.each<[Facts, string, string]>([
    [{}, "charge", "nothing speaks against it"],
    [{ isCustomerDeleted: true }, "new_card customer_deleted", "there is nobody to charge"],
    [{ card: { paymentSourceId: null, isMissing: true } }, "new_card no_default_card", "there is nothing to charge"],
    [{ card: { isMissing: true } }, "new_card card_expired", "the bank would decline it"],
    [{ card: { isForbidden: true } }, "never_again card_forbidden", "the network forbids it, for every invoice"],
    [{ card: { reattemptsAt: hourly(15) }, isReattempt: true }, "wait until 2027-01-14T00:00", "Visa: 15 in 30 days; the first leaves the window"],
    [{ card: { reattemptsAt: hourly(14) }, isReattempt: true }, "charge", "the fifteenth is allowed"],
    [{ card: { reattemptsAt: hourly(15) }, isReattempt: false }, "charge", "a first try is no reattempt"],
    [{ card: { brand: "mastercard", reattemptsAt: hourly(10) }, isReattempt: true }, "wait until 2026-12-16T05:00", "Mastercard: 10 in 24 hours"],
    [{ card: { brand: "mastercard", reattemptsAt: hourly(9) }, isReattempt: true }, "charge", "the tenth is allowed"],
    [{ card: { brand: null, reattemptsAt: hourly(10) }, isReattempt: true }, "wait until 2026-12-16T05:00", "an unknown brand takes the strictest"],
    [{ isEarlierUnpaid: true }, "charge", "in order: the claim makes it wait"],
  ])("%j: %s (%s)", (facts, expected) => {
    expect(check(facts)).toBe(expected);
  });

  test("where the policy holds later cycles, an earlier unpaid invoice comes before every other reason", () => {
    expect(check({ isEarlierUnpaid: true, isCustomerDeleted: true }, "hold")).toBe("hold earlier_unpaid");
  });

  test("no network asks anything below the smallest budget", () => {
    for (const brand of ["visa", "mastercard", null])
      for (const { reattempts } of budgetFor(brand, BUDGETS).limits)
        expect(reattempts).toBeGreaterThanOrEqual(SMALLEST_BUDGET);
  });
});
