/** What follows from an event: the order or customer is read again, and the reducer decides. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createBiller } from "../../src/application/run/biller.ts";
import { GatewayUnauthorized } from "../../src/domain/errors.ts";
import { setDefaultCard } from "./behind-our-back.ts";
import { type Desk, eventOf, newDesk, signed } from "./desk.ts";

let desk: Desk;

beforeEach(async () => {
  desk = await newDesk();
});
afterEach(() => desk.close());

const stateOf = async (body: string) => (await desk.inboxRow(body))?.["state"];
const states = async () => (await desk.attempts()).map(({ state }) => state);
const events = async () => (await desk.app.store.list("events", {})).map(({ type }) => type);
const reads = () =>
  desk.sandbox.requests().filter(({ method, path }) => method === "GET" && path.startsWith("/orders/"));

async function say(type: string, object: object, change: object = {}): Promise<string> {
  const body = eventOf(type, object, change);
  expect(await desk.post(body, signed(body))).toBe(200);
  return body;
}

async function eachProcessed(): Promise<void> {
  const rows = (await desk.inbox()).filter(({ type }) => type.startsWith("order."));
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows)
    expect([row["type"], row["state"], row["because"]]).toEqual([row["type"], "processed", row["because"]]);
}

/** The charge is made, and its answer lost. */
async function loseAnAnswer(): Promise<string> {
  desk.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await desk.run();
  expect(await states()).toEqual(["unknown"]);
  return desk.sandbox.orders()[0]?.orderId ?? "";
}

describe("an attempt whose answer was lost", () => {
  test.each(["in_order", "newest_first", "shuffled"] as const)(
    "is settled by webhooks, %s and twice",
    async (order) => {
      const orderId = await loseAnAnswer();
      await desk.sandbox.flushWebhooks({ copies: 2, order });
      const summary = await desk.process();
      expect(await states()).toEqual(["paid"]);
      expect(await desk.invoice()).toMatchObject({ status: "paid" });
      expect((await desk.attempts())[0]).toMatchObject({ orderId, inquiries: 0 });
      expect(summary).toMatchObject({ outcomes: { paid: 1 }, paidCents: { MXN: 20015 } });
      expect(await events()).toContain("invoice.paid");
      await eachProcessed();
      expect(reads()).toHaveLength(1);
      expect(desk.sandbox.ledger().filter(({ status }) => status === "paid")).toHaveLength(1);
    },
  );

  test("is settled in a tick, too, before anybody looks for it", async () => {
    await loseAnAnswer();
    await desk.sandbox.flushWebhooks();
    await desk.run();
    expect(await states()).toEqual(["paid"]);
    expect(desk.sandbox.requests().filter(({ path }) => path.startsWith("/orders?"))).toEqual([]);
  });

  test("a declined charge becomes a decline, and dunning goes on", async () => {
    await desk.close();
    desk = await newDesk({ token: "tok_test_insufficient_funds" });
    await loseAnAnswer();
    await desk.sandbox.flushWebhooks();
    await desk.process();
    expect(await states()).toEqual(["declined"]);
    expect(await desk.invoice()).toMatchObject({ status: "open", declines: 1 });
  });

  test("events that come long after the books know change nothing", async () => {
    await loseAnAnswer();
    desk.clock.advance(20_000);
    await desk.run();
    expect(await states()).toEqual(["paid"]);
    const before = [await desk.attempts(), await desk.invoice(), await events()];
    desk.clock.advance(3 * 86_400_000);
    await desk.sandbox.flushWebhooks({ order: "newest_first" });
    await desk.process();
    expect([await desk.attempts(), await desk.invoice(), await events()]).toEqual(before);
  });
});

