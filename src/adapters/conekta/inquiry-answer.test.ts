/** What a read order shows of one attempt. A row: the order, the attempt's flow, what is seen, and why. */
import { describe, expect, test } from "@jest/globals";
import { charge, declinedCharge, order, OTHER_REFERENCE, REFERENCE } from "../../../test/gateway/samples.ts";
import type { InquiryAnswer } from "../../application/ports/gateway.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import { inquiryAnswerOf } from "./inquiry-answer.ts";
import { wire } from "./wire.ts";

type Row = readonly [shown: object, flow: ChargeFlow, expected: string, because: string];

const UNPAID = { payment_status: "declined" };
const OTHERS = { metadata: { puntual_attempt: OTHER_REFERENCE }, payment_status: "declined" };
const ANOTHER = { id: "2", reference_id: OTHER_REFERENCE };

// prettier-ignore
const ROWS: readonly Row[] = [
  [order([charge()]), "single", "paid 63f3ea0d88dc6c0019a3fe39", "our charge"],
  [order([charge(ANOTHER)], OTHERS), "order_first", "paid 2", "another charge of the invoice's order pays it too"],
  [order([charge(ANOTHER), charge()]), "order_first", "paid 63f3ea0d88dc6c0019a3fe39", "ours first, when both paid"],
  [order([declinedCharge("card_declined")]), "single", "paid null", "the order says paid: no charge is named that was not"],
  [order(null), "single", "paid null", "the order says paid"],
  [order([declinedCharge("card_declined")], UNPAID), "single", "declined retry_later 63f3ea0d88dc6c0019a3fe39", "our charge"],
  [order([declinedCharge("timeout")], UNPAID), "single", "declined try_again_soon 63f3ea0d88dc6c0019a3fe39", "the bank's silence is over: the charge is declined"],
  [order([declinedCharge("never_heard_of")], UNPAID), "single", "declined unrecognized 63f3ea0d88dc6c0019a3fe39", "an unknown code"],
  [order([declinedCharge("card_declined", ANOTHER)], OTHERS), "order_first", "absent", "an earlier attempt's decline settles nothing"],
  [order([declinedCharge("card_declined", ANOTHER), declinedCharge("insufficient_funds")], OTHERS), "order_first", "declined retry_later 63f3ea0d88dc6c0019a3fe39", "ours among earlier ones"],
  [order([declinedCharge("card_declined", { reference_id: null })], UNPAID), "single", "declined retry_later 63f3ea0d88dc6c0019a3fe39", "no echo of the reference, but the order was made for this attempt"],
  [order([declinedCharge("card_declined", { reference_id: null })], OTHERS), "order_first", "absent", "no echo, and the order was made for another attempt"],
  [order([declinedCharge("card_declined", { reference_id: null })], { ...UNPAID, metadata: {} }), "single", "absent", "no echo of anything: an inquiry does not guess"],
  [order([charge({ status: "pending_payment" })], { payment_status: "pending_payment" }), "single", "pending", "waits"],
  [order([declinedCharge("x", ANOTHER)], { ...OTHERS, next_action: { type: "redirect_to_url" } }), "order_first", "pending", "3DS of a later attempt on the order"],
  [order(null, { payment_status: "pending_payment" }), "single", "pending", "an order made with its charge"],
  [order(null, { payment_status: "pending_payment", next_action: { type: "redirect_to_url" } }), "single", "pending", "3DS: the customer has not acted yet"],
  [order(null, { payment_status: "canceled", next_action: { type: "redirect_to_url" } }), "single", "declined customer_action null", "3DS: it was cancelled before the customer acted, and still says how"],
  [order(null, { payment_status: "expired", next_action: { type: "redirect_to_url" } }), "order_first", "declined customer_action null, over", "3DS: or it expired"],
  [order([charge({ ...ANOTHER, status: "pending_payment" })], { ...OTHERS, payment_status: "expired", next_action: { type: "redirect_to_url" } }), "order_first", "unknown", "3DS: over, but another charge is not"],
  [order(null, { payment_status: "pending_payment" }), "order_first", "absent", "an order opened first may say so before any charge"],
  [order(null, { payment_status: null }), "order_first", "absent", "no charge yet"],
  [order(null, { payment_status: null }), "single", "absent", "no charge is shown, yet"],
  [order([charge({ status: "expired" })], { payment_status: "expired" }), "single", "declined customer_action 63f3ea0d88dc6c0019a3fe39", "the customer let it pass"],
  [order(null, { payment_status: "canceled" }), "single", "declined customer_action null", "cancelled before any charge"],
  [order([charge({ status: "expired" })], { payment_status: "expired" }), "order_first", "declined customer_action 63f3ea0d88dc6c0019a3fe39, over", "this order cannot be charged again"],
  [order([declinedCharge("insufficient_funds")], { payment_status: "canceled" }), "order_first", "declined retry_later 63f3ea0d88dc6c0019a3fe39, over", "declined first, and cancelled later"],
  [order([declinedCharge("x", ANOTHER)], { ...OTHERS, payment_status: "canceled" }), "order_first", "declined customer_action null, over", "over before this try began"],
  [order([charge({ status: "canceled" })], UNPAID), "order_first", "declined customer_action 63f3ea0d88dc6c0019a3fe39", "the charge is over, the order is not"],
  [order([charge({ status: "expired" }), charge({ ...ANOTHER, status: "pending_payment" })], { payment_status: "expired" }), "order_first", "declined customer_action 63f3ea0d88dc6c0019a3fe39", "another charge may still be paid"],
  [order([charge({ status: "refunded" })], { payment_status: "refunded" }), "single", "unknown", "money came and went: a person judges"],
  [order([charge({ ...ANOTHER, status: "refunded" })], OTHERS), "order_first", "unknown", "another charge's money came and went"],
  [order([charge({ ...ANOTHER, status: "pending_payment" })], OTHERS), "order_first", "unknown", "another charge is not over: never absent"],
  [order([charge({ status: "brand_new" })], UNPAID), "single", "unknown", "an unknown status"],
  [order(null, { payment_status: "declined" }), "single", "unknown", "declined, but no charge to show for it"],
  [order(null, { ...OTHERS, charges: { object: "list", has_more: true, data: [declinedCharge("x", ANOTHER)] } }), "order_first", "unknown", "not all charges are shown: never absent"],
  [order([declinedCharge("card_declined")], { payment_status: "canceled", charges: { object: "list", has_more: true, data: [declinedCharge("card_declined")] } }), "order_first", "declined retry_later 63f3ea0d88dc6c0019a3fe39", "not all charges are shown, and one may be paid: never over"],
  [order(null, { ...OTHERS, payment_status: "canceled", charges: { object: "list", has_more: true, data: [declinedCharge("x", ANOTHER)] } }), "order_first", "unknown", "nor does its status end a try whose charge may be on the next page"],
];

