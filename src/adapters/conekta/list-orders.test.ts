import { describe, expect, test } from "@jest/globals";
import { charge, order, OTHER_REFERENCE, REFERENCE } from "../../../test/gateway/samples.ts";
import type { ListedOrder } from "../../application/ports/reconcile.ts";
import type { Caller } from "./api-client.ts";
import { conektaOrderLister, listedOrder } from "./list-orders.ts";
import { conektaOrderReader } from "./read-order.ts";

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

test("what we wrote on an order is read of one that cannot be read, too; so is when it was made", () => {
  const made = { installationId: "ins_1", subscriptionId: "jorge-oro", invoiceId: "inv_1", cycle: 3, oneOffKey: null };
  const createdAt = new Date(1677803708_000);
  for (const amount of [20015, "a lot"])
    expect(listedOrder(order(null, { metadata: OURS, amount }), "single")).toMatchObject({ ...made, createdAt });
  expect(listedOrder(order(null, { id: "o", metadata: { puntual_one_off: "alta-7" } }), "single")).toMatchObject({
    ...{ orderId: "o", installationId: null, subscriptionId: null, invoiceId: null, cycle: null, oneOffKey: "alta-7" },
    references: [],
  });
});

test("an order that cannot be read shows nothing certain, and looks like none that is empty", () => {
  const found = listedOrder(order([charge()], { metadata: OURS, amount: "a lot" }), "single");
  expect(found).toMatchObject({
    shown: null,
    refundedCents: null,
    movedPayment: null,
    disputes: [],
    paidChargeIds: [],
  });
  const because = "the list shows an order of this attempt that cannot be read";
  expect(found?.inquiryAnswerOf(REFERENCE)).toEqual({
    ...{ kind: "unknown", orderId: null },
    trace: { httpStatus: 200, logId: null, because },
  });
});

// prettier-ignore
test.each<[statuses: readonly string[], ofOrder: string | null, givenBack: string | null, moved: string | null, paid: readonly string[], because: string]>([
  [["paid"], "paid", null, null, ["1"], "it was paid, and no more"],
  [["declined", "paid"], "paid", null, null, ["2"], "only the one that paid"],
  [["paid"], "partially_refunded", "partially_refunded", null, ["1"], "the order says so, and names no charge"],
  [["refunded", "reversed"], "paid", "refunded", "1", [], "the first of its charges"],
  [["declined", "refunded"], null, "refunded", "2", [], "the one whose money moved"],
  [["refunded"], "charged_back", "charged_back", "1", [], "the order's own word first"],
  [["refunded"], "refunded", "refunded", "1", [], "given back"],
  [["partially_refunded"], "paid", "partially_refunded", "1", [], "in part"],
  [["charged_back"], "paid", "charged_back", "1", [], "by the bank"],
  [["reversed"], "paid", "reversed", "1", [], "nobody says why"],
  [["fraudulent"], "paid", "fraudulent", "1", [], "or held"],
  [["pre_authorized"], "paid", null, null, [], "held, and not given back"],
  [["expired"], "expired", null, null, [], "nothing ever came"],
])("charges that are %j on an order that is %p: given back as %p, of the charge %p; %j are paid (%s)", (statuses, ofOrder, givenBack, moved, paid) => {
  const charges = statuses.map((status, at) => charge({ id: String(at + 1), status }));
  const found = listedOrder(order(charges, { metadata: OURS, payment_status: ofOrder }), "single");
  expect(found?.givenBack).toBe(givenBack);
  expect(found?.movedPayment === null).toBe(moved === null);
  expect(found?.movedPayment?.chargeId ?? null).toBe(moved);
  expect(found?.paidChargeIds).toEqual(paid);
});

// prettier-ignore
test.each<[refunded: readonly number[], told: number | null, cents: number | null, because: string]>([
  [[], null, null, "nobody tells"],
  [[], 700, 700, "as it tells"],
  [[20015], null, 20015, "a whole charge went back, and its sum is not told"],
  [[20015], 700, 20015, "the sum lags"],
  [[20015], 20715, 20715, "of another charge went back, too"],
  [[20015, 500], 0, 20515, "two whole charges"],
])("of charges of %j cents that were given back whole, and a sum of %p, %p cents went back (%s)", (refunded, told, cents) => {
  const charges = refunded.map((amount, at) => charge({ id: String(at), amount, status: "refunded" }));
  const found = listedOrder(order([...charges, charge({ id: "9" })], { metadata: OURS, amount_refunded: told }), "single");
  expect(found?.refundedCents).toBe(cents);
});

