import { describe, expect, test } from "@jest/globals";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import { importCustomer } from "../../src/application/customers/customers.ts";
import { markInvoicePaid, retryInvoice, voidInvoice } from "../../src/application/invoices/change-invoice.ts";
import { pauseSubscription, resumeSubscription } from "../../src/application/subscriptions/pause-subscription.ts";
import { skipCycle } from "../../src/application/subscriptions/skip-cycle.ts";
import type { SubscriptionOrder, SubscriptionStatus } from "../../src/domain/subscription.ts";
import { customerOf, DAY_MS } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";
import { declined, notSent, paid, unknown, type Answer } from "../support/scripted-gateway.ts";

async function subscribedDesk(order: Partial<SubscriptionOrder> = {}): Promise<Desk> {
  const desk = await openDesk();
  await desk.subscribe("a", order);
  return desk;
}

/** A desk whose first invoice was charged, and ended as the gateway answered. */
async function chargedDesk(answer: Answer): Promise<{ desk: Desk; invoiceId: string }> {
  const desk = await subscribedDesk();
  desk.gateway.next.push(answer);
  await desk.run();
  return { desk, invoiceId: String((await desk.invoices("a"))[0]?.["invoiceId"]) };
}

const COMMANDS = {
  pause: (desk: Desk) => pauseSubscription(desk.needs, "a"),
  resume: (desk: Desk) => resumeSubscription(desk.needs, "a"),
  skip: (desk: Desk) => skipCycle(desk.needs, "a"),
  cancel: (desk: Desk) => cancelSubscription(desk.needs, "a", { atOnce: false }),
  "cancel --now": (desk: Desk) => cancelSubscription(desk.needs, "a", { atOnce: true }),
};

describe("what a subscription refuses in which status", () => {
  test.each<[keyof typeof COMMANDS, SubscriptionStatus, string]>([
    ["pause", "paused", "is paused already"],
    ["pause", "canceled", "is canceled already"],
    ["pause", "completed", "is completed already"],
    ["resume", "active", "neither paused nor unpaid"],
    ["resume", "past_due", "neither paused nor unpaid"],
    ["resume", "canceled", "neither paused nor unpaid"],
    ["skip", "canceled", "has no cycle left to skip"],
    ["skip", "completed", "has no cycle left to skip"],
    ["cancel", "canceled", "is canceled already"],
    ["cancel --now", "completed", "is completed already"],
  ])("%s when it is %s: %s; nothing is changed", async (command, status, message) => {
    await using desk = await subscribedDesk();
    await desk.open();
    await desk.app.store.write(desk.clock.now(), async (books) => {
      const row = await books.subscription("a");
      if (row === null) return;
      row.status = status;
      if (status === "canceled" || status === "completed") row.nextBillingAt = null;
    });
    const before = await desk.subscription("a");
    const refusal = COMMANDS[command](desk);
    await expect(refusal).rejects.toMatchObject({ name: "Refused" });
    await expect(refusal).rejects.toThrow(message);
    expect(await desk.subscription("a")).toEqual(before);
  });

  test.each(Object.keys(COMMANDS) as (keyof typeof COMMANDS)[])("%s of one that does not exist", async (command) => {
    await using desk = await openDesk();
    await expect(COMMANDS[command](desk)).rejects.toMatchObject({ name: "NotFound" });
  });
});

describe("pause and resume", () => {
  test("what fell due before the pause, and only was not opened yet, is owed", async () => {
    await using desk = await subscribedDesk();
    desk.clock.advance(DAY_MS);
    await pauseSubscription(desk.needs, "a");
    expect(await desk.invoiceWords("a")).toBe("0 open");
    await desk.run();
    expect(await desk.invoiceWords("a")).toBe("0 paid");
    expect(await desk.subscription("a")).toMatchObject({ status: "paused" });
  });

  test("what fell due during the pause, and only was not opened yet, is not owed after it", async () => {
    await using desk = await subscribedDesk();
    await desk.run();
    await pauseSubscription(desk.needs, "a");
    desk.clock.advance(60 * DAY_MS);
    await resumeSubscription(desk.needs, "a");
    expect(await desk.invoiceWords("a")).toBe("0 paid, 1 void paused, 2 void paused");
    expect(await desk.subscription("a")).toMatchObject({ status: "active", nextBillingAt: "2026-04-30T15:00:00.000Z" });
  });

  test("resumed while something is still declined, it is past due", async () => {
    const { desk } = await chargedDesk(declined("new_card"));
    await pauseSubscription(desk.needs, "a");
    await resumeSubscription(desk.needs, "a");
    expect(await desk.subscription("a")).toMatchObject({ status: "past_due" });
    await desk[Symbol.asyncDispose]();
  });

  test("resumed in its trial, it is in its trial", async () => {
    await using desk = await openDesk();
    await desk.subscribe("a", {}, { trialPeriodDays: 30 });
    await pauseSubscription(desk.needs, "a");
    await resumeSubscription(desk.needs, "a");
    expect(await desk.subscription("a")).toMatchObject({ status: "trialing" });
  });

  test("unpaid is taken up again, too; what was written off stays so", async () => {
    await using desk = await subscribedDesk();
    desk.gateway.answer = declined("retry_later");
    for (let day = 0; day < 20; day++) {
      await desk.run();
      desk.clock.advance(DAY_MS);
    }
    expect(await desk.subscription("a")).toMatchObject({ status: "unpaid" });
    await resumeSubscription(desk.needs, "a");
    expect(await desk.subscription("a")).toMatchObject({ status: "active" });
    expect(await desk.invoiceWords("a")).toBe("0 uncollectible attempts_used_up");
  });
});

