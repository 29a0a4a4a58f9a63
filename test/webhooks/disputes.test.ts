/** A payment that its cardholder disputes: found by webhook or without, shown until it is decided, and what the next cycle does. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { noteMoneyBack } from "../../src/application/webhooks/note-money-back.ts";
import { refundInvoice } from "../../src/application/invoices/refund-invoice.ts";
import { resolveDispute } from "../../src/application/webhooks/resolve-dispute.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import type { OnChargeback } from "../../src/domain/dispute.ts";
import { type AppFixture, openApp } from "../support/app-fixture.ts";
import { DAY_MS, HOUR_MS } from "../support/records.ts";
import { policyOf } from "../support/policy.ts";

let app: AppFixture;
afterEach(() => app[Symbol.asyncDispose]());

/** One charge is paid, at the end of January. */
async function paidOnce(onChargeback: OnChargeback = "hold"): Promise<string> {
  app = await openApp({ sandbox: {}, policies: [policyOf({ onChargeback })] });
  await app.subscribeWithCard("jorge");
  await app.run();
  return app.sandbox.orders()[0]?.orderId ?? "";
}

const attention = async () => (await app.list("attention")).map(({ kind, invoiceId }) => `${kind} ${invoiceId}`);
const disputes = () => app.list("disputes");
const disputeEvents = async () => (await app.eventTypes()).filter((type) => type.startsWith("dispute."));
const paidOrders = () => app.sandbox.ledger().filter(({ status }) => status === "paid").length;

/** The second cycle is due: 28 February, 09:00. */
async function runNextCycle() {
  app.clock.set(new Date("2026-02-28T15:00:00Z"));
  return await app.run();
}

describe("a dispute is found", () => {
  test("by a webhook's hint, with what the read of the order shows, and stands before a person", async () => {
    const orderId = await paidOnce();
    app.sandbox.dispute(orderId, { status: "action_required", reason: "subscription_canceled" });
    await app.takeWebhook("charge.chargeback.created", orderId);
    const summary = await app.run();
    const [invoice] = await app.invoices();
    expect(await disputes()).toMatchObject([
      {
        ...{ orderId, invoiceId: invoice?.invoiceId, subscriptionId: "jorge", cycle: 0, amountCents: 20015 },
        ...{ status: "action_required", outcome: "open", reason: "subscription_canceled", closedAt: null },
        evidenceDueBy: "2026-02-03T15:00:00.000Z",
      },
    ]);
    expect(await attention()).toEqual([`disputed ${invoice?.invoiceId}`]);
    expect(await app.list("attention")).toMatchObject([
      {
        disputeStatus: "action_required",
        disputeReason: "subscription_canceled",
        evidenceDueBy: "2026-02-03T15:00:00.000Z",
      },
    ]);
    expect(summary.needsPerson).toBe(1);
    expect((await app.store.statusCounts(app.clock.now())).disputes.count).toBe(1);
    expect(await disputeEvents()).toEqual(["dispute.opened"]);
    expect(invoice?.status).toBe("paid");
  });

  test("without webhooks: the order of a paid charge is read after 7, 30, 60, 90 and 120 days", async () => {
    const orderId = await paidOnce("charge");
    app.sandbox.dispute(orderId, { status: "under_review" });
    app.clock.advance(6 * DAY_MS);
    await app.run();
    expect(await disputes()).toEqual([]);
    app.clock.advance(DAY_MS);
    await app.run();
    expect(await disputes()).toMatchObject([{ status: "under_review", outcome: "open" }]);
  });

  test("an order that cannot be read keeps no other from it, and is read again", async () => {
    const orderId = await paidOnce("charge");
    app.sandbox.dispute(orderId, { status: "under_review" });
    app.sandbox.inject({ kind: "500_before", call: "GET /orders/*", always: true });
    app.clock.advance(7 * DAY_MS);
    await app.run();
    expect(await disputes()).toEqual([]);
    app.sandbox.clearFaults();
    app.clock.advance(HOUR_MS);
    await app.run();
    expect(await disputes()).toMatchObject([{ outcome: "open" }]);
  });

  test("an open one is read once a day, until it is won", async () => {
    const orderId = await paidOnce();
    app.sandbox.dispute(orderId, { status: "action_required" });
    await app.takeWebhook("charge.chargeback.created", orderId);
    await app.run();
    app.sandbox.dispute(orderId, { status: "represented" });
    app.clock.advance(23 * HOUR_MS);
    await app.run();
    expect(await disputes()).toMatchObject([{ status: "action_required" }]);
    app.clock.advance(HOUR_MS);
    await app.run();
    expect(await disputes()).toMatchObject([{ status: "represented", outcome: "open" }]);
    app.sandbox.dispute(orderId, { status: "won" });
    app.clock.advance(DAY_MS);
    await app.run();
    expect(await disputes()).toMatchObject([{ status: "won", outcome: "won", nextReadAt: null }]);
    expect(await disputeEvents()).toEqual(["dispute.opened", "dispute.updated", "dispute.closed"]);
    expect(await attention()).toEqual([]);
  });

  test("a charge that is charged_back and shows no more is a dispute; paid again, it is won", async () => {
    const orderId = await paidOnce();
    app.sandbox.dispute(orderId, { status: "charged_back" });
    await app.takeWebhook("order.charged_back", orderId);
    await app.run();
    expect(await disputes()).toMatchObject([{ gatewayDisputeId: null, status: "charged_back", outcome: "open" }]);
    app.sandbox.dispute(orderId, { status: "won" });
    app.clock.advance(DAY_MS);
    await app.run();
    expect(await disputes()).toMatchObject([{ status: "won", outcome: "won" }]);
  });

  test("told again and again, it is written once", async () => {
    const orderId = await paidOnce();
    app.sandbox.dispute(orderId, { status: "pending_review" });
    for (const type of ["charge.chargeback.created", "charge.chargeback.updated", "charge.chargeback.created"]) {
      await app.takeWebhook(type, orderId);
      await app.run();
    }
    expect(await disputeEvents()).toEqual(["dispute.opened"]);
  });
});

