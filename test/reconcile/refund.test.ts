/** Refunds: what goes back, what may not, and what becomes of one whose answer was lost. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { markInvoicePaid } from "../../src/application/invoices/change-invoice.ts";
import { refundInvoice, settleRefunds } from "../../src/application/invoices/refund-invoice.ts";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import { taxedBy } from "../../src/domain/tax.ts";
import type { RefundRequest } from "../../src/application/ports/refunds.ts";
import { settleAttempts } from "../../src/application/settling/settle-attempts.ts";
import { AMOUNT_CENTS, blindBiller, openSweptApp, sweepOf } from "./swept-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { MINUTE_MS } from "../support/records.ts";

const REFUNDS = "POST /orders/*/refunds";

let app: AppFixture;
afterEach(async () => await app[Symbol.asyncDispose]());

async function paidInvoice(): Promise<string> {
  app = await openSweptApp();
  await app.subscribeWithCard("ana");
  expect((await app.runOnce()).outcomes.paid).toBe(1);
  return String((await app.list("invoices"))[0]?.["invoiceId"]);
}

async function needs() {
  const { clock, log, random, store } = app.assembly;
  const { inbox, refunds } = store;
  return { clock, log, random, store, inbox, refunds, refunder: await app.assembly.gateway() };
}

async function giveBack(invoiceId: string, change: Partial<RefundRequest> = {}) {
  const request = { attemptId: null, amountCents: null, reason: "other", note: null, by: "maria", ...change } as const;
  return await refundInvoice(await needs(), { invoiceId, ...request });
}

/** @param happen after the order was read, and before the refund is sent */
async function giveBackBetween(invoiceId: string, happen: () => Promise<unknown>) {
  const { refunder, ...rest } = await needs();
  const readRefundedCents = async (orderId: string) => {
    const shownCents = await refunder.readRefundedCents(orderId);
    await happen();
    return shownCents;
  };
  const request = { invoiceId, attemptId: null, amountCents: null, reason: "other", note: null, by: "maria" } as const;
  const between = { refund: refunder.refund.bind(refunder), readRefundedCents };
  return await refundInvoice({ ...rest, refunder: between }, request);
}

async function giveBackInPanel(amountCents: number): Promise<void> {
  const orderId = app.sandbox.ledger()[0]?.orderId ?? "";
  await (await needs()).refunder.refund(orderId, { amountCents, reason: "other" });
}

async function rows(invoiceId: string) {
  return await app.store.refunds.list({ invoiceId });
}

function givenBack(): number {
  return app.sandbox.ledger().reduce((sum, { refundedCents }) => sum + refundedCents, 0);
}

