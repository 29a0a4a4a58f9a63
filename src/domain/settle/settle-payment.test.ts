import { describe, expect, test } from "@jest/globals";
import type { AttemptFacts, AttemptState, Payment, Trace } from "../attempt.ts";
import { decidePaid, differencesFrom, isOfAnother, movedCents } from "./settle-payment.ts";
import { NO_ATTEMPT_BESIDE, type InvoiceFacts, type SettleRules } from "./settlement.ts";

const NOW = new Date("2026-01-31T15:00:00Z");
const PAID_AT = new Date("2026-01-31T14:59:58Z");
const TRACE: Trace = { httpStatus: 200, logId: "log1", because: "said the test" };
const PAYMENT: Payment = {
  ...{ orderId: "ord_own", chargeId: "chr_own", amountCents: 200_15, currency: "MXN", customerId: "cus_1" },
  ...{ livemode: false, paidAt: PAID_AT, feeCents: 8_00, authCode: "867667", paymentMethod: "card" },
  ...{ cardBrand: "visa", cardLast4: "4242" },
};
const ATTEMPT = {
  ...{ state: "sending", flow: "single", orderId: null, chargeId: "chr_before", inquiries: 3 },
  ...{ amountCents: 200_15, currency: "MXN", customerId: "cus_1", idsOfOthers: ["ord_taken", "chr_taken"] },
} as unknown as AttemptFacts;
const INVOICE: InvoiceFacts = {
  ...{ id: "inv_1", status: "open", statusReason: null, nextAttemptAt: null, declines: 1, faults: 4 },
  ...{ firstDeclinedAt: null, dunningStep: null, dunningClass: null, dunningDueAt: null, retryRequestedAt: null },
  ...{ reopenedFrom: null, currency: "MXN", amountCents: 200_15, voidWhenSettled: null, timeZone: "UTC" },
  ...NO_ATTEMPT_BESIDE,
};
const RULES = { now: NOW, livemode: false } as unknown as SettleRules;

function decided(
  attempt: Partial<AttemptFacts>,
  invoice: Partial<InvoiceFacts> = {},
  payment: Partial<Payment> = {},
  rules: Partial<SettleRules> = {},
) {
  const facts = { ...ATTEMPT, ...attempt } as AttemptFacts;
  const asked = [{ ...INVOICE, ...invoice }, { ...PAYMENT, ...payment }, TRACE, { ...RULES, ...rules }] as const;
  return decidePaid(facts, ...asked);
}

describe("money was seen", () => {
  test("it is booked, with all that the answer tells", () => {
    expect(decided({})).toEqual({
      attempt: {
        ...{ state: "paid", orderId: "ord_own", chargeId: "chr_own", inquiries: 3, nextInquiryAt: null, decline: null },
        ...{ settledAt: NOW, payment: PAYMENT, trace: TRACE, card: { brand: "visa", last4: "4242" }, link: null },
      },
      invoice: expect.objectContaining({ status: "paid", statusReason: null, faults: 0, declines: 1, paidAt: PAID_AT }),
      event: "invoice.paid",
      finalAction: null,
    });
  });

  test("where the answer names neither charge nor time, what was known stands, and the time is now", () => {
    const settlement = decided({}, {}, { chargeId: null, paidAt: null });
    expect(settlement?.attempt.chargeId).toBe("chr_before");
    expect(settlement?.invoice.paidAt).toEqual(NOW);
  });

  // prettier-ignore
  test.each<[attempt: AttemptState, invoice: Partial<InvoiceFacts>, state: AttemptState, event: string, because: string]>([
    ["unknown", {}, "paid", "invoice.paid", "it came through after all"],
    ["declined", {}, "paid", "invoice.paid", "it was taken for declined"],
    ["sending", { paidByAnother: true }, "paid_again", "attempt.paid_again", "another has paid it"],
    ["sending", { status: "paid" }, "paid_again", "attempt.paid_again", "it is paid, however"],
    ["sending", { openElsewhere: true }, "paid", "invoice.paid", "what is open may still pay, and then pays again"],
  ])("of an attempt that is %s, for %j: %s, %s (%s)", (state, invoice, becomes, event) => {
    const settlement = decided({ state }, invoice);
    expect(settlement).toMatchObject({ attempt: { state: becomes, settledAt: NOW, payment: PAYMENT }, event });
    expect(settlement?.attempt).toMatchObject({ orderId: "ord_own", chargeId: "chr_own" });
    const before = { status: invoice.status ?? "open", faults: 4 };
    expect(settlement?.invoice).toMatchObject(becomes === "paid_again" ? before : { status: "paid", faults: 0 });
  });

  test.each<[invoice: Partial<InvoiceFacts>, isAfterCancel: true | undefined]>([
    [{}, undefined],
    [{ voidWhenSettled: "canceled" }, true],
    [{ voidWhenSettled: "voided_by_person" }, undefined],
    [{ status: "void", statusReason: "canceled" }, true],
    [{ status: "uncollectible", statusReason: "attempts_used_up" }, undefined],
  ])("for %j, it came after a cancellation: %p", (invoice, isAfterCancel) => {
    const settlement = decided({}, invoice);
    expect(settlement?.event).toBe("invoice.paid");
    expect(settlement?.isAfterCancel).toBe(isAfterCancel);
  });
});

