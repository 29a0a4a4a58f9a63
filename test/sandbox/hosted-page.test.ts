/** The hosted page: what the customer does there, what the merchant sees of it, and what comes too late. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { startSandbox, type PageVisit, type Sandbox, type SandboxOptions } from "../../src/sandbox/server.ts";
import { callerOf, customerWith, orderFor, type Caller, type Json } from "./caller.ts";

const HOUR_MS = 3_600_000;
let nowMs = 0;
beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 31, 15);
});

async function shop(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ now: () => new Date(nowMs), ...options });
  const call = callerOf(sandbox);
  const customerId = await customerWith(call, "tok_test_card_declined");
  return { sandbox, call, customerId, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}

async function pageFor(call: Caller, customerId: string, change: object = {}): Promise<string> {
  const checkout = {
    type: "HostedPayment",
    allowed_payment_methods: ["card", "cash", "bank_transfer"],
    expires_at: (nowMs + HOUR_MS) / 1000,
    on_demand_enabled: true,
    ...change,
  };
  return (await call("POST", "/orders", orderFor(customerId, { checkout }))).body.id;
}

async function orderOf(call: Caller, orderId: string): Promise<Json> {
  return (await call("GET", `/orders/${orderId}`)).body;
}

/** Of this order's page, oldest first. */
async function eventsSince(call: Caller, count: number): Promise<string[]> {
  const { body } = await call("GET", "/events?limit=250");
  return body.data
    .map(({ type }: Json) => type)
    .toReversed()
    .slice(count);
}

async function eventCount(call: Caller): Promise<number> {
  return (await eventsSince(call, 0)).length;
}