describe("a charge that is reversed or fraudulent, and shows no more", () => {
  type Shown = readonly [status: string, chargeId: string | null, amountCents?: number];

  /** A read of the order whose charges show this; null: the charge that paid. */
  async function readWith(orderId: string, shown: readonly Shown[], mayLag = false) {
    const order = await (await app.assembly.gateway()).readOrder(orderId);
    const attempts = await app.store.inbox.attemptsOf(orderId, []);
    const charges = shown.map(([status, chargeId, amountCents = 20015]) => {
      return { status, chargeId: chargeId ?? attempts[0]?.chargeId ?? "", amountCents };
    });
    const none = { gatewayDisputeId: null, reason: null, evidenceDueBy: null, disputedAt: null, currency: "MXN" };
    const [refunded, disputed] = [true, false].map((is) =>
      charges.filter(({ status }) => (status === "refunded") === is),
    );
    const seen = {
      ...order,
      paidChargeIds: [],
      refundedCents: refunded?.reduce((sum, { amountCents }) => sum + amountCents, 0) ?? null,
      refundedCharges: new Map(refunded?.map(({ chargeId, amountCents }) => [chargeId, amountCents])),
      disputes: disputed?.map((each) => ({ ...each, ...none })) ?? [],
    };
    await noteMoneyBack(app.assembly.settling, orderId, seen, attempts, { mayLag });
    return (await disputes()).map(({ status, outcome }) => `${status} ${outcome}`);
  }

  async function giveBack(amountCents: number | null = null): Promise<void> {
    const { clock, log, random, store } = app.assembly;
    const needs = { clock, log, random, store, inbox: store.inbox, refunds: store.refunds };
    const wanted = { attemptId: null, amountCents, reason: "other", note: null, by: "maria" } as const;
    const invoiceId = (await app.invoices())[0]?.invoiceId ?? "";
    await refundInvoice({ ...needs, refunder: await app.assembly.gateway() }, { invoiceId, ...wanted });
  }

  test.each(["reversed", "fraudulent"])("%s: a dispute that a person decides", async (status) => {
    const orderId = await paidOnce();
    expect(await readWith(orderId, [[status, null]])).toEqual([`${status} open`]);
  });

  test("is no dispute where a refund of ours took it, whatever sum the order shows", async () => {
    const orderId = await paidOnce("cancel");
    await giveBack();
    expect(await readWith(orderId, [["reversed", null]])).toEqual([]);
    expect(await app.subscription("jorge")).toMatchObject({ status: "active" });
  });

  test("is one where what was refunded is less, or another charge's", async () => {
    const orderId = await paidOnce();
    await giveBack(5000);
    expect(await readWith(orderId, [["reversed", null]])).toEqual(["reversed open"]);
  });

  test("is one beside another charge whose refund is all that went back", async () => {
    const orderId = await paidOnce();
    const shown = [
      ["refunded", "chr_other"],
      ["reversed", null],
    ] as const;
    expect(await readWith(orderId, shown)).toEqual(["reversed open"]);
  });

  test("is none where the charge never paid: another charge paid the invoice", async () => {
    const orderId = await paidOnce();
    const shown = [
      ["reversed", "chr_voided"],
      ["fraudulent", "chr_refused"],
    ] as const;
    expect(await readWith(orderId, shown)).toEqual([]);
    expect(await readWith(orderId, [["charged_back", "chr_other"]])).toEqual(["charged_back open"]);
  });

  test.each(["reversed", "refunded"])("is withdrawn once a refund covers it, and shows as %s", async (status) => {
    const orderId = await paidOnce();
    // So that the next run reads the order no more, which shows nothing of it here.
    app.clock.set(new Date("2026-02-28T10:00:00Z"));
    await app.run();
    await readWith(orderId, [["reversed", null]]);
    await runNextCycle();
    expect(await app.invoiceWords()).toBe("0 paid, 1 held earlier_unpaid");
    await giveBack();
    expect(await readWith(orderId, [[status, null]])).toEqual(["reversed withdrawn"]);
    expect(await disputeEvents()).toEqual(["dispute.opened", "dispute.closed"]);
    await app.run();
    expect(await app.invoiceWords()).toBe("0 paid, 1 paid");
    expect((await app.list("revenue")).map(({ lostCents }) => lostCents)).not.toContain(20015);
  });

  test("waits for as long as a read may lag: a refund that explains it may not be shown yet", async () => {
    const orderId = await paidOnce();
    expect(await readWith(orderId, [["reversed", null]], true)).toEqual([]);
    expect(await readWith(orderId, [["fraudulent", null]], true)).toEqual(["fraudulent open"]);
  });
});

