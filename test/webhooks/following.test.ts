/** What follows from an event: the order or customer is read again, and the reducer decides. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createBiller } from "../../src/application/run/biller.ts";
import { GatewayUnauthorized } from "../../src/domain/errors.ts";
import { setDefaultCard } from "./at-conekta.ts";
import { type WebhookIntake, eventOf, openWebhookIntake, signed } from "./webhook-intake.ts";

let intake: WebhookIntake;

beforeEach(async () => {
  intake = await openWebhookIntake();
});
afterEach(() => intake.close());

const stateOf = async (body: string) => (await intake.inboxRow(body))?.["state"];
const states = async () => (await intake.attempts()).map(({ state }) => state);
const events = async () => (await intake.store.list("events", {})).map(({ type }) => type);
const reads = () =>
  intake.sandbox.requests().filter(({ method, path }) => method === "GET" && path.startsWith("/orders/"));

async function say(type: string, object: object, change: object = {}): Promise<string> {
  const body = eventOf(type, object, change);
  expect(await intake.post(body, signed(body))).toBe(200);
  return body;
}

async function eachProcessed(): Promise<void> {
  const rows = (await intake.inbox()).filter(({ type }) => type.startsWith("order."));
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows)
    expect([row["type"], row["state"], row["because"]]).toEqual([row["type"], "processed", row["because"]]);
}

/** The charge is made, and its answer lost. */
async function loseAnAnswer(): Promise<string> {
  intake.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await intake.run();
  expect(await states()).toEqual(["unknown"]);
  return intake.sandbox.orders()[0]?.orderId ?? "";
}

describe("an attempt whose answer was lost", () => {
  test.each(["in_order", "newest_first", "shuffled"] as const)(
    "is settled by webhooks, %s and twice",
    async (order) => {
      const orderId = await loseAnAnswer();
      await intake.sandbox.flushWebhooks({ copies: 2, order });
      const summary = await intake.process();
      expect(await states()).toEqual(["paid"]);
      expect(await intake.invoice()).toMatchObject({ status: "paid" });
      expect((await intake.attempts())[0]).toMatchObject({ orderId, inquiries: 0 });
      expect(summary).toMatchObject({ outcomes: { paid: 1 }, paidCents: { MXN: 20015 } });
      expect(await events()).toContain("invoice.paid");
      await eachProcessed();
      expect(reads()).toHaveLength(1);
      expect(intake.sandbox.ledger().filter(({ status }) => status === "paid")).toHaveLength(1);
    },
  );

  test("is settled in a tick, too, before anybody looks for it", async () => {
    await loseAnAnswer();
    await intake.sandbox.flushWebhooks();
    await intake.run();
    expect(await states()).toEqual(["paid"]);
    expect(intake.sandbox.requests().filter(({ path }) => path.startsWith("/orders?"))).toEqual([]);
  });

  test("a declined charge becomes a decline, and dunning goes on", async () => {
    await intake.close();
    intake = await openWebhookIntake({ token: "tok_test_insufficient_funds" });
    await loseAnAnswer();
    await intake.sandbox.flushWebhooks();
    await intake.process();
    expect(await states()).toEqual(["declined"]);
    expect(await intake.invoice()).toMatchObject({ status: "open", declines: 1 });
  });

  test("events that come long after the books know change nothing", async () => {
    await loseAnAnswer();
    intake.clock.advance(20_000);
    await intake.run();
    expect(await states()).toEqual(["paid"]);
    const before = [await intake.attempts(), await intake.invoice(), await events()];
    intake.clock.advance(3 * 86_400_000);
    await intake.sandbox.flushWebhooks({ order: "newest_first" });
    await intake.process();
    expect([await intake.attempts(), await intake.invoice(), await events()]).toEqual(before);
  });
});