describe("a refund", () => {
  test("gives back everything by default; the invoice stays paid, and it is in the history", async () => {
    const invoiceId = await paidInvoice();
    const { outcome } = await giveBack(invoiceId, { reason: "requested_by_client", note: "moved away" });
    expect(outcome).toMatchObject({ kind: "done", gatewayRefundId: expect.any(String) });
    expect(givenBack()).toBe(AMOUNT_CENTS);
    expect(await rows(invoiceId)).toMatchObject([
      {
        state: "done",
        amountCents: AMOUNT_CENTS,
        reason: "requested_by_client",
        note: "moved away",
        requestedBy: "maria",
      },
    ]);
    expect(await app.list("invoices")).toMatchObject([{ status: "paid" }]);
    expect(await app.list("events", { type: "invoice.refunded" })).toMatchObject([
      { invoiceId, data: { amountCents: AMOUNT_CENTS, reason: "requested_by_client" } },
    ]);
  });

  test("goes in parts, up to what was paid", async () => {
    const invoiceId = await paidInvoice();
    await giveBack(invoiceId, { amountCents: 5000 });
    await expect(giveBack(invoiceId, { amountCents: AMOUNT_CENTS - 4999 })).rejects.toThrow("$150.15 MXN of what");
    expect((await giveBack(invoiceId)).refund.amountCents).toBe(AMOUNT_CENTS - 5000);
    await expect(giveBack(invoiceId)).rejects.toMatchObject({ name: "Refused" });
    expect(givenBack()).toBe(AMOUNT_CENTS);
    expect(await rows(invoiceId)).toHaveLength(2);
  });

  test("of all that is left reads the order first: a part may have gone back in the panel", async () => {
    const invoiceId = await paidInvoice();
    await giveBackInPanel(15);
    await expect(giveBack(invoiceId, { amountCents: AMOUNT_CENTS })).rejects.toThrow("$200.00 MXN of what");
    expect(await giveBack(invoiceId)).toMatchObject({
      refund: { amountCents: AMOUNT_CENTS - 15 },
      outcome: { kind: "done" },
    });
    expect(givenBack()).toBe(AMOUNT_CENTS);
    // The refusal sent nothing, and what it had read is in the books, once.
    expect(await rows(invoiceId)).toMatchObject([
      { amountCents: AMOUNT_CENTS - 15, requestedBy: "maria" },
      { amountCents: 15, requestedBy: "conekta", state: "done" },
    ]);
  });

  test("books what its read shows of the panel, once, and never our own again", async () => {
    const invoiceId = await paidInvoice();
    await giveBack(invoiceId, { amountCents: 5000, reason: "requested_by_client" });
    await giveBackInPanel(1000);
    const { refund } = await giveBack(invoiceId, { reason: "requested_by_client" });
    expect(refund.amountCents).toBe(AMOUNT_CENTS - 6000);
    const booked = [
      { refundId: refund.id, amountCents: AMOUNT_CENTS - 6000, requestedBy: "maria" },
      { amountCents: 1000, requestedBy: "conekta", state: "done", reason: "other" },
      { amountCents: 5000, requestedBy: "maria" },
    ];
    expect(await rows(invoiceId)).toMatchObject(booked);
    expect(await app.list("events", { type: "invoice.refunded" })).toHaveLength(3);

    const { refunder, ...rest } = await needs();
    for (const [lagging, because] of [
      [0, "a read that shows nothing yet"],
      [1000, "one that shows the panel's, and none of ours"],
      [6000, "one that lacks the last"],
      [AMOUNT_CENTS, "one that shows all"],
    ] as const) {
      const read = { refund: refunder.refund.bind(refunder), readRefundedCents: async () => lagging };
      const again = { invoiceId, attemptId: null, amountCents: 1, reason: "other", note: null, by: "maria" } as const;
      await expect(refundInvoice({ ...rest, refunder: read }, again)).rejects.toMatchObject({ name: "Refused" });
      expect([because, await rows(invoiceId)]).toMatchObject([because, booked]);
    }
    await sweepOf(app);
    expect(await rows(invoiceId)).toMatchObject(booked);
  });

  test("beside another read of the panel's books that once", async () => {
    const invoiceId = await paidInvoice();
    await giveBackInPanel(300);
    // A sweep books it between our read and our booking.
    const { inbox, ...rest } = await needs();
    const swept = async (orderId: string, references: readonly string[]) => {
      await sweepOf(app);
      return await inbox.attemptsOf(orderId, references);
    };
    const request = { invoiceId, attemptId: null, amountCents: 1, reason: "other", note: null, by: "maria" } as const;
    await refundInvoice({ ...rest, inbox: { attemptsOf: swept } }, request);
    expect((await rows(invoiceId)).map(({ amountCents }) => amountCents)).toEqual([1, 300]);
  });

  test("needs a payment through the gateway", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana", "tok_test_card_declined");
    await app.runOnce();
    const invoiceId = String((await app.list("invoices"))[0]?.["invoiceId"]);
    await expect(giveBack(invoiceId)).rejects.toThrow("no charge at Conekta has paid");
    await expect(giveBack("inv_nobody")).rejects.toMatchObject({ name: "NotFound" });
    await markInvoicePaid(app.assembly, invoiceId, { why: "cash", paidAt: app.clock.now() });
    await expect(giveBack(invoiceId)).rejects.toMatchObject({ name: "Refused" });
  });

  test("that Conekta refuses, or that never left, is told and counts for nothing", async () => {
    const invoiceId = await paidInvoice();
    const orderId = app.sandbox.ledger()[0]?.orderId ?? "";
    const { refunder } = await needs();
    // Between our read and our call the panel gives the most of it back; the next read books that.
    const late = await giveBackBetween(invoiceId, () =>
      refunder.refund(orderId, { amountCents: AMOUNT_CENTS - 100, reason: "other" }),
    );
    expect(late.outcome.kind).toBe("refused");
    app.sandbox.inject({ kind: "429", call: REFUNDS });
    expect((await giveBack(invoiceId, { amountCents: 100 })).outcome.kind).toBe("not_sent");
    expect((await giveBack(invoiceId, { amountCents: 100 })).outcome.kind).toBe("done");
    expect((await rows(invoiceId)).map(({ state }) => state)).toEqual(["done", "not_sent", "done", "refused"]);
  });
});

