/** `reconcile --since`: what the gateway shows of a window, against what the books say of it. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import { sweepOrders } from "../../src/application/reconcile/sweep-orders.ts";
import type { FaultKind } from "../../src/sandbox/server.ts";
import { AMOUNT_CENTS, START, openSweptApp, showing, sweepOf, sweepNeedsOf } from "./swept-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { MINUTE_MS } from "../support/records.ts";

let app: AppFixture;
afterEach(async () => await app[Symbol.asyncDispose]());

describe("a sweep", () => {
  test("knows what the books know, and counts what is not ours", async () => {
    app = await openSweptApp();
    const customerId = await app.subscribeWithCard("ana");
    await app.runOnce();
    await foreignOrder(customerId, {});
    await foreignOrder(customerId, { puntual_installation: "ins_other", puntual_attempt: "inv_other-1" });
    expect(await sweepOf(app)).toMatchObject({
      adopted: [],
      known: 1,
      foreign: 2,
      orphan: [],
      mismatched: [],
      missingAtGateway: [],
      unmatched: 0,
    });
  });

  test("adopts a payment whose answer was lost, once", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    expect((await app.runOnce()).outcomes.unknown).toBe(1);
    const first = await sweepOf(app);
    expect(first.adopted).toMatchObject([{ subscriptionId: "ana", outcome: "paid", amountCents: AMOUNT_CENTS }]);
    expect(await app.list("invoices")).toMatchObject([{ status: "paid" }]);
    expect(await sweepOf(app)).toMatchObject({ adopted: [], known: 1 });
    expect((await app.runOnce()).outcomes.paid).toBe(0);
    expect(app.sandbox.ledger()).toHaveLength(1);
  });

  test("adopts a decline whose answer was lost, and dunning goes on from it", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana", "tok_test_insufficient_funds");
    app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    await app.runOnce();
    expect((await sweepOf(app)).adopted).toMatchObject([{ outcome: "declined" }]);
    const [invoice] = await app.list("invoices");
    expect(invoice).toMatchObject({ status: "open", declines: 1 });
    expect(invoice?.["nextAttemptAt"]).not.toBeNull();
  });

  test("shows a payment that differs from what was asked, and holds its invoice", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana", "tok_sandbox_fault_other_amount");
    app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    await app.runOnce();
    for (const because of [await sweepOf(app), await sweepOf(app)].map(({ mismatched }) => mismatched[0]?.because))
      expect(because).toContain(`cents instead of ${AMOUNT_CENTS}`);
    expect(await app.list("invoices")).toMatchObject([{ status: "held", statusReason: "answer_differs" }]);
  });

  test("lists an order of order_first that nobody charged as an orphan", async () => {
    app = await openSweptApp({ env: { CONEKTA_CHARGE_FLOW: "order_first", BACKOFF_MS: "1000" } });
    await app.subscribeWithCard("ana");
    app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    expect((await app.runOnce()).outcomes.not_sent).toBe(1);
    app.clock.advance(MINUTE_MS);
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    const report = await sweepOf(app);
    expect(report).toMatchObject({ known: 1, adopted: [], mismatched: [], missingAtGateway: [] });
    expect(report.orphan).toMatchObject([{ subscriptionId: "ana", amountCents: AMOUNT_CENTS, outcome: null }]);
    expect(app.sandbox.ledger()).toHaveLength(1);
  });

  test("tells what is paid in the books and not at the gateway, and changes nothing", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    await app.runOnce();
    await using empty = await openSweptApp();
    const [paid] = await app.list("attempts");
    const { needs: elsewhere } = await empty.assembly.biller();
    const needs = await sweepNeedsOf(app);
    const report = await sweepOrders(
      {
        ...needs,
        sweep: { ...needs.sweep, lister: elsewhere.sweep?.lister ?? needs.sweep.lister },
        orders: elsewhere.webhooks?.orders ?? needs.orders,
      },
      { since: new Date(START.getTime() - MINUTE_MS), until: app.clock.now() },
    );
    expect(report.missingAtGateway).toMatchObject([
      { attemptId: paid?.["attemptId"], outcome: "paid", because: "Conekta knows no such order" },
    ]);
    expect(await app.list("invoices")).toMatchObject([{ status: "paid" }]);
  });

  test.each([
    new GatewayUnavailable("status 500"),
    new GatewayRefused("status 403", { httpStatus: 403, code: null }),
    new GatewayRefused("status 422", { httpStatus: 422, code: null }),
    new GatewayUnauthorized("status 401"),
  ])("orders that are answered with %s are named, and those behind them are compared all the same", async (answer) => {
    app = await openSweptApp({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
    const ids = ["a", "b", "c", "d", "e", "f"];
    for (const id of ids) await app.subscribeWithCard(id);
    await app.runOnce();
    const needs = await sweepNeedsOf(app);
    const paid = await app.list("attempts");
    const readable = paid.at(-1)?.orderId;
    const orders: typeof needs.orders = {
      readOrder: async (orderId) => {
        if (orderId === readable) return await needs.orders.readOrder(orderId);
        throw answer;
      },
    };
    const lister: OrderLister = { listOrders: async function* () {} };
    const report = await sweepOrders(
      { ...needs, orders, sweep: { ...needs.sweep, lister } },
      { since: new Date(START.getTime() - MINUTE_MS) },
    );
    expect(report.unread.map(({ orderId }) => orderId).toSorted()).toEqual(
      paid.flatMap(({ orderId }) => (orderId === null || orderId === readable ? [] : [orderId])).toSorted(),
    );
    expect(report.missingAtGateway).toEqual([]);
  });

  test("an order that cannot be booked is named, and the payment behind it is adopted", async () => {
    app = await openSweptApp();
    for (const id of ["ana", "bea"]) await app.subscribeWithCard(id);
    app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    await app.runOnce();
    const needs = await sweepNeedsOf(app);
    let first: string | null = null;
    const inbox: typeof needs.sweep.inbox = {
      attemptsOf: async (orderId, references) => {
        first ??= orderId;
        if (orderId === first) throw new Error("a row that nobody understands");
        return await needs.sweep.inbox.attemptsOf(orderId, references);
      },
    };
    const since = new Date(START.getTime() - MINUTE_MS);
    const report = await sweepOrders({ ...needs, sweep: { ...needs.sweep, inbox } }, { since });
    expect(report.mismatched).toMatchObject([{ because: expect.stringContaining("it cannot be booked") }]);
    expect(report.adopted).toMatchObject([{ outcome: "paid" }]);
  });

  test("a refund at the gateway does not make a payment missing, and is booked", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    await app.runOnce();
    const orderId = app.sandbox.ledger()[0]?.orderId ?? "";
    await post(`/orders/${orderId}/refunds`, { amount: AMOUNT_CENTS, reason: "requested_by_client" });
    expect(await sweepOf(app)).toMatchObject({ known: 1, mismatched: [], missingAtGateway: [] });
    const booked = await app.store.refunds.list({});
    expect(booked).toMatchObject([{ orderId, amountCents: AMOUNT_CENTS, requestedBy: "conekta", state: "done" }]);
  });

  // prettier-ignore
  test.each<[token: string, fault: FaultKind | null, givenBack: string, mismatched: number, because: string]>([
    ["tok_test_card_declined", null, "partially_refunded", 1, "money came and stayed in part, and the books know of no payment"],
    ["tok_test_card_declined", null, "charged_back", 1, "money came, and the bank took it back"],
    ["tok_test_card_declined", null, "refunded", 0, "all of it went back, and its try is over"],
    ["tok_test_visa_4242", "reset_after", "refunded", 1, "all of it went back, and nobody knows yet what became of the try"],
    ["tok_test_visa_4242", null, "partially_refunded", 0, "the books have its payment"],
  ])("%s, answer %s: its order is %s, and %i are for a person (%s)", async (token, fault, givenBack, mismatched, because) => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana", token);
    if (fault !== null) app.sandbox.inject({ kind: fault, call: "POST /orders" });
    await app.runOnce();
    const needs = await sweepNeedsOf(app);
    const lister = showing(needs.sweep.lister, givenBack);
    const window = { since: new Date(START.getTime() - MINUTE_MS) };
    const report = await sweepOrders({ ...needs, sweep: { ...needs.sweep, lister } }, window);
    expect([report.mismatched.length, because]).toEqual([mismatched, because]);
    for (const each of report.mismatched) expect(each.because).toContain(`the order shows ${givenBack}`);
  });

  test("refuses a window that ends before it begins", async () => {
    app = await openSweptApp();
    await expect(sweepOf(app, new Date("2027-01-01T00:00:00Z"))).rejects.toMatchObject({ name: "UsageInvalid" });
  });
});

async function post(path: string, body: object): Promise<void> {
  const headers = { authorization: "Bearer key_other", "content-type": "application/json" };
  const answer = await fetch(app.sandbox.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function foreignOrder(customerId: string, metadata: Record<string, string>): Promise<void> {
  await post("/orders", {
    currency: "MXN",
    customer_info: { customer_id: customerId },
    line_items: [{ name: "Playera", unit_price: 5000, quantity: 1 }],
    metadata,
    charges: [{ payment_method: { type: "default" } }],
  });
}
