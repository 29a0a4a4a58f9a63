/** What an event tells of a decision, word by word: whoever reads events reads one thing, and nothing that is not there. */
import { expect, test } from "@jest/globals";
import { OUT_OF_DUNNING } from "../invoice.ts";
import type { NextStep } from "../dunning/dunning.ts";
import { settlementData, stepData, transitionData, type Transitioned } from "./event-data.ts";
import type { AttemptChange, Settlement } from "./settlement.ts";

const AT = new Date("2026-01-31T15:00:00Z");
const ISO = "2026-01-31T15:00:00.000Z";
const ATTEMPT = { number: 2, amountCents: 20015, currency: "MXN" };
const INVOICE: Settlement["invoice"] = {
  ...{ id: "inv_1", status: "open", statusReason: null, nextAttemptAt: null, declines: 1, faults: 0 },
  ...{ firstDeclinedAt: null, retryRequestedAt: null, paidAt: null, ...OUT_OF_DUNNING },
};
const CHANGE: AttemptChange = {
  ...{ state: "pending", orderId: "ord_1", chargeId: null, inquiries: 0, nextInquiryAt: null, settledAt: null },
  ...{ decline: null, payment: null, trace: null, card: null, link: null },
};
const BARE = {
  ...{ attempt: 2, outcome: "pending", amountCents: 20015, currency: "MXN", declineClass: null, failureCode: null },
  ...{ nextAttemptAt: null, statusReason: null, because: null },
};
const RETRY: NextStep = { do: "retry", at: AT, rule: { name: "new_card" } };
const GRACE: NextStep = { do: "grace", until: AT, rule: { name: "wait_over", days: 14 } };
const END: NextStep = {
  ...{ do: "write_off", because: "no_new_card", finalAction: "cancel", rule: { name: "grace_over", days: 3 } },
} as const;

test.each<[step: NextStep, told: object]>([
  [RETRY, { nextStep: "retry", rule: { name: "new_card" } }],
  [GRACE, { nextStep: "grace", rule: { name: "wait_over", days: 14 }, nextStepUntil: ISO }],
  [END, { nextStep: "write_off", rule: { name: "grace_over", days: 3 }, finalAction: "cancel" }],
])("of the step %j is told %j", (step, told) => {
  expect(stepData(step)).toStrictEqual(told);
});

const PAYMENT = { paymentMethod: "cash" } as AttemptChange["payment"];
const DECLINE = { declineClass: "retry_later", failureCode: "insufficient_funds", failureMessage: "no" } as const;
const PAGE = { url: "https://pay.example/1", expiresAt: AT } as AttemptChange["link"];

test.each<[change: Partial<AttemptChange>, invoice: Partial<Settlement["invoice"]>, told: object, because: string]>([
  [{}, {}, {}, "nothing but the attempt"],
  [{ payment: PAYMENT }, {}, { paymentMethod: "cash" }, "how it was paid"],
  [{ payment: { paymentMethod: null } as AttemptChange["payment"] }, {}, {}, "paid, and nobody says how"],
  [{ link: PAGE }, {}, { url: "https://pay.example/1", expiresAt: ISO }, "where to pay, and until when"],
  [{ decline: DECLINE }, {}, { declineClass: "retry_later", failureCode: "insufficient_funds" }, "why it was declined"],
  [{ trace: { httpStatus: 200, logId: null, because: "said it" } }, {}, { because: "said it" }, "what was seen"],
  [
    {},
    { nextAttemptAt: AT, statusReason: "refused" },
    { nextAttemptAt: ISO, statusReason: "refused" },
    "what it became",
  ],
])("of %j and the invoice %j an event tells %j (%s)", (change, invoice, told, _because) => {
  const settlement: Settlement = {
    ...{ attempt: { ...CHANGE, ...change }, invoice: { ...INVOICE, ...invoice }, event: "attempt.pending" },
    finalAction: null,
  };
  expect(settlementData(ATTEMPT, settlement)).toStrictEqual({ ...BARE, ...told });
  const stepped = settlementData(ATTEMPT, { ...settlement, step: GRACE });
  expect(stepped).toStrictEqual({ ...BARE, ...told, ...stepData(GRACE) });
});

test.each<[more: Partial<Transitioned>, told: object, because: string]>([
  [{}, {}, "nothing but the invoice"],
  [
    { failure: { declineClass: "new_card", failureCode: "no_card" } },
    { declineClass: "new_card", failureCode: "no_card" },
    "why it failed without a charge",
  ],
  [{ step: END }, stepData(END), "what dunning decided"],
  [{ rule: { name: "dispute_won" } }, { rule: { name: "dispute_won" } }, "by which rule, where no step tells it"],
  [{ because: "a person said so" }, { because: "a person said so" }, "why, in a sentence"],
])("of an invoice that changed without a charge, with %j, an event tells %j (%s)", (more, told, _because) => {
  const bare = { amountCents: 20015, currency: "MXN", nextAttemptAt: null, statusReason: null };
  expect(transitionData(ATTEMPT, { invoice: INVOICE, ...more })).toStrictEqual({ ...bare, ...told });
  const later = { ...INVOICE, nextAttemptAt: AT };
  expect(transitionData(ATTEMPT, { invoice: later, ...more })).toStrictEqual({ ...bare, ...told, nextAttemptAt: ISO });
});