describe("the next cycle, once a payment is disputed", () => {
  async function disputed(onChargeback: OnChargeback): Promise<string> {
    const orderId = await paidOnce(onChargeback);
    app.sandbox.dispute(orderId, { status: "action_required" });
    await app.takeWebhook("charge.chargeback.created", orderId);
    await app.run();
    return orderId;
  }

  test.each<[OnChargeback, words: string, status: string, paid: number]>([
    ["hold", "0 paid, 1 held earlier_unpaid", "active", 1],
    ["pause", "0 paid, 1 void paused", "paused", 1],
    ["cancel", "0 paid", "canceled", 1],
    ["charge", "0 paid, 1 paid", "active", 2],
  ])("on_chargeback: %s", async (onChargeback, words, status, paid) => {
    await disputed(onChargeback);
    await runNextCycle();
    expect(await app.invoiceWords()).toBe(words);
    expect(await app.subscription("jorge")).toMatchObject({ status });
    expect(paidOrders()).toBe(paid);
  });

  test("one that was held is charged once the dispute is won", async () => {
    const orderId = await disputed("hold");
    await runNextCycle();
    app.sandbox.dispute(orderId, { status: "won" });
    await app.takeWebhook("charge.chargeback.won", orderId);
    await app.run();
    expect(await app.invoiceWords()).toBe("0 paid, 1 paid");
    expect(await attention()).toEqual([]);
  });

  test("after a lost one it is held, until a person has it charged; then later ones are charged", async () => {
    const orderId = await disputed("hold");
    app.sandbox.dispute(orderId, { status: "lost" });
    await app.takeWebhook("charge.chargeback.lost", orderId);
    await app.run();
    expect(await attention()).toEqual([]);
    await runNextCycle();
    expect(await app.invoiceWords()).toBe("0 paid, 1 held earlier_unpaid");
    const held = (await app.invoices())[1];
    await retryInvoice(app.assembly, held?.invoiceId ?? "");
    await app.run();
    app.clock.set(new Date("2026-03-31T15:00:00Z"));
    await app.run();
    expect(await app.invoiceWords()).toBe("0 paid, 1 paid, 2 paid");
  });
});

