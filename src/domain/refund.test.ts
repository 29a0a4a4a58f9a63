import { describe, expect, test } from "@jest/globals";
import type { InvoiceStatus } from "./invoice.ts";
import { isGivenBack, type KeptOf, keptCents, leftToRefundCents, type RefundedPart } from "./refund.ts";

const done = (amountCents: number): RefundedPart => ({ amountCents, state: "done" });

// prettier-ignore
describe("of a payment of 20015 cents", () => {
  test.each<[readonly RefundedPart[], number, boolean, string]>([
    // refunds, left, is given back, because
    [[], 20015, false, "nothing was asked for"],
    [[done(5000)], 15015, false, "a part went back"],
    [[done(5000), done(15015)], 0, true, "both parts make the whole"],
    [[{ amountCents: 20015, state: "requested" }], 0, false, "it may be under way: never twice, and not sure yet"],
    [[{ amountCents: 20015, state: "unknown" }], 0, false, "it may have gone back, and nobody knows"],
    [[{ amountCents: 20015, state: "refused" }], 20015, false, "Conekta gave nothing back"],
    [[{ amountCents: 20015, state: "not_sent" }], 20015, false, "Conekta never saw it"],
    [[done(5000), { amountCents: 10000, state: "refused" }], 15015, false, "only what may have moved counts"],
  ])("%j: %i left, given back: %p (%s)", (refunds, left, isWhole) => {
    const payment = { movedCents: 20015, refunds };
    expect([leftToRefundCents(payment), isGivenBack(payment)]).toEqual([left, isWhole]);
  });

  test.each<[shownCents: number | null, readonly RefundedPart[], left: number, because: string]>([
    [null, [done(5000)], 15015, "the order was not read"],
    [15, [], 20000, "fifteen cents went back in the panel"],
    [5000, [done(5000)], 15015, "what is shown is ours"],
    [0, [done(5000)], 15015, "reads lag"],
    [6000, [done(5000)], 14015, "ours, and a part in the panel"],
    [15, [{ amountCents: 5000, state: "unknown" }], 15000, "ours may come on top of it"],
  ])("the order shows %p, ours are %j: %i left (%s)", (shownCents, refunds, left) => {
    expect(leftToRefundCents({ movedCents: 20015, refunds, shownCents })).toBe(left);
  });
});

// prettier-ignore
test.each<[status: InvoiceStatus, refunds: KeptOf["refunds"], kept: number, because: string]>([
  ["paid", [], 20015, "nothing went back"],
  ["open", [], 0, "nothing was paid"],
  ["void", [], 0, "nothing was paid"],
  ["paid", [{ amountCents: 5000, state: "done", paidState: "paid" }], 15015, "a part went back"],
  ["paid", [{ amountCents: 5000, state: "unknown", paidState: "paid" }], 15015, "it may have gone back"],
  ["paid", [{ amountCents: 5000, state: "refused", paidState: "paid" }], 20015, "nothing went back"],
  ["paid", [{ amountCents: 20015, state: "done", paidState: "paid_again" }], 20015, "the second payment went back, the first did not"],
  ["paid", [{ amountCents: 30000, state: "done", paidState: "paid" }], 0, "more went back in the panel than came"],
])("of an invoice of 20015 cents that is %s, with %j: %i are kept (%s)", (status, refunds, kept) => {
  expect(keptCents({ status, totalCents: 20015, refunds })).toBe(kept);
});
