/** A person's word on what is unknown: what is believed, what is refused, and what is booked instead. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { listUnknown, showUnknown } from "../../src/application/reconcile/list-unknown.ts";
import { resolveNotCharged, resolvePaid } from "../../src/application/reconcile/resolve-unknown.ts";
import type { FaultKind } from "../../src/sandbox/server.ts";
import { AMOUNT_CENTS, blindBiller, openSweptApp, showing, sweepNeedsOf } from "./swept-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { MINUTE_MS } from "../support/records.ts";

const BY = { why: "looked at the panel", by: "maria" };
const QUIET_MS = 15 * MINUTE_MS;

let app: AppFixture;
afterEach(async () => await app[Symbol.asyncDispose]());

/** One charge whose answer was lost. @returns its attempt */
async function lost(kind: FaultKind, token?: string, flow = "single"): Promise<string> {
  app = await openSweptApp({ env: { CONEKTA_CHARGE_FLOW: flow } });
  await app.subscribeWithCard("ana", token);
  const call = flow === "single" ? "POST /orders" : "POST /orders/*/charges";
  app.sandbox.inject({ kind, call });
  expect((await app.runOnce()).outcomes.unknown).toBe(1);
  return String((await app.list("attempts"))[0]?.["attemptId"]);
}

async function needs() {
  const { sweep, orders, ...rest } = await sweepNeedsOf(app);
  return { ...rest, orders, lister: sweep.lister, inbox: sweep.inbox, together: app.store.together, timeoutMs: 30_000 };
}

async function state() {
  const [attempt] = await app.list("attempts");
  const [invoice] = await app.list("invoices");
  return `${String(attempt?.["state"])}, ${String(invoice?.["status"])}`;
}

/** Looks until a person has to decide. */
async function untilHeld(): Promise<void> {
  for (let inquiry = 0; inquiry < 9; inquiry++) {
    app.clock.advance(6 * 60 * MINUTE_MS);
    await app.runOnce();
  }
  expect(await state()).toBe("unknown, held");
}

describe("paid", () => {
  test("is believed when the order shows it as asked; who said so, and why, is kept", async () => {
    const attemptId = await lost("reset_after");
    const orderId = app.sandbox.ledger()[0]?.orderId ?? "";
    await resolvePaid(await needs(), attemptId, { orderId, ...BY });
    expect(await state()).toBe("paid, paid");
    const [attempt] = await app.list("attempts");
    expect(attempt).toMatchObject({ orderId, chargeId: app.sandbox.ledger()[0]?.chargeId });
    expect(JSON.stringify(attempt?.["evidence"])).toContain("maria says this order paid it");
    expect(await app.list("events", { type: "attempt.resolved" })).toMatchObject([
      { attemptId, data: { resolution: "paid", orderId, ...BY } },
    ]);
    await expect(resolvePaid(await needs(), attemptId, { orderId, ...BY })).rejects.toThrow("is paid already");
  });

  test.each([
    ["an order that is not there", async () => "ord_nobodyKnowsThis1", "knows no order"],
    ["an order that is not paid", async () => await order({ charged: false }), "is not paid"],
    ["another amount", async () => await order({ cents: 5000 }), "amount 5000 cents instead of 20015"],
    ["another customer", async () => await order({ customer: "other" }), "customer cus_"],
    [
      "an order that another attempt holds",
      async () => app.sandbox.ledger().find(({ status }) => status === "paid")?.orderId ?? "",
      "holds it already",
    ],
  ])("is refused for %s, and nothing changes", async (_what, orderOf, because) => {
    const attemptId = await lost("reset_before");
    await app.subscribeWithCard("beto");
    await app.runOnce();
    const orderId = await orderOf();
    await expect(resolvePaid(await needs(), attemptId, { orderId, ...BY })).rejects.toThrow(because);
    const attempts = await app.list("attempts", { attemptId });
    expect(attempts).toMatchObject([{ state: "unknown" }]);
    expect(await app.list("events", { type: "attempt.resolved" })).toEqual([]);
  });
});

