import { describe, expect, test } from "@jest/globals";
import type { AttemptFacts } from "../attempt.ts";
import {
  backedOff,
  endWithoutMoney,
  eventsOf,
  NO_ATTEMPT_BESIDE,
  type InvoiceFacts,
  type Settlement,
  type SettleRules,
} from "./settlement.ts";

const NOW = new Date("2026-01-31T15:00:00Z");
const INVOICE: InvoiceFacts = {
  ...{ id: "inv_1", status: "open", statusReason: null, nextAttemptAt: null, declines: 0, faults: 0 },
  ...{ firstDeclinedAt: null, dunningStep: null, dunningClass: null, dunningDueAt: null, retryRequestedAt: null },
  ...{ reopenedFrom: null, currency: "MXN", amountCents: 200_15, voidWhenSettled: null, timeZone: "UTC" },
  ...NO_ATTEMPT_BESIDE,
};

// prettier-ignore
test.each<[state: string, event: Settlement["event"], isAfterCancel: true | undefined, events: readonly string[], because: string]>([
  ["paid", "invoice.paid", undefined, ["invoice.paid"], "what happened"],
  ["paid", "invoice.paid", true, ["invoice.paid", "invoice.paid_after_cancel"], "and that nobody waited for it any more"],
  ["declined", "invoice.payment_failed", undefined, ["invoice.payment_failed"], "it failed"],
  ["declined", "invoice.uncollectible", undefined, ["invoice.payment_failed", "invoice.uncollectible"], "written off, it failed as well"],
  ["declined", "invoice.held", undefined, ["invoice.payment_failed", "invoice.held"], "so did one that is held for it"],
  ["unknown", "invoice.held", undefined, ["invoice.held"], "held for what nobody knows, it has not failed"],
  ["declined", "attempt.declined", undefined, ["attempt.declined"], "a link's decline is the attempt's alone"],
])("an attempt that is %s with %s, after a cancellation: %p, tells %j (%s)", (state, event, isAfterCancel, events) => {
  expect(eventsOf({ attempt: { state }, event, isAfterCancel } as unknown as Settlement)).toEqual(events);
});

// prettier-ignore
test.each<[invoice: Partial<InvoiceFacts>, event: string, status: string]>([
  [{}, "attempt.not_sent", "open"],
  [{ voidWhenSettled: "canceled" }, "invoice.voided", "void"],
  [{ voidWhenSettled: "canceled", status: "held", statusReason: "refused" }, "invoice.voided", "void"],
  [{ voidWhenSettled: "canceled", status: "uncollectible", statusReason: "attempts_used_up" }, "attempt.not_sent", "open"],
])("an attempt that ended without money, for %j: %s, %s", (invoice, event, status) => {
  const goOn = () => ({ invoice: { ...INVOICE, paidAt: null }, event: "attempt.not_sent" as const });
  const settlement = endWithoutMoney({ ...INVOICE, ...invoice }, goOn);
  expect(settlement).toMatchObject({ event, invoice: { status }, finalAction: null });
  expect(settlement.invoice.statusReason).toBe(status === "void" ? "canceled" : null);
});

describe("after a fault", () => {
  const attempt = (flow: AttemptFacts["flow"]) => ({ flow }) as AttemptFacts;
  const rules = (jitter: number) => ({ now: NOW, backoffMs: 60_000, jitter }) as SettleRules;
  const secondsAfter = (at: Date | null) => at && (at.getTime() - NOW.getTime()) / 1000;

  // prettier-ignore
  test.each<[faults: number, jitter: number, askedMs: number | null, seconds: number, because: string]>([
    [0, 0, null, 30, "half of the first wait at least"],
    [0, 1, null, 60, "all of it at most"],
    [0, 0.5, null, 45, "in between by the jitter"],
    [1, 0, null, 60, "the second wait is twice as long"],
    [3, 1, null, 480, "and so on"],
    [20, 1, null, 3600, "an hour at most"],
    [0, 0, 90_000, 90, "the gateway asked for more"],
    [3, 0, 90_000, 240, "it asked for less"],
  ])("number %i and one more, with the jitter %d, asked for %p ms: after %i s (%s)", (faults, jitter, askedMs, seconds) => {
    const change = backedOff({ ...INVOICE, faults, status: "held", statusReason: "refused" }, rules(jitter), attempt("single"), askedMs);
    expect(change).toMatchObject({ status: "open", statusReason: null, faults: faults + 1, dunningStep: null, dunningDueAt: null });
    expect(secondsAfter(change.nextAttemptAt)).toBe(seconds);
  });

  test.each<[dunningClass: InvoiceFacts["dunningClass"], becomes: string]>([
    [null, "new_card"],
    ["retry_later", "retry_later"],
  ])("a link, of %p, is made again as a step of dunning", (dunningClass, becomes) => {
    const dunningStep = dunningClass === null ? null : ("payment_link" as const);
    const change = backedOff({ ...INVOICE, dunningClass, dunningStep }, rules(0), attempt("link"));
    expect(change).toMatchObject({ status: "open", faults: 1, nextAttemptAt: null, dunningStep: "payment_link" });
    expect(change.dunningClass).toBe(becomes);
    expect(secondsAfter(change.dunningDueAt)).toBe(30);
  });

  test("what is decided already stays as it is", () => {
    const change = backedOff(
      { ...INVOICE, status: "void", statusReason: "voided_by_person", faults: 2 },
      rules(0),
      attempt("single"),
    );
    expect(change).toMatchObject({ status: "void", statusReason: "voided_by_person", faults: 2, nextAttemptAt: null });
  });
});

test("where no attempt may still pay, nothing is known of others beside it", () => {
  const nothing = { paidByAnother: false, openElsewhere: false, isOtherCardNow: false, hasUntriedCard: false };
  expect(NO_ATTEMPT_BESIDE).toEqual({ ...nothing, cardLast4Now: null });
});