describe("skip", () => {
  test("the next cycle is void, and its date is not charged; the one after is", async () => {
    await using desk = await subscribedDesk();
    await desk.run();
    expect(await skipCycle(desk.needs, "a")).toEqual({
      cycle: 1,
      periodStart: new Date("2026-02-28T15:00:00Z"),
      nextBillingAt: new Date("2026-03-31T15:00:00Z"),
    });
    desk.clock.set(new Date("2026-03-31T15:00:00Z"));
    await desk.run();
    expect(await desk.invoiceWords("a")).toBe("0 paid, 1 void skipped, 2 paid");
    expect(desk.gateway.charges.map(({ intent }) => intent.cycle)).toEqual([0, 2]);
  });

  test("skipping the last of its cycles completes it once the others are final", async () => {
    await using desk = await openDesk();
    await desk.subscribe("a", {}, { expiryCount: 2 });
    await desk.run();
    expect(await skipCycle(desk.needs, "a")).toMatchObject({ cycle: 1, nextBillingAt: null });
    expect(await desk.subscription("a")).toMatchObject({ status: "completed" });
  });

  test("refused where it ends before its next cycle anyway", async () => {
    await using desk = await subscribedDesk();
    await desk.run();
    await cancelSubscription(desk.needs, "a", { atOnce: false });
    await expect(skipCycle(desk.needs, "a")).rejects.toThrow("ends before its next cycle");
  });
});

describe("cancel", () => {
  test("at the period's end: what is owed until then is still collected", async () => {
    const { desk } = await chargedDesk(declined("retry_later"));
    await cancelSubscription(desk.needs, "a", { atOnce: false });
    desk.clock.advance(DAY_MS);
    await desk.run();
    expect(await desk.invoiceWords("a")).toBe("0 paid");
    expect((await desk.eventTypes()).filter((type) => type.startsWith("subscription."))).toEqual([
      "subscription.created",
      "subscription.past_due",
      "subscription.cancel_scheduled",
      "subscription.recovered",
    ]);
    await desk[Symbol.asyncDispose]();
  });

  test("before the first billing date, the end is that date and nothing is ever charged", async () => {
    await using desk = await openDesk();
    await desk.subscribe("a", {}, { trialPeriodDays: 14 });
    const { endsAt } = await cancelSubscription(desk.needs, "a", { atOnce: false });
    expect(endsAt).toEqual(new Date("2026-02-14T15:00:00Z"));
    desk.clock.set(endsAt);
    await desk.run();
    expect(await desk.subscription("a")).toMatchObject({ status: "canceled" });
    expect(await desk.invoices("a")).toEqual([]);
  });

  test("now: what is open and quiet is void at once", async () => {
    const { desk, invoiceId } = await chargedDesk(declined("retry_later"));
    expect(await cancelSubscription(desk.needs, "a", { atOnce: true })).toEqual({
      endsAt: desk.clock.now(),
      voidedInvoices: [invoiceId],
      waitingInvoices: [],
    });
    desk.clock.advance(30 * DAY_MS);
    await desk.run();
    expect(await desk.invoiceWords("a")).toBe("0 void canceled");
    expect(desk.gateway.charges).toHaveLength(1);
    await desk[Symbol.asyncDispose]();
  });

  test.each<[string, (desk: Desk, reference: string) => void, string]>([
    ["was paid", (desk, reference) => show(desk, reference, paid), "0 paid"],
    ["was declined", (desk, reference) => show(desk, reference, declined("retry_later")), "0 void canceled"],
  ])("now, while a charge may still move money: first it is found out, and it %s", async (_what, shows, words) => {
    const { desk, invoiceId } = await chargedDesk(unknown);
    expect(await cancelSubscription(desk.needs, "a", { atOnce: true })).toMatchObject({
      voidedInvoices: [],
      waitingInvoices: [invoiceId],
    });
    expect(await desk.invoiceWords("a")).toBe("0 open");
    shows(desk, `${invoiceId}-1`);
    desk.clock.advance(15_000);
    await desk.run();
    expect(await desk.invoiceWords("a")).toBe(words);
    expect(await desk.subscription("a")).toMatchObject({ status: "canceled" });
    await desk[Symbol.asyncDispose]();
  });
});

