/** What an answer to a charge means. A row: status, body, the outcome, and why it must be so. */
import { describe, expect, test } from "@jest/globals";
import {
  charge,
  conektaError,
  declinedCharge,
  ON_ORDER,
  order,
  OTHER_REFERENCE,
  REFERENCE,
  SINGLE,
} from "../../../test/gateway/samples.ts";
import type { Outcome } from "../../domain/attempt.ts";
import type { Asked } from "./charge-answer.ts";
import { classify } from "./classify.ts";

type Expected = string;
type Row = readonly [status: number, body: object | string, expected: Expected, because: string];

const HAS_CHARGE = "precondition_required.combo.order.cannot_be_updated_because_has_charge";
const NEXT_ACTION = { type: "redirect_to_url", redirect_to_url: { url: "https://example.com", return_url: null } };
const UNPAID = { payment_status: "declined" };

// prettier-ignore
const SINGLE_ROWS: readonly Row[] = [
  // Money.
  [200, order([charge()]), "paid 20015", "the documented answer"],
  [201, order([charge()]), "paid 20015", "a created object may say so"],
  [200, order([charge()], { payment_status: undefined }), "paid 20015", "the documentation's own sample has no payment_status"],
  [200, order([charge()], { payment_status: "declined" }), "paid 20015", "payment_status was seen to stay declined over a paid charge"],
  [200, order([charge()], { payment_status: null }), "paid 20015", "payment_status was seen null"],
  [200, order([declinedCharge("card_declined"), charge({ id: "2" })]), "paid 20015", "any paid charge pays"],
  [200, order([charge({ status: "pending_payment" })]), "paid 20015", "payment_status paid counts alone"],
  [200, order(null), "paid 20015", "payment_status paid counts without charges"],
  [402, conektaError("processing.bank.declined", order([charge()])), "paid 20015", "money that is seen wins over the error around it"],
  [200, order([charge({ reference_id: null })]), "paid 20015", "the gateway may not echo the reference"],
  [200, order([charge({ reference_id: null })], { metadata: {} }), "paid 20015", "nor the metadata: it is still the answer to our call"],
  [200, order([charge({ amount: 20115 })]), "paid 20115", "another amount is returned, for the comparison with the intent"],
  [200, order([charge()], { amount: 23000 }), "paid 23000", "the order's differing amount is returned too"],
  [200, order([charge({ fee: "12.55", paid_at: "soon", payment_method: 7 })]), "paid 20015", "side facts of odd types do not hide money"],
  [200, order([charge({ reference_id: OTHER_REFERENCE })]), "paid 20015", "an order made for this attempt is paid by whatever charge"],

  // Declines.
  [402, conektaError("processing.bank.insufficient_funds", order([declinedCharge("insufficient_funds")], UNPAID)), "declined retry_later", "a plain decline"],
  [402, conektaError("processing.bank.declined"), "declined retry_later", "a known code, though without data"],
  [402, conektaError("insufficient_funds"), "declined retry_later", "the failure code in the place of the code"],
  [402, conektaError("processing.bank.pick_up_card", order([declinedCharge("stolen_card")], UNPAID)), "declined never_again", "a stolen card"],
  [402, conektaError("processing.charge.card_payment.suspicious_behaviour", order([declinedCharge("suspected_fraud")], UNPAID)), "declined never_again", "code and failure code differ, as captured"],
  [402, conektaError("processing.bank.never_heard_of", order([declinedCharge("never_heard_of")], UNPAID)), "declined unrecognized", "an unknown code with a declined charge"],
  [402, conektaError(null, order([declinedCharge(null)], UNPAID)), "declined unrecognized", "no code at all, but a declined charge"],
  [402, conektaError("processing.bank.never_heard_of", order([declinedCharge("card_declined")], UNPAID)), "declined retry_later", "the failure code is known"],
  [200, order([declinedCharge("card_declined")], UNPAID), "declined retry_later", "a decline in a 200"],
  [200, order([declinedCharge("card_declined")], { payment_status: "pending_payment" }), "declined retry_later", "orders were seen pending whose only charge was declined"],
  [422, conektaError("parameter_validation.charge.blocked_payment_source"), "declined new_card", "a code of the card comes as 422"],
  [422, conektaError("parameter_validation.expiration_date.expired"), "declined new_card", "an expired card comes as 422"],
  [422, conektaError("parameter_validation.card.number"), "declined new_card", "a bad number comes as 422"],
  [422, conektaError("parameter_validation.charge.rejected_by_risk"), "declined never_again", "the antifraud comes as 422"],
  [400, conektaError("processing.bank.declined"), "declined retry_later", "the code counts before the status"],
  [402, conektaError("processing.bank.invalid_merchant", order([declinedCharge("invalid_merchant")], UNPAID)), "declined our_fault", "the bank's no that a person must mend"],

  // Waiting.
  [200, order([charge({ status: "pending_payment", paid_at: null })], { payment_status: "pending_payment" }), "pending", "pending"],
  [200, order([charge({ status: "under_fraud_review", paid_at: null })], { payment_status: "pending_payment" }), "pending", "under review"],
  [200, order([charge({ status: "pending_confirmation" })], { payment_status: "pending_payment" }), "pending", "to be confirmed"],
  [200, order(null, { payment_status: "pending_payment", next_action: NEXT_ACTION }), "pending", "3DS: no charge yet, as captured"],
  [200, order(null, { payment_status: "pending_payment" }), "pending", "an order made with its charge waits"],

  // Refused.
  [402, conektaError("processing.tokenization.used"), "refused", "a 402 that is no decline"],
  [422, conektaError("parameter_validation.line_items.missing"), "refused", "our data"],
  [422, conektaError("parameter_validation.combo.order.currency_type.card.maximum"), "refused", "over the account's maximum"],
  [422, conektaError("parameter_validation.something.new"), "refused", "an unknown code of our data"],
  [404, conektaError("resource_not_found.entity"), "refused", "the customer was deleted"],
  [404, conektaError("resource_not_found.something.new"), "refused", "something is not there, and nobody knows what"],
  [400, conektaError(null), "refused", "malformed"],
  [409, conektaError("conflict"), "refused", "a conflict of versions"],

  // Surely not done.
  [401, conektaError("authentication.missing_key"), "not_sent unauthorized", "no key"],
  [403, conektaError("forbidden.authentication.invalid_whitelist_access"), "not_sent unauthorized", "this address is not allowed"],
  [403, "<html>Forbidden</html>", "not_sent unauthorized", "a firewall before Conekta"],
  [429, conektaError("rate_limit.exceeded"), "not_sent", "Conekta's own refusal"],

  // Unknown.
  [428, conektaError(HAS_CHARGE), "unknown", "money may have moved"],
  [428, conektaError(`${HAS_CHARGE}_paid`), "unknown", "money has moved"],
  [422, conektaError(`${HAS_CHARGE}_paid`), "unknown", "the same as 422: the code counts before the status"],
  [428, conektaError("precondition_required.something"), "unknown", "a precondition we do not know"],
  [402, conektaError("processing.bank.timeout", order([declinedCharge("timeout")], UNPAID)), "unknown", "the bank did not say, whatever the charge shows by now"],
  [402, conektaError("processing.bank.communication_error"), "unknown", "the bank was not reached, or not heard"],
  [402, conektaError("processing.bank.general_error"), "unknown", "anything"],
  [402, conektaError("processing.undefined method credit_commission for nil:NilClass"), "unknown", "Conekta's own fault, seen leaking as 402"],
  [402, conektaError("processing.bank.never_heard_of"), "unknown", "an unknown code without a declined charge"],
  [402, conektaError(null), "unknown", "no code, no charge"],
  [402, "", "unknown", "a 402 that is not Conekta's"],
  [402, conektaError("processing.bank.never_heard_of", order([declinedCharge("x", { reference_id: OTHER_REFERENCE })], UNPAID)), "unknown", "the decline of another attempt"],
  [429, "", "unknown", "a proxy's 429, which may come after acting"],
  [429, { error: "slow down" }, "unknown", "JSON, but not Conekta's word"],
  [500, conektaError("api.system.general_failure"), "unknown", "a server that failed may have acted"],
  [500, conektaError("processing.bank.declined"), "unknown", "even with a code"],
  [502, "<html>Bad gateway</html>", "unknown", "the other side of the proxy may have acted"],
  [503, "", "unknown", "as above"],
  [504, "", "unknown", "seen while Conekta's log said 200"],
  [200, "", "unknown", "an empty answer"],
  [200, "<html>Welcome</html>", "unknown", "a page"],
  [200, JSON.stringify(order([charge()])).slice(0, 500), "unknown", "half of the JSON"],
  [200, { ok: true }, "unknown", "not Conekta's shape"],
  [200, order([charge()], { id: undefined }), "unknown", "an order without its id"],
  [200, order([charge({ amount: "20015" })]), "unknown", "an amount that is no number is not guessed"],
  [200, conektaError("processing.bank.declined"), "unknown", "an error in a 200"],
  [200, conektaError("processing.tokenization.used"), "unknown", "a refusal in a 200"],
  [200, order([charge({ reference_id: OTHER_REFERENCE })], { metadata: { puntual_attempt: OTHER_REFERENCE } }), "unknown", "another system's order, from a confused proxy"],
  [200, order([charge({ status: "refunded" })], { payment_status: "refunded" }), "unknown", "money came and went: a person judges"],
  [200, order([charge({ status: "expired" })], { payment_status: "expired" }), "unknown", "over already, in the answer to the call"],
  [200, order([charge({ status: "brand_new" })], { payment_status: "brand_new" }), "unknown", "an unknown status"],
  [200, order(null, { payment_status: null }), "unknown", "an order without the charge we asked for"],
  [200, order([charge({ reference_id: null }), charge({ reference_id: null, id: "2", status: "pending_payment" })], UNPAID), "paid 20015", "two charges without reference: money all the same"],
  [404, "<html>Not found</html>", "unknown", "a proxy's 404"],
  [400, "bad request", "unknown", "a proxy's 400"],
  [422, { message: "no" }, "unknown", "not Conekta's shape"],
  [307, "", "unknown", "a redirect is not followed"],
  [408, conektaError(null), "unknown", "it does not say who timed out"],
  [418, conektaError(null), "unknown", "a status we do not expect"],
];

