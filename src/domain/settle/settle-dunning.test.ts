import { describe, expect, test } from "@jest/globals";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import { DAY_MS } from "../duration.ts";
import { OUT_OF_DUNNING } from "../invoice.ts";
import { afterDecline, afterFailedCheck } from "./settle-dunning.ts";
import type { InvoiceFacts, SettleRules } from "./settlement.ts";

const NOW = new Date("2026-03-20T15:00:00Z");
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);
const RULES: SettleRules = {
  ...{ now: NOW, policy: policyOf({ retryAfterDays: [1, 3, 3], windowDays: 10 }), calendar: NO_HOLIDAYS },
  ...{ inquiries: { offsetsMs: [], rechargeQuietMs: 0 }, backoffMs: 0, jitter: 0, livemode: false },
};
const INVOICE: InvoiceFacts = {
  ...{ id: "inv_1", status: "open", statusReason: null, currency: "MXN", amountCents: 20015, declines: 0, faults: 2 },
  ...{ voidWhenSettled: null, nextAttemptAt: null, firstDeclinedAt: null, retryRequestedAt: null, ...OUT_OF_DUNNING },
  ...{ timeZone: "America/Mexico_City", paidByAnother: false, openElsewhere: false, isOtherCardNow: false },
  cardLast4Now: null,
};
const DECLINE = { declineClass: "retry_later", failureCode: null, failureMessage: null } as const;

describe("the window of retries", () => {
  test.each<[declines: number, firstDeclinedAt: Date | null, begins: Date, next: string, because: string]>([
    [0, null, NOW, "retry", "it begins with the first decline"],
    [1, daysAgo(1), daysAgo(1), "retry", "the second leaves it where it began"],
    [1, daysAgo(9), daysAgo(9), "wait_for_card", "three days on lie behind its tenth day"],
    [1, daysAgo(7), daysAgo(7), "retry", "its tenth day is in it"],
    [1, null, NOW, "retry", "declined before it was kept: from now on it is"],
  ])(
    "after %i declines, the first at %p, it begins at %p, and what comes is %s (%s)",
    (declines, first, begins, next) => {
      const decided = afterDecline({ ...INVOICE, declines, firstDeclinedAt: first }, DECLINE, RULES);
      expect(decided.invoice).toMatchObject({
        firstDeclinedAt: begins,
        dunningStep: next,
        declines: declines + 1,
        faults: 0,
      });
    },
  );

  test.each<[firstDeclinedAt: Date | null, begins: Date, because: string]>([
    [null, NOW, "a charge that would be in vain fails the invoice as a decline does"],
    [daysAgo(4), daysAgo(4), "and moves no beginning"],
  ])("of a check that fails, the first decline at %p: it begins at %p (%s)", (first, begins) => {
    const decided = afterFailedCheck({ ...INVOICE, firstDeclinedAt: first }, "new_card", RULES);
    expect(decided.invoice).toMatchObject({ firstDeclinedAt: begins, declines: 0, dunningStep: "wait_for_card" });
  });
});

// prettier-ignore
test.each<[change: Partial<InvoiceFacts>, becomes: string, because: string]>([
  [{}, "open retry", "dunning goes on"],
  [{ reopenedFrom: "no_new_card" }, "uncollectible no_new_card", "an old debt is what it was, and nothing follows"],
  [{ reopenedFrom: "refused" }, "open retry", "what was held is in dunning by its decline"],
  [{ voidWhenSettled: "canceled" }, "void canceled", "nothing is owed any more"],
  [{ voidWhenSettled: "canceled", reopenedFrom: "no_new_card" }, "void canceled", "nor of an old debt"],
])("of %j a decline makes: %s (%s)", (change, becomes, _because) => {
  const { invoice, finalAction } = afterDecline({ ...INVOICE, ...change }, DECLINE, RULES);
  expect(`${invoice.status} ${invoice.statusReason ?? invoice.dunningStep}`).toBe(becomes);
  expect(finalAction).toBeNull();
});
