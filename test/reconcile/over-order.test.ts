/** Flow order_first against the sandbox: an order that is cancelled behind our back holds nobody's invoice up. */
import { afterEach, expect, test } from "@jest/globals";
import { AMOUNT_CENTS, START, openSweptApp, sweepOf } from "./swept-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { MINUTE_MS } from "../support/records.ts";

const DAY_MS = 24 * 60 * MINUTE_MS;

let app: AppFixture;
afterEach(async () => await app[Symbol.asyncDispose]());

/** One decline; then somebody cancels the order in the panel, and its invoice falls due again. */
async function cancelledAfterDecline(): Promise<string> {
  app = await openSweptApp({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
  await app.subscribeWithCard("ana", "tok_sandbox_declines_1_then_pays");
  expect((await app.runOnce()).outcomes.declined).toBe(1);
  const orderId = String((await app.list("invoices"))[0]?.["orderId"]);
  expect((await app.call("POST", `/orders/${orderId}/cancel`)).status).toBe(200);
  const [invoice] = await app.list("invoices");
  app.clock.set(new Date(String(invoice?.["nextAttemptAt"])));
  return orderId;
}

async function runUntilPaid(): Promise<void> {
  for (let quarter = 0; quarter < 12; quarter++) {
    await app.runOnce();
    app.clock.advance(15 * MINUTE_MS);
  }
}

test("the next try finds out, makes another order and is paid, once; the decline stays one", async () => {
  const over = await cancelledAfterDecline();
  await runUntilPaid();
  const [invoice] = await app.list("invoices");
  expect(invoice).toMatchObject({ status: "paid", declines: 1 });
  expect(invoice?.["orderId"]).not.toBe(over);
  const attempts = await app.list("attempts");
  expect(attempts.map(({ state }) => state)).toEqual(["declined", "not_sent", "paid"]);
  expect(attempts.map(({ orderId }) => orderId === over)).toEqual([true, true, false]);
  const moved = app.sandbox.ledger().filter(({ status }) => status === "paid");
  expect(moved).toMatchObject([{ amountCents: AMOUNT_CENTS }]);
});

test("a sweep knows both orders, and changes nothing", async () => {
  await cancelledAfterDecline();
  await runUntilPaid();
  const before = await app.list("attempts");
  const report = await sweepOf(app);
  expect(report).toMatchObject({ adopted: [], mismatched: [], missingAtGateway: [], unmatched: 0 });
  expect(await app.list("attempts")).toEqual(before);
});

test("books that lost the second order take it back, and nobody is charged again", async () => {
  await cancelledAfterDecline();
  await app.backUp();
  await runUntilPaid();
  await app.putBack();
  app.clock.advance(DAY_MS);
  expect((await app.runOnce()).haltReason).toContain("these books are older");
  const { haltReconcileSince } = await app.store.installation();
  expect((await sweepOf(app, haltReconcileSince ?? START)).chargingResumed).toBe(true);
  await runUntilPaid();
  expect(await app.list("invoices")).toMatchObject([{ cycle: 0, status: "paid" }]);
  expect(app.sandbox.ledger().filter(({ status }) => status === "paid")).toHaveLength(1);
});
