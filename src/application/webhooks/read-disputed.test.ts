/** Orders that are read for disputes without a webhook: which, how far that is noted, and what a failure leaves. */
import { describe, expect, test } from "@jest/globals";
import { attemptRow, webhookWorld, type WebhookWorld } from "../../../test/support/webhook-world.ts";
import type { Dispute } from "../../domain/dispute.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { readDisputed } from "./read-disputed.ts";

const AT = new Date("2026-02-10T15:00:00Z");

describe("orders that are read for disputes", () => {
  const LIMITS = { most: 10, atOnce: 1 };
  const charged = new Date(AT.getTime() - 8 * 24 * 60 * MINUTE_MS);
  const paid = (n: number) =>
    attemptRow("paid", {
      ...{ id: `att_${n}`, number: n, reference: `ref_${n}`, orderId: `ord_${n}`, chargeId: `chr_${n}` },
      ...{ claimedAt: charged, state: n === 1 ? "paid" : "paid_again" },
    });
  const invoice = { status: "paid", paidAt: AT, nextAttemptAt: null } as const;
  const world = (order: WebhookWorld["order"] = {}): WebhookWorld => ({ attempts: [paid(1), paid(2)], invoice, order });

  async function read(made: WebhookWorld, signal = new AbortController().signal, limits = LIMITS) {
    const one = await webhookWorld(made);
    return { ...one, done: await readDisputed(one.needs, one.summary, signal, limits) };
  }

  test("are read once so many days after their charge, and it is noted how far that came", async () => {
    const one = await read(world());
    expect(one.done).toEqual({ lookedAt: 2, done: 2 });
    expect(one.reads).toEqual(["ord_1", "ord_2"]);
    expect([...one.tables.disputeReading.rows.values()]).toMatchObject([{ id: "7", attemptId: "att_2" }]);
    const signal = new AbortController().signal;
    expect(await readDisputed(one.needs, one.summary, signal, LIMITS)).toEqual({ lookedAt: 0, done: 0 });
  });

  test("so many at a time as they may", async () => {
    expect((await read(world(), undefined, { most: 1, atOnce: 1 })).done).toEqual({ lookedAt: 1, done: 1 });
  });

  test("one that Conekta does not know shows no dispute: it is done with", async () => {
    const gone = new GatewayRefused("no such order", { httpStatus: 404, code: null });
    const { done, logged, tables } = await read(world(gone));
    expect([done, logged, tables.readFailures.rows.size]).toEqual([{ lookedAt: 2, done: 2 }, [], 0]);
  });

  test.each<[error: Error, level: string]>([
    [new GatewayUnavailable("timeout"), "warn"],
    [new GatewayRefused("not so", { httpStatus: 422, code: null }), "warn"],
    [new Error("a slip"), "error"],
  ])("one that cannot be read, as %p says, is put aside, logged as %s, and no other waits", async (error, level) => {
    const { done, logged, tables, summary } = await read(world(error));
    expect(done).toEqual({ lookedAt: 2, done: 2 });
    expect(logged).toEqual([
      [level, "order.not_read", { orderId: "ord_1", error }],
      [level, "order.not_read", { orderId: "ord_2", error }],
    ]);
    expect([...tables.readFailures.rows.values()]).toMatchObject([{ kind: "attempt", of: "att_1" }, { of: "att_2" }]);
    expect(summary.failedReads).toBe(2);
  });

  const dispute: Dispute = {
    ...{ id: "dsp_1", chargeId: "chr_1", gatewayDisputeId: null, status: "charged_back", reason: null },
    ...{ evidenceDueBy: null, disputedAt: null, amountCents: 20015, currency: "MXN", orderId: "ord_1" },
    ...{ attemptId: "att_1", invoiceId: "inv_ana_0", subscriptionId: "ana", customerId: "cus_ana" },
    ...{ outcome: "open", openedAt: charged, closedAt: null, closedBy: null, why: null, nextReadAt: AT },
  };

  test("one with an open dispute is read for that: paid again, it is won", async () => {
    const one = await webhookWorld({
      attempts: [{ ...paid(1), claimedAt: AT }],
      invoice,
      order: { paidChargeIds: ["chr_1"] },
    });
    one.tables.disputes.put(dispute);
    const signal = new AbortController().signal;
    expect(await readDisputed(one.needs, one.summary, signal, LIMITS)).toEqual({ lookedAt: 1, done: 1 });
    expect(one.tables.disputes.get("dsp_1")).toMatchObject({ outcome: "won" });
  });

  test("one with an open dispute that cannot be read is not done with, until it is given up", async () => {
    const order = new GatewayUnavailable("timeout");
    const one = await webhookWorld({ attempts: [{ ...paid(1), claimedAt: AT }], invoice, order });
    one.tables.disputes.put(dispute);
    const signal = new AbortController().signal;
    const again = () => readDisputed(one.needs, one.summary, signal, LIMITS);
    expect(await again()).toEqual({ lookedAt: 1, done: 0 });
    expect(one.tables.disputes.get("dsp_1")).toMatchObject({ nextReadAt: AT });
    for (let failure = 2; failure < 8; failure++) {
      one.clock.advance(60 * MINUTE_MS);
      expect(await again()).toEqual({ lookedAt: 1, done: 0 });
    }
    one.clock.advance(18 * 60 * MINUTE_MS);
    expect(await again()).toEqual({ lookedAt: 1, done: 1 });
    expect(one.tables.readFailures.rows.size).toBe(0);
    expect(one.tables.disputes.get("dsp_1")?.nextReadAt).toEqual(
      new Date(one.clock.now().getTime() + 24 * 60 * MINUTE_MS),
    );
  });

  test("a read that succeeds forgets those that failed, and says that the gateway answers", async () => {
    const one = await webhookWorld({ attempts: [{ ...paid(1), claimedAt: AT }], invoice });
    one.tables.disputes.put(dispute);
    await one.store.noteReadFailure({ kind: "attempt", id: "att_1", because: "x" }, AT, () => AT);
    for (let n = 0; n < 4; n++) one.needs.breaker.readFailed(`att_${n}`);
    await readDisputed(one.needs, one.summary, new AbortController().signal, LIMITS);
    expect(one.tables.readFailures.rows.size).toBe(0);
    expect(one.needs.breaker.readFailed("att_9")).toBe(false);
  });

  test.each<[what: string, stop: (one: Awaited<ReturnType<typeof webhookWorld>>, ending: AbortController) => void]>([
    ["the process ends", (_one, ending) => ending.abort()],
    ["the gateway does not answer", ({ needs }) => needs.breaker.probeFailed(AT)],
    ["charging is halted", ({ summary }) => void (summary.haltReason = "the key")],
  ])("once %s none is read any more, and the place stays before them", async (_what, stop) => {
    const one = await webhookWorld(world());
    const ending = new AbortController();
    const readOrder = one.needs.webhooks.orders.readOrder.bind(one.needs.webhooks.orders);
    one.needs.webhooks.orders.readOrder = async (orderId) => {
      const order = await readOrder(orderId);
      stop(one, ending);
      return order;
    };
    expect(await readDisputed(one.needs, one.summary, ending.signal, LIMITS)).toEqual({ lookedAt: 1, done: 1 });
    expect([...one.tables.disputeReading.rows.values()]).toMatchObject([{ attemptId: "att_1" }]);
  });
});