const CHARGEBACK = {
  id: "chbk_1",
  status: "under_review",
  reason: "fraud",
  evidence_due_by: 1795000000,
  created_at: 1794000000,
};
const SEEN = {
  ...{ gatewayDisputeId: "chbk_1", status: "under_review", reason: "fraud" },
  ...{ evidenceDueBy: new Date(1795000000_000), disputedAt: new Date(1794000000_000) },
};
const UNTOLD = { gatewayDisputeId: null, reason: null, evidenceDueBy: null, disputedAt: null };

// prettier-ignore
test.each<[ofCharge: Record<string, unknown>, ofOrder: Record<string, unknown>, seen: object | null, because: string]>([
  [{ chargeback: CHARGEBACK }, {}, SEEN, "the object alone: the money may still be there"],
  [{ chargeback: CHARGEBACK, status: "charged_back" }, {}, SEEN, "the object knows more than the status"],
  [{ chargeback: { ...CHARGEBACK, status: null }, status: "charged_back" }, {}, { ...SEEN, status: "charged_back" }, "it tells no status: the charge's"],
  [{ chargeback: "odd" }, {}, { ...UNTOLD, status: "unknown" }, "there is one, and nobody says what of it"],
  [{ status: "reversed" }, {}, { ...UNTOLD, status: "reversed" }, "the status alone"],
  [{}, {}, null, "none"],
])("a charge with %j on an order with %j is disputed as %j (%s)", (ofCharge, ofOrder, seen) => {
  const found = listedOrder(order([charge(ofCharge)], { metadata: OURS, ...ofOrder }), "single");
  const of = { chargeId: "63f3ea0d88dc6c0019a3fe39", amountCents: 20015, currency: "MXN" };
  expect(found?.disputes).toEqual(seen === null ? [] : [{ ...of, ...seen }]);
});

test("what the order says was taken back is said of no charge where another of them says it itself", () => {
  const charges = [charge({ id: "1" }), charge({ id: "2", status: "reversed" })];
  const found = listedOrder(order(charges, { metadata: OURS, payment_status: "reversed" }), "single");
  expect(found?.disputes.map(({ chargeId }) => chargeId)).toEqual(["2"]);
});

/** Each call is answered with the same. */
function callerOf(body: object) {
  const paths: string[] = [];
  const caller: Caller = {
    call: async ({ path }, _operation, schema) => {
      paths.push(path);
      return schema.parse(body);
    },
  };
  return { caller, paths };
}

test("a list leaves out what has not even an id, and nothing else", async () => {
  const data = [
    order([charge()], { id: "ord_1", metadata: OURS }),
    { id: "" },
    order(null, { id: "ord_2", amount: "a lot" }),
  ];
  const { caller } = callerOf({ object: "list", has_more: false, data });
  const window = { from: new Date(0), to: new Date(1000) };
  const listed: ListedOrder[] = [];
  for await (const each of conektaOrderLister(caller, { flow: "single" }).listOrders(window)) listed.push(each);
  expect(listed.map(({ orderId }) => orderId)).toEqual(["ord_1", "ord_2"]);
  expect(listed[0]?.shown).toEqual({
    amountCents: 20015,
    currency: "MXN",
    customerId: "cus_2tTU5GdkwZvBmS3fN",
    status: "paid",
  });
});

describe("an order that is read for whatever attempts it names", () => {
  test("names them, and whose it is", async () => {
    const charges = [charge({ id: "1", reference_id: null }), charge({ id: "2", reference_id: OTHER_REFERENCE })];
    const { caller, paths } = callerOf(order(charges, { metadata: OURS }));
    const seen = await conektaOrderReader(caller, { flow: "single" }).readOrder("ord 1");
    expect(paths).toEqual(["/orders/ord%201"]);
    expect(seen).toMatchObject({ installationId: "ins_1", references: [REFERENCE, OTHER_REFERENCE] });
    expect(seen.chargeReferences).toEqual(
      new Map([
        ["1", null],
        ["2", OTHER_REFERENCE],
      ]),
    );
  });

  test("shows each by the way it was made, and is not the answer to its call", async () => {
    const waits = { payment_status: "pending_payment" };
    const { caller } = callerOf(order(null, { ...waits, metadata: OURS }));
    const seen = await conektaOrderReader(caller, { flow: "order_first" }).readOrder("ord_1");
    expect(seen.inquiryAnswerOf(REFERENCE).kind).toBe("absent");
    expect(seen.inquiryAnswerOf(REFERENCE, "single").kind).toBe("pending");
    const nobodys = callerOf(order(null, { ...waits, metadata: null })).caller;
    const other = await conektaOrderReader(nobodys, { flow: "single" }).readOrder("ord_1");
    expect(other).toMatchObject({ installationId: null, references: [] });
    expect(other.inquiryAnswerOf(REFERENCE).kind).toBe("absent");
  });
});