describe("a refund whose answer was lost", () => {
  test.each(["reset_after", "504_after", "truncated_after", "html_after"] as const)(
    "is unknown, counts as given back, and is never sent again (%s)",
    async (kind) => {
      const invoiceId = await paidInvoice();
      app.sandbox.inject({ kind, call: REFUNDS });
      expect((await giveBack(invoiceId)).outcome.kind).toBe("unknown");
      await expect(giveBack(invoiceId, { amountCents: 1 })).rejects.toMatchObject({ name: "Refused" });
      app.clock.advance(60 * MINUTE_MS);
      await app.runOnce();
      expect(givenBack()).toBe(AMOUNT_CENTS);
      expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "done" }]);
      expect(await rows(invoiceId)).toMatchObject([{ state: "done" }]);
      expect(await settleRefunds(await needs(), invoiceId)).toEqual([]);
    },
  );

  test("because of a crash is requested, counts as given back, and is settled by what its order shows", async () => {
    const invoiceId = await paidInvoice();
    const { refunds, refunder } = await needs();
    const wanted = { invoiceId, attemptId: null, amountCents: 700, reason: "other", note: null, by: "maria" } as const;
    const request = { ...wanted, shownCents: null };
    const { orderId } = await refunds.request(request, app.clock.now());
    await refunder.refund(orderId, { amountCents: 700, reason: "other" });

    await expect(giveBack(invoiceId, { amountCents: AMOUNT_CENTS - 699 })).rejects.toMatchObject({ name: "Refused" });
    expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "done" }]);
    expect(await rows(invoiceId)).toMatchObject([{ state: "done", amountCents: 700 }]);
    expect((await giveBack(invoiceId)).refund.amountCents).toBe(AMOUNT_CENTS - 700);
    expect(givenBack()).toBe(AMOUNT_CENTS);
  });

  test("of one invoice says nothing of another's: each is listed, and settled, by itself", async () => {
    const invoiceId = await paidInvoice();
    await app.subscribeWithCard("beto");
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    const others = String((await app.list("invoices", { subscriptionId: "beto" }))[0]?.["invoiceId"]);
    app.sandbox.inject({ kind: "reset_after", call: REFUNDS });
    await giveBack(others, { amountCents: 500 });
    expect(await rows(invoiceId)).toEqual([]);
    expect(await settleRefunds(await needs(), invoiceId)).toEqual([]);
    expect(await rows(others)).toMatchObject([{ state: "unknown", amountCents: 500 }]);
  });

  test("is settled once: an answer that comes after it was settled changes nothing, and is not told again", async () => {
    const invoiceId = await paidInvoice();
    const { refund, outcome } = await giveBack(invoiceId, { amountCents: 700 });
    const { refunds } = await needs();
    app.clock.advance(MINUTE_MS);
    const late = { kind: "refused", failureCode: "too_late", failureMessage: null, trace: outcome.trace } as const;
    await refunds.settle(refund.id, late, app.clock.now());
    expect(await rows(invoiceId)).toMatchObject([{ state: "done", failureCode: null }]);
    const told = (await app.list("events", { invoiceId })).filter(({ type }) => type.startsWith("invoice.refund"));
    expect(told.map(({ type }) => type)).toEqual(["invoice.refunded"]);
  });

  test("and that did not happen can be asked for again, once the gateway had time to show it", async () => {
    const invoiceId = await paidInvoice();
    app.sandbox.inject({ kind: "reset_before", call: REFUNDS });
    expect((await giveBack(invoiceId, { amountCents: 700 })).outcome.kind).toBe("unknown");
    expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "too_early" }]);
    app.clock.advance(15 * MINUTE_MS);
    expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "not_sent" }]);
    expect((await giveBack(invoiceId)).outcome.kind).toBe("done");
    expect(givenBack()).toBe(AMOUNT_CENTS);
  });

  test("beside a smaller one made in the panel did not happen, once it would be shown; the panel's is booked", async () => {
    const invoiceId = await paidInvoice();
    app.sandbox.inject({ kind: "reset_before", call: REFUNDS });
    await giveBack(invoiceId, { amountCents: 700 });
    await giveBackInPanel(300);
    expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "too_early" }]);
    app.clock.advance(15 * MINUTE_MS);
    expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "not_sent" }]);
    expect(await rows(invoiceId)).toMatchObject([
      { amountCents: 300, requestedBy: "conekta", state: "done" },
      { amountCents: 700, state: "not_sent" },
    ]);
    expect((await giveBack(invoiceId)).refund.amountCents).toBe(AMOUNT_CENTS - 300);
  });

  test("beside one of the panel of the same sum is taken for done: as much went back", async () => {
    const invoiceId = await paidInvoice();
    app.sandbox.inject({ kind: "reset_before", call: REFUNDS });
    await giveBack(invoiceId, { amountCents: 700 });
    await giveBackInPanel(700);
    expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "done" }]);
  });

  test("where two of ours wait, and the order shows one of two sums, stays for a person", async () => {
    const invoiceId = await paidInvoice();
    for (const amountCents of [300, 700]) {
      app.sandbox.inject({ kind: "reset_before", call: REFUNDS });
      await giveBack(invoiceId, { amountCents });
    }
    await giveBackInPanel(500);
    app.clock.advance(15 * MINUTE_MS);
    expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([
      { outcome: "unclear" },
      { outcome: "unclear" },
    ]);
  });
});

