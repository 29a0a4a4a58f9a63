/** What may be changed of plans and subscriptions, and from when on it may not. */
import { describe, expect, test } from "@jest/globals";
import { planOf, subscriptionOf } from "../../test/support/records.ts";
import { decidePlanChange, decideSubscriptionChange } from "./plan-changes.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";

const PLAN: Plan = { ...planOf(), source: "file" };
const LINES = [{ name: "Plan", unitPriceCents: 500, quantity: 1 }];

describe("a plan", () => {
  test.each<[change: Partial<Plan>, hasSubscriptions: boolean, decision: string, because: string]>([
    [{}, true, "apply", "nothing changes"],
    [
      { name: "Oro Plus", lineItems: LINES, dunning: "with_cash" },
      true,
      "apply",
      "a name, a price and a policy hold from the next invoice on",
    ],
    [{ interval: "week" }, false, "apply", "nobody's dates are computed from it yet"],
    [{ interval: "week" }, true, "refuse interval", "the dates of its subscriptions are computed from it"],
    [{ frequency: 3 }, true, "refuse frequency", "the same"],
    [{ trialPeriodDays: 7, expiryCount: 3 }, true, "refuse trialPeriodDays expiryCount", "every fault at once"],
    [{ expiryCounts: "cycles" }, true, "refuse expiryCounts", "its last cycle is computed from it"],
    [{ currency: "USD" }, true, "refuse currency", "what is owed is owed in it"],
    [{ source: "cli" }, false, "refuse of cli", "a file changes only what came from a file"],
  ])("with %j, in use %p: %s (%s)", (change, hasSubscriptions, expected) => {
    const { source = "file", ...wanted } = change;
    const decision = decidePlanChange({ ...PLAN, source }, { ...PLAN, ...wanted }, hasSubscriptions);
    expect(wordsOf(decision)).toBe(expected);
  });
});

describe("a subscription", () => {
  const CURRENT: Subscription = { ...subscriptionOf("jorge"), source: "file" };
  test.each<
    [now: Partial<Subscription>, change: Partial<Subscription>, hasPast: boolean, decision: string, because: string]
  >([
    [{}, {}, true, "change", "nothing changes"],
    [{}, { quantity: 2, lineItems: LINES }, true, "change quantity lineItems", "from the next invoice on"],
    [{}, { startLocal: "2027-01-01T09:00" }, false, "begin_anew startLocal", "nothing was billed"],
    [{}, { startLocal: "2027-01-01T09:00" }, true, "refuse startLocal", "its past is computed from it"],
    [{ status: "paused" }, { planId: "plata" }, false, "refuse paused planId", "the pause would be gone"],
    [
      { pauseFrom: new Date("2026-12-01T15:00:00Z"), pauseUntil: new Date("2026-12-31T15:00:00Z") },
      { planId: "plata" },
      false,
      "refuse paused planId",
      "a planned pause would be gone, too",
    ],
    [{}, { discount: { percent: 10 } }, true, "change discount", "from the next invoice on"],
    [{ status: "paused" }, { quantity: 2 }, false, "change quantity", "it stays paused"],
    [
      { status: "trialing", cancelAt: new Date("2026-12-01T15:00:00Z") },
      { startLocal: "2027-01-01T09:00" },
      false,
      "refuse ending startLocal",
      "the cancellation would be gone, and the customer charged",
    ],
    [{}, { customerId: "cus_other", timeZone: "UTC" }, true, "refuse customerId timeZone", "every fault at once"],
    [{ status: "canceled", nextBillingAt: null }, { quantity: 2 }, true, "leave canceled", "it has ended"],
    [{ source: "code" }, { quantity: 2 }, true, "refuse of code", "a file changes only what came from a file"],
  ])("%j with %j, billed %p: %s (%s)", (now, change, hasPast, expected) => {
    const wanted = { ...CURRENT, ...change };
    expect(wordsOf(decideSubscriptionChange({ ...CURRENT, ...now }, wanted, hasPast))).toBe(expected);
  });
});

function wordsOf(decision: ReturnType<typeof decidePlanChange> | ReturnType<typeof decideSubscriptionChange>): string {
  if ("source" in decision) return `refuse of ${decision.source}`;
  if ("status" in decision) return `leave ${decision.status}`;
  const because = "because" in decision && decision.because !== "fixed" ? [decision.because] : [];
  return [decision.do, ...because, ...("fields" in decision ? decision.fields.map(({ field }) => field) : [])].join(
    " ",
  );
}