describe("not charged", () => {
  test("is refused before the gateway could have shown it", async () => {
    const attemptId = await lost("reset_before");
    await expect(resolveNotCharged(await needs(), attemptId, BY)).rejects.toThrow("RECHARGE_QUIET_MS");
    expect(await state()).toBe("unknown, open");
  });

  test.each(["single", "order_first"])("frees a held invoice, which is charged once (%s)", async (flow) => {
    const attemptId = await lost("reset_before", undefined, flow);
    if (flow === "single") await untilHeld();
    app.clock.advance(QUIET_MS);
    await resolveNotCharged(await needs(), attemptId, BY);
    expect(await state()).toBe("not_sent, open");
    expect(await app.list("events", { type: "attempt.resolved" })).toHaveLength(1);
    app.clock.advance(60 * MINUTE_MS);
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    expect(app.sandbox.ledger()).toHaveLength(1);
  });

  test.each([
    ["tok_test_visa_4242", "paid, paid"],
    ["tok_test_card_declined", "declined, open"],
    ["tok_sandbox_pending", "pending, open"],
  ])("is refused when the gateway shows the charge of %s, which is booked: %s", async (token, booked) => {
    const attemptId = await lost("reset_after", token);
    app.clock.advance(QUIET_MS);
    await expect(resolveNotCharged(await needs(), attemptId, BY)).rejects.toThrow("that is booked");
    expect(await state()).toBe(booked);
  });

  test("of money that moved otherwise than asked: only once the whole of it was given back", async () => {
    const attemptId = await lost("reset_after", "tok_sandbox_fault_other_amount");
    app.clock.advance(QUIET_MS);
    await expect(resolveNotCharged(await needs(), attemptId, BY)).rejects.toThrow("it stays unknown");
    expect(await state()).toBe("unknown, held");
    const orderId = app.sandbox.ledger()[0]?.orderId ?? "";
    await post(`/orders/${orderId}/refunds`, { reason: "other" });
    await resolveNotCharged(await needs(), attemptId, BY);
    expect(await state()).toBe("not_sent, open");
  });

  test.each([
    ["partially_refunded", "Refused", "unknown, open", "the rest of it was kept: the customer has paid"],
    ["charged_back", "Refused", "unknown, open", "the bank took it back, and may have to give it again"],
    ["reversed", "Refused", "unknown, open", "what is not known to have gone back whole is a payment"],
    ["refunded", "freed", "not_sent, open", "the whole of it went back: the customer has paid nothing"],
  ])("of an order that is %s: %s, and it is %s (%s)", async (givenBack, answer, left) => {
    const attemptId = await lost("reset_after");
    app.clock.advance(QUIET_MS);
    const resolving = await needs();
    const lister = showing(resolving.lister, givenBack);
    const resolved = resolveNotCharged({ ...resolving, lister }, attemptId, BY);
    expect(await resolved.then(() => "freed").catch(({ name }: Error) => name)).toBe(answer);
    expect(await state()).toBe(left);
    expect(await app.list("events", { type: "attempt.resolved" })).toHaveLength(answer === "freed" ? 1 : 0);
  });

  describe("and that is wrong: the gateway showed the charge too late", () => {
    /** The order list does not show the charge on the day on which a person decides. */
    async function deniedWrongly(): Promise<string> {
      const attemptId = await lost("reset_after");
      app.clock.advance(QUIET_MS);
      const nothing = { ...(await needs()), lister: { listOrders: async function* () {} } };
      await resolveNotCharged(nothing, attemptId, BY);
      return attemptId;
    }

    test("the gateway is asked again after 1, 3 and 7 days: the second payment is told, to be refunded", async () => {
      const attemptId = await deniedWrongly();
      const biller = await blindBiller(app);
      const tick = async () => (await biller.tick(new AbortController().signal)).summary;
      app.clock.advance(60 * MINUTE_MS);
      expect((await tick()).outcomes.paid).toBe(1);
      expect(app.sandbox.ledger()).toHaveLength(2);
      app.clock.advance(23 * 60 * MINUTE_MS);
      await tick();
      expect(await app.list("attempts", { attemptId })).toMatchObject([{ state: "paid_again" }]);
      expect(await app.list("attention")).toMatchObject([
        { kind: "paid_again", orderId: expect.stringMatching(/^ord_/) },
      ]);
      expect((await app.store.installation()).haltReason).toBeNull();
    });

    test("the next start halts nobody, books it at once, and billing goes on", async () => {
      const attemptId = await deniedWrongly();
      await app.subscribeWithCard("beto");
      await app.runOnce();
      await app.runOnce();
      expect((await app.store.installation()).haltReason).toBeNull();
      expect(await app.list("attempts", { attemptId })).toMatchObject([{ state: "paid" }]);
      expect(await app.list("invoices", { subscriptionId: "ana" })).toMatchObject([{ status: "paid" }]);
      expect(await app.list("invoices", { subscriptionId: "beto" })).toMatchObject([{ status: "paid" }]);
      expect(app.sandbox.ledger()).toHaveLength(2);
    });

    test("nothing that anybody else paid: the invoice is paid by it, and nobody is charged again", async () => {
      const attemptId = await deniedWrongly();
      await app.changeInvoice((await app.list("invoices"))[0]?.invoiceId, { nextAttemptAt: null, dunningStep: null });
      for (const days of [1, 2]) {
        app.clock.advance(days * 24 * 60 * MINUTE_MS);
        await app.run();
      }
      expect(await app.list("attempts", { attemptId })).toMatchObject([{ state: "paid" }]);
      expect(await state()).toBe("paid, paid");
      expect(app.sandbox.ledger()).toHaveLength(1);
    });
  });

  test("is for what is unknown only", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    await app.runOnce();
    const [attempt] = await app.list("attempts");
    const resolution = resolveNotCharged(await needs(), String(attempt?.["attemptId"]), BY);
    await expect(resolution).rejects.toMatchObject({ name: "Refused" });
    await expect(resolveNotCharged(await needs(), "att_nobody", BY)).rejects.toMatchObject({ name: "NotFound" });
  });
});

