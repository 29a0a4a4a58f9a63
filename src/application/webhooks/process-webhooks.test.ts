/** A turn of the inbox: what is taken and read, what becomes of each event, and what a failure leaves. */
import { describe, expect, test } from "@jest/globals";
import { customerOf } from "../../../test/support/records.ts";
import { webhookWorld, type WebhookWorld } from "../../../test/support/webhook-world.ts";
import { DatabaseUnusable, GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import type { WebhookEvent } from "../ports/webhooks.ts";
import { processWebhooks } from "./process-webhooks.ts";

const AT = new Date("2026-02-10T15:00:00Z");
const after = (ms: number) => new Date(AT.getTime() + ms);
const SECOND_MS = 1000;

function eventOf(id: string, change: Partial<WebhookEvent> = {}): WebhookEvent {
  return { id, type: "order.paid", livemode: false, orderId: "ord_1", customerId: null, payload: {}, ...change };
}

async function worldOf(events: readonly WebhookEvent[], world: WebhookWorld = {}) {
  const made = await webhookWorld(world);
  await made.store.inbox.receive(
    events.map((event) => ({ event, ignoredBecause: null })),
    AT,
  );
  const rows = () => [...made.tables.webhooks.rows.values()];
  return {
    ...made,
    process: (signal = new AbortController().signal, concurrency = 2) =>
      processWebhooks(made.needs, { concurrency }, made.summary, signal),
    rows,
    words: () => rows().map(({ id, state, because }) => [id, state, because]),
  };
}

describe("a turn", () => {
  test("reads an order once for all its events, and keeps what became of each", async () => {
    const { process, words, reads, logged, rows } = await worldOf([
      // Whoever is named besides, it is the order that is read.
      eventOf("whe_1", { customerId: "cus_ana" }),
      eventOf("whe_2", { type: "order.created" }),
      eventOf("whe_3", { orderId: "ord_2" }),
    ]);
    expect(await process()).toEqual({ taken: 3, nextTryAt: null });
    expect(reads.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["ord_1", "ord_2"]);
    expect(words()).toEqual([
      ["whe_1", "processed", null],
      ["whe_2", "processed", null],
      ["whe_3", "processed", null],
    ]);
    expect(rows()).toMatchObject([{ tries: 1, processedAt: AT }, {}, {}]);
    const fields = { webhookEventId: "whe_1", type: "order.paid", orderId: "ord_1", customerId: "cus_ana", tries: 1 };
    expect(logged).toContainEqual(["debug", "webhook.processed", { ...fields, because: null }]);
  });

  test("with nothing to do takes nothing", async () => {
    const { process } = await worldOf([]);
    expect(await process()).toEqual({ taken: 0, nextTryAt: null });
  });

  test("what waits is tried again, the first of them next", async () => {
    const { process, rows, logged, clock } = await worldOf([
      eventOf("whe_1", { type: "order.refunded" }),
      eventOf("whe_2", { type: "order.refunded", orderId: "ord_2" }),
    ]);
    expect(await process()).toEqual({ taken: 2, nextTryAt: after(5 * SECOND_MS) });
    expect(logged).toContainEqual(["debug", "webhook.waits", expect.objectContaining({ webhookEventId: "whe_1" })]);
    clock.advance(5 * SECOND_MS);
    expect(await process()).toEqual({ taken: 2, nextTryAt: after(15 * SECOND_MS) });
    expect(rows()).toMatchObject([{ state: "received", tries: 2 }, {}]);
  });

  test("of several that wait the one that came last may be next", async () => {
    const refunded = (id: string) => eventOf(id, { type: "order.refunded" });
    const { process, store, clock } = await worldOf([refunded("whe_1")]);
    await process();
    clock.advance(5 * SECOND_MS);
    await store.inbox.receive([{ event: refunded("whe_2"), ignoredBecause: null }], clock.now());
    expect(await process()).toEqual({ taken: 2, nextTryAt: after(10 * SECOND_MS) });
  });

  test("while one is read it is set aside from others for five minutes", async () => {
    const { process, needs, rows } = await worldOf([eventOf("whe_1")]);
    let until: unknown = null;
    const readOrder = needs.webhooks.orders.readOrder.bind(needs.webhooks.orders);
    needs.webhooks.orders.readOrder = async (orderId) => {
      until = rows()[0]?.nextTryAt;
      return await readOrder(orderId);
    };
    await process();
    expect(until).toEqual(after(5 * MINUTE_MS));
  });

  test("takes five hundred at most, and reads so many at once as it may", async () => {
    const { process, needs, rows } = await worldOf(
      Array.from({ length: 501 }, (_, n) => eventOf(`whe_${String(n).padStart(3, "0")}`, { orderId: `ord_${n}` })),
    );
    let [now, most] = [0, 0];
    needs.webhooks.orders.readOrder = async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      throw new GatewayRefused("no such order", { httpStatus: 404, code: null });
    };
    expect((await process(undefined, 3)).taken).toBe(500);
    expect(most).toBe(3);
    expect(rows().filter(({ tries }) => tries === 0)).toHaveLength(1);
  });

  test.each<[what: string, stop: (world: Awaited<ReturnType<typeof worldOf>>) => Promise<unknown> | void]>([
    ["the gateway does not answer", ({ needs }) => needs.breaker.probeFailed(AT)],
    ["the key is not accepted", ({ store }) => store.haltCharging({ kind: "unauthorized", because: "x" }, AT)],
    ["the database is an old one", ({ store }) => store.haltCharging({ kind: "restored", because: "x" }, AT)],
  ])("while %s nothing is taken", async (_what, stop) => {
    const world = await worldOf([eventOf("whe_1")]);
    await stop(world);
    expect(await world.process()).toEqual({ taken: 0, nextTryAt: null });
    expect(world.rows()).toMatchObject([{ state: "received", tries: 0 }]);
  });

  test("while a person has halted charging events are followed all the same", async () => {
    const world = await worldOf([eventOf("whe_1")]);
    await world.store.haltCharging({ kind: "person", because: "x" }, AT);
    expect(await world.process()).toMatchObject({ taken: 1 });
  });

  test("of a process that ends takes nothing", async () => {
    const { process, rows } = await worldOf([eventOf("whe_1")]);
    expect(await process(AbortSignal.abort())).toEqual({ taken: 0, nextTryAt: null });
    expect(rows()).toMatchObject([{ tries: 0 }]);
  });
});

