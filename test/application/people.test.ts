import { describe, expect, test } from "@jest/globals";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import { importCustomer } from "../../src/application/customers/customers.ts";
import {
  keepLatePayment,
  markInvoicePaid,
  retryInvoice,
  voidInvoice,
} from "../../src/application/invoices/change-invoice.ts";
import {
  pauseSubscription,
  planPause,
  resumeSubscription,
} from "../../src/application/subscriptions/pause-subscription.ts";
import { explainSubscription } from "../../src/application/subscriptions/explain-subscription.ts";
import { addCoupon, giveCoupon, takeCoupon } from "../../src/application/coupons/coupons.ts";
import { uncancelSubscription, unskipCycle } from "../../src/application/subscriptions/take-back.ts";
import { skipCycle } from "../../src/application/subscriptions/skip-cycle.ts";
import type { SubscriptionOrder, SubscriptionStatus } from "../../src/domain/subscription.ts";
import { customerOf, DAY_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { declined, notSent, paid, unknown, type Answer } from "../support/scripted-gateway.ts";

test("a person's change of a status goes through the transition: assigning one does not compile", async () => {
  await using app = await openApp();
  await app.subscribe("a");
  await app.open();
  const [opened] = await app.invoices("a");
  const changed = app.store.write(app.clock.now(), async (records) => {
    const invoice = await records.invoice(String(opened?.invoiceId));
    // @ts-expect-error: it is read, not written
    if (invoice !== null) invoice.status = "void";
  });
  // And where it is done all the same, the tables refuse what no transition makes.
  await expect(changed).rejects.toThrow("CHECK constraint failed: invoice_");
});

async function subscribedApp(order: Partial<SubscriptionOrder> = {}): Promise<AppFixture> {
  const app = await openApp();
  await app.subscribe("a", order);
  return app;
}

/** A app whose first invoice was charged, and ended as the gateway answered. */
async function chargedApp(answer: Answer): Promise<{ app: AppFixture; invoiceId: string }> {
  const app = await subscribedApp();
  app.gateway.next.push(answer);
  await app.run();
  return { app, invoiceId: String((await app.invoices("a"))[0]?.["invoiceId"]) };
}

const COMMANDS = {
  pause: (app: AppFixture) => pauseSubscription(app.needs, "a"),
  "pause --until": (app: AppFixture) => planPause(app.needs, "a", { from: null, until: "2027-01-01" }),
  resume: (app: AppFixture) => resumeSubscription(app.needs, "a"),
  uncancel: (app: AppFixture) => uncancelSubscription(app.needs, "a"),
  unskip: (app: AppFixture) => unskipCycle(app.needs, "a"),
  skip: (app: AppFixture) => skipCycle(app.needs, "a"),
  cancel: (app: AppFixture) => cancelSubscription(app.needs, "a", { atOnce: false }),
  "cancel --now": (app: AppFixture) => cancelSubscription(app.needs, "a", { atOnce: true }),
};

describe("what a subscription refuses in which status", () => {
  test.each<[keyof typeof COMMANDS, SubscriptionStatus, string]>([
    ["pause", "paused", "is paused already"],
    ["pause", "canceled", "is canceled already"],
    ["pause", "completed", "is completed already"],
    ["pause --until", "paused", "is paused already"],
    ["pause --until", "completed", "is completed already"],
    ["resume", "active", "neither paused nor unpaid"],
    ["resume", "past_due", "neither paused nor unpaid"],
    ["resume", "canceled", "neither paused nor unpaid"],
    ["skip", "canceled", "has no cycle left to skip"],
    ["skip", "completed", "has no cycle left to skip"],
    ["uncancel", "completed", "does not begin again"],
    ["unskip", "canceled", "does not begin again"],
    ["cancel", "canceled", "is canceled already"],
    ["cancel --now", "completed", "is completed already"],
  ])("%s when it is %s: %s; nothing is changed", async (command, status, message) => {
    await using app = await subscribedApp();
    await app.open();
    await app.store.write(app.clock.now(), async (records) => {
      const row = await records.subscription("a");
      if (row === null) return;
      row.status = status;
      if (status === "canceled" || status === "completed") row.nextBillingAt = null;
    });
    const before = await app.subscription("a");
    const refusal = COMMANDS[command](app);
    await expect(refusal).rejects.toMatchObject({ name: "Refused" });
    await expect(refusal).rejects.toThrow(message);
    expect(await app.subscription("a")).toEqual(before);
  });

  test.each(Object.keys(COMMANDS) as (keyof typeof COMMANDS)[])("%s of one that does not exist", async (command) => {
    await using app = await openApp();
    await expect(COMMANDS[command](app)).rejects.toMatchObject({ name: "NotFound" });
  });
});

describe("pause and resume", () => {
  test("what fell due before the pause, and only was not opened yet, is owed", async () => {
    await using app = await subscribedApp();
    app.clock.advance(DAY_MS);
    await pauseSubscription(app.needs, "a");
    expect(await app.invoiceWords("a")).toBe("0 open");
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "paused" });
  });

  test("what fell due during the pause, and only was not opened yet, is not owed after it", async () => {
    await using app = await subscribedApp();
    await app.run();
    await pauseSubscription(app.needs, "a");
    app.clock.advance(60 * DAY_MS);
    await resumeSubscription(app.needs, "a");
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 void paused, 2 void paused");
    expect(await app.subscription("a")).toMatchObject({ status: "active", nextBillingAt: "2026-04-30T15:00:00.000Z" });
  });

  test("resumed while something is still declined, it is past due", async () => {
    const { app } = await chargedApp(declined("new_card"));
    await pauseSubscription(app.needs, "a");
    await resumeSubscription(app.needs, "a");
    expect(await app.subscription("a")).toMatchObject({ status: "past_due" });
    await app[Symbol.asyncDispose]();
  });

  test("resumed in its trial, it is in its trial", async () => {
    await using app = await openApp();
    await app.subscribe("a", {}, { trialPeriodDays: 30 });
    await pauseSubscription(app.needs, "a");
    await resumeSubscription(app.needs, "a");
    expect(await app.subscription("a")).toMatchObject({ status: "trialing" });
  });

  test("unpaid is taken up again, too; what was written off stays so", async () => {
    await using app = await subscribedApp();
    app.gateway.answer = declined("retry_later");
    for (let day = 0; day < 20; day++) {
      await app.run();
      app.clock.advance(DAY_MS);
    }
    expect(await app.subscription("a")).toMatchObject({ status: "unpaid" });
    await resumeSubscription(app.needs, "a");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    expect(await app.invoiceWords("a")).toBe("0 uncollectible attempts_used_up");
  });
});

