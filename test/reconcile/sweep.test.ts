/** `reconcile --since`: what the gateway shows of a window, against what the books say of it. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { AMOUNT_CENTS, MINUTE_MS, openShop, type Shop, START } from "./shop.ts";

let shop: Shop;
afterEach(async () => await shop[Symbol.asyncDispose]());

describe("a sweep", () => {
  test("knows what the books know, and counts what is not ours", async () => {
    shop = await openShop();
    const customerId = await shop.subscribe("ana");
    await shop.run();
    await foreignOrder(customerId, {});
    await foreignOrder(customerId, { puntual_installation: "ins_other", puntual_attempt: "inv_other-1" });
    expect(await shop.sweep()).toMatchObject({
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
    shop = await openShop();
    await shop.subscribe("ana");
    shop.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    expect((await shop.run()).outcomes.unknown).toBe(1);
    const first = await shop.sweep();
    expect(first.adopted).toMatchObject([{ subscriptionId: "ana", outcome: "paid", amountCents: AMOUNT_CENTS }]);
    expect(await shop.rows("invoices")).toMatchObject([{ status: "paid" }]);
    expect(await shop.sweep()).toMatchObject({ adopted: [], known: 1 });
    expect((await shop.run()).outcomes.paid).toBe(0);
    expect(shop.sandbox.ledger()).toHaveLength(1);
  });

  test("adopts a decline whose answer was lost, and dunning goes on from it", async () => {
    shop = await openShop();
    await shop.subscribe("ana", "tok_test_insufficient_funds");
    shop.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    await shop.run();
    expect((await shop.sweep()).adopted).toMatchObject([{ outcome: "declined" }]);
    const [invoice] = await shop.rows("invoices");
    expect(invoice).toMatchObject({ status: "open", declines: 1 });
    expect(invoice?.["nextAttemptAt"]).not.toBeNull();
  });

  test("shows a payment that differs from what was asked, and holds its invoice", async () => {
    shop = await openShop();
    await shop.subscribe("ana", "tok_sandbox_fault_other_amount");
    shop.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    await shop.run();
    for (const because of [await shop.sweep(), await shop.sweep()].map(({ mismatched }) => mismatched[0]?.because))
      expect(because).toContain(`cents instead of ${AMOUNT_CENTS}`);
    expect(await shop.rows("invoices")).toMatchObject([{ status: "held", statusReason: "answer_differs" }]);
  });

  test("lists an order of order_first that nobody charged as an orphan", async () => {
    shop = await openShop({ env: { CONEKTA_CHARGE_FLOW: "order_first", BACKOFF_MS: "1000" } });
    await shop.subscribe("ana");
    shop.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
    expect((await shop.run()).outcomes.not_sent).toBe(1);
    shop.clock.advance(MINUTE_MS);
    expect((await shop.run()).outcomes.paid).toBe(1);
    const report = await shop.sweep();
    expect(report).toMatchObject({ known: 1, adopted: [], mismatched: [], missingAtGateway: [] });
    expect(report.orphan).toMatchObject([{ subscriptionId: "ana", amountCents: AMOUNT_CENTS, outcome: null }]);
    expect(shop.sandbox.ledger()).toHaveLength(1);
  });

  test("tells what is paid in the books and not at the gateway, and changes nothing", async () => {
    shop = await openShop();
    await shop.subscribe("ana");
    await shop.run();
    await using empty = await openShop();
    const [paid] = await shop.rows("attempts");
    const { needs: elsewhere } = await empty.app().biller();
    const needs = await shop.sweepNeeds();
    const { sweepOrders } = await import("../../src/application/reconcile/sweep-orders.ts");
    const report = await sweepOrders(
      {
        ...needs,
        sweep: { ...needs.sweep, lister: elsewhere.sweep?.lister ?? needs.sweep.lister },
        orders: elsewhere.webhooks?.orders ?? needs.orders,
      },
      { since: new Date(START.getTime() - MINUTE_MS), until: shop.clock.now() },
    );
    expect(report.missingAtGateway).toMatchObject([
      { attemptId: paid?.["attemptId"], outcome: "paid", because: "Conekta knows no such order" },
    ]);
    expect(await shop.rows("invoices")).toMatchObject([{ status: "paid" }]);
  });

  test("a refund at the gateway does not make a payment missing", async () => {
    shop = await openShop();
    await shop.subscribe("ana");
    await shop.run();
    const orderId = shop.sandbox.ledger()[0]?.orderId ?? "";
    await post(`/orders/${orderId}/refunds`, { amount: AMOUNT_CENTS, reason: "requested_by_client" });
    expect(await shop.sweep()).toMatchObject({ known: 1, mismatched: [], missingAtGateway: [] });
  });

  test("refuses a window that ends before it begins", async () => {
    shop = await openShop();
    await expect(shop.sweep(new Date("2027-01-01T00:00:00Z"))).rejects.toMatchObject({ name: "UsageInvalid" });
  });
});

async function post(path: string, body: object): Promise<void> {
  const headers = { authorization: "Bearer key_other", "content-type": "application/json" };
  const answer = await fetch(shop.sandbox.url + path, { method: "POST", headers, body: JSON.stringify(body) });
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