test("the list has what waits, with its evidence, and each is shown by attempt or invoice", async () => {
  const attemptId = await lost("reset_before");
  app.clock.advance(QUIET_MS);
  const rows = await listUnknown(app.assembly, app.clock.now());
  expect(rows).toMatchObject([
    { kind: "unknown", attemptId, ageSeconds: 900, amountCents: AMOUNT_CENTS, invoiceStatus: "open", inquiries: 0 },
  ]);
  expect(rows[0]?.["because"]).toContain("connection broke");
  const shown = await showUnknown(app.assembly, String(rows[0]?.["invoiceId"]), app.clock.now());
  expect(shown?.row).toEqual(rows[0]);
  expect(shown?.events.length).toBeGreaterThan(0);
  expect(await showUnknown(app.assembly, "att_nobody", app.clock.now())).toBeNull();
});

async function order(change: { cents?: number; charged?: boolean; customer?: string }): Promise<string> {
  const subscriptions = await app.list("subscriptions", {});
  const customerOf = (id: string) =>
    String(subscriptions.find(({ subscriptionId }) => subscriptionId === id)?.["customerId"]);
  const { cents = AMOUNT_CENTS, charged = true, customer } = change;
  const { id } = await post("/orders", {
    currency: "MXN",
    customer_info: { customer_id: customerOf(customer === undefined ? "ana" : "beto") },
    line_items: [{ name: "Plan", unit_price: cents, quantity: 1 }],
    ...(charged && { charges: [{ payment_method: { type: "default" } }] }),
  });
  return id;
}

async function post(path: string, body: object): Promise<{ id: string }> {
  const headers = { authorization: "Bearer key_person", "content-type": "application/json" };
  const answer = await fetch(app.sandbox.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as { id: string };
}
