import { describe, expect, test } from "@jest/globals";
import { OUT_OF_DUNNING } from "../invoice.ts";
import type { InvoiceBefore } from "../invoice-transition.ts";
import type { SubscriptionStatus } from "../subscription.ts";
import type { FinalAction } from "./dunning.ts";
import { afterFinalAction, stopCollection } from "./final-action.ts";

describe("what the final action of a policy makes of it", () => {
  const at = new Date("2026-03-31T15:00Z");
  test.each<[SubscriptionStatus, FinalAction, SubscriptionStatus | null, Date | null, string]>([
    ["past_due", "unpaid", "unpaid", at, "its calendar goes on, and its cycles are void"],
    ["past_due", "pause", "paused", at, "a person may resume it"],
    ["past_due", "cancel", "canceled", null, "nothing falls due any more"],
    ["canceled", "unpaid", null, null, "it has ended already"],
    ["completed", "cancel", null, null, "it has ended already"],
    ["paused", "cancel", "canceled", null, "a pause keeps nothing from ending"],
    ["paused", "unpaid", null, null, "a person lifts a pause"],
    ["unpaid", "unpaid", null, null, "it is so already, and told once"],
  ])("%s, %s: %s (%s)", (status, action, expected, nextBillingAt) => {
    expect(afterFinalAction({ status, nextBillingAt: at }, action)).toEqual(
      expected === null ? null : { status: expected, nextBillingAt },
    );
  });
});

const NOW = new Date("2026-01-31T15:00:00Z");
const OPEN: InvoiceBefore = {
  ...{ id: "inv_1", status: "open", statusReason: null, nextAttemptAt: null, declines: 1, faults: 0 },
  ...{ firstDeclinedAt: null, retryRequestedAt: null, ...OUT_OF_DUNNING },
};
const DUE = { dunningStep: "payment_link", dunningClass: "retry_later", dunningDueAt: NOW } as const;
const HELD = { status: "held", statusReason: "refused" } as const;

test.each<[Partial<typeof OPEN>, boolean, boolean, string]>([
  [{}, false, true, "it is not collected any more"],
  [DUE, false, true, "nor is what waits in dunning"],
  [{ status: "held", statusReason: "earlier_unpaid" }, false, true, "its turn never comes"],
  [HELD, false, false, "a person decides about it"],
  [{}, true, false, "it may still be paid"],
  [{ status: "void", statusReason: "canceled" }, false, false, "it is over"],
  [{ status: "void", statusReason: "earlier_unpaid" }, false, false, "over, whatever it once waited for"],
])("dunning has ended, %j with an open attempt: %p: written off: %p (%s)", (change, hasOpenAttempt, isWrittenOff) => {
  const after = stopCollection({ ...OPEN, ...change }, { hasOpenAttempt });
  expect(after?.statusReason ?? null).toBe(isWrittenOff ? "collection_stopped" : null);
});