describe("skip", () => {
  test("the next cycle is void, and its date is not charged; the one after is", async () => {
    await using app = await subscribedApp();
    await app.run();
    expect(await skipCycle(app.needs, "a")).toEqual({
      cycle: 1,
      coupons: [],
      periodStart: new Date("2026-02-28T15:00:00Z"),
      nextBillingAt: new Date("2026-03-31T15:00:00Z"),
    });
    app.clock.set(new Date("2026-03-31T15:00:00Z"));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 void skipped, 2 paid");
    expect(app.gateway.charges.map(({ intent }) => intent.cycle)).toEqual([0, 2]);
  });

  test("skipping the last of its cycles completes it once the others are final", async () => {
    await using app = await openApp();
    await app.subscribe("a", {}, { expiryCount: 2, expiryCounts: "cycles" });
    await app.run();
    expect(await skipCycle(app.needs, "a")).toMatchObject({ cycle: 1, nextBillingAt: null });
    expect(await app.subscription("a")).toMatchObject({ status: "completed" });
  });

  test("refused where it ends before its next cycle anyway", async () => {
    await using app = await subscribedApp();
    await app.run();
    await cancelSubscription(app.needs, "a", { atOnce: false });
    await expect(skipCycle(app.needs, "a")).rejects.toThrow("ends before its next cycle");
  });
});

