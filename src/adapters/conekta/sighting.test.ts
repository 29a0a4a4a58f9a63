/** What a look at an order says of one attempt. A row: the order, the attempt's flow, what is seen, and why. */
import { describe, expect, test } from "@jest/globals";
import { charge, declinedCharge, order, OTHER_REFERENCE, REFERENCE } from "../../../test/gateway/samples.ts";
import type { Sighting } from "../../application/ports.ts";
import type { ChargeFlow } from "../../domain/attempt.ts";
import { sightingOf } from "./sighting.ts";
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
  [order([declinedCharge("never_heard_of")], UNPAID), "single", "declined unrecognized 63f3ea0d88dc6c0019a3fe39", "a code nobody knows"],
  [order([declinedCharge("card_declined", ANOTHER)], OTHERS), "order_first", "absent", "an earlier attempt's decline settles nothing"],
  [order([declinedCharge("card_declined", ANOTHER), declinedCharge("insufficient_funds")], OTHERS), "order_first", "declined retry_later 63f3ea0d88dc6c0019a3fe39", "ours among earlier ones"],
  [order([declinedCharge("card_declined", { reference_id: null })], UNPAID), "single", "declined retry_later 63f3ea0d88dc6c0019a3fe39", "no echo of the reference, but the order was made for this attempt"],
  [order([declinedCharge("card_declined", { reference_id: null })], OTHERS), "order_first", "absent", "no echo, and the order was made for another attempt"],
  [order([declinedCharge("card_declined", { reference_id: null })], { ...UNPAID, metadata: {} }), "single", "absent", "no echo of anything: a look does not guess"],
  [order([charge({ status: "pending_payment" })], { payment_status: "pending_payment" }), "single", "pending", "waits"],
  [order([declinedCharge("x", ANOTHER)], { ...OTHERS, next_action: { type: "redirect_to_url" } }), "order_first", "pending", "3DS of a later attempt on the order"],
  [order(null, { payment_status: "pending_payment" }), "single", "pending", "an order made with its charge"],
  [order(null, { payment_status: "pending_payment" }), "order_first", "absent", "an order opened first may say so before any charge"],
  [order(null, { payment_status: null }), "order_first", "absent", "no charge yet"],
  [order(null, { payment_status: null }), "single", "absent", "no charge is shown, yet"],
  [order([charge({ status: "expired" })], { payment_status: "expired" }), "single", "declined customer_action 63f3ea0d88dc6c0019a3fe39", "the customer let it pass"],
  [order(null, { payment_status: "canceled" }), "single", "declined customer_action null", "cancelled before any charge"],
  [order([charge({ status: "refunded" })], { payment_status: "refunded" }), "single", "unknown", "money came and went: a person judges"],
  [order([charge({ ...ANOTHER, status: "refunded" })], OTHERS), "order_first", "unknown", "another charge's money came and went"],
  [order([charge({ ...ANOTHER, status: "pending_payment" })], OTHERS), "order_first", "unknown", "another charge is not over: never absent"],
  [order([charge({ status: "brand_new" })], UNPAID), "single", "unknown", "a status nobody knows"],
  [order(null, { payment_status: "declined" }), "single", "unknown", "declined, but no charge to show for it"],
  [order(null, { ...OTHERS, charges: { object: "list", has_more: true, data: [declinedCharge("x", ANOTHER)] } }), "order_first", "unknown", "not all charges are shown: never absent"],
];

function told(sighting: Sighting): string {
  if (sighting.kind === "paid") return `paid ${sighting.payment.chargeId}`;
  if (sighting.kind === "declined") return `declined ${sighting.decline.declineClass} ${sighting.chargeId}`;
  return sighting.kind;
}

describe("a look", () => {
  test.each(ROWS)("at %j (%s) sees %s: %s", (shown, flow, expected) => {
    const seen = wire.order.parse(shown);
    expect(told(sightingOf(seen, { reference: REFERENCE, flow, amountCents: null, isAnswer: false }))).toBe(expected);
  });
});