// prettier-ignore
const ON_ORDER_ROWS: readonly Row[] = [
  [200, charge(), "paid 20015", "the answer is the charge"],
  [200, charge({ reference_id: null }), "paid 20015", "without the echo of the reference"],
  [200, charge({ reference_id: OTHER_REFERENCE }), "unknown", "the charge of another attempt"],
  [200, charge({ livemode: undefined }), "unknown", "without its mode it cannot be compared with the intent"],
  [200, charge({ status: "under_fraud_review" }), "pending", "under review"],
  [402, conektaError("processing.bank.insufficient_funds", declinedCharge("insufficient_funds")), "declined retry_later", "the data is the charge"],
  [402, conektaError("processing.bank.never_heard_of", declinedCharge(null)), "declined unrecognized", "a declined charge"],
  [402, conektaError("processing.bank.never_heard_of", declinedCharge(null, { reference_id: OTHER_REFERENCE })), "unknown", "of another attempt"],
  [428, conektaError(`${HAS_CHARGE}_paid`), "unknown", "the guard: read the order now"],
  [422, conektaError(`${HAS_CHARGE}_paid`), "unknown", "the guard as 422"],
  [200, order(null, { payment_status: "pending_payment", next_action: NEXT_ACTION, metadata: { puntual_attempt: OTHER_REFERENCE } }), "pending", "3DS is answered with the order, which an earlier attempt opened"],
  [200, order([declinedCharge("x", { reference_id: OTHER_REFERENCE }), charge()]), "paid 20015", "ours among several"],
  [200, order([declinedCharge("x", { reference_id: OTHER_REFERENCE })], UNPAID), "unknown", "ours is missing"],
  [200, order([charge()], { id: "ord_another" , charges: null }), "unknown", "another order"],
  [404, conektaError("resource_not_found.entity"), "refused", "the order does not exist"],
];