describe("the answer differs from what was asked", () => {
  // prettier-ignore
  test.each<[attempt: AttemptState, invoice: Partial<InvoiceFacts>, state: AttemptState, status: string, event: string, because: string]>([
    ["sending", {}, "unknown", "held", "invoice.held", "a person looks"],
    ["sending", { status: "held", statusReason: "refused" }, "unknown", "held", "invoice.held", "for another reason than before"],
    ["sending", { status: "paid" }, "unknown", "paid", "attempt.unknown", "it is paid, and stays so"],
    ["declined", {}, "unknown", "held", "invoice.held", "it had ended, and nobody else collects"],
    ["declined", { openElsewhere: true }, "paid_again", "open", "attempt.paid_again", "it is not for the try that is under way"],
    ["unknown", { openElsewhere: true }, "unknown", "held", "invoice.held", "it is open itself: what it is for is not known"],
  ])("an attempt that is %s, for %j: %s, %s, %s (%s)", (state, invoice, becomes, status, event) => {
    const settlement = decided({ state }, invoice, { amountCents: 1_00 });
    expect(settlement).toMatchObject({ attempt: { state: becomes }, invoice: { status }, event, finalAction: null });
    expect(settlement?.attempt.trace).toEqual({
      ...TRACE,
      because: "the gateway's answer differs from what we asked: amount 100 cents instead of 20015",
    });
    expect(settlement?.attempt).toMatchObject({ orderId: "ord_own", chargeId: "chr_own", inquiries: 3 });
    expect(settlement?.attempt.settledAt).toEqual(becomes === "unknown" ? null : NOW);
    expect(settlement?.invoice.statusReason).toBe(status === "held" ? "answer_differs" : null);
    const booked = { payment: { amountCents: 1_00 }, card: { brand: "visa", last4: "4242" } };
    expect(settlement?.attempt).toMatchObject(becomes === "paid_again" ? booked : { payment: null, card: null });
  });

  test.each<[AttemptState, Partial<InvoiceFacts>]>([
    ["unknown", {}],
    ["declined", { openElsewhere: true }],
  ])("without a charge in it, an attempt that is %s keeps the one that was known", (state, invoice) => {
    expect(decided({ state }, invoice, { amountCents: 1_00, chargeId: null })?.attempt.chargeId).toBe("chr_before");
  });

  test("another attempt's money leaves this one without its ids, and one that has ended alone", () => {
    expect(decided({ state: "unknown" }, {}, { orderId: "ord_taken" })).toMatchObject({
      attempt: { state: "unknown", orderId: null, chargeId: "chr_before" },
      invoice: { status: "held", statusReason: "answer_differs" },
    });
    expect(decided({ state: "declined" }, {}, { orderId: "ord_taken" })).toBeNull();
    expect(decided({ state: "declined" }, { openElsewhere: true }, { chargeId: "chr_taken" })).toBeNull();
  });
});

// prettier-ignore
test.each<[payment: Partial<Payment>, livemode: boolean | null, differences: readonly string[]]>([
  [{}, false, []],
  [{}, null, []],
  [{ livemode: true }, null, []],
  [{ amountCents: 200_14 }, false, ["amount 20014 cents instead of 20015"]],
  [{ currency: "mxn" }, false, []],
  [{ currency: "USD" }, false, ["currency USD instead of MXN"]],
  [{ customerId: null }, false, []],
  [{ customerId: "cus_2" }, false, ["customer cus_2 instead of cus_1"]],
  [{ livemode: true }, false, ["live mode instead of test mode"]],
  [{}, true, ["test mode instead of live mode"]],
  [{ amountCents: 1, currency: "USD", customerId: "cus_2" }, true, [
    "amount 1 cents instead of 20015", "currency USD instead of MXN", "customer cus_2 instead of cus_1", "test mode instead of live mode",
  ]],
])("%j, where the mode is live: %p, differs in %j", (payment, livemode, differences) => {
  expect(differencesFrom(ATTEMPT, { ...PAYMENT, ...payment }, livemode)).toEqual(differences);
});

test.each<[ids: readonly (string | null)[], is: boolean]>([
  [[], false],
  [[null], false],
  [["ord_own", "chr_own"], false],
  [["ord_taken", null], true],
  [["ord_own", "chr_taken"], true],
])("an answer about %j is another attempt's: %p", (ids, is) => {
  expect(isOfAnother(ATTEMPT, ...ids)).toBe(is);
});

test.each<[payment: Payment | null, moved: number | null]>([
  [null, null],
  [PAYMENT, null],
  [{ ...PAYMENT, amountCents: 200_14 }, 200_14],
])("asked for 200.15: what moved otherwise is %#", (payment, moved) => {
  expect(movedCents(200_15, payment)).toBe(moved);
});