describe("what an event says is never booked", () => {
  test("order.paid of an order that was declined leaves it declined", async () => {
    await desk.close();
    desk = await newDesk({ token: "tok_test_card_declined" });
    await desk.run();
    const orderId = desk.sandbox.orders()[0]?.orderId;
    const body = await say("order.paid", { object: "order", id: orderId, payment_status: "paid" });
    await desk.process();
    expect(await stateOf(body)).toBe("received");
    desk.clock.advance(130_000);
    await desk.process();
    expect(await states()).toEqual(["declined"]);
    expect(await desk.inboxRow(body)).toMatchObject({
      state: "processed",
      because: expect.stringContaining("does not show it"),
    });
  });

  test.each(["order.declined", "order.expired", "order.canceled", "charge.declined"])(
    "%s never overwrites paid",
    async (type) => {
      await desk.run();
      const [order] = desk.sandbox.orders();
      const about = type.startsWith("order.")
        ? { object: "order", id: order?.orderId }
        : { object: "charge", id: "c", order_id: order?.orderId };
      const body = await say(type, about);
      await desk.process();
      expect(await states()).toEqual(["paid"]);
      expect(await stateOf(body)).toBe("processed");
    },
  );

  test("an order that is not ours is read, kept and ignored", async () => {
    const { body: order } = await desk.call("POST", "/orders", {
      currency: "MXN",
      customer_info: { customer_id: desk.customerId },
      line_items: [{ name: "Vasija", unit_price: 500, quantity: 1 }],
      charges: [{ payment_method: { type: "default" } }],
    });
    await desk.sandbox.flushWebhooks();
    await desk.process();
    const rows = (await desk.inbox()).filter(({ orderId }) => orderId === order.id);
    expect(rows.map(({ state }) => state)).toEqual(["ignored", "ignored", "ignored", "ignored"]);
    expect(await desk.attempts()).toEqual([]);
  });

  test("another installation's order is not ours, even with a reference that we know", async () => {
    const orderId = await loseAnAnswer();
    const [attempt] = await desk.attempts();
    const { body: other } = await desk.call("POST", "/orders", {
      currency: "MXN",
      customer_info: { customer_id: desk.customerId },
      line_items: [{ name: "Vasija", unit_price: 20015, quantity: 1 }],
      metadata: { puntual_installation: "ins_another", puntual_attempt: attempt?.["reference"] },
      charges: [{ payment_method: { type: "default" }, reference_id: attempt?.["reference"] }],
    });
    const body = await say("order.paid", { object: "order", id: other.id });
    await desk.process();
    expect(await states()).toEqual(["unknown"]);
    expect(await stateOf(body)).toBe("ignored");
    expect(other.id).not.toBe(orderId);
  });

  test("an order of ours that the books do not know is shown to a person", async () => {
    const { id } = await desk.app.store.installation();
    const { body: order } = await desk.call("POST", "/orders", {
      currency: "MXN",
      customer_info: { customer_id: desk.customerId },
      line_items: [{ name: "Plan Oro", unit_price: 20015, quantity: 1 }],
      metadata: { puntual_installation: id, puntual_attempt: "inv_lost-1" },
      charges: [{ payment_method: { type: "default" }, reference_id: "inv_lost-1" }],
    });
    const body = await say("order.paid", { object: "order", id: order.id });
    await desk.process();
    expect(await desk.inboxRow(body)).toMatchObject({ state: "failed", because: expect.stringContaining("reconcile") });
    expect(desk.logged.join("")).toContain("order.not_in_books");
  });

  test("a charge that differs from what we asked for is held, not paid", async () => {
    desk.sandbox.inject({ kind: "other_amount", call: "POST /orders" });
    await loseAnAnswer();
    await desk.sandbox.flushWebhooks();
    await desk.process();
    expect(await states()).toEqual(["unknown"]);
    expect(await desk.invoice()).toMatchObject({ status: "held", statusReason: "answer_differs" });
  });
});

