import { expect, test } from "@jest/globals";
import { answerOf, knownAttempt, listedOrder } from "../../../test/support/seen-orders.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { paidThoughDenied, referencesOwed, showsOldStore } from "./listed-order.ts";

const showing = (kind: Parameters<typeof answerOf>[0], change: Partial<ListedOrder> = {}): ListedOrder =>
  listedOrder({ inquiryAnswerOf: () => answerOf(kind), ...change });
const NO_CHARGE = { chargeReferences: new Map() };

// prettier-ignore
test.each<[order: ListedOrder, owed: readonly string[], because: string]>([
  [showing("paid"), ["inv_1-1"], "the one that paid it"],
  [showing("paid", { chargeReferences: new Map([["chr_1", "inv_1-2"], ["chr_0", "inv_1-1"]]) }), ["inv_1-2"], "the declines before moved no money"],
  [showing("paid", { chargeReferences: new Map([["chr_1", null]]) }), ["inv_1-1"], "a charge without a name is that of the order"],
  [showing("declined"), ["inv_1-1"], "it was charged"],
  [showing("pending", NO_CHARGE), ["inv_1-1"], "it waits, and shows no charge yet"],
  [showing("absent", NO_CHARGE), [], "nothing was charged on it"],
])("%#: the books owe it %j (%s)", (order, owed, _because) => {
  expect(referencesOwed(order)).toEqual(owed);
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
])("%#, with %j: the books are old: %p (%s)", (order, attempts, isOld, _because) => {
  expect(showsOldStore(order, attempts.map(knownAttempt))).toBe(isOld);
});

// prettier-ignore
test.each<[order: ListedOrder, attempt: Partial<KnownAttempt>, isWrong: boolean, because: string]>([
  [showing("paid"), { state: "not_sent", isDenied: true }, true, "it paid"],
  [showing("absent"), { state: "not_sent", isDenied: true }, false, "it did not"],
  [showing("paid"), { state: "not_sent" }, false, "nobody denied it"],
  [showing("paid"), { state: "paid_again", isDenied: true }, false, "it is booked by now"],
])("%#, with %j: a person was wrong: %p (%s)", (order, attempt, isWrong, _because) => {
  expect(paidThoughDenied(order, [knownAttempt(attempt)])).toEqual(isWrong ? ["att_1"] : []);
});