describe("a visit", () => {
  // prettier-ignore
  test.each<readonly [visits: readonly PageVisit[], status: string, page: string, method: string, events: readonly string[], because: string]>([
    [[{ choose: "cash" }], "pending_payment", "Issued", "cash_payment", ["charge.created", "order.pending_payment"], "a reference is out"],
    [[{ choose: "bank_transfer" }], "pending_payment", "Issued", "bank_transfer_payment", ["charge.created", "order.pending_payment"], "a CLABE is out"],
    [[{ choose: "cash" }, { pay: "cash" }], "paid", "Finalized", "cash_payment", ["charge.created", "order.pending_payment", "charge.paid", "order.paid"], "paid at the shop"],
    [[{ pay: "bank_transfer" }], "paid", "Finalized", "bank_transfer_payment", ["charge.created", "order.pending_payment", "charge.paid", "order.paid"], "taken and paid at once"],
    [[{ pay: "card" }], "paid", "Finalized", "card_payment", ["charge.created", "charge.paid", "order.paid", "customer.updated"], "and the card is kept"],
    [[{ pay: "card", token: "tok_test_insufficient_funds" }], "declined", "Issued", "card_payment", ["charge.created", "charge.declined", "order.declined"], "the page stays open"],
    [[{ pay: "card", token: "tok_sandbox_3ds" }], "paid", "Finalized", "card_payment", ["charge.created", "charge.paid", "order.paid", "customer.updated"], "the customer passes 3DS there"],
    [[{ pay: "card", token: "tok_sandbox_under_review" }], "pending_payment", "Issued", "card_payment", ["charge.created", "charge.under_fraud_review", "order.pending_payment"], "the antifraud has an inquiry"],
  ])("%j leaves the order %s and the page %s", async (visits, status, page, method, events) => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId);
    const before = await eventCount(it.call);
    for (const visit of visits) it.sandbox.visitPage(orderId, visit);
    const order = await orderOf(it.call, orderId);
    expect(order).toMatchObject({ payment_status: status, checkout: { status: page } });
    expect(order.charges.data[0]).toMatchObject({ payment_method: { object: method }, amount: 20_015 });
    expect(await eventsSince(it.call, before)).toEqual(events);
  });

  test("after a decline may bring another card, and the declined one stays on the order", async () => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId);
    it.sandbox.visitPage(orderId, { pay: "card", token: "tok_test_card_declined" });
    it.sandbox.visitPage(orderId, { pay: "card" });
    const { charges } = await orderOf(it.call, orderId);
    expect(charges.data.map(({ status }: Json) => status)).toEqual(["paid", "declined"]);
    expect(it.sandbox.ledger()).toMatchObject([{ status: "declined" }, { status: "paid", method: "card" }]);
  });

  test.each<readonly [change: object, becomesDefault: boolean, cards: number, because: string]>([
    [{}, false, 2, "kept, and the default stays"],
    [{}, true, 2, "kept as the default"],
    [{ on_demand_enabled: false, force_save_card: true }, false, 2, "kept, by the other switch"],
    [{ on_demand_enabled: false }, true, 1, "nobody asked to keep it"],
  ])("with %j, becoming the default: %s, leaves %i cards (%s)", async (change, becomesDefault, cards) => {
    await using it = await shop();
    const before = (await it.call("GET", `/customers/${it.customerId}`)).body.default_payment_source_id;
    const orderId = await pageFor(it.call, it.customerId, change);
    it.sandbox.visitPage(orderId, { pay: "card", token: "tok_test_mastercard_4444", becomesDefault });
    const { body } = await it.call("GET", `/customers/${it.customerId}`);
    expect(body.payment_sources.data).toHaveLength(cards);
    expect(body.default_payment_source_id !== before).toBe(cards === 2 && becomesDefault);
  });

  test("by the control endpoint does the same, and says what it cannot do", async () => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId, { allowed_payment_methods: ["cash"] });
    const path = `/_sandbox/orders/${orderId}/page`;
    expect(await it.call("POST", path, { choose: "cash" })).toMatchObject({
      status: 200,
      body: { payment_status: "pending_payment" },
    });
    expect((await it.call("POST", path, { choose: "cash" })).status).toBe(428);
    expect((await it.call("POST", path, { pay: "card" })).status).toBe(428);
    expect((await it.call("POST", path, { pay: "bank_transfer" })).status).toBe(428);
    expect((await it.call("POST", path, { pay: "gold" })).status).toBe(422);
    expect((await it.call("POST", path, { pay: "cash" })).body.payment_status).toBe("paid");
    expect((await it.call("POST", path, { pay: "cash" })).status).toBe(428);
    expect((await it.call("POST", "/_sandbox/orders/ord_none/page", { pay: "cash" })).status).toBe(404);
    const bare = (await it.call("POST", "/orders", orderFor(it.customerId))).body.id;
    expect((await it.call("POST", `/_sandbox/orders/${bare}/page`, { pay: "card" })).status).toBe(428);
  });

  test("for a method that the page does not offer is refused", async () => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId, { allowed_payment_methods: ["cash"] });
    expect((await it.call("POST", `/_sandbox/orders/${orderId}/page`, { pay: "card" })).status).toBe(422);
    expect(it.sandbox.ledger()).toHaveLength(0);
  });
});