describe("reads that lag or fail", () => {
  test("order.paid is tried again until the read shows it", async () => {
    await desk.close();
    desk = await newDesk({ sandbox: { readLagMs: 9000 } });
    desk.clock.advance(60_000);
    await loseAnAnswer();
    await desk.sandbox.flushWebhooks();
    await desk.process();
    expect(await states()).toEqual(["unknown"]);
    const waiting = (await desk.inbox()).filter(({ type }) => type === "order.paid");
    expect(waiting).toMatchObject([{ state: "received", tries: 1 }]);
    desk.clock.advance(15_000);
    await desk.process();
    expect(await states()).toEqual(["paid"]);
    await eachProcessed();
  });

  test("a read that fails is repeated with growing waits, and shown at the end", async () => {
    await desk.run();
    const body = await say("order.refunded", { object: "order", id: desk.sandbox.orders()[0]?.orderId });
    const { GatewayUnavailable } = await import("../../src/domain/errors.ts");
    const orders = { readOrder: () => Promise.reject(new GatewayUnavailable("no answer")) };
    const waits: number[] = [];
    while ((await stateOf(body)) === "received" && waits.length < 50) {
      await desk.process({ webhooks: { ...desk.needs.webhooks, orders } });
      const nextTryAt = (await desk.inboxRow(body))?.["nextTryAt"];
      if (typeof nextTryAt !== "string") break;
      waits.push(Date.parse(nextTryAt) - desk.clock.now().getTime());
      desk.clock.set(new Date(nextTryAt));
    }
    expect(waits.slice(0, 4)).toEqual([5000, 10_000, 20_000, 40_000]);
    expect(waits).toHaveLength(15);
    expect(await desk.inboxRow(body)).toMatchObject({ state: "failed", because: "no answer", tries: 16 });
    expect(await desk.app.store.inbox.replay({ state: "failed" }, desk.clock.now())).toHaveLength(1);
    expect(await desk.inboxRow(body)).toMatchObject({ state: "received", tries: 0, because: null });
  });

  test("a key that is not accepted halts charging, and nothing is followed up until that is over", async () => {
    await desk.run();
    await say("order.refunded", { object: "order", id: desk.sandbox.orders()[0]?.orderId });
    const orders = { readOrder: () => Promise.reject(new GatewayUnauthorized("401")) };
    await desk.process({ webhooks: { ...desk.needs.webhooks, orders } });
    expect((await desk.app.store.installation()).haltReason).toBe("401");
    desk.clock.advance(10_000);
    await desk.process();
    expect(reads()).toEqual([]);
    await desk.run();
    expect(reads()).toHaveLength(1);
  });

  test("a key that is refused in a run ends it: nobody is charged, the run tells why, and alarms once", async () => {
    for (const id of ["ord_1", "ord_2", "ord_3"]) await say("order.refunded", { object: "order", id });
    const orders = { readOrder: () => Promise.reject(new GatewayUnauthorized("the key is not accepted")) };
    const { needs, owner, limits } = await desk.app.biller();
    const webhooks = { inbox: desk.app.store.inbox, orders };
    const biller = createBiller({ ...needs, webhooks }, owner, limits);
    const { summary } = await biller.tick(new AbortController().signal);
    expect(summary).toMatchObject({ haltReason: "the key is not accepted", outcomes: { paid: 0 } });
    expect(desk.sandbox.ledger()).toEqual([]);
    expect(desk.logged.filter((line) => line.includes("charging.halted"))).toHaveLength(1);
    expect(new Set((await desk.inbox()).map(({ state }) => state))).toEqual(new Set(["received"]));
  });

  test("what a crash left half-way is taken up again, later", async () => {
    await loseAnAnswer();
    await desk.sandbox.flushWebhooks();
    const now = desk.clock.now();
    const taken = await desk.app.store.inbox.take({ now, limit: 500, until: new Date(now.getTime() + 60_000) });
    expect(taken.length).toBeGreaterThan(0);
    await desk.process();
    expect(await states()).toEqual(["unknown"]);
    desk.clock.advance(60_000);
    await desk.process();
    expect(await states()).toEqual(["paid"]);
  });
});

describe("a charge that is under way", () => {
  /** What a webhook makes of the attempt after the gateway acted, before its answer is here. */
  async function statesDuringTheCall(token: string): Promise<unknown[]> {
    await desk.close();
    desk = await newDesk({ token });
    const { gateway } = desk.needs;
    const seen: unknown[] = [];
    const charge: typeof gateway.charge = async (...args) => {
      const outcome = await gateway.charge(...args);
      await desk.sandbox.flushWebhooks();
      await desk.process();
      seen.push(...(await states()));
      return outcome;
    };
    Object.assign(desk.needs, { gateway: { ...gateway, charge } });
    await desk.run();
    return seen;
  }

  test("is not disturbed by a decline: its own answer comes first", async () => {
    expect(await statesDuringTheCall("tok_test_card_declined")).toEqual(["sending"]);
    expect(await states()).toEqual(["declined"]);
    desk.clock.advance(30_000);
    await desk.process();
    expect(await desk.invoice()).toMatchObject({ declines: 1 });
    await eachProcessed();
  });

  test("is paid at once when money was seen, and its own answer adds nothing", async () => {
    expect(await statesDuringTheCall("tok_test_visa_4242")).toEqual(["paid"]);
    expect(await states()).toEqual(["paid"]);
    expect((await events()).filter((type) => type === "invoice.paid")).toHaveLength(1);
  });
});