function wordsOf(outcome: Outcome): string {
  if (outcome.kind === "paid") return `paid ${outcome.payment.amountCents}`;
  if (outcome.kind === "declined") return `declined ${outcome.decline.declineClass}`;
  if (outcome.kind === "not_sent" && outcome.unauthorized) return "not_sent unauthorized";
  return outcome.kind;
}

function answered(status: number, body: object | string, asked: Asked): Outcome {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return classify({ kind: "answered", status, text, retryAfter: null }, asked);
}

describe("the answer to an order with its charge", () => {
  test.each(SINGLE_ROWS)("%i %j is %s: %s", (status, body, expected) => {
    expect(wordsOf(answered(status, body, SINGLE))).toBe(expected);
  });
});

describe("the answer to a charge of an order", () => {
  test.each(ON_ORDER_ROWS)("%i %j is %s: %s", (status, body, expected) => {
    expect(wordsOf(answered(status, body, ON_ORDER))).toBe(expected);
  });
});

test("every 5xx is unknown, whatever its body says", () => {
  for (let status = 500; status < 600; status++)
    for (const body of ["", order([charge()]), order([declinedCharge("card_declined")]), conektaError(HAS_CHARGE)])
      expect(answered(status, body, SINGLE).kind).toBe("unknown");
});