describe("the end of a page", () => {
  test("comes by the clock, and ends the reference too", async () => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId);
    it.sandbox.visitPage(orderId, { choose: "cash" });
    const before = await eventCount(it.call);
    nowMs += HOUR_MS;
    expect(await orderOf(it.call, orderId)).toMatchObject({
      payment_status: "expired",
      checkout: { status: "Expired" },
      charges: { data: [{ status: "expired" }] },
    });
    expect(await eventsSince(it.call, before)).toEqual(["charge.expired", "order.expired"]);
  });

  test("is found by a customer who comes too late", async () => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId);
    nowMs += HOUR_MS;
    for (const visit of [{ pay: "card" }, { choose: "cash" }, { pay: "cash" }])
      expect((await it.call("POST", `/_sandbox/orders/${orderId}/page`, visit)).status).toBe(428);
  });

  test("by cancelling is refused while cash may come, unless the sandbox is told otherwise", async () => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId);
    it.sandbox.visitPage(orderId, { choose: "cash" });
    const refused = await it.call("POST", `/orders/${orderId}/cancel`);
    expect(refused.status).toBe(428);
    expect(refused.body.details[0].code).toMatch(/cannot_be_updated_because_has_charge$/);

    await using lax = await shop({ cancelsReferences: true });
    const canceled = await pageFor(lax.call, lax.customerId);
    lax.sandbox.visitPage(canceled, { choose: "cash" });
    const before = await eventCount(lax.call);
    expect((await lax.call("POST", `/orders/${canceled}/cancel`)).body).toMatchObject({
      payment_status: "canceled",
      checkout: { status: "Cancelled" },
    });
    expect(await eventsSince(lax.call, before)).toEqual(["charge.canceled", "order.canceled"]);
  });

  test.each(["expired", "canceled"] as const)("%s does not keep a reference from being paid late", async (end) => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId);
    it.sandbox.visitPage(orderId, { choose: "cash" });
    it.sandbox.settle(orderId, end);
    const before = await eventCount(it.call);
    it.sandbox.visitPage(orderId, { pay: "cash" });
    expect(await orderOf(it.call, orderId)).toMatchObject({
      payment_status: "paid",
      checkout: { status: end === "expired" ? "Expired" : "Cancelled", paid_payments_count: 1 },
    });
    expect(await eventsSince(it.call, before)).toEqual(["charge.paid", "order.paid"]);
  });

  test("keeps late payments away where the sandbox is told so", async () => {
    await using it = await shop({ takesLatePayments: false });
    const orderId = await pageFor(it.call, it.customerId);
    it.sandbox.visitPage(orderId, { choose: "bank_transfer" });
    nowMs += HOUR_MS;
    expect((await it.call("POST", `/_sandbox/orders/${orderId}/page`, { pay: "bank_transfer" })).status).toBe(428);
    expect(it.sandbox.ledger()).toMatchObject([{ status: "expired" }]);
  });

  test("is crossed by a card that was on its way: cancelled, says the answer, and then it is paid", async () => {
    await using it = await shop();
    const orderId = await pageFor(it.call, it.customerId);
    it.sandbox.visitPage(orderId, { pay: "card", when: "after_end" });
    expect((await orderOf(it.call, orderId)).charges).toBeNull();
    expect((await it.call("POST", `/orders/${orderId}/cancel`)).body).toMatchObject({ payment_status: "canceled" });
    expect(await orderOf(it.call, orderId)).toMatchObject({
      payment_status: "paid",
      checkout: { status: "Cancelled" },
    });
  });

  test("is crossed by cash, and by a card that is declined, which revives nothing", async () => {
    await using it = await shop({ takesLatePayments: false });
    const [cash, declined] = [await pageFor(it.call, it.customerId), await pageFor(it.call, it.customerId)];
    it.sandbox.visitPage(cash, { pay: "cash", when: "after_end" });
    it.sandbox.visitPage(declined, { pay: "card", token: "tok_test_card_declined", when: "after_end" });
    nowMs += HOUR_MS;
    expect(await orderOf(it.call, cash)).toMatchObject({ payment_status: "paid" });
    expect(await orderOf(it.call, declined)).toMatchObject({
      payment_status: "expired",
      charges: { data: [{ status: "declined" }] },
    });
  });
});

test("what happens at the page is told to webhooks", async () => {
  await using it: { sandbox: Sandbox; call: Caller; customerId: string } & AsyncDisposable = await shop();
  const orderId = await pageFor(it.call, it.customerId);
  await it.call("POST", "/webhooks", { url: "http://127.0.0.1:9/webhooks", subscribed_events: ["order.paid"] });
  it.sandbox.visitPage(orderId, { pay: "cash" });
  expect(await it.sandbox.flushWebhooks()).toMatchObject([{ type: "order.paid" }]);
});
