import { expect, test } from "@jest/globals";
import { charge, order, OTHER_REFERENCE, REFERENCE } from "../../../test/gateway/samples.ts";
import { listedOrder } from "./list-orders.ts";

const OURS = {
  puntual_installation: "ins_1",
  puntual_subscription: "jorge-oro",
  puntual_invoice: "inv_1",
  puntual_cycle: "3",
  puntual_attempt: REFERENCE,
};

// prettier-ignore
test.each<[listed: unknown, references: readonly string[] | null, seen: string | null, because: string]>([
  [order([charge()], { metadata: OURS }), [REFERENCE], "paid", "ours, paid"],
  [order([charge({ reference_id: OTHER_REFERENCE })], { metadata: OURS }), [REFERENCE, OTHER_REFERENCE], "paid", "the try it was made for, and the one that paid"],
  [order(null, { metadata: OURS, amount: "a lot" }), [REFERENCE], "unknown", "ours, and it cannot be read: never absent"],
  [order(null, { metadata: {}, amount: "a lot" }), [], "unknown", "nobody says whose it is, and it cannot be read"],
  [order(null, { id: "" }), null, null, "without an id nothing can be said of it"],
  ["odd", null, null, "no order at all"],
])("%j names %j, and shows %p (%s)", (listed, references, seen) => {
  const found = listedOrder(listed, "single");
  expect(found?.references ?? null).toEqual(references);
  expect(found?.inquiryAnswerOf(REFERENCE).kind ?? null).toBe(seen);
});

test.each<[cycle: unknown, read: number | null, because: string]>([
  ["3", 3, "as we write it"],
  [3, 3, "as a number"],
  ["0", 0, "the first"],
  [0, 0, "the first, as a number"],
  [-1, null, "no cycle"],
  ["3.5", null, "no cycle"],
  ["1234567890", null, "no cycle that anybody was billed for"],
])("the cycle %j is read as %p (%s)", (cycle, read) => {
  expect(listedOrder(order(null, { metadata: { ...OURS, puntual_cycle: cycle } }), "single")).toMatchObject({
    ...{ installationId: "ins_1", subscriptionId: "jorge-oro", invoiceId: "inv_1", cycle: read },
  });
});

// prettier-ignore
test.each<[status: string, orderShows: Record<string, unknown>, disputed: string | null, backCents: number, because: string]>([
  ["paid", {}, null, 0, "nothing went back"],
  ["charged_back", {}, "charged_back", 0, "the bank took it, and Conekta shows no more"],
  ["reversed", {}, "reversed", 0, "it is gone, and nobody says why"],
  ["fraudulent", {}, "fraudulent", 0, "it may be gone"],
  ["reversed", { amount_refunded: 20015 }, "reversed", 20015, "it says what it sees; whether a refund explains it, the books know"],
  ["reversed", { amount_refunded: 5000 }, "reversed", 5000, "the rest went another way"],
  ["paid", { payment_status: "reversed" }, "reversed", 0, "the order says so, and its charge does not"],
  ["paid", { payment_status: "charged_back" }, "charged_back", 0, "the same"],
  ["refunded", { payment_status: "refunded" }, null, 20015, "the whole, whether its sum is told or not"],
  ["refunded", { payment_status: "refunded", amount_refunded: 0 }, null, 20015, "a sum that lags"],
  ["partially_refunded", { payment_status: "partially_refunded", amount_refunded: 5000 }, null, 5000, "as it says"],
])("a charge that is %s, on an order that shows %j: disputed as %p, %p cents went back (%s)", (status, shown, disputed, backCents) => {
  const found = listedOrder(order([charge({ status })], { metadata: OURS, ...shown }), "single");
  expect(found?.disputes.map((each) => each.status)).toEqual(disputed === null ? [] : [disputed]);
  expect(found?.refundedCents).toBe(backCents);
  expect([...(found?.refundedCharges.values() ?? [])]).toEqual(status === "refunded" ? [20015] : []);
});

test("of two charges of an order only the one that paid is taken for reversed", () => {
  const charges = [charge({ id: "1", status: "declined" }), charge({ id: "2" })];
  const found = listedOrder(order(charges, { metadata: OURS, payment_status: "reversed" }), "single");
  expect(found?.disputes.map(({ chargeId }) => chargeId)).toEqual(["2"]);
});