test("the payment is mapped for reconciliation", () => {
  expect(answered(200, order([charge()]), SINGLE)).toEqual({
    kind: "paid",
    payment: {
      orderId: "ord_2tTUAiM5p5JbLGbDw",
      chargeId: "63f3ea0d88dc6c0019a3fe39",
      amountCents: 20015,
      currency: "MXN",
      customerId: "cus_2tTU5GdkwZvBmS3fN",
      livemode: false,
      paidAt: new Date(1676929550_000),
      feeCents: 1255,
      authCode: "731650",
      cardBrand: "visa",
      cardLast4: "4242",
      paymentMethod: "card",
      cardKind: "credit",
    },
    trace: { httpStatus: 200, logId: null, because: "status 200 with a paid order" },
  });
});

test("a decline keeps Conekta's failure code and text, the ids, the card that was tried, and the id of its log", () => {
  const data = order([declinedCharge("insufficient_funds")], UNPAID);
  expect(answered(402, conektaError("processing.bank.insufficient_funds", data), SINGLE)).toEqual({
    kind: "declined",
    decline: {
      declineClass: "retry_later",
      failureCode: "insufficient_funds",
      failureMessage: "La tarjeta fue declinada.",
      lacksFunds: true,
    },
    orderId: "ord_2tTUAiM5p5JbLGbDw",
    chargeId: "63f3ea0d88dc6c0019a3fe39",
    card: { brand: "visa", last4: "4242" },
    trace: {
      httpStatus: 402,
      logId: "507f1f77bcf86cd799439011",
      because: "status 402 with a declined charge (conekta.errors.processing.bank.insufficient_funds)",
    },
  });
});

test("missing side facts are null, and 0 is no moment of payment", () => {
  const bare = charge({ paid_at: 0, fee: null, payment_method: null });
  const outcome = answered(200, order([bare], { customer_info: { customer_id: "" } }), SINGLE);
  expect(outcome).toMatchObject({
    payment: { customerId: null, paidAt: null, feeCents: null, authCode: null, cardBrand: null, cardLast4: null },
  });
});

const PAGE = { status: "Expired", url: "https://pay.conekta.com/1", expires_at: 1677900000 };
const detail = (code: string | null) => ({ code: code && `conekta.errors.${code}`, message: `Un texto de ${code}.` });
const errorWith = (...codes: readonly (string | null)[]) => ({ ...conektaError(null), details: codes.map(detail) });