describe("what an event says is never booked", () => {
  test("order.paid of an order that was declined leaves it declined", async () => {
    await intake.close();
    intake = await openWebhookIntake({ token: "tok_test_card_declined" });
    await intake.run();
    const orderId = intake.sandbox.orders()[0]?.orderId;
    const body = await say("order.paid", { object: "order", id: orderId, payment_status: "paid" });
    await intake.process();
    expect(await stateOf(body)).toBe("received");
    intake.clock.advance(130_000);
    await intake.process();
    expect(await states()).toEqual(["declined"]);
    expect(await intake.inboxRow(body)).toMatchObject({
      state: "processed",
      because: expect.stringContaining("does not show it"),
    });
  });

  test.each(["order.declined", "order.expired", "order.canceled", "charge.declined"])(
    "%s never overwrites paid",
    async (type) => {
      await intake.run();
      const [order] = intake.sandbox.orders();
      const about = type.startsWith("order.")
        ? { object: "order", id: order?.orderId }
        : { object: "charge", id: "c", order_id: order?.orderId };
      const body = await say(type, about);
      await intake.process();
      expect(await states()).toEqual(["paid"]);
      expect(await stateOf(body)).toBe("processed");
    },
  );

  test("an order that is not ours is read, kept and ignored", async () => {
    const { body: order } = await intake.call("POST", "/orders", {
      currency: "MXN",
      customer_info: { customer_id: intake.customerId },
      line_items: [{ name: "Vasija", unit_price: 500, quantity: 1 }],
      charges: [{ payment_method: { type: "default" } }],
    });
    await intake.sandbox.flushWebhooks();
    await intake.process();
    const rows = (await intake.inbox()).filter(({ orderId }) => orderId === order.id);
    expect(rows.map(({ state }) => state)).toEqual(["ignored", "ignored", "ignored", "ignored"]);
    expect(await intake.attempts()).toEqual([]);
  });

  test("another installation's order is not ours, even with a reference that we know", async () => {
    const orderId = await loseAnAnswer();
    const [attempt] = await intake.attempts();
    const { body: other } = await intake.call("POST", "/orders", {
      currency: "MXN",
      customer_info: { customer_id: intake.customerId },
      line_items: [{ name: "Vasija", unit_price: 20015, quantity: 1 }],
      metadata: { puntual_installation: "ins_another", puntual_attempt: attempt?.["reference"] },
      charges: [{ payment_method: { type: "default" }, reference_id: attempt?.["reference"] }],
    });
    const body = await say("order.paid", { object: "order", id: other.id });
    await intake.process();
    expect(await states()).toEqual(["unknown"]);
    expect(await stateOf(body)).toBe("ignored");
    expect(other.id).not.toBe(orderId);
  });

  test("an order of ours that the books do not know is shown to a person", async () => {
    const { id } = await intake.store.installation();
    const { body: order } = await intake.call("POST", "/orders", {
      currency: "MXN",
      customer_info: { customer_id: intake.customerId },
      line_items: [{ name: "Plan Oro", unit_price: 20015, quantity: 1 }],
      metadata: { puntual_installation: id, puntual_attempt: "inv_lost-1" },
      charges: [{ payment_method: { type: "default" }, reference_id: "inv_lost-1" }],
    });
    const body = await say("order.paid", { object: "order", id: order.id });
    await intake.process();
    expect(await intake.inboxRow(body)).toMatchObject({
      state: "failed",
      because: expect.stringContaining("take it into them, then replay"),
    });
    expect(intake.logged.join("")).toContain("order.not_in_books");
  });

  test("a charge that differs from what we asked for is held, not paid", async () => {
    intake.sandbox.inject({ kind: "other_amount", call: "POST /orders" });
    await loseAnAnswer();
    await intake.sandbox.flushWebhooks();
    await intake.process();
    expect(await states()).toEqual(["unknown"]);
    expect(await intake.invoice()).toMatchObject({ status: "held", statusReason: "answer_differs" });
  });
});