test("settling books what the panel gave back beyond ours, and ours is then done", async () => {
  const invoiceId = await paidInvoice();
  app.sandbox.inject({ kind: "reset_after", call: REFUNDS });
  await giveBack(invoiceId, { amountCents: 700 });
  await giveBackInPanel(300);
  expect(await settleRefunds(await needs(), invoiceId)).toMatchObject([{ outcome: "done" }]);
  const booked = [
    { amountCents: 300, requestedBy: "conekta", state: "done" },
    { amountCents: 700, requestedBy: "maria", state: "done" },
  ];
  expect(await rows(invoiceId)).toMatchObject(booked);
  await sweepOf(app);
  expect(await rows(invoiceId)).toMatchObject(booked);
});

const TAXED = taxedBy([{ rate: 16, addedCents: 0, baseCents: 17254, taxCents: 2761 }]);

test("a second payment is given back by its attempt", async () => {
  app = await openSweptApp();
  await app.subscribeWithCard("ana");
  app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await app.runOnce();
  // Found paid only after somebody had taken cash for it.
  const [attempt] = await app.list("attempts");
  const [invoiceId, attemptId] = [String(attempt?.["invoiceId"]), String(attempt?.["attemptId"])];
  await app.store.write(app.clock.now(), async (records) => {
    const invoice = await records.invoice(invoiceId);
    if (invoice !== null)
      Object.assign(invoice, { status: "paid", paidAt: app.clock.now(), nextAttemptAt: null, ...TAXED });
  });
  expect((await sweepOf(app)).adopted).toMatchObject([{ outcome: "paid_again" }]);
  await expect(giveBack(invoiceId)).rejects.toThrow("named by its attempt");
  expect((await giveBack(invoiceId, { attemptId, reason: "duplicated_transaction" })).outcome.kind).toBe("done");
  expect(givenBack()).toBe(AMOUNT_CENTS);
  // It was no income, so that no IVA goes back with it.
  expect(await rows(invoiceId)).toMatchObject([{ baseCents: null, taxCents: null }]);
  await expect(giveBack(invoiceId, { attemptId: "att_other" })).rejects.toMatchObject({ name: "NotFound" });
});