describe("cancel", () => {
  test("at the period's end: what is owed until then is still collected", async () => {
    const { app, invoiceId } = await chargedApp(declined("retry_later"));
    expect(await cancelSubscription(app.needs, "a", { atOnce: false })).toMatchObject({
      collectedInvoices: [invoiceId],
    });
    app.clock.advance(DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect((await app.eventTypes()).filter((type) => type.startsWith("subscription."))).toEqual([
      "subscription.created",
      "subscription.past_due",
      "subscription.cancel_scheduled",
      "subscription.recovered",
    ]);
    await app[Symbol.asyncDispose]();
  });

  test("at the period's end, and what is owed is not collected any more", async () => {
    const { app, invoiceId } = await chargedApp(declined("retry_later"));
    const canceled = await cancelSubscription(app.needs, "a", { atOnce: false, stopCollecting: true });
    expect(canceled).toMatchObject({ voidedInvoices: [invoiceId], collectedInvoices: [] });
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    app.clock.advance(40 * DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 void canceled");
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
    await app[Symbol.asyncDispose]();
  });

  test("before the first billing date, the end is that date and nothing is ever charged", async () => {
    await using app = await openApp();
    await app.subscribe("a", {}, { trialPeriodDays: 14 });
    const { endsAt } = await cancelSubscription(app.needs, "a", { atOnce: false });
    expect(endsAt).toEqual(new Date("2026-02-14T15:00:00Z"));
    app.clock.set(endsAt);
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
    expect(await app.invoices("a")).toEqual([]);
  });

  test("after the next cycle was skipped, it ends when it said, not a period later", async () => {
    await using app = await subscribedApp();
    await app.run();
    await skipCycle(app.needs, "a");
    const { endsAt } = await cancelSubscription(app.needs, "a", { atOnce: false });
    expect(endsAt).toEqual(new Date("2026-02-28T15:00:00Z"));
    app.clock.set(new Date(endsAt.getTime() - 1));
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    app.clock.set(endsAt);
    expect(await app.store.statusCounts(endsAt)).toMatchObject({ dueSubscriptions: 0, nextOpeningAt: endsAt });
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 void skipped");
  });

  test("now: what is open and quiet is void at once", async () => {
    const { app, invoiceId } = await chargedApp(declined("retry_later"));
    expect(await cancelSubscription(app.needs, "a", { atOnce: true })).toEqual({
      endsAt: app.clock.now(),
      voidedInvoices: [invoiceId],
      ...{ waitingInvoices: [], collectedInvoices: [], lastInvoice: null, droppedItems: [] },
    });
    app.clock.advance(30 * DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 void canceled");
    expect(app.gateway.charges).toHaveLength(1);
    await app[Symbol.asyncDispose]();
  });

  test.each<[string, (app: AppFixture, reference: string) => void, string]>([
    ["was paid", (app, reference) => show(app, reference, paid), "0 paid"],
    ["was declined", (app, reference) => show(app, reference, declined("retry_later")), "0 void canceled"],
  ])("now, while a charge may still move money: first it is found out, and it %s", async (_what, shows, words) => {
    const { app, invoiceId } = await chargedApp(unknown);
    expect(await cancelSubscription(app.needs, "a", { atOnce: true })).toMatchObject({
      voidedInvoices: [],
      waitingInvoices: [invoiceId],
    });
    expect(await app.invoiceWords("a")).toBe("0 open");
    shows(app, `${invoiceId}-1`);
    app.clock.advance(15_000);
    await app.run();
    expect(await app.invoiceWords("a")).toBe(words);
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
    const isLate = words === "0 paid";
    expect((await app.eventTypes()).includes("invoice.paid_after_cancel")).toBe(isLate);
    expect((await app.list("attention")).map(({ kind }) => kind)).toEqual(isLate ? ["paid_after_cancel"] : []);
    const keep = keepLatePayment(app.needs, invoiceId, "she came in May");
    const answer = await keep.then(
      () => "kept",
      (error: unknown) => String(error),
    );
    expect(answer).toContain(isLate ? "kept" : "has no payment that came after a cancellation");
    expect(await app.list("attention")).toEqual([]);
    expect((await app.eventTypes()).includes("invoice.late_payment_kept")).toBe(isLate);
    await app[Symbol.asyncDispose]();
  });
});

describe("what people take back", () => {
  test("a cancellation: it goes on as if it had never been canceled", async () => {
    await using app = await subscribedApp();
    await app.run();
    await cancelSubscription(app.needs, "a", { atOnce: false });
    await uncancelSubscription(app.needs, "a");
    expect(await app.subscription("a")).toMatchObject({ status: "active", cancelAt: null });
    app.clock.set(new Date("2026-02-28T15:00:00Z"));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid");
  });

  test("not one that has taken effect", async () => {
    await using app = await subscribedApp();
    await app.run();
    await expect(uncancelSubscription(app.needs, "a")).rejects.toThrow("is not canceled");
    const { endsAt } = await cancelSubscription(app.needs, "a", { atOnce: false });
    app.clock.set(endsAt);
    await expect(uncancelSubscription(app.needs, "a")).rejects.toThrow("is canceled, and does not begin again");
  });

  test("a skip: the cycle is billed once, at the price of its day, the last that was skipped first", async () => {
    await using app = await subscribedApp();
    await app.run();
    await skipCycle(app.needs, "a");
    await skipCycle(app.needs, "a");
    expect(await unskipCycle(app.needs, "a")).toMatchObject({ cycle: 2 });
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 void skipped");
    expect(await unskipCycle(app.needs, "a")).toMatchObject({
      cycle: 1,
      nextBillingAt: new Date("2026-02-28T15:00:00Z"),
    });
    await expect(unskipCycle(app.needs, "a")).rejects.toThrow("is not skipped");
    app.clock.set(new Date("2026-03-31T15:00:00Z"));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid, 2 paid");
    const explained = await explainSubscription(
      { ...app.assembly.foreseeing, records: app.store.explaining, clock: app.clock, declineText: () => null },
      { subscriptionId: "a", invoiceId: null },
    );
    expect(JSON.stringify(explained.entries.map(({ text }) => text.en))).toContain("took the skip back: cycle 2");
  });

  test("a skip, after the coupon that was to lower it was taken back: it is billed whole", async () => {
    await using app = await subscribedApp();
    await app.run();
    await addCoupon(app.needs, {
      ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 3, redeemBy: null },
      ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
    });
    await giveCoupon(app.needs, "a", { code: "MITAD", by: "eva" });
    await skipCycle(app.needs, "a");
    await takeCoupon(app.needs, "a", "MITAD");
    await unskipCycle(app.needs, "a");
    app.clock.set(new Date("2026-02-28T15:00:00Z"));
    await app.run();
    const [whole, after] = await app.invoices("a");
    expect([after?.status, after?.amountCents]).toEqual(["paid", whole?.amountCents]);
  });

  test("not a skip whose period has begun", async () => {
    await using app = await subscribedApp();
    await app.run();
    await skipCycle(app.needs, "a");
    app.clock.set(new Date("2026-02-28T15:00:00Z"));
    await expect(unskipCycle(app.needs, "a")).rejects.toThrow("has begun on 2026-02-28");
  });
});

describe("invoices", () => {
  const ACTS = {
    retry: (app: AppFixture, id: string) => retryInvoice(app.needs, id),
    void: (app: AppFixture, id: string) => voidInvoice(app.needs, id, "agreed on the phone"),
    "mark-paid": (app: AppFixture, id: string) =>
      markInvoicePaid(app.needs, id, { why: "cash", paidAt: app.clock.now() }),
  };
  type Act = keyof typeof ACTS;

  test.each<[Act, string, Answer, string]>([
    ["retry", "paid", paid, "is paid already"],
    ["void", "paid", paid, "is paid; money is given back with a refund"],
    ["mark-paid", "paid", paid, "is paid already"],
    ["retry", "uncertain", unknown, "has an attempt that may still move money (unknown)"],
    ["void", "uncertain", unknown, "has an attempt that may still move money (unknown)"],
    ["mark-paid", "uncertain", unknown, "has an attempt that may still move money (unknown)"],
  ])("%s of one that is %s is refused, and changes nothing", async (act, _what, answer, message) => {
    const { app, invoiceId } = await chargedApp(answer);
    const before = await app.invoices("a");
    const refusal = ACTS[act](app, invoiceId);
    await expect(refusal).rejects.toMatchObject({ name: "Refused" });
    await expect(refusal).rejects.toThrow(message);
    expect(await app.invoices("a")).toEqual(before);
    await app[Symbol.asyncDispose]();
  });

  test.each<[Act]>([["retry"], ["void"]])("%s of one that is void is refused", async (act) => {
    const { app, invoiceId } = await chargedApp(declined("new_card"));
    await ACTS.void(app, invoiceId);
    await expect(ACTS[act](app, invoiceId)).rejects.toMatchObject({ name: "Refused" });
    await app[Symbol.asyncDispose]();
  });

  test.each(Object.keys(ACTS) as Act[])("%s of one that does not exist", async (act) => {
    await using app = await openApp();
    await expect(ACTS[act](app, "inv_none")).rejects.toMatchObject({ name: "NotFound" });
  });

  test.each<[string, Answer]>([
    ["waits for a card", declined("new_card")],
    ["waits for its day", declined("retry_later")],
    ["waits after a fault", () => notSent()],
    ["is held", declined("our_fault")],
  ])("retry of one that %s: the next run charges it", async (_what, answer) => {
    const { app, invoiceId } = await chargedApp(answer);
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    await retryInvoice(app.needs, invoiceId);
    await app.run();
    expect(app.gateway.charges).toHaveLength(2);
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    await app[Symbol.asyncDispose]();
  });

  test("void: not charged any more, the reason on record, the subscription no longer past due", async () => {
    const { app, invoiceId } = await chargedApp(declined("retry_later"));
    await voidInvoice(app.needs, invoiceId, "agreed on the phone");
    app.clock.advance(10 * DAY_MS);
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    expect(await app.invoiceWords("a")).toBe("0 void voided_by_person");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    expect(await app.store.list("events", { where: { type: "invoice.voided" } })).toMatchObject([
      { data: { was: "open", why: "agreed on the phone" } },
    ]);
    await app[Symbol.asyncDispose]();
  });

  test("mark-paid: no attempt is made up; money that comes all the same is shown for a refund", async () => {
    const { app, invoiceId } = await chargedApp(declined("retry_later"));
    await markInvoicePaid(app.needs, invoiceId, { why: "cash", paidAt: new Date("2026-01-31T16:00:00Z") });
    expect((await app.invoices("a"))[0]).toMatchObject({ status: "paid", paidAt: "2026-01-31T16:00:00.000Z" });
    expect(await app.attemptStates()).toBe("declined");
    await app[Symbol.asyncDispose]();
  });
});

describe("adding", () => {
  const order: SubscriptionOrder = {
    id: "b",
    planId: "oro",
    customerId: "cus_a",
    startLocal: "2026-01-31T09:00",
    timeZone: "America/Mexico_City",
    quantity: 1,
    lineItems: null,
    discount: null,
    billPast: false,
  };
  test.each<[Partial<SubscriptionOrder>, string, string]>([
    [{ planId: "plata" }, "NotFound", "there is no plan plata"],
    [{ customerId: "cus_x" }, "NotFound", "there is no customer cus_x"],
    [{ id: "a" }, "Refused", "there is a subscription a already"],
    [{ discount: { percent: 99 } }, "UsageInvalid", "the amount would be 200 cents"],
  ])("%j is refused as %s: %s", async (change, name, message) => {
    await using app = await subscribedApp();
    const refusal = addSubscription(app.needs, { ...order, ...change }, "cli");
    await expect(refusal).rejects.toMatchObject({ name });
    await expect(refusal).rejects.toThrow(message);
    expect(await app.store.list("subscriptions", {})).toHaveLength(1);
  });

  test("a second of the same plan is added on a person's word alone", async () => {
    await using app = await subscribedApp();
    await expect(addSubscription(app.needs, order, "cli")).rejects.toMatchObject({
      name: "NeedsConfirmation",
      faults: [{ mend: { do: "keep_subscription", subscriptionId: "a" } }],
    });
    await addSubscription(app.needs, order, "cli", { confirmed: true });
    expect(await app.store.list("subscriptions", {})).toHaveLength(2);
  });

  test("a customer of the other mode is not taken into the books", async () => {
    await using app = await subscribedApp();
    await app.store.confirmMode(false);
    app.gateway.customers.set("cus_live", { ...customerOf("cus_live"), livemode: true });
    await expect(importCustomer(app.needs, "cus_live")).rejects.toMatchObject({ name: "WrongMode" });
    expect(await app.store.list("customers", { where: { customerId: "cus_live" } })).toEqual([]);
  });
});

function show(app: AppFixture, reference: string, answer: typeof paid | ReturnType<typeof declined>): void {
  const charge = app.gateway.charges.find(({ intent }) => intent.reference === reference);
  if (charge === undefined) throw new Error(`${reference} was never charged`);
  app.gateway.shows.set(reference, answer(charge.intent, charge.orderId));
}

describe("a pause from one day until another", () => {
  /** Billed on the last day of each month; it is the end of January. */
  async function pausedApp(days: Parameters<typeof planPause>[2]): Promise<AppFixture> {
    const app = await subscribedApp();
    await app.run();
    await planPause(app.needs, "a", days);
    return app;
  }

  test("cycles whose charge falls within are void, and it goes on by itself", async () => {
    await using app = await pausedApp({ from: "2026-02-15", until: "2026-04-30" });
    for (let day = 0; day < 130; day += 1) {
      app.clock.advance(DAY_MS);
      await app.run();
    }
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 void paused, 2 void paused, 3 paid, 4 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
  });

  test("is explained, and withdrawn by `resume`", async () => {
    await using app = await pausedApp({ from: "2026-02-15", until: "2026-04-01" });
    const { next } = await explainSubscription(
      { ...app.assembly.foreseeing, records: app.store.explaining, clock: app.clock, declineText: () => null },
      { subscriptionId: "a", invoiceId: null },
    );
    expect(next.map(({ why }) => why.en).join(" ")).toMatch(
      /A pause is planned: cycle 1 .* is voided uncollected; .* 1 April 2026/,
    );
    await expect(planPause(app.needs, "a", { from: null, until: "2026-03-01" })).rejects.toThrow("is planned already");
    await resumeSubscription(app.needs, "a");
    app.clock.advance(30 * DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid");
  });

  test.each([
    [{ from: "2026-03-01", until: "2026-03-01" }, "would end before it begins"],
    [{ from: "2026-03-02", until: "2026-03-01" }, "would end before it begins"],
    [{ from: "2025-01-01", until: "2025-02-01" }, "would be over already"],
  ])("%j is refused: it %s", async (days, message) => {
    await using app = await subscribedApp();
    await expect(planPause(app.needs, "a", days)).rejects.toThrow(message);
  });

  test("one that a person plans while the run reads is left for the next pass", async () => {
    await using app = await subscribedApp();
    const due = await app.store.dueSubscriptions(app.clock.now(), 10, []);
    await planPause(app.needs, "a", { from: null, until: "2027-01-01" });
    expect(due).toMatchObject([{ pauseFrom: null }]);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });
});
