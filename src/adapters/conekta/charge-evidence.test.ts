/**
 * What an order shows of one attempt, where charges, references and statuses disagree. A row: the order, how it was
 * made, whether it is the answer to our call, what is seen, and why. classify.test.ts and inquiry-answer.test.ts hold
 * what becomes of it.
 */
import { expect, test } from "@jest/globals";
import { charge, order, OTHER_REFERENCE, REFERENCE } from "../../../test/gateway/samples.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import { evidenceOf, type ChargeEvidence } from "./charge-evidence.ts";
import { wire } from "./wire.ts";

type Row = readonly [shown: object, flow: ChargeFlow, by: "answer" | "read", sees: string, because: string];

const UNPAID = { payment_status: "declined" };
const WAITS = { payment_status: "pending_payment" };
const OTHERS = { metadata: { puntual_attempt: OTHER_REFERENCE } };
const NOBODYS = { metadata: {} };
const PAGE = { checkout: { status: "Issued", url: "https://pay.conekta.com/1", expires_at: 1677900000 } };

const named = (id: string, status: string) => charge({ id, status });
const others = (id: string, status: string) => charge({ id, status, reference_id: OTHER_REFERENCE });
const unnamed = (id: string, status: string) => charge({ id, status, reference_id: null });

// prettier-ignore
const ROWS: readonly Row[] = [
  // Money.
  [order([others("1", "paid"), others("2", "paid")]), "order_first", "read", "paid 1", "another's pays too; of two the first is named"],
  [order([others("1", "paid"), named("2", "pending_payment"), named("3", "paid")]), "order_first", "read", "paid 3", "ours that paid, whatever else carries our reference"],
  [order([named("1", "paid"), named("2", "paid")]), "single", "read", "paid 1", "of two of ours the first"],
  [order([named("1", "pending_payment")]), "single", "read", "paid 1", "the order says paid, and our charge does not say no"],
  [order([named("1", "declined")]), "single", "read", "paid null", "a charge that was declined did not pay"],

  // Money that came and went.
  [order(null, { payment_status: "refunded" }), "single", "read", "unclear: the order shows the status refunded", "the order says so alone"],
  [order([named("1", "charged_back")], { payment_status: "refunded" }), "single", "read", "unclear: the order shows the status refunded", "the order's own word first"],
  [order([named("1", "charged_back")], { payment_status: null }), "single", "read", "unclear: the order shows the status charged_back", "the charge says so alone"],

  // Which charge is ours.
  [order([named("1", "declined"), named("2", "pending_payment")], UNPAID), "single", "read", "pending 2", "of two with our reference the one that may still be paid"],
  [order([named("1", "pending_payment"), named("2", "under_fraud_review")], UNPAID), "single", "read", "pending 1", "of two that may be, the first"],
  [order([named("1", "declined"), named("2", "expired")], UNPAID), "single", "read", "declined 1", "of two that are over, the first"],
  [order([unnamed("1", "declined"), unnamed("2", "declined")], UNPAID), "single", "read", "nothing", "two without a reference: neither is known to be ours"],
  [order([unnamed("1", "declined")], UNPAID), "single", "read", "declined 1", "the only one, of an order that was made for this attempt"],
  [order([unnamed("1", "declined")], { ...UNPAID, ...NOBODYS }), "single", "answer", "declined 1", "nothing is echoed: what answers our call is ours"],
  [order([unnamed("1", "declined")], { ...UNPAID, ...NOBODYS }), "single", "read", "nothing", "nothing is echoed: what is only read may be anybody's"],
  [order([unnamed("1", "declined")], { ...UNPAID, ...OTHERS }), "single", "answer", "nothing", "it names another attempt"],

  // Without a charge of ours.
  [order([others("1", "expired")], { ...UNPAID, ...OTHERS }), "order_first", "read", "nothing", "another's charge that is over keeps nobody waiting"],
  [order([others("1", "pending_payment")], { ...UNPAID, ...OTHERS }), "order_first", "read", "unclear: another charge of the order is not over", "it may still be paid"],
  [order([others("1", "declined")], { payment_status: "expired", ...OTHERS }), "order_first", "read", "ended null expired", "an order that is over is over for every try on it"],
  [order([others("1", "declined")], { payment_status: "expired", ...OTHERS }), "order_first", "answer", "nothing", "the answer to our own call is not about an earlier end"],
  [order([others("1", "declined")], { payment_status: "expired", ...OTHERS }), "single", "read", "nothing", "each try has an order of its own: that one is another's"],
  [order(null, { payment_status: "expired" }), "single", "answer", "ended null expired", "made for this attempt, and over"],
  [order(null, WAITS), "single", "answer", "pending null", "made with its charge, so that one waits"],
  [order(null, { ...WAITS, ...NOBODYS }), "single", "answer", "pending null", "nothing is echoed: what answers our call is ours"],
  [order(null, { ...WAITS, ...NOBODYS }), "single", "read", "nothing", "nothing is echoed, and it is only read"],
  [order(null, { ...WAITS, ...OTHERS }), "single", "answer", "nothing", "it names another attempt"],
  [order(null, WAITS), "order_first", "answer", "nothing", "an order that is opened first waits before anything is charged"],
  [order([others("1", "declined")], WAITS), "single", "answer", "nothing", "what waits is another's"],
  [order(null, { payment_status: null }), "single", "answer", "nothing", "no word of anything"],
  [order(null, UNPAID), "single", "answer", "unclear: the order has no charge and the status declined", "declined, and nothing to show for it"],

  // On a page.
  [order([others("1", "brand_new"), others("2", "brand_old")], { ...WAITS, ...PAGE }), "single", "read", "unclear: a charge of the page has the status brand_new", "the first that nobody knows"],
  [order([others("1", "pending_payment"), others("2", "pending_payment")], { ...WAITS, ...PAGE }), "single", "read", "pending 1", "the first that may be paid"],
  [order(null, { ...WAITS, checkout: { ...PAGE.checkout, status: "Cancelled" } }), "single", "read", "lapsed", "closed, in one spelling"],
  [order(null, { ...WAITS, checkout: { ...PAGE.checkout, status: "canceled" } }), "single", "read", "lapsed", "and in the other"],
  [order(null, { ...WAITS, ...PAGE, ...NOBODYS }), "single", "answer", "pending null", "nothing is echoed: what answers our call is ours"],
  [order(null, { ...WAITS, ...PAGE, ...NOBODYS }), "single", "read", "nothing", "nothing is echoed, and it is only read"],
  [order(null, { ...WAITS, ...PAGE, ...OTHERS }), "single", "answer", "nothing", "it names another attempt"],
];