test("of a second payment that was not what was asked for, as much goes back as moved", async () => {
  app = await openSweptApp();
  await app.subscribeWithCard("ana");
  for (const kind of ["other_amount", "reset_after"] as const) app.sandbox.inject({ kind, call: "POST /orders" });
  await app.runOnce();
  const [attempt] = await app.list("attempts");
  const [invoiceId, attemptId] = [String(attempt?.["invoiceId"]), String(attempt?.["attemptId"])];
  // Believed not to have been sent; a later try is under way when the money is seen.
  const trace = { httpStatus: null, logId: null, because: "said the test" };
  const evidence = { kind: "not_sent", unauthorized: false, trace } as const;
  await settleAttempts(app.assembly.settling, [{ attemptId, evidence }]);
  app.clock.advance(60 * MINUTE_MS);
  app.sandbox.inject({ kind: "reset_before", call: "POST /orders" });
  await (await blindBiller(app)).tick(new AbortController().signal);
  await sweepOf(app);
  expect(await app.list("attempts", { attemptId })).toMatchObject([
    { state: "paid_again", amountCents: AMOUNT_CENTS, movedCents: AMOUNT_CENTS + 100 },
  ]);

  const { store, clock } = app.assembly;
  await giveBack(invoiceId, { attemptId, amountCents: AMOUNT_CENTS });
  expect((await store.statusCounts(clock.now())).paidAgain).toBe(1);
  expect((await giveBack(invoiceId, { attemptId })).refund.amountCents).toBe(100);
  expect(givenBack()).toBe(AMOUNT_CENTS + 100);
  expect((await store.statusCounts(clock.now())).paidAgain).toBe(0);
  expect(await app.list("attention", { kind: "paid_again" })).toEqual([]);
  await expect(giveBack(invoiceId, { attemptId, amountCents: 1 })).rejects.toMatchObject({ name: "Refused" });
});

test("money that comes after `cancel --now` asks whether it goes back, until the whole of it did", async () => {
  app = await openSweptApp();
  await app.subscribeWithCard("ana");
  app.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await app.runOnce();
  const invoiceId = String((await app.list("invoices"))[0]?.["invoiceId"]);
  const { store, clock } = app.assembly;
  await cancelSubscription(app.assembly, "ana", { atOnce: true });
  app.clock.advance(MINUTE_MS);
  expect(await app.runOnce()).toMatchObject({ outcomes: { paid: 1 }, needsPerson: 1 });
  expect(await app.list("attention")).toMatchObject([{ kind: "paid_after_cancel", invoiceId, invoiceStatus: "paid" }]);
  expect((await store.statusCounts(clock.now())).paidAfterCancel).toBe(1);
  await giveBack(invoiceId, { amountCents: 700 });
  expect(await app.list("attention")).toHaveLength(1);
  await giveBack(invoiceId);
  expect(await app.list("attention")).toEqual([]);
  expect((await store.statusCounts(clock.now())).paidAfterCancel).toBe(0);
});