describe("what cannot be followed", () => {
  test.each<[change: Partial<WebhookEvent>, state: string, because: string]>([
    [{ orderId: null }, "failed", "it names no order, and no charge of ours"],
    [{ type: "customer.updated" }, "ignored", "Puntual has no use for it"],
    [{ type: "subscription.created" }, "ignored", "Puntual has no use for it"],
  ])("%j is %s: %s", async (change, state, because) => {
    const { process, words, logged, reads } = await worldOf([eventOf("whe_1", change)]);
    await process();
    expect([words(), reads]).toEqual([[["whe_1", state, because]], []]);
    expect(logged).toMatchObject([[state === "failed" ? "error" : "debug", `webhook.${state}`, { because }]]);
  });

  test.each<[error: Error, state: string, because: string, failedReads: number]>([
    [new Error("a slip"), "failed", "a bug: Error: a slip", 0],
    [new GatewayUnavailable("timeout"), "received", "timeout", 1],
    [new GatewayRefused("not so", { httpStatus: 422, code: null }), "received", "not so", 1],
  ])("a read that throws %p leaves it %s: %s", async (order, state, because, failedReads) => {
    const { process, words, summary, gateway } = await worldOf([eventOf("whe_1")], { order });
    await process();
    expect([words(), gateway.probes]).toEqual([[["whe_1", state, because]], 0]);
    expect([summary.failedReads, summary.haltReason]).toEqual([failedReads, null]);
  });

  test("a key that is refused for one order is asked about others: it may be that order alone", async () => {
    const { process, words, summary, gateway } = await worldOf([eventOf("whe_1")], {
      order: new GatewayUnauthorized("no"),
    });
    await process();
    expect([words(), summary.haltReason, gateway.probes]).toEqual([[["whe_1", "received", "no"]], null, 1]);
  });

  test("a key that is refused for all halts charging, and nothing else is read", async () => {
    const unauthorized = new GatewayUnauthorized("no");
    const { process, words, summary, gateway, reads } = await worldOf(
      [eventOf("whe_1"), eventOf("whe_2", { orderId: "ord_2" })],
      { order: unauthorized },
    );
    gateway.failingReads.push(unauthorized, unauthorized, unauthorized);
    await process(undefined, 1);
    expect(words().map(([, state]) => state)).toEqual(["received", "received"]);
    expect([summary.haltReason, reads.length]).toEqual(["no", 1]);
    expect(words()[1]?.[2]).toBe("no");
  });

  test("a database that fails is thrown, once what else was learned is kept", async () => {
    const broken = new DatabaseUnusable("the disk is full");
    const { process, needs, words, reads } = await worldOf([eventOf("whe_1"), eventOf("whe_2", { orderId: "ord_2" })]);
    const readOrder = needs.webhooks.orders.readOrder.bind(needs.webhooks.orders);
    needs.webhooks.orders.readOrder = async (orderId) => {
      if (orderId === "ord_1") throw broken;
      return await readOrder(orderId);
    };
    await expect(process(undefined, 1)).rejects.toBe(broken);
    expect(words()).toEqual([
      ["whe_1", "received", null],
      ["whe_2", "processed", null],
    ]);
    expect(reads).toEqual(["ord_2"]);
  });

  test("the process ends meanwhile: what is left is for the next", async () => {
    const ending = new AbortController();
    const { process, needs, words } = await worldOf([eventOf("whe_1"), eventOf("whe_2", { orderId: "ord_2" })]);
    const readOrder = needs.webhooks.orders.readOrder.bind(needs.webhooks.orders);
    needs.webhooks.orders.readOrder = async (orderId) => {
      ending.abort();
      return await readOrder(orderId);
    };
    await process(ending.signal, 1);
    expect(words()).toEqual([
      ["whe_1", "processed", null],
      ["whe_2", "received", "the run ended first"],
    ]);
  });
});