describe("invoices", () => {
  const ACTS = {
    retry: (desk: Desk, id: string) => retryInvoice(desk.needs, id),
    void: (desk: Desk, id: string) => voidInvoice(desk.needs, id, "agreed on the phone"),
    "mark-paid": (desk: Desk, id: string) => markInvoicePaid(desk.needs, id, { why: "cash", paidAt: desk.clock.now() }),
  };
  type Act = keyof typeof ACTS;

  test.each<[Act, string, Answer, string]>([
    ["retry", "paid", paid, "is paid; only open, held and uncollectible ones can be retried"],
    ["void", "paid", paid, "is paid; money is given back with a refund"],
    ["mark-paid", "paid", paid, "is paid already"],
    ["retry", "uncertain", unknown, "has an attempt that may still move money (unknown)"],
    ["void", "uncertain", unknown, "has an attempt that may still move money (unknown)"],
    ["mark-paid", "uncertain", unknown, "has an attempt that may still move money (unknown)"],
  ])("%s of one that is %s is refused, and changes nothing", async (act, _what, answer, message) => {
    const { desk, invoiceId } = await chargedDesk(answer);
    const before = await desk.invoices("a");
    const refusal = ACTS[act](desk, invoiceId);
    await expect(refusal).rejects.toMatchObject({ name: "Refused" });
    await expect(refusal).rejects.toThrow(message);
    expect(await desk.invoices("a")).toEqual(before);
    await desk[Symbol.asyncDispose]();
  });

  test.each<[Act]>([["retry"], ["void"]])("%s of one that is void is refused", async (act) => {
    const { desk, invoiceId } = await chargedDesk(declined("new_card"));
    await ACTS.void(desk, invoiceId);
    await expect(ACTS[act](desk, invoiceId)).rejects.toMatchObject({ name: "Refused" });
    await desk[Symbol.asyncDispose]();
  });

  test.each(Object.keys(ACTS) as Act[])("%s of one that does not exist", async (act) => {
    await using desk = await openDesk();
    await expect(ACTS[act](desk, "inv_none")).rejects.toMatchObject({ name: "NotFound" });
  });

  test.each<[string, Answer]>([
    ["waits for a card", declined("new_card")],
    ["waits for its day", declined("retry_later")],
    ["waits after a fault", () => notSent()],
    ["is held", declined("our_fault")],
  ])("retry of one that %s: the next run charges it", async (_what, answer) => {
    const { desk, invoiceId } = await chargedDesk(answer);
    await desk.run();
    expect(desk.gateway.charges).toHaveLength(1);
    await retryInvoice(desk.needs, invoiceId);
    await desk.run();
    expect(desk.gateway.charges).toHaveLength(2);
    expect(await desk.invoiceWords("a")).toBe("0 paid");
    expect(await desk.subscription("a")).toMatchObject({ status: "active" });
    await desk[Symbol.asyncDispose]();
  });

  test("void: not charged any more, the reason on record, the subscription no longer past due", async () => {
    const { desk, invoiceId } = await chargedDesk(declined("retry_later"));
    await voidInvoice(desk.needs, invoiceId, "agreed on the phone");
    desk.clock.advance(10 * DAY_MS);
    await desk.run();
    expect(desk.gateway.charges).toHaveLength(1);
    expect(await desk.invoiceWords("a")).toBe("0 void voided_by_person");
    expect(await desk.subscription("a")).toMatchObject({ status: "active" });
    expect(await desk.app.store.list("events", { where: { type: "invoice.voided" } })).toMatchObject([
      { data: { was: "open", why: "agreed on the phone" } },
    ]);
    await desk[Symbol.asyncDispose]();
  });

  test("mark-paid: no attempt is made up; money that comes all the same is shown for a refund", async () => {
    const { desk, invoiceId } = await chargedDesk(declined("retry_later"));
    await markInvoicePaid(desk.needs, invoiceId, { why: "cash", paidAt: new Date("2026-01-31T16:00:00Z") });
    expect((await desk.invoices("a"))[0]).toMatchObject({ status: "paid", paidAt: "2026-01-31T16:00:00.000Z" });
    expect(await desk.attemptStates()).toBe("declined");
    await desk[Symbol.asyncDispose]();
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
    await using desk = await subscribedDesk();
    const refusal = addSubscription(desk.needs, { ...order, ...change }, "cli");
    await expect(refusal).rejects.toMatchObject({ name });
    await expect(refusal).rejects.toThrow(message);
    expect(await desk.app.store.list("subscriptions", {})).toHaveLength(1);
  });

  test("a customer of the other mode is not taken into the books", async () => {
    await using desk = await subscribedDesk();
    await desk.app.store.confirmMode(false);
    desk.gateway.customers.set("cus_live", { ...customerOf("cus_live"), livemode: true });
    await expect(importCustomer(desk.needs, "cus_live")).rejects.toMatchObject({ name: "WrongMode" });
    expect(await desk.app.store.list("customers", { where: { customerId: "cus_live" } })).toEqual([]);
  });
});

function show(desk: Desk, reference: string, answer: typeof paid | ReturnType<typeof declined>): void {
  const charge = desk.gateway.charges.find(({ intent }) => intent.reference === reference);
  if (charge === undefined) throw new Error(`${reference} was never charged`);
  desk.gateway.shows.set(reference, answer(charge.intent, charge.orderId));
}