// prettier-ignore
test.each<[status: number, body: object | string, says: string, because: string]>([
  [200, "", "status 200: the body is empty", "nothing to read"],
  [200, "\n", "status 200: the body is empty", "nothing but a line's end"],
  [200, "<html>Welcome</html>", "status 200: the body is not JSON", "a page"],
  [200, { ok: true }, "status 200: the body is JSON, but not of Conekta's shape", "another's answer"],
  [200, order([charge({ status: "refunded" })], { payment_status: "refunded" }), "status 200: the order shows the status refunded", "money came and went"],
  [200, order([charge({ status: "brand_new" })], UNPAID), "status 200: the charge has the status brand_new", "nobody knows it"],
  [200, order([charge({ status: "two words" })], UNPAID), "status 200: the charge has the status (not a word)", "what came from outside is not repeated"],
  [200, order([charge({ status: "expired" })], { payment_status: "expired" }), "status 200: the charge is already expired", "over before it began"],
  [200, order(null, { payment_status: "expired", checkout: PAGE }), "status 200: the payment page is already expired", "over before anybody saw it"],
  [402, conektaError(null), "status 402: an error without a code", "it says nothing"],
  [402, errorWith("processing.bank.never_heard_of"), "status 402: an error that we do not know", "it says what nobody knows"],
  [200, order(null, { payment_status: null }), "status 200: an order or charge that shows nothing of our attempt", "an order without the charge we asked for"],
  [402, errorWith("processing.bank.timeout"), "status 402: the bank gave no clear answer (conekta.errors.processing.bank.timeout)", "its code"],
  [402, errorWith("processing.bank.new", "processing.bank.declined", "processing.bank.call_issuer"), "status 402: the card was declined (conekta.errors.processing.bank.declined)", "the first code that is known"],
  [402, conektaError("processing.bank.new", order([declinedCharge("newer")], UNPAID)), "status 402 with a declined charge (conekta.errors.processing.bank.new)", "none is known: the first"],
  [402, conektaError("no word", order([declinedCharge(null)], UNPAID)), "status 402 with a declined charge (an unreadable code)", "what came from outside is not repeated"],
  [402, conektaError(null, order([declinedCharge(null)], UNPAID)), "status 402 with a declined charge (no code)", "there is none"],
])("the trace of %i %j says %p: %s", (status, body, says) => {
  expect(answered(status, body, SINGLE).trace.because).toBe(says);
});

test.each<[codes: readonly (string | null)[], told: string | null, because: string]>([
  [["parameter_validation.line_items.missing"], "parameter_validation.line_items.missing", "the only one"],
  [
    ["a.new.one", "parameter_validation.line_items.missing"],
    "parameter_validation.line_items.missing",
    "the one that is known",
  ],
  [
    [null, "parameter_validation.line_items.missing"],
    "parameter_validation.line_items.missing",
    "the one that has a code",
  ],
  [
    ["parameter_validation.line_items.missing", "processing.tokenization.used"],
    "parameter_validation.line_items.missing",
    "of two that are known the first",
  ],
  [["a.new.one", "another.new.one"], "a.new.one", "none is known: the first"],
  [[], null, "none at all"],
])("of a refusal for %j a person is told %p (%s)", (codes, told) => {
  expect(answered(422, errorWith(...codes), SINGLE)).toMatchObject({
    kind: "refused",
    failureCode: told && `conekta.errors.${told}`,
    failureMessage: told && `Un texto de ${told}.`,
  });
});

test("what is not told is not there: neither a page nor a time to wait", () => {
  const trace = { httpStatus: 200, logId: null };
  const waits = order([charge({ status: "pending_payment" })], { payment_status: "pending_payment" });
  expect(answered(200, waits, SINGLE)).toStrictEqual({
    ...{ kind: "pending", orderId: "ord_2tTUAiM5p5JbLGbDw", chargeId: "63f3ea0d88dc6c0019a3fe39" },
    trace: { ...trace, because: "status 200: the charge is pending, under review, or waits for the customer" },
  });
  expect(answered(429, conektaError("rate_limit"), SINGLE)).toStrictEqual({
    ...{ kind: "not_sent", unauthorized: false },
    trace: {
      httpStatus: 429,
      logId: "507f1f77bcf86cd799439011",
      because: "status 429 with Conekta's error body: too many calls, this one was not processed",
    },
  });
});