describe("a customer who is named", () => {
  const ana = { type: "customer.updated", orderId: null, customerId: "cus_ana" };

  test("is read three times, since reads may lag, and noted", async () => {
    const { process, words, gateway, told, clock } = await worldOf([eventOf("whe_1", ana), eventOf("whe_2", ana)]);
    gateway.customers.set("cus_ana", { ...customerOf("cus_ana", { cardLast4: "1111" }), livemode: false });
    const lags = "read, and once more, as reads may lag";
    for (const because of [lags, lags, null]) {
      const { nextTryAt } = await process();
      expect(words().map(([, , why]) => why)).toEqual([because, because]);
      clock.set(nextTryAt ?? clock.now());
    }
    expect(words().map(([, state]) => state)).toEqual(["processed", "processed"]);
    expect(gateway.readCustomers).toEqual(["cus_ana", "cus_ana", "cus_ana"]);
    expect(told().filter(({ type }) => type === "card.changed")).toHaveLength(1);
  });

  test("is gone once Conekta no longer knows her", async () => {
    const { process, words, tables, told } = await worldOf([eventOf("whe_1", ana)]);
    await process();
    expect(words()).toEqual([["whe_1", "processed", "Conekta no longer knows this customer"]]);
    expect(tables.customers.get("cus_ana")?.deletedAt).toEqual(AT);
    expect(told().map(({ type }) => type)).toEqual(["customer.deleted"]);
  });

  test("of whom the books know nothing is not read", async () => {
    const { process, words, gateway } = await worldOf([eventOf("whe_1", { ...ana, customerId: "cus_x" })]);
    await process();
    expect(words()).toEqual([["whe_1", "ignored", "a customer who is not in these books"]]);
    expect(gateway.readCustomers).toEqual([]);
  });

  test("who cannot be read is read another time", async () => {
    const { process, words, gateway } = await worldOf([eventOf("whe_1", ana)]);
    gateway.failingReads.push(new GatewayRefused("not so", { httpStatus: 422, code: null }));
    await process();
    expect(words()).toEqual([["whe_1", "received", "not so"]]);
  });
});