function wordsOf(inquiryAnswer: InquiryAnswer): string {
  if (inquiryAnswer.kind === "paid") return `paid ${inquiryAnswer.payment.chargeId}`;
  if (inquiryAnswer.kind === "declined")
    return `declined ${inquiryAnswer.decline.declineClass} ${inquiryAnswer.chargeId}${inquiryAnswer.orderIsOver ? ", over" : ""}`;
  return inquiryAnswer.kind;
}

test.each<[status: string, kind: string, because: RegExp]>([
  ["refunded", "unknown", /shows the status refunded/],
  ["partially_refunded", "unknown", /shows the status partially_refunded/],
  ["charged_back", "unknown", /shows the status charged_back/],
  ["reversed", "unknown", /shows the status reversed/],
  ["fraudulent", "unknown", /shows the status fraudulent/],
  ["pre_authorized", "unknown", /shows the status pre_authorized/],
  ["brand_new", "unknown", /the charge has the status brand_new/],
  ["pending_payment", "pending", /waits/],
  ["pending_confirmation", "pending", /waits/],
  ["under_fraud_review", "pending", /waits/],
  ["expired", "declined", /without payment \(expired\)/],
  ["canceled", "declined", /without payment \(canceled\)/],
  ["voided", "declined", /without payment \(voided\)/],
])("a charge that is %s is %s", (status, kind, because) => {
  const read = wire.order.parse(order([charge({ status })], UNPAID));
  const answer = inquiryAnswerOf(read, { reference: REFERENCE, flow: "single", amountCents: 20015, isAnswer: false });
  expect([answer.kind, answer.trace.because]).toEqual([kind, expect.stringMatching(because)]);
});

test.each<[status: string, isNamed: boolean, because: string]>([
  ["declined", true, "it is the card that was declined, whichever the books know"],
  ["canceled", true, "so it is where nobody answered the bank: the default had changed, untold"],
  ["pending_payment", false, "it may be asked of another yet"],
])("a charge that is %s names its card: %p (%s)", (status, isNamed) => {
  const read = wire.order.parse(order([charge({ status })], UNPAID));
  const answer = inquiryAnswerOf(read, { reference: REFERENCE, flow: "single", amountCents: 20015, isAnswer: false });
  const [shown] = read.charges;
  expect([answer.kind === "declined" && answer.card, typeof shown?.cardLast4]).toEqual([
    isNamed ? { brand: shown?.cardBrand, last4: shown?.cardLast4 } : false,
    "string",
  ]);
});