describe("how it ends", () => {
  test("a lost one says that the money is gone: in revenue, on the day it was lost", async () => {
    const orderId = await paidOnce();
    app.clock.advance(10 * DAY_MS);
    app.sandbox.dispute(orderId, { status: "lost" });
    await app.takeWebhook("charge.chargeback.lost", orderId);
    await app.run();
    const zero = { refundedCents: 0, refunded: 0 };
    expect(await app.list("revenue")).toMatchObject([
      { day: "2026-01-31", invoices: 1, amountCents: 20015, ...zero, lostCents: 0, netCents: 20015 },
      { day: "2026-02-10", invoices: 0, amountCents: 0, ...zero, lostCents: 20015, netCents: -20015, net: -200.15 },
    ]);
    expect(await disputeEvents()).toEqual(["dispute.opened", "dispute.closed"]);
  });

  test("a person says so where Conekta shows a word that nobody explains; what it shows later counts more", async () => {
    const orderId = await paidOnce();
    app.sandbox.dispute(orderId, { status: "covered" });
    await app.takeWebhook("charge.chargeback.updated", orderId);
    await app.run();
    const [dispute] = await disputes();
    expect(dispute).toMatchObject({ status: "covered", outcome: "open" });
    const decision = { outcome: "won", by: "eva", why: "the panel says so" } as const;
    await resolveDispute(app.assembly.settling, dispute?.disputeId ?? "", decision);
    expect(await disputes()).toMatchObject([{ outcome: "won", closedBy: "eva", why: "the panel says so" }]);
    await expect(resolveDispute(app.assembly.settling, dispute?.disputeId ?? "", decision)).rejects.toThrow(
      "is won already",
    );
    await app.takeWebhook("charge.chargeback.updated", orderId);
    await app.run();
    expect(await disputes()).toMatchObject([{ outcome: "won", closedBy: "eva" }]);
    app.sandbox.dispute(orderId, { status: "lost" });
    await app.takeWebhook("charge.chargeback.lost", orderId);
    await app.run();
    expect(await disputes()).toMatchObject([{ status: "lost", outcome: "lost", closedBy: null }]);
  });
});

describe("a refund in Conekta's panel", () => {
  test("is a refund like others: in history, invoice, subscription and revenue, with its amount in the event", async () => {
    const orderId = await paidOnce();
    await app.call("POST", `/orders/${orderId}/refunds`, { amount: 5000, reason: "requested_by_client" });
    await app.takeWebhook("order.partially_refunded", orderId);
    await app.run();
    const part = { refundedCents: 5000, refunded: 50 };
    expect(await app.list("history")).toMatchObject([part]);
    expect(await app.invoices()).toMatchObject([part]);
    expect(await app.subscription("jorge")).toMatchObject(part);
    expect(await app.list("revenue")).toMatchObject([{ amountCents: 20015, ...part, netCents: 15015, net: 150.15 }]);
    expect(await app.store.refunds.list({})).toMatchObject([
      { amountCents: 5000, state: "done", requestedBy: "conekta" },
    ]);
    const events = (await app.list("events")).filter(({ type }) => type.endsWith("refunded"));
    expect(events.map(({ type, data }) => [type, data["amountCents"], data["currency"]])).toEqual([
      ["invoice.refunded", 5000, "MXN"],
      ["order.partially_refunded", 5000, "MXN"],
    ]);
    await app.takeWebhook("order.partially_refunded", orderId);
    await app.run();
    expect(await app.store.refunds.list({})).toHaveLength(1);
  });

  test("is found without webhooks as well", async () => {
    const orderId = await paidOnce();
    await app.call("POST", `/orders/${orderId}/refunds`, { amount: 20015, reason: "requested_by_client" });
    app.clock.advance(7 * DAY_MS);
    await app.run();
    expect(await app.invoices()).toMatchObject([{ refundedCents: 20015 }]);
  });
});
