/** Flow order_first against the sandbox: an order that is cancelled behind our back holds nobody's invoice up. */
import { afterEach, expect, test } from "@jest/globals";
import { callerOf } from "../sandbox/caller.ts";
import { AMOUNT_CENTS, MINUTE_MS, openShop, START, type Shop } from "./shop.ts";

const DAY_MS = 24 * 60 * MINUTE_MS;

let shop: Shop;
afterEach(async () => await shop[Symbol.asyncDispose]());

/** One decline; then somebody cancels the order in the panel, and its invoice falls due again. */
async function cancelledAfterDecline(): Promise<string> {
  shop = await openShop({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
  await shop.subscribe("ana", "tok_sandbox_declines_1_then_pays");
  expect((await shop.run()).outcomes.declined).toBe(1);
  const orderId = String((await shop.rows("invoices"))[0]?.["orderId"]);
  expect((await callerOf(shop.sandbox)("POST", `/orders/${orderId}/cancel`)).status).toBe(200);
  const [invoice] = await shop.rows("invoices");
  shop.clock.set(new Date(String(invoice?.["nextAttemptAt"])));
  return orderId;
}

async function runUntilPaid(): Promise<void> {
  for (let quarter = 0; quarter < 12; quarter++) {
    await shop.run();
    shop.clock.advance(15 * MINUTE_MS);
  }
}

test("the next try finds out, makes another order and is paid, once; the decline stays one", async () => {
  const over = await cancelledAfterDecline();
  await runUntilPaid();
  const [invoice] = await shop.rows("invoices");
  expect(invoice).toMatchObject({ status: "paid", declines: 1 });
  expect(invoice?.["orderId"]).not.toBe(over);
  const attempts = await shop.rows("attempts");
  expect(attempts.map(({ state }) => state)).toEqual(["declined", "not_sent", "paid"]);
  expect(attempts.map(({ orderId }) => orderId === over)).toEqual([true, true, false]);
  const moved = shop.sandbox.ledger().filter(({ status }) => status === "paid");
  expect(moved).toMatchObject([{ amountCents: AMOUNT_CENTS }]);
});

test("a sweep knows both orders, and changes nothing", async () => {
  await cancelledAfterDecline();
  await runUntilPaid();
  const before = await shop.rows("attempts");
  const report = await shop.sweep();
  expect(report).toMatchObject({ adopted: [], mismatched: [], missingAtGateway: [], unmatched: 0 });
  expect(await shop.rows("attempts")).toEqual(before);
});

test("books that lost the second order take it back, and nobody is charged again", async () => {
  await cancelledAfterDecline();
  await shop.backUp();
  await runUntilPaid();
  await shop.putBack();
  shop.clock.advance(DAY_MS);
  expect((await shop.run()).haltReason).toContain("reconcile --since");
  const { haltReconcileSince } = await shop.app().store.installation();
  expect((await shop.sweep(haltReconcileSince ?? START)).chargingResumed).toBe(true);
  await runUntilPaid();
  expect(await shop.rows("invoices")).toMatchObject([{ cycle: 0, status: "paid" }]);
  expect(shop.sandbox.ledger().filter(({ status }) => status === "paid")).toHaveLength(1);
});
