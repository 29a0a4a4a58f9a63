import { expect, test } from "@jest/globals";
import { answerOf, knownAttempt, listedOrder, paymentBy } from "../../../test/support/seen-orders.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { paidThoughDenied, paymentsOf, referencesOwed, showsOldStore } from "./listed-order.ts";

const showing = (kind: Parameters<typeof answerOf>[0], change: Partial<ListedOrder> = {}): ListedOrder =>
  listedOrder({ inquiryAnswerOf: () => answerOf(kind), ...change });
const NO_CHARGE = { chargeReferences: new Map() };

// prettier-ignore
test.each<[order: ListedOrder, owed: readonly string[], because: string]>([
  [showing("paid"), ["inv_1-1"], "the one that paid it"],
  [showing("paid", { chargeReferences: new Map([["chr_1", "inv_1-2"], ["chr_0", "inv_1-1"]]) }), ["inv_1-2"], "the declines before moved no money"],
  [showing("paid", { chargeReferences: new Map([["chr_1", null]]) }), ["inv_1-1"], "a charge without a name is that of the order"],
  [showing("declined"), ["inv_1-1"], "it was charged"],
  [showing("declined", { chargeReferences: new Map([["chr_0", "inv_1-2"]]) }), ["inv_1-2"], "by another try than it was made for"],
  [showing("declined", { chargeReferences: new Map([["chr_0", "inv_1-2"], ["chr_1", "inv_1-3"]]) }), ["inv_1-2", "inv_1-3"], "each of them"],
  [showing("declined", { chargeReferences: new Map([["chr_0", null]]) }), ["inv_1-1"], "a charge that names nobody is of whom it was made for"],
  [showing("declined", { references: [], ...NO_CHARGE }), [], "it was made for nobody"],
  [listedOrder({ references: [], ...NO_CHARGE, inquiryAnswerOf: (reference) => answerOf(reference === "inv_1-1" ? "paid" : "declined") }), [], "nor is anything asked of it for nobody"],
  [showing("pending", NO_CHARGE), ["inv_1-1"], "it waits, and shows no charge yet"],
  [showing("absent", NO_CHARGE), [], "nothing was charged on it"],
])("%#: the books owe it %j (%s)", (order, owed, _because) => {
  // `toEqual` takes a list of one that is undefined for an empty one.
  expect(referencesOwed(order)).toStrictEqual(owed);
});

// prettier-ignore
test.each<[order: ListedOrder, attempts: Partial<KnownAttempt>[], isOld: boolean, because: string]>([
  [showing("paid"), [], true, "they lack it"],
  [showing("paid"), [{ reference: "inv_9-1" }], true, "they know another"],
  [showing("paid"), [{ state: "unknown" }], false, "they sent it"],
  [showing("paid"), [{ state: "paid" }], false, "they have its money"],
  [showing("paid"), [{ state: "declined" }], false, "they sent it, and were told otherwise"],
  [showing("paid"), [{ state: "claimed" }], true, "they believe it waits"],
  [showing("paid"), [{ state: "released" }], true, "they believe it was given back"],
  [showing("paid"), [{ state: "not_sent" }], true, "they believe it never left"],
  [showing("paid"), [{ state: "not_sent", isDenied: true }], false, "a person said so, and was wrong"],
  [showing("declined"), [{ state: "not_sent" }], false, "no money moved"],
  [showing("declined"), [{ state: "claimed" }], false, "nor for one that waits"],
  [showing("paid"), [{}, { attemptId: "att_2", reference: "inv_1-2", state: "released" }], false, "another one was given back, and that is true"],
  [showing("paid"), [{ state: "claimed" }, { attemptId: "att_2", reference: "inv_1-2", state: "declined" }], true, "what they believe of another says nothing"],
])("%#, with %j: the books are old: %p (%s)", (order, attempts, isOld, _because) => {
  expect(showsOldStore(order, attempts.map(knownAttempt))).toBe(isOld);
});

// prettier-ignore
test.each<[order: ListedOrder, attempt: Partial<KnownAttempt>, isWrong: boolean, because: string]>([
  [showing("paid"), { state: "not_sent", isDenied: true }, true, "it paid"],
  [showing("absent"), { state: "not_sent", isDenied: true }, false, "it did not"],
  [showing("paid"), { state: "not_sent" }, false, "nobody denied it"],
  [showing("declined"), { state: "unknown", isDenied: true }, false, "it was declined"],
  [showing("paid"), { state: "paid_again", isDenied: true }, false, "it is booked by now"],
])("%#, with %j: a person was wrong: %p (%s)", (order, attempt, isWrong, _because) => {
  expect(paidThoughDenied(order, [knownAttempt(attempt)])).toEqual(isWrong ? ["att_1"] : []);
});

test("each payment counts once, whoever shows it", () => {
  const trace = { httpStatus: 200, logId: null, because: "said the test" };
  const charges: Readonly<Record<string, string | null>> = { a: "chr_1", b: "chr_1", c: "chr_2", d: null, e: null };
  const order = listedOrder({
    references: ["a", "b", "x", "c", "d", "e"],
    inquiryAnswerOf: (reference) =>
      reference in charges ? { kind: "paid", payment: paymentBy(charges[reference]!), trace } : answerOf("absent"),
  });
  expect(paymentsOf(order).map(({ chargeId }) => chargeId)).toEqual(["chr_1", "chr_2", null]);
  expect(paymentsOf(order, ["c"]).map(({ chargeId }) => chargeId)).toEqual(["chr_2"]);
});