function wordsOf(evidence: ChargeEvidence): string {
  switch (evidence.shows) {
    case "paid":
      return `paid ${evidence.payment.chargeId}`;
    case "declined":
      return `declined ${evidence.charge.id}`;
    case "pending":
      return `pending ${evidence.chargeId}`;
    case "ended":
      return `ended ${evidence.charge?.id ?? null} ${evidence.status}`;
    case "unclear":
      return `unclear: ${evidence.because}`;
    case "lapsed":
    case "nothing":
      return evidence.shows;
    default:
      return evidence satisfies never;
  }
}

test.each(ROWS)("%j (%s, by %s) shows %s: %s", (shown, flow, by, sees) => {
  const sought = { reference: REFERENCE, flow, amountCents: 20015, isAnswer: by === "answer" };
  expect(wordsOf(evidenceOf(wire.order.parse(shown), sought))).toBe(sees);
});

test.each<[ofCharge: Record<string, unknown>, ofOrder: Record<string, unknown>, paid: object, because: string]>([
  [{}, {}, { currency: "MXN", livemode: false, customerId: "cus_2tTU5GdkwZvBmS3fN" }, "both say the same"],
  [{ currency: "USD" }, {}, { currency: "USD" }, "the money that moved is the charge's"],
  [{ livemode: true }, {}, { livemode: true }, "so is its mode"],
  [{ livemode: null }, { livemode: true }, { livemode: true }, "a charge that does not tell has its order's"],
  [{ customer_id: "cus_2" }, {}, { customerId: "cus_2tTU5GdkwZvBmS3fN" }, "the order names who owes"],
  [{ customer_id: "cus_2" }, { customer_info: null }, { customerId: "cus_2" }, "an order that names nobody"],
])("of a charge with %j on an order with %j %j is compared with the intent (%s)", (ofCharge, ofOrder, paid) => {
  const sought = { reference: REFERENCE, flow: "single", amountCents: 20015, isAnswer: true } as const;
  const evidence = evidenceOf(wire.order.parse(order([charge(ofCharge)], ofOrder)), sought);
  expect(evidence).toMatchObject({ shows: "paid", payment: paid });
});