describe("reads that lag or fail", () => {
  test("order.paid is tried again until the read shows it", async () => {
    await intake.close();
    intake = await openWebhookIntake({ sandbox: { readLagMs: 9000 } });
    intake.clock.advance(60_000);
    await loseAnAnswer();
    await intake.sandbox.flushWebhooks();
    await intake.process();
    expect(await states()).toEqual(["unknown"]);
    const waiting = (await intake.inbox()).filter(({ type }) => type === "order.paid");
    expect(waiting).toMatchObject([{ state: "received", tries: 1 }]);
    intake.clock.advance(15_000);
    await intake.process();
    expect(await states()).toEqual(["paid"]);
    await eachProcessed();
  });

  test.each<[minutes: number, isRefunded: boolean, disputes: readonly string[], because: string]>([
    [0, false, [], "a refund that explains it may not be shown yet"],
    [1, false, ["reversed open"], "nothing explains it"],
    [1, true, [], "its refund was shown since"],
  ])("charge.reversed, %i min later, refunded: %p: %j (%s)", async (minutes, isRefunded, disputes) => {
    await intake.run();
    const [orderId, chargeId] = [
      intake.sandbox.orders()[0]?.orderId ?? "",
      (await intake.attempts())[0]?.chargeId ?? "",
    ];
    const { orders } = intake.needs.webhooks;
    let refundedCents = 0;
    const dispute = { gatewayDisputeId: null, reason: null, evidenceDueBy: null, disputedAt: null };
    const reversed = { ...dispute, chargeId, status: "reversed", amountCents: 20015, currency: "MXN" };
    const readOrder = async (id: string) => {
      return { ...(await orders.readOrder(id)), ...{ givenBack: "reversed", refundedCents, disputes: [reversed] } };
    };
    const process = () => intake.process({ webhooks: { ...intake.needs.webhooks, orders: { readOrder } } });
    const body = await say("charge.reversed", { object: "charge", id: chargeId, order_id: orderId });
    await process();
    refundedCents = isRefunded ? 20015 : 0;
    if (minutes > 0) intake.clock.advance(minutes * 60_000);
    await process();
    expect(await stateOf(body)).toBe(minutes === 0 ? "received" : "processed");
    const rows = await intake.store.list("disputes", {});
    expect(rows.map(({ status, outcome }) => `${status} ${outcome}`)).toEqual(disputes);
  });

  test("a read that fails is repeated with growing waits, and shown at the end", async () => {
    await intake.run();
    const body = await say("order.refunded", { object: "order", id: intake.sandbox.orders()[0]?.orderId });
    const { GatewayUnavailable } = await import("../../src/domain/errors.ts");
    const orders = { readOrder: () => Promise.reject(new GatewayUnavailable("no answer")) };
    const waits: number[] = [];
    while ((await stateOf(body)) === "received" && waits.length < 50) {
      await intake.process({ webhooks: { ...intake.needs.webhooks, orders } });
      const nextTryAt = (await intake.inboxRow(body))?.["nextTryAt"];
      if (typeof nextTryAt !== "string") break;
      waits.push(Date.parse(nextTryAt) - intake.clock.now().getTime());
      intake.clock.set(new Date(nextTryAt));
    }
    expect(waits.slice(0, 4)).toEqual([5000, 10_000, 20_000, 40_000]);
    expect(waits).toHaveLength(15);
    expect(await intake.inboxRow(body)).toMatchObject({ state: "failed", because: "no answer", tries: 16 });
    expect(await intake.store.inbox.replay({ state: "failed" }, intake.clock.now())).toHaveLength(1);
    expect(await intake.inboxRow(body)).toMatchObject({ state: "received", tries: 0, because: null });
  });

  test("an order that alone is refused to the key waits, and halts nobody", async () => {
    const body = await say("order.refunded", { object: "order", id: "ord_1" });
    const orders = { readOrder: () => Promise.reject(new GatewayUnauthorized("403")) };
    await intake.process({ webhooks: { ...intake.needs.webhooks, orders } });
    expect((await intake.store.installation()).haltReason).toBeNull();
    expect(await intake.inboxRow(body)).toMatchObject({ state: "received", because: "403" });
  });

  test("a key that is not accepted halts charging, and nothing is followed up until that is over", async () => {
    await intake.run();
    await say("order.refunded", { object: "order", id: intake.sandbox.orders()[0]?.orderId });
    const refused = (): Promise<never> => Promise.reject(new GatewayUnauthorized("401"));
    await intake.process({
      webhooks: { ...intake.needs.webhooks, orders: { readOrder: refused } },
      gateway: { ...intake.needs.gateway, probe: refused },
    });
    expect((await intake.store.installation()).haltReason).toBe("401");
    intake.clock.advance(10_000);
    await intake.process();
    expect(reads()).toEqual([]);
    await intake.run();
    expect(reads()).toHaveLength(1);
  });

  test("a key that is refused in a run ends it: nobody is charged, the run tells why, and alarms once", async () => {
    for (const id of ["ord_1", "ord_2", "ord_3"]) await say("order.refunded", { object: "order", id });
    const refused = (): Promise<never> => Promise.reject(new GatewayUnauthorized("the key is not accepted"));
    const { needs, owner, limits } = await intake.app.assembly.biller();
    const webhooks = { inbox: intake.store.inbox, orders: { readOrder: refused } };
    let probes = 0;
    const gateway: typeof needs.gateway = {
      ...needs.gateway,
      // Accepted when the run begins, and no more.
      probe: (customerId) => (probes++ === 0 ? needs.gateway.probe(customerId) : refused()),
    };
    const biller = createBiller({ ...needs, gateway, webhooks }, owner, limits);
    const { summary } = await biller.tick(new AbortController().signal);
    expect(summary).toMatchObject({ haltReason: "the key is not accepted", outcomes: { paid: 0 } });
    expect(intake.sandbox.ledger()).toEqual([]);
    expect(intake.logged.filter((line) => line.includes("charging.halted"))).toHaveLength(1);
    expect(new Set((await intake.inbox()).map(({ state }) => state))).toEqual(new Set(["received"]));
  });

  test("what a crash left half-way is taken up again, later", async () => {
    await loseAnAnswer();
    await intake.sandbox.flushWebhooks();
    const now = intake.clock.now();
    const taken = await intake.store.inbox.take({ now, limit: 500, until: new Date(now.getTime() + 60_000) });
    expect(taken.length).toBeGreaterThan(0);
    await intake.process();
    expect(await states()).toEqual(["unknown"]);
    intake.clock.advance(60_000);
    await intake.process();
    expect(await states()).toEqual(["paid"]);
  });
});