describe("order_first, where one order is charged again and again", () => {
  test("the charge that paid is booked for its own attempt, and for no other", async () => {
    await desk.close();
    const env = { CONEKTA_CHARGE_FLOW: "order_first" };
    desk = await newDesk({ env, token: "tok_sandbox_insufficient_funds_1_then_pays" });
    await desk.run();
    expect(await states()).toEqual(["declined"]);
    desk.clock.set(new Date(String((await desk.invoice())["nextAttemptAt"])));
    desk.sandbox.inject({ kind: "reset_after", call: "POST /orders/*/charges" });
    await desk.run();
    expect(await states()).toEqual(["declined", "unknown"]);
    await desk.sandbox.flushWebhooks({ order: "newest_first" });
    await desk.process();
    expect(await states()).toEqual(["declined", "paid"]);
    expect(desk.sandbox.orders()).toHaveLength(1);
    await eachProcessed();
  });
});

describe("money that goes back", () => {
  test.each([
    [20_015, "order.refunded"],
    [1000, "order.partially_refunded"],
  ])("a refund of %d cents is noted once as %s; the invoice stays paid", async (amount, type) => {
    await desk.run();
    const orderId = desk.sandbox.orders()[0]?.orderId;
    await desk.call("POST", `/orders/${orderId}/refunds`, { amount, reason: "requested_by_client" });
    await desk.sandbox.flushWebhooks({ copies: 2, order: "newest_first" });
    await desk.process();
    desk.clock.advance(60_000);
    await desk.process();
    expect(await states()).toEqual(["paid"]);
    expect(await desk.invoice()).toMatchObject({ status: "paid" });
    expect((await events()).filter((each) => each.startsWith("order."))).toEqual([type]);
  });

  test("a dispute that names the charge alone is found by it, and noted", async () => {
    await desk.run();
    const [attempt] = await desk.attempts();
    const body = await say("charge.chargeback.created", {
      object: "chargeback",
      id: "cb",
      charge_id: attempt?.["chargeId"],
    });
    await desk.process();
    expect(await stateOf(body)).toBe("processed");
    expect(await events()).toContain("order.chargeback.created");
  });

  test("order.charged_back that no read shows is not believed, and shown to a person", async () => {
    await desk.run();
    const body = await say("order.charged_back", { object: "order", id: desk.sandbox.orders()[0]?.orderId });
    for (let tries = 0; tries < 8; tries++) {
      await desk.process();
      desk.clock.advance(60_000);
    }
    expect(await stateOf(body)).toBe("failed");
    expect(await events()).not.toContain("order.charged_back");
  });
});

describe("customers", () => {
  test("a new default card of one of ours is noted; what the event says of it is not", async () => {
    await setDefaultCard(desk, "tok_test_mastercard_4444");
    await desk.sandbox.flushWebhooks();
    await say("customer.updated", { object: "customer", id: desk.customerId, name: "Somebody Else" });
    await desk.process();
    expect((await desk.app.store.list("customers", {}))[0]).toMatchObject({
      name: "Jorge Martínez",
      cardLast4: "4444",
    });
    expect((await events()).filter((type) => type === "card.changed")).toHaveLength(1);
  });

  test("of a stranger nothing is read", async () => {
    const body = await say("customer.updated", { object: "customer", id: "cus_stranger" });
    await desk.process();
    expect(await stateOf(body)).toBe("ignored");
    expect(desk.sandbox.requests().filter(({ path }) => path.includes("cus_stranger"))).toEqual([]);
  });
});