const OPEN = { status: "Issued", url: "https://pay.conekta.com/checkout/1", expires_at: 1677900000 };
const EXPIRED = { ...OPEN, status: "Expired" };
const ON_PAGE = { id: "9", reference_id: null };

function page(charges: object[] | null, change: Record<string, unknown> = {}) {
  return order(charges, { payment_status: null, checkout: OPEN, ...change });
}

// prettier-ignore
const PAGE_ROWS: readonly (readonly [shown: object, expected: string, because: string])[] = [
  [page(null), "pending null, until 2023-03-04T03:20:00.000Z", "no visitor yet"],
  [page(null, { payment_status: "pending_payment" }), "pending null, until 2023-03-04T03:20:00.000Z", "the order may say so from the start"],
  [page([charge({ ...ON_PAGE, status: "pending_payment" })], { payment_status: "pending_payment" }), "pending 9, until 2023-03-04T03:20:00.000Z", "a reference for cash is out"],
  [page([declinedCharge("card_declined", ON_PAGE)], { payment_status: "declined" }), "pending null, until 2023-03-04T03:20:00.000Z", "a card was declined on the page: the page is open"],
  [page([charge(ON_PAGE)], { payment_status: "paid" }), "paid 9", "paid"],
  [page([declinedCharge("card_declined", ON_PAGE), charge({ ...ON_PAGE, id: "10" })], { payment_status: "declined" }), "paid 10", "the order's status is stale"],
  [page(null, { payment_status: "paid" }), "paid null", "the order says paid"],
  [page([charge(ON_PAGE)], { payment_status: "canceled", checkout: { ...OPEN, status: "Cancelled" } }), "paid 9", "paid too late is paid"],
  [page([charge(ON_PAGE)], { metadata: {} }), "paid 9", "money first, whatever the order calls itself"],
  [page(null, { payment_status: "expired", checkout: EXPIRED }), "lapsed", "not paid in time"],
  [page(null, { checkout: EXPIRED }), "lapsed", "the page says so, the order nothing"],
  [page(null, { payment_status: "canceled" }), "lapsed", "the order says so, the page not yet"],
  [page(null, { checkout: { ...OPEN, status: "canceled" } }), "lapsed", "the other spelling"],
  [page([declinedCharge("card_declined", ON_PAGE)], { payment_status: "expired", checkout: EXPIRED }), "lapsed", "declined, and then let pass"],
  [page([charge({ ...ON_PAGE, status: "expired" })], { payment_status: "expired", checkout: EXPIRED }), "lapsed", "the reference was not paid"],
  [page([charge({ ...ON_PAGE, status: "pending_payment" })], { payment_status: "expired", checkout: EXPIRED }), "pending 9, until 2023-03-04T03:20:00.000Z", "the page is over, its cash may still come"],
  [page(null, { checkout: { ...OPEN, expires_at: 946_684_801 } }), "pending null, until 2000-01-01T00:00:01.000Z", "past its time by a clock: only the gateway's word ends it"],
  [page(null, { checkout: { ...OPEN, status: "Finalized" } }), "pending null, until 2023-03-04T03:20:00.000Z", "done, says the page; the read lags"],
  [page(null, { checkout: { ...OPEN, url: "javascript:alert(1)" } }), "pending null", "no address that a customer may be sent to"],
  [page(null, { checkout: { ...OPEN, expires_at: "soon" } }), "pending null", "an odd side fact"],
  [page(null, { checkout: "odd" }), "pending null", "a page that cannot be read is a page"],
  [page([charge({ ...ON_PAGE, status: "refunded" })], { payment_status: "refunded" }), "unknown", "money came and went: a person judges"],
  [page([charge({ ...ON_PAGE, status: "brand_new" })]), "unknown", "an unknown status"],
  [page(null, { payment_status: "expired", charges: { object: "list", has_more: true, data: [] } }), "unknown", "not all charges are shown: never lapsed"],
  [page(null, { metadata: { puntual_attempt: OTHER_REFERENCE } }), "absent", "another attempt's page"],
];

function toldOfPage(inquiryAnswer: InquiryAnswer): string {
  if (inquiryAnswer.kind !== "pending") return wordsOf(inquiryAnswer);
  const until = inquiryAnswer.link === undefined ? "" : `, until ${inquiryAnswer.link.expiresAt.toISOString()}`;
  return `pending ${inquiryAnswer.chargeId}${until}`;
}