describe("a charge that is under way", () => {
  /** What a webhook makes of the attempt after the gateway acted, before its answer is here. */
  async function statesDuringTheCall(token: string): Promise<unknown[]> {
    await intake.close();
    intake = await openWebhookIntake({ token });
    const { gateway } = intake.needs;
    const seen: unknown[] = [];
    const charge: typeof gateway.charge = async (...args) => {
      const outcome = await gateway.charge(...args);
      await intake.sandbox.flushWebhooks();
      await intake.process();
      seen.push(...(await states()));
      return outcome;
    };
    Object.assign(intake.needs, { gateway: { ...gateway, charge } });
    await intake.run();
    return seen;
  }

  test("is not disturbed by a decline: its own answer comes first", async () => {
    expect(await statesDuringTheCall("tok_test_card_declined")).toEqual(["sending"]);
    expect(await states()).toEqual(["declined"]);
    intake.clock.advance(30_000);
    await intake.process();
    expect(await intake.invoice()).toMatchObject({ declines: 1 });
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
    await intake.close();
    const env = { CONEKTA_CHARGE_FLOW: "order_first" };
    intake = await openWebhookIntake({ env, token: "tok_sandbox_insufficient_funds_1_then_pays" });
    await intake.run();
    expect(await states()).toEqual(["declined"]);
    intake.clock.set(new Date(String((await intake.invoice())["nextAttemptAt"])));
    intake.sandbox.inject({ kind: "reset_after", call: "POST /orders/*/charges" });
    await intake.run();
    expect(await states()).toEqual(["declined", "unknown"]);
    await intake.sandbox.flushWebhooks({ order: "newest_first" });
    await intake.process();
    expect(await states()).toEqual(["declined", "paid"]);
    expect(intake.sandbox.orders()).toHaveLength(1);
    await eachProcessed();
  });
});

describe("money that goes back", () => {
  test.each([
    [20_015, "order.refunded"],
    [1000, "order.partially_refunded"],
  ])("a refund of %d cents is noted once as %s; the invoice stays paid", async (amount, type) => {
    await intake.run();
    const orderId = intake.sandbox.orders()[0]?.orderId;
    await intake.call("POST", `/orders/${orderId}/refunds`, { amount, reason: "requested_by_client" });
    await intake.sandbox.flushWebhooks({ copies: 2, order: "newest_first" });
    await intake.process();
    intake.clock.advance(60_000);
    await intake.process();
    expect(await states()).toEqual(["paid"]);
    expect(await intake.invoice()).toMatchObject({ status: "paid" });
    expect((await events()).filter((each) => each.startsWith("order."))).toEqual([type]);
  });

  test("a dispute that names the charge alone is found by it, and noted", async () => {
    await intake.run();
    const [attempt] = await intake.attempts();
    const body = await say("charge.chargeback.created", {
      object: "chargeback",
      id: "cb",
      charge_id: attempt?.["chargeId"],
    });
    await intake.process();
    expect(await stateOf(body)).toBe("received");
    intake.clock.advance(130_000);
    await intake.process();
    expect(await stateOf(body)).toBe("processed");
    expect(await events()).toContain("order.chargeback.created");
    expect(await events()).not.toContain("dispute.opened");
  });

  test("order.charged_back that no read shows is not believed, and shown to a person", async () => {
    await intake.run();
    const body = await say("order.charged_back", { object: "order", id: intake.sandbox.orders()[0]?.orderId });
    for (let tries = 0; tries < 8; tries++) {
      await intake.process();
      intake.clock.advance(60_000);
    }
    expect(await stateOf(body)).toBe("failed");
    expect(await events()).not.toContain("order.charged_back");
  });
});

describe("customers", () => {
  test("a new default card of one of ours is noted; what the event says of it is not", async () => {
    await setDefaultCard(intake, "tok_test_mastercard_4444");
    await intake.sandbox.flushWebhooks();
    await say("customer.updated", { object: "customer", id: intake.customerId, name: "Somebody Else" });
    await intake.process();
    expect((await intake.store.list("customers", {}))[0]).toMatchObject({
      name: "Jorge Martínez",
      cardLast4: "4444",
    });
    expect((await events()).filter((type) => type === "card.changed")).toHaveLength(1);
  });

  test("of an unknown customer nothing is read", async () => {
    const body = await say("customer.updated", { object: "customer", id: "cus_unknown" });
    await intake.process();
    expect(await stateOf(body)).toBe("ignored");
    expect(intake.sandbox.requests().filter(({ path }) => path.includes("cus_unknown"))).toEqual([]);
  });
});
