/**
 * What every store has to do beside charging, told as claims about the ports alone: the inbox of webhooks, refunds, and
 * what a sweep asks of the books.
 */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { RefundRecords } from "../../src/application/ports/refunds.ts";
import type { LostAttempt, SweepRecords } from "../../src/application/ports/reconcile.ts";
import type { Store } from "../../src/application/ports/store.ts";
import type { WebhookInbox } from "../../src/application/ports/webhooks.ts";
import { Refused } from "../../src/domain/errors.ts";
import type { SubscriptionChange } from "../../src/domain/subscription-change.ts";
import { DAY_MS, fill, invoiceOf, later, MINUTE_MS, NOW, subscriptionOf } from "../support/records.ts";
import { chargeAll, declined, paid, settleAll } from "./conformance.ts";

type OpenRecords = {
  readonly store: Store & {
    readonly inbox: WebhookInbox;
    readonly refunds: RefundRecords;
    readonly sweep: SweepRecords;
  };
  close(): Promise<void>;
};

const REQUEST = {
  invoiceId: "inv_a_1",
  attemptId: null,
  reason: "other",
  note: null,
  by: "Carmen",
  shownCents: null,
} as const;

export function recordsConformance(name: string, open: () => Promise<OpenRecords>): void {
  let opened: OpenRecords;
  let store: OpenRecords["store"];

  /** The subscription "a" is owed 20015 cents for one invoice, which is due. */
  beforeEach(async () => {
    opened = await open();
    ({ store } = opened);
    const subscription = subscriptionOf("a", { nextCycle: 2 });
    await fill(store, { subscriptions: [subscription], invoices: [invoiceOf(subscription, 1)] });
  });
  afterEach(async () => await opened.close());

  async function pay(): Promise<void> {
    await store.confirmMode(false);
    await chargeAll(store, await store.takeOver("own_1"), paid);
  }

  test(`${name}: invoices of no cycle come before the others of their subscription`, async () => {
    const oneOff = { ...invoiceOf(subscriptionOf("a"), 3), id: "inv_z", cycle: null, oneOffKey: "k" };
    await store.write(NOW, async (records) => records.addInvoice(oneOff));
    const found = await store.write(NOW, (records) => records.invoices({ subscriptionId: "a", statuses: ["open"] }));
    expect(found.map(({ id }) => id)).toEqual(["inv_z", "inv_a_1"]);
  });

  describe(`${name}: changes of plan and quantity`, () => {
    const changeOf = (number: number): SubscriptionChange => ({
      ...{ id: `a/${number}`, subscriptionId: "a", number, apply: "next_invoice", onDate: "2026-02-10" },
      ...{ fromPlanId: "oro", toPlanId: "oro", fromQuantity: number, toQuantity: number + 1 },
      ...{ creditCents: 667, debitCents: 997, grantedCents: 0, nextCycle: 2, itemKey: null, invoiceId: null },
      ...{ fromAnchorLocal: "2026-01-31T09:00", fromNextBillingAt: null, madeAt: NOW, madeBy: "eva" },
      ...{ undoneAt: null, undoneBy: null },
    });

    test("are kept by number, and one that is made twice is refused", async () => {
      await store.write(NOW, async (records) => {
        for (const number of [2, 1]) records.addChange(changeOf(number));
      });
      const again = store.write(NOW, async (records) => records.addChange({ ...changeOf(1), id: "a/again" }));
      await expect(again).rejects.toThrow(/subscription_change/);
      const kept = await store.write(NOW, async (records) => await records.changes("a"));
      expect(kept).toEqual([changeOf(1), changeOf(2)]);
      expect(await store.write(NOW, async (records) => await records.changes("b"))).toEqual([]);
    });

    test("keep their plans in use: by them a change is priced, and taken back", async () => {
      await store.write(NOW, async (records) => {
        records.addChange({ ...changeOf(1), fromPlanId: "plata" });
        records.addChange({ ...changeOf(2), toPlanId: "platino", undoneAt: NOW, undoneBy: "eva" });
        const used = [];
        for (const id of ["plata", "platino", "cobre"]) used.push(await records.hasSubscriptions(id));
        expect(used).toEqual([true, true, false]);
      });
    });

    test("what was paid of an invoice is less what may have gone back of it", async () => {
      const paidNow = async () => await store.write(NOW, async (records) => await records.paidCents("inv_a_1"));
      expect(await paidNow()).toBe(0);
      await pay();
      expect(await paidNow()).toBe(20015);
      await store.refunds.request({ ...REQUEST, amountCents: 5000 }, NOW);
      expect(await paidNow()).toBe(15015);
    });

    test("and the second payment of an invoice is no part of that, whether it goes back or not", async () => {
      const paidNow = async () => await store.write(NOW, async (records) => await records.paidCents("inv_a_1"));
      const owner = await store.takeOver("own_1");
      await store.confirmMode(false);
      const [first] = await chargeAll(store, owner, declined("retry_later"));
      const [second] = await chargeAll(store, owner, declined("retry_later"), later(DAY_MS + 1000));
      await settleAll(store, [first, second], paid, later(2 * DAY_MS));
      const again = (await store.list("attempts", {})).find(({ state }) => state === "paid_again");
      expect(await paidNow()).toBe(20015);
      await store.refunds.request({ ...REQUEST, attemptId: String(again?.attemptId), amountCents: null }, NOW);
      expect(await paidNow()).toBe(20015);
    });
  });

  describe(`${name}: the inbox`, () => {
    const entry = (id: string, ignoredBecause: string | null = null) => ({
      event: { id, type: "order.paid", livemode: false, orderId: "ord_1", customerId: null, payload: {} },
      ignoredBecause,
    });
    const turn = (now: Date) => ({ now, limit: 10, until: new Date(now.getTime() + MINUTE_MS) });

    test("knows an event for ever: the second of the same id is not new", async () => {
      expect([...(await store.inbox.receive([entry("whe_1")], NOW))]).toEqual(["whe_1"]);
      expect([...(await store.inbox.receive([entry("whe_1"), entry("whe_2")], later(1)))]).toEqual(["whe_2"]);
    });

    test("gives an event to one, until its time is up; each is a try", async () => {
      await store.inbox.receive([entry("whe_1")], NOW);
      expect(await store.inbox.take(turn(NOW))).toMatchObject([{ id: "whe_1", orderId: "ord_1", tries: 1 }]);
      expect(await store.inbox.take(turn(later(1)))).toEqual([]);
      expect(await store.inbox.take(turn(later(MINUTE_MS)))).toMatchObject([{ id: "whe_1", tries: 2 }]);
    });

    test("never gives out what is ignored, nor what is done with, unless it is replayed", async () => {
      await store.inbox.receive([entry("whe_1", "of the other mode"), entry("whe_2")], NOW);
      const [taken] = await store.inbox.take(turn(NOW));
      const done = { state: "failed", because: "no such order", nextTryAt: null, notes: [] } as const;
      await store.inbox.finish([{ id: taken?.id ?? "", ...done }], NOW);
      expect(await store.inbox.take(turn(later(MINUTE_MS)))).toEqual([]);
      expect(await store.inbox.replay({ state: "failed" }, later(MINUTE_MS))).toEqual(["whe_2"]);
      expect(await store.inbox.take(turn(later(MINUTE_MS)))).toMatchObject([{ id: "whe_2" }]);
    });

    test("finds the attempts of an order by its id, or by the references on it", async () => {
      await pay();
      const [attempt] = await store.list("attempts", {});
      const reference = String(attempt?.reference);
      expect(await store.inbox.attemptsOf("ord_nobodys", [])).toEqual([]);
      expect(await store.inbox.attemptsOf("ord_nobodys", [reference])).toMatchObject([
        { reference, state: "paid", invoiceId: "inv_a_1", amountCents: 20_015 },
      ]);
    });
  });

  test(`${name}: what a person denied is asked about from the instant on that was said, and known as denied`, async () => {
    await pay();
    const [attempt] = await store.list("attempts", {});
    const { attemptId, reference } = { attemptId: String(attempt?.attemptId), reference: String(attempt?.reference) };
    const isDenied = async () => (await store.inbox.attemptsOf("", [reference]))[0]?.isDenied;
    const due = async (ms: number) =>
      (await store.dueRechecks(later(ms), 10)).map((each) => [each.attemptId, each.rechecks]);
    expect([await isDenied(), await due(DAY_MS)]).toEqual([false, []]);
    await store.write(NOW, async (records) => records.noteDenied(attemptId, later(DAY_MS)));
    expect([await isDenied(), await due(DAY_MS - 1), await due(DAY_MS)]).toEqual([true, [], [[attemptId, 0]]]);
    expect((await store.dueRechecks(later(DAY_MS), 10))[0]).toMatchObject({
      intent: { reference, amountCents: 20_015 },
    });
    await store.noteRecheck(attemptId, later(3 * DAY_MS));
    expect([await due(DAY_MS), await due(3 * DAY_MS)]).toEqual([[], [[attemptId, 1]]]);
    await store.noteRecheck(attemptId, null);
    expect([await isDenied(), await due(99 * DAY_MS)]).toEqual([true, []]);
  });

  describe(`${name}: refunds`, () => {
    test("nothing goes back of what was never paid", async () => {
      await expect(store.refunds.request({ ...REQUEST, amountCents: null }, NOW)).rejects.toThrow(/paid/);
    });

    test("all that is left goes back where no amount is said, and not more than came", async () => {
      await pay();
      expect(await store.refunds.request({ ...REQUEST, amountCents: 15 }, NOW)).toMatchObject({ amountCents: 15 });
      await expect(store.refunds.request({ ...REQUEST, amountCents: 20_001 }, NOW)).rejects.toThrow(Refused);
      const all = await store.refunds.request({ ...REQUEST, amountCents: null }, NOW);
      expect(all).toMatchObject({ amountCents: 20_000, invoiceId: "inv_a_1" });
      expect((await store.refunds.ofOrder(all.orderId)).map(({ amountCents }) => amountCents)).toEqual([15, 20_000]);
    });
  });

  test(`${name}: paid orders are read for disputes when their turn comes, those of an open dispute each day, none put aside`, async () => {
    await pay();
    const reads = async (days: number, limit = 10) =>
      (await store.disputeReads(later(days * DAY_MS), limit)).map((each) => [each.orderId, each.days]);
    const note = async (days: number) =>
      await store.noteDisputeReads(await store.disputeReads(later(days * DAY_MS), 10), later(days * DAY_MS));
    const [attempt] = await store.list("attempts", {});
    const [attemptId, orderId] = [attempt?.attemptId ?? "", attempt?.orderId ?? ""];
    expect(await reads(6)).toEqual([]);
    expect(await reads(7.5)).toEqual([[orderId, 7]]);
    await note(7.5);
    expect(await reads(8)).toEqual([]);
    // Who froze, and goes on behind the others, takes nothing back.
    await store.noteDisputeReads([{ orderId, attemptId: "", days: 7, chargedAt: later(-DAY_MS) }], later(8 * DAY_MS));
    expect(await reads(8)).toEqual([]);
    expect(await reads(31)).toEqual([[orderId, 30]]);

    await store.write(later(8 * DAY_MS), (records) =>
      records.putDispute({
        ...{ id: "dsp_1", chargeId: attempt?.chargeId ?? "", gatewayDisputeId: null, orderId, attemptId },
        ...{ invoiceId: "inv_a_1", subscriptionId: "a", customerId: "cus_a", amountCents: 20015, currency: "MXN" },
        ...{ status: "action_required", outcome: "open", reason: null, evidenceDueBy: null, disputedAt: null },
        ...{ openedAt: later(8 * DAY_MS), closedAt: null, closedBy: null, why: null, nextReadAt: later(9 * DAY_MS) },
      }),
    );
    expect(await reads(8.5)).toEqual([]);
    expect(await reads(9)).toEqual([[orderId, null]]);
    expect(await reads(31)).toEqual([
      [orderId, null],
      [orderId, 30],
    ]);
    expect(await reads(31, 1)).toEqual([[orderId, null]]);
    const failing = { kind: "attempt", id: attemptId, because: "status 500" } as const;
    await store.noteReadFailure(failing, later(9 * DAY_MS), () => later(10 * DAY_MS));
    expect(await reads(9.5)).toEqual([]);
    await store.forgetReadFailures([attemptId]);
    await note(9.5);
    expect(await reads(10)).toEqual([]);
    expect(await reads(10.6)).toEqual([[orderId, null]]);
  });

  describe(`${name}: what a sweep asks`, () => {
    test("when a charge was last sent, and which attempts were paid within a window", async () => {
      expect(await store.sweep.lastSentAt()).toBeNull();
      await pay();
      expect(await store.sweep.lastSentAt()).toEqual(NOW);
      const window = { from: NOW, to: later(MINUTE_MS) };
      expect(await store.sweep.paidAttempts(window)).toMatchObject([{ invoiceId: "inv_a_1", state: "paid" }]);
      expect(await store.sweep.paidAttempts({ from: later(1), to: later(MINUTE_MS) })).toEqual([]);
    });

    test("an attempt that the books have lost is written down once", async () => {
      const lost: LostAttempt = {
        reference: "inv_a_1-7",
        invoiceId: "inv_a_1",
        flow: "single",
        orderId: "ord_7",
        sentAt: NOW,
        state: "unknown",
      };
      await store.sweep.importAttempt(lost, later(1));
      await store.sweep.importAttempt({ ...lost, orderId: "ord_8" }, later(2));
      expect(await store.list("attempts", {})).toMatchObject([{ reference: "inv_a_1-7", state: "unknown" }]);
      expect(await store.sweep.inquireAboutAll(later(3))).toBe(1);
      expect(await store.dueInquiries(later(3), 10)).toHaveLength(1);
    });
  });
}