describe("an inquiry about a payment link", () => {
  test.each(PAGE_ROWS)("%j sees %s: %s", (shown, expected) => {
    const seen = wire.order.parse(shown);
    for (const flow of ["single", "order_first"] as const)
      expect(
        toldOfPage(inquiryAnswerOf(seen, { reference: REFERENCE, flow, amountCents: 20015, isAnswer: false })),
      ).toBe(expected);
  });

  // prettier-ignore
  test.each<readonly [shown: object, expected: string, because: string]>([
    [page(null, { checkout: undefined }), "pending null", "made with a page, so it waits; never absent"],
    [page(null, { checkout: null, payment_status: "pending_payment" }), "pending null", "it may be paid"],
    [page(null, { checkout: null, payment_status: "expired" }), "lapsed", "no card said no"],
    [page(null, { checkout: null, payment_status: "canceled" }), "lapsed", "it was closed"],
    [page([declinedCharge("insufficient_funds", ON_PAGE)], { checkout: null }), "pending null", "a card that is declined ends no page"],
    [page([charge(ON_PAGE)], { checkout: null }), "paid 9", "money comes first"],
    [page(null, { checkout: null, metadata: { puntual_attempt: OTHER_REFERENCE } }), "absent", "another attempt's order"],
  ])("that lacks the page, as the order of one is known: %j is %s: %s", (shown, expected) => {
    const seen = wire.order.parse(shown);
    const sought = { reference: REFERENCE, flow: "link", amountCents: 20015, isAnswer: false } as const;
    expect(toldOfPage(inquiryAnswerOf(seen, sought))).toBe(expected);
  });

  test.each([
    ["card_payment", "card"],
    ["cash_payment", "cash"],
    ["bank_transfer_payment", "bank_transfer"],
    ["bnpl_payment", null],
  ])("reads %s as %s", (object, paymentMethod) => {
    const seen = wire.order.parse(page([charge({ ...ON_PAGE, payment_method: { object, auth_code: 542563 } })]));
    const inquiryAnswer = inquiryAnswerOf(seen, {
      reference: REFERENCE,
      flow: "single",
      amountCents: 20015,
      isAnswer: false,
    });
    expect(inquiryAnswer).toMatchObject({ kind: "paid", payment: { paymentMethod } });
  });

  test("reports the amount that differs from what was asked, order's or charge's", () => {
    const seen = wire.order.parse(page([charge(ON_PAGE)], { amount: 20016 }));
    for (const [asked, shown] of [
      [20015, 20016],
      [20016, 20015],
    ] as const)
      expect(
        inquiryAnswerOf(seen, { reference: REFERENCE, flow: "single", amountCents: asked, isAnswer: false }),
      ).toMatchObject({ payment: { amountCents: shown } });
  });
});

describe("an inquiry", () => {
  test.each(ROWS)("at %j (%s) sees %s: %s", (shown, flow, expected) => {
    const seen = wire.order.parse(shown);
    expect(wordsOf(inquiryAnswerOf(seen, { reference: REFERENCE, flow, amountCents: null, isAnswer: false }))).toBe(
      expected,
    );
  });
});

test("a charge that expired is no answer of a bank; what is not shown is not there", () => {
  const sought = { reference: REFERENCE, flow: "single", amountCents: null, isAnswer: false } as const;
  const trace = { httpStatus: 200, logId: null };
  const of = { orderId: "ord_2tTUAiM5p5JbLGbDw", chargeId: "63f3ea0d88dc6c0019a3fe39" };
  expect(inquiryAnswerOf(wire.order.parse(order([charge({ status: "expired" })], UNPAID)), sought)).toStrictEqual({
    ...{ kind: "declined", ...of },
    decline: { declineClass: "customer_action", failureCode: "expired", failureMessage: null, isUnanswered: true },
    card: { brand: "visa", last4: "4242" },
    trace: { ...trace, because: "the order was read, and ended without payment (expired)" },
  });
  expect(
    inquiryAnswerOf(wire.order.parse(order([charge({ status: "pending_payment" })], UNPAID)), sought),
  ).toStrictEqual({
    ...{ kind: "pending", ...of },
    trace: { ...trace, because: "the order was read, and waits" },
  });
  const declined = wire.order.parse(order([declinedCharge(null)], UNPAID));
  expect(inquiryAnswerOf(declined, sought)).toMatchObject({
    decline: { declineClass: "unrecognized", failureCode: null },
  });
});