test.each<[asked: Asked, ofCharge: Record<string, unknown>, orderId: string | null, because: string]>([
  [ON_ORDER, { order_id: "ord_another" }, ON_ORDER.orderId, "the order that was charged"],
  [ON_ORDER, { order_id: null }, ON_ORDER.orderId, "the charge does not name it"],
  [SINGLE, {}, "ord_2tTUAiM5p5JbLGbDw", "the one that the charge names"],
  [SINGLE, { order_id: null }, null, "nobody names any: what has no order cannot be read again"],
])("a bare charge, asked for by %j, with %j, is of the order %p (%s)", (asked, ofCharge, orderId) => {
  const outcome = answered(200, charge(ofCharge), asked);
  expect(outcome).toMatchObject(
    orderId === null ? { kind: "unknown", orderId } : { kind: "paid", payment: { orderId } },
  );
});

test("a lost answer keeps the order that was charged", () => {
  expect(classify({ kind: "no-answer", status: 200, because: "cut off" }, ON_ORDER)).toEqual({
    kind: "unknown",
    orderId: ON_ORDER.orderId,
    trace: { httpStatus: 200, logId: null, because: "cut off" },
  });
});

test("what is unknown keeps it too, for the inquiry", () => {
  for (const [status, body, expected] of ON_ORDER_ROWS.filter((row) => row[2] === "unknown"))
    expect(answered(status, body, ON_ORDER)).toMatchObject({ kind: expected, orderId: ON_ORDER.orderId });
});

test("a call that was not sent is a fault, not an unauthorized one", () => {
  const outcome = classify({ kind: "not-sent", because: "refused" }, SINGLE);
  expect(wordsOf(outcome)).toBe("not_sent");
});

test("no trace repeats what came from outside", () => {
  const secret = "jorge@example.com 4242424242424242";
  const bodies = [
    conektaError(secret),
    conektaError("processing.bank.declined", order([declinedCharge(secret)], UNPAID)),
    order([charge({ status: secret })], { payment_status: secret }),
    secret,
  ];
  for (const status of [200, 400, 402, 422, 428, 429, 500])
    for (const body of bodies) expect(answered(status, body, SINGLE).trace.because).not.toMatch(/jorge|4242/);
});

test("the references of the samples differ", () => {
  expect(REFERENCE).not.toBe(OTHER_REFERENCE);
});

test.each([
  ["7", 7000],
  ["0", 0],
  [null, null],
  ["Wed, 21 Oct 2026 07:28:00 GMT", null],
  ["1234567890", null],
])("a gateway that asks to be left alone for %p is told as %p milliseconds", (retryAfter, retryAfterMs) => {
  const reply = {
    kind: "answered",
    status: 429,
    text: JSON.stringify(conektaError("rate_limit")),
    retryAfter,
  } as const;
  const outcome = classify(reply, { reference: "inv-1", amountCents: 500, flow: "single", orderId: null });
  expect(outcome.kind === "not_sent" ? (outcome.retryAfterMs ?? null) : outcome.kind).toBe(retryAfterMs);
});

test.each<[shown: object, orderId: string | null, kind: Outcome["kind"], because: string]>([
  [order([charge()], { id: "ord_x" }), "ord_asked", "paid", "a charge with our reference is ours, on whatever order"],
  [
    order([charge()], { metadata: { puntual_attempt: "inv_other-1" } }),
    null,
    "paid",
    "and whoever the order was made for",
  ],
  [order([charge({ reference_id: "inv_other-1" })], { id: "ord_x" }), "ord_asked", "unknown", "neither is ours"],
])("an answer that shows %j, asked for the order %p, is %s: %s", (shown, orderId, kind) => {
  const reply = { kind: "answered", status: 200, text: JSON.stringify(shown), retryAfter: null } as const;
  const asked = { reference: REFERENCE, amountCents: 20015, flow: "order_first", orderId } as const;
  expect(classify(reply, asked).kind).toBe(kind);
});
