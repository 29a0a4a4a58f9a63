/**
 * What every store has to do, told as claims about the port alone: it runs unchanged over each database.
 *
 * Nothing here looks into tables. A database's own means (UNIQUE, CHECK, files) are tested beside it.
 */
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Page } from "../../src/application/ports/listings.ts";
import type { SubscriptionRow } from "../../src/application/ports/listings/subscriptions.ts";
import type { AttemptRow } from "../../src/application/ports/listings/invoices.ts";
import type { Store } from "../../src/application/ports/store.ts";
import type {
  ClaimDecision,
  ClaimedAttempt,
  OpeningBatch,
  Settled,
  SettleFacts,
  SettleItem,
} from "../../src/application/ports/charging.ts";
import type { Owner } from "../../src/application/ports/installation.ts";
import { NO_USES, NOTHING_WAITS } from "../../src/domain/invoice-content.ts";
import type { Evidence, Payment, Trace } from "../../src/domain/attempt.ts";
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { chargeDecisions, type ChargeDecision, type ChargeRules } from "../../src/domain/charging/charge-decision.ts";
import type { DeclineClass } from "../../src/domain/decline.ts";
import type { DunningPolicy, FinalAction } from "../../src/domain/dunning/dunning.ts";
import { settle } from "../../src/domain/settle/settle.ts";
import { held, type Settlement } from "../../src/domain/settle/settlement.ts";
import { OUT_OF_DUNNING, type Invoice } from "../../src/domain/invoice.ts";
import type { Customer } from "../../src/domain/plan.ts";
import type { Subscription } from "../../src/domain/subscription.ts";
import { transition } from "../../src/domain/invoice-transition.ts";
import { NO_HOLIDAYS, policyOf } from "../support/policy.ts";
import {
  customerOf,
  DAY_MS,
  HOUR_MS,
  fill,
  invoiceOf,
  later,
  MINUTE_MS,
  NOW,
  planOf,
  subscriptionOf,
} from "../support/records.ts";

export type OpenStore = { readonly store: Store; close(): Promise<void> };

const LEASE_MS = 2 * MINUTE_MS;
const CLAIM = { now: NOW, leaseMs: LEASE_MS, limit: 10, flow: "single" } as const;
const SEND = { now: later(1000), leaseMs: LEASE_MS };
const TRACE: Trace = { httpStatus: 200, logId: "log1", because: "said the test" };

export function storeConformance(name: string, open: () => Promise<OpenStore>): void {
  const opened: OpenStore[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  async function emptyStore(): Promise<Store> {
    const each = await open();
    opened.push(each);
    return each.store;
  }

  /** Records in which one invoice of each named subscription is due, and somebody who may charge. */
  async function dueStore(ids: readonly string[] = ["a"]): Promise<{ store: Store; owner: Owner }> {
    const store = await emptyStore();
    const subscriptions = ids.map((id) => subscriptionOf(id, { nextCycle: 2 }));
    await fill(store, { subscriptions, invoices: subscriptions.map((each) => invoiceOf(each, 1)) });
    return { store, owner: await store.takeOver("own_1") };
  }

  describe(`${name}: who may charge`, () => {
    test("each takeover has the next epoch", async () => {
      const store = await emptyStore();
      const first = await store.takeOver("own_1");
      expect(await store.takeOver("own_2")).toEqual({ id: "own_2", epoch: first.epoch + 1 });
    });

    test("a predecessor claims nothing, and sends nothing it had claimed", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const [mine] = await claim(store, owner, { ...CLAIM, limit: 1 });
      await store.takeOver("own_2");
      expect(await claim(store, owner, CLAIM)).toEqual([]);
      expect(await send(store, owner, mine)).toEqual([]);
    });

    test("a successor finds at once what its predecessor left, whatever the lease", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const [first, second] = await claim(store, owner, CLAIM);
      await send(store, owner, second);
      expect(await store.abandoned(owner, SEND.now, 10)).toEqual([]);
      const successor = await store.takeOver("own_2");
      expect(await store.abandoned(successor, SEND.now, 10)).toEqual([first?.attemptId, second?.attemptId]);
      expect(await store.abandoned(successor, SEND.now, 1)).toHaveLength(1);
    });

    test("its own attempts are abandoned when their lease ran out; sending gives a fresh one", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const [first, second] = await claim(store, owner, CLAIM);
      await send(store, owner, second);
      expect(await store.abandoned(owner, later(LEASE_MS), 10)).toEqual([]);
      expect(await store.abandoned(owner, later(LEASE_MS + 1), 10)).toEqual([first?.attemptId]);
      expect(await store.abandoned(owner, later(LEASE_MS + 1001), 10)).toHaveLength(2);
    });

    test("what is settled is not abandoned", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, unknown());
      expect(await store.abandoned(owner, later(DAY_MS), 10)).toEqual([]);
    });
  });

  describe(`${name}: the halt and the mode`, () => {
    test("during a halt nothing is claimed or sent; resumed, it goes on", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const [mine] = await claim(store, owner, { ...CLAIM, limit: 1 });
      await store.haltCharging({ kind: "unauthorized", because: "the key was revoked" }, NOW);
      expect(await claim(store, owner, CLAIM)).toEqual([]);
      expect(await send(store, owner, mine)).toEqual([]);
      await store.resumeCharging({ kind: "unauthorized" }, NOW);
      expect(await send(store, owner, mine)).toHaveLength(1);
      expect(await claim(store, owner, CLAIM)).toHaveLength(1);
    });

    test("halts of several kinds stand at once, the most serious is shown, and each is lifted by itself", async () => {
      const { store, owner } = await dueStore(["a"]);
      const shown = async () => (await store.installation()).haltKind;
      await store.haltCharging({ kind: "person", because: "the price is wrong" }, NOW);
      await store.haltCharging({ kind: "restored", because: "old", reconcileSince: NOW }, NOW);
      await store.haltCharging({ kind: "unauthorized", because: "the key" }, NOW);
      expect(await store.installation()).toMatchObject({ haltKind: "restored", haltReconcileSince: NOW });
      await store.resumeCharging({ kind: "restored" }, NOW);
      expect(await shown()).toBe("person");
      await store.resumeCharging({ kind: "person", by: "maria", why: "it is right" }, NOW);
      expect(await shown()).toBe("unauthorized");
      expect(await claim(store, owner, CLAIM)).toEqual([]);
      await store.resumeCharging({ kind: "unauthorized" }, NOW);
      expect(await shown()).toBeNull();
      expect(await claim(store, owner, CLAIM)).toHaveLength(1);
    });

    test("what was sent within the hour counts, until a person lets charging go on", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const nothing = { charges: 0, amountCents: 0 };
      const [mine] = await claim(store, owner, { ...CLAIM, limit: 1 });
      expect(await store.sentWithinTheHour(NOW)).toEqual(nothing);
      await send(store, owner, mine);
      expect(await store.sentWithinTheHour(later(DAY_MS / 24))).toEqual({ charges: 1, amountCents: 20_015 });
      expect(await store.sentWithinTheHour(later(DAY_MS / 24 + 1000))).toEqual(nothing);
      await store.haltCharging({ kind: "limit", because: "too many" }, later(2000));
      await store.resumeCharging({ kind: "limit", by: "maria" }, later(2000));
      expect(await store.sentWithinTheHour(later(3000))).toEqual(nothing);
    });

    test("halting twice for one kind keeps the first reason; each change is an event once", async () => {
      const store = await emptyStore();
      await store.resumeCharging({ kind: "unauthorized" }, NOW);
      await store.haltCharging({ kind: "unauthorized", because: "first" }, NOW);
      await store.haltCharging({ kind: "unauthorized", because: "second" }, NOW);
      expect((await store.installation()).haltReason).toBe("first");
      await store.resumeCharging({ kind: "unauthorized" }, NOW);
      await store.resumeCharging({ kind: "unauthorized" }, NOW);
      expect((await store.installation()).haltReason).toBeNull();
      expect(await eventTypes(store)).toEqual(["charging.halted", "charging.resumed"]);
    });

    test.each([
      [true, "live"],
      [false, "test"],
    ])("the mode is stored when it is first known (livemode %p), and the other one refused", async (livemode, word) => {
      const store = await emptyStore();
      expect((await store.installation()).livemode).toBeNull();
      await store.confirmMode(livemode);
      await store.confirmMode(livemode);
      expect((await store.installation()).livemode).toBe(livemode);
      const refusal = store.confirmMode(!livemode);
      await expect(refusal).rejects.toMatchObject({ name: "WrongMode" });
      await expect(refusal).rejects.toThrow(`this database holds ${word} data`);
      expect((await store.installation()).livemode).toBe(livemode);
    });

    test("one customer is known for a read that proves the key, once somebody subscribed", async () => {
      const store = await emptyStore();
      expect(await store.customersToProbe(2)).toEqual([]);
      await fill(store, { subscriptions: [subscriptionOf("a")] });
      expect(await store.customersToProbe(2)).toEqual(["cus_a"]);
    });

    test("of several customers, those whose subscriptions come first are asked for, each once", async () => {
      const store = await emptyStore();
      const order = ["m", "z", "z", "b", "q", "a", "m", "y"];
      const subscriptions = order.map((customer, at) => ({
        ...subscriptionOf(`s${at}`),
        customerId: `cus_${customer}`,
      }));
      await fill(store, { subscriptions });
      expect(await store.customersToProbe(4)).toEqual(["cus_m", "cus_z", "cus_b", "cus_q"]);
    });
  });

  describe(`${name}: what is due to be opened`, () => {
    test("a subscription comes whole, with its plan", async () => {
      const store = await emptyStore();
      const plan = planOf({ id: "corto", expiryCount: 12, trialPeriodDays: 7, catchUp: "ask", source: "file" });
      const subscription = subscriptionOf(
        "a",
        {
          lineItems: [{ name: "Café y té", unitPriceCents: 500, quantity: 2 }],
          discount: { percent: 12.5 },
          quantity: 3,
          billPast: true,
          cancelAt: later(DAY_MS),
        },
        plan,
      );
      await fill(store, { plans: [plan], subscriptions: [subscription] });
      expect(await store.dueSubscriptions(NOW, 10, [])).toEqual([
        { ...subscription, plan, lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS },
      ]);
    });

    test("due from its billing date on, oldest first, at most as many as asked for, without those set aside", async () => {
      const store = await emptyStore();
      await fill(store, {
        subscriptions: [
          subscriptionOf("a", { nextBillingAt: NOW }),
          subscriptionOf("b", { nextBillingAt: later(-2 * MINUTE_MS) }),
          subscriptionOf("c", { nextBillingAt: later(1 * MINUTE_MS) }),
          subscriptionOf("d", { nextBillingAt: later(-1 * MINUTE_MS) }),
          subscriptionOf("e", { nextBillingAt: null, status: "canceled" }),
        ],
      });
      const due = async (limit: number, except: string[]) =>
        (await store.dueSubscriptions(NOW, limit, except)).map(({ id }) => id);
      expect(await due(10, [])).toEqual(["b", "d", "a"]);
      expect(await due(2, [])).toEqual(["b", "d"]);
      expect(await due(10, ["b", "a"])).toEqual(["d"]);
    });

    test("one that ends before its next cycle is due at its end, after those that are billed", async () => {
      const store = await emptyStore();
      const ends = (id: string, minutes: number, billedIn: number | null) =>
        subscriptionOf(id, {
          cancelAt: later(minutes * MINUTE_MS),
          nextBillingAt: billedIn === null ? null : later(billedIn * MINUTE_MS),
          ...(billedIn === null && { status: "canceled" }),
        });
      await fill(store, {
        subscriptions: [
          subscriptionOf("a", { nextBillingAt: NOW }),
          ends("b", 0, 60),
          ends("c", -5, 60),
          ends("d", 1, 60),
          ends("e", -5, null),
          ends("f", -9, -3),
        ],
      });
      const due = async (limit: number) => (await store.dueSubscriptions(NOW, limit, [])).map(({ id }) => id);
      expect(await due(10)).toEqual(["f", "a", "c", "b"]);
      expect(await due(3)).toEqual(["f", "a", "c"]);
      expect(await store.statusCounts(NOW)).toMatchObject({
        dueSubscriptions: 1,
        nextOpeningAt: later(-9 * MINUTE_MS),
      });
    });

    test("paused and unpaid ones are opened, void, and are none of the due that status counts", async () => {
      const store = await emptyStore();
      const due = (id: string, status: Subscription["status"]) => subscriptionOf(id, { status, nextBillingAt: NOW });
      await fill(store, { subscriptions: [due("a", "paused"), due("b", "unpaid"), due("c", "past_due")] });
      expect(await store.dueSubscriptions(NOW, 10, [])).toHaveLength(3);
      expect((await store.statusCounts(NOW)).dueSubscriptions).toBe(1);
    });

    test("the last missed invoice that still waits comes along", async () => {
      const store = await emptyStore();
      const subscription = subscriptionOf("a", { nextCycle: 1 });
      const waiting = (cycle: number, days: number, missed: boolean) =>
        invoiceOf(subscription, cycle, { missed, nextAttemptAt: later(days * DAY_MS) });
      await fill(store, {
        subscriptions: [subscription],
        invoices: [waiting(5, 1, true), waiting(6, 2, true), waiting(7, 9, false)],
      });
      expect((await store.dueSubscriptions(NOW, 10, []))[0]?.lastMissedAt).toEqual(later(2 * DAY_MS));
    });
  });

  describe(`${name}: opening`, () => {
    test("invoices, cursors and events of several subscriptions are written together", async () => {
      const store = await emptyStore();
      const [a, b] = [subscriptionOf("a"), subscriptionOf("b", { status: "trialing" })];
      await fill(store, { subscriptions: [a, b] });
      const free = invoiceOf(b, 1, { amountCents: 0, status: "paid", paidAt: NOW, nextAttemptAt: null });
      const skipped = invoiceOf(b, 2, { status: "void", statusReason: "skipped", nextAttemptAt: null, missed: true });
      expect(await store.open([opening(a), opening(b, { nextCycle: 3, invoices: [free, skipped] })], NOW)).toBe(3);

      const rows = await store.list("invoices", {});
      expect(
        rows.map(({ invoiceId, status, statusReason, missed }) => [invoiceId, status, statusReason, missed]),
      ).toEqual([
        ["inv_b_2", "void", "skipped", true],
        ["inv_b_1", "paid", null, false],
        ["inv_a_1", "open", null, false],
      ]);
      expect(rows[2]).toMatchObject({
        subscriptionId: "a",
        customerId: "cus_a",
        cycle: 1,
        periodStart: "2026-02-28T15:00:00.000Z",
        periodEnd: "2026-03-31T15:00:00.000Z",
        amountCents: 20015,
        nextAttemptAt: NOW.toISOString(),
        openedAt: NOW.toISOString(),
        paidAt: null,
        lineItems: planOf().lineItems,
      });
      expect(await subscriptionIn(store, "a")).toMatchObject({ nextCycle: 2, nextBillingAt: iso(later(31 * DAY_MS)) });
      expect(await subscriptionIn(store, "b")).toMatchObject({ nextCycle: 3, status: "active" });
      expect(await eventTypes(store)).toEqual(["invoice.opened", "invoice.opened"]);
      expect(await store.dueSubscriptions(NOW, 10, [])).toEqual([]);
    });

    test.each<[string, (row: { nextCycle: number; status: string; cancelAt: Date | null }) => void]>([
      ["skipped a cycle", (row) => void (row.nextCycle = 2)],
      ["paused it", (row) => void (row.status = "paused")],
      ["canceled it at a date", (row) => void (row.cancelAt = later(DAY_MS))],
    ])("somebody %s since it was read: left for the next pass, the others are opened", async (_what, change) => {
      const store = await emptyStore();
      const [a, b] = [subscriptionOf("a"), subscriptionOf("b")];
      await fill(store, { subscriptions: [a, b] });
      await store.write(NOW, async (records) => {
        const row = await records.subscription("a");
        if (row !== null) change(row);
      });
      expect(await store.open([opening(a), opening(b)], NOW)).toBe(1);
      expect((await store.list("invoices", {})).map((row) => row["subscriptionId"])).toEqual(["b"]);
      expect((await store.list("events", {})).map((row) => row["subscriptionId"])).toEqual(["b"]);
      expect((await store.dueSubscriptions(NOW, 10, [])).map(({ id }) => id)).toEqual(["a"]);
    });

    test("I2, I7: a cycle that has an invoice already cannot be opened again, and nothing of the batch is", async () => {
      const store = await emptyStore();
      const [a, b] = [subscriptionOf("a"), subscriptionOf("b")];
      await fill(store, { subscriptions: [a, b], invoices: [invoiceOf(a, 1)] });
      await expect(
        store.open([opening(b), opening(a, { invoices: [{ ...invoiceOf(a, 1), id: "inv_x" }] })], NOW),
      ).rejects.toThrow(/unique/i);
      expect(await store.list("invoices", {})).toHaveLength(1);
      expect(await store.list("events", {})).toEqual([]);
      expect(await subscriptionIn(store, "b")).toMatchObject({ nextCycle: 1 });
    });

    test("a subscription whose last invoice is final from the start is completed", async () => {
      const store = await emptyStore();
      const a = subscriptionOf("a");
      await fill(store, { subscriptions: [a] });
      const invoices = [invoiceOf(a, 1, { amountCents: 0, status: "paid", paidAt: NOW, nextAttemptAt: null })];
      await store.open([opening(a, { nextBillingAt: null, invoices })], NOW);
      expect(await subscriptionIn(store, "a")).toMatchObject({ status: "completed", nextBillingAt: null });
      expect(await eventTypes(store)).toEqual(["invoice.opened", "subscription.completed"]);
    });

    test("an empty batch opens nothing", async () => {
      expect(await (await emptyStore()).open([], NOW)).toBe(0);
    });
  });

  describe(`${name}: claiming`, () => {
    test("a claim carries all that the charge needs, and takes the invoice out of the queue", async () => {
      const { store, owner } = await dueStore();
      const { id: installationId } = await store.installation();
      const [claimed] = await claim(store, owner, CLAIM);
      expect(claimed).toEqual({
        attemptId: expect.stringMatching(/^att_/),
        number: 1,
        flow: "single",
        orderId: null,
        intent: {
          reference: "inv_a_1-1",
          installationId,
          subscriptionId: "a",
          invoiceId: "inv_a_1",
          cycle: 1,
          oneOffKey: null,
          customerId: "cus_a",
          currency: "MXN",
          amountCents: 20015,
          discountCents: 0,
          discounts: [],
          balanceCents: 0,
          lineItems: planOf().lineItems,
          taxes: null,
        },
      });
      expect(await attemptIn(store, claimed)).toMatchObject({
        state: "claimed",
        paymentSourceId: "src_cus_a",
        cardBrand: "visa",
        cardLast4: "4242",
        claimedAt: NOW.toISOString(),
        sentAt: null,
        settledAt: null,
        evidence: [],
      });
      expect((await store.list("invoices", {}))[0]?.["nextAttemptAt"]).toBeNull();
      expect(await claim(store, owner, CLAIM)).toEqual([]);
    });

    test("the longest due come first; what is not due yet does not come; at most as many as asked for", async () => {
      const store = await emptyStore();
      const at: Record<string, number> = { a: -1, b: -3, c: 0, d: 1, e: -2 };
      const subscriptions = Object.keys(at).map((id) => subscriptionOf(id, { nextCycle: 2 }));
      const invoices = subscriptions.map((each) =>
        invoiceOf(each, 1, { nextAttemptAt: later((at[each.id] ?? 0) * MINUTE_MS) }),
      );
      await fill(store, { subscriptions, invoices });
      const owner = await store.takeOver("own_1");
      expect(claimedOf(await claim(store, owner, { ...CLAIM, limit: 2 }))).toEqual(["b", "e"]);
      expect(claimedOf(await claim(store, owner, CLAIM))).toEqual(["a", "c"]);
    });

    test("one customer's invoices are charged one after the other, the longest due first", async () => {
      const store = await emptyStore();
      const [a, b] = [subscriptionOf("a"), subscriptionOf("b", { customerId: "cus_a" })];
      const invoices = [
        invoiceOf(a, 1),
        invoiceOf(a, 2, { nextAttemptAt: later(-MINUTE_MS) }),
        invoiceOf(b, 1, { nextAttemptAt: later(-2 * MINUTE_MS) }),
      ];
      await fill(store, { subscriptions: [a, b], invoices });
      const owner = await store.takeOver("own_1");
      const order: string[] = [];
      for (;;) {
        const claimed = await claim(store, owner, CLAIM);
        if (claimed.length === 0) break;
        expect(claimed).toHaveLength(1);
        // Neither while it is claimed nor while it is sent.
        expect(await claim(store, owner, CLAIM)).toEqual([]);
        await send(store, owner, claimed[0]);
        expect(await claim(store, owner, CLAIM)).toEqual([]);
        await settleAll(store, claimed, paid);
        order.push(...claimed.map(({ intent }) => intent.invoiceId));
      }
      // Of one subscription the earlier cycle goes first, whenever it fell due.
      expect(order).toEqual(["inv_b_1", "inv_a_1", "inv_a_2"]);
    });

    test("a customer with very many due invoices does not keep others from their turn", async () => {
      const store = await emptyStore();
      const [a, b] = [subscriptionOf("a"), subscriptionOf("b")];
      const many = Array.from({ length: 30 }, (_, cycle) =>
        invoiceOf(a, cycle, { nextAttemptAt: later(-DAY_MS + cycle) }),
      );
      await fill(store, { subscriptions: [a, b], invoices: [...many, invoiceOf(b, 1)] });
      const owner = await store.takeOver("own_1");
      expect(claimedOf(await claim(store, owner, { ...CLAIM, limit: 8 }))).toEqual(["a", "b"]);
    });

    test.each<[string, Evidence]>([
      ["unknown", unknown()],
      ["pending", { kind: "pending", orderId: "ord_p", chargeId: null, trace: TRACE }],
    ])("I4: an invoice whose attempt is %s is never claimed, whatever its date says", async (_state, evidence) => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, evidence);
      await store.write(NOW, async (records) => {
        const invoice = await records.invoice("inv_a_1");
        if (invoice !== null) invoice.nextAttemptAt = NOW;
      });
      expect(await claim(store, owner, CLAIM)).toEqual([]);
    });

    test("an uncertain charge of one invoice does not block the customer's others", async () => {
      const store = await emptyStore();
      const a = subscriptionOf("a");
      const other = subscriptionOf("other", { customerId: a.customerId });
      await fill(store, { subscriptions: [a, other], invoices: [invoiceOf(a, 1), invoiceOf(other, 1)] });
      const owner = await store.takeOver("own_1");
      await chargeAll(store, owner, unknown());
      expect(await claim(store, owner, CLAIM)).toHaveLength(1);
    });

    test.each<[string, Partial<Invoice>, number, string]>([
      ["declined", { status: "open", dunningStep: "wait_for_card", dunningClass: "new_card" }, 0, "it is paid first"],
      ["held", { status: "held", statusReason: "refused" }, 0, "a person decides first"],
      [
        "held for an answer about the past",
        { status: "held", statusReason: "catch_up_ask" },
        1,
        "that is another matter",
      ],
      ["written off", { status: "uncollectible", statusReason: "attempts_used_up" }, 1, "nobody waits for it"],
      [
        "missed, and waiting for its day",
        { missed: true, nextAttemptAt: later(DAY_MS) },
        1,
        "it comes beside the newly due",
      ],
    ])("while an earlier invoice is %s, %i of the later is claimed (%s)", async (_words, change, claims, _because) => {
      const store = await emptyStore();
      const a = subscriptionOf("a");
      const earlier = { nextAttemptAt: null, ...change };
      await fill(store, { subscriptions: [a], invoices: [invoiceOf(a, 1, earlier), invoiceOf(a, 2)] });
      expect(await claim(store, await store.takeOver("own_1"), CLAIM)).toHaveLength(claims);
    });

    test.each<[string, Partial<Customer>, number, string]>([
      ["no default card", { paymentSourceId: null }, 0, "nothing could be charged"],
      ["a card that expired last month", { cardExpMonth: 1, cardExpYear: 2026 }, 0, "it would be declined"],
      ["a card in its last month", { cardExpMonth: 2, cardExpYear: 2026 }, 1, "it is good until the month is over"],
      ["a card of unknown expiry", { cardExpMonth: null, cardExpYear: null }, 1, "nothing speaks against it"],
    ])("of a customer with %s %i is claimed (%s)", async (_words, change, claims, _because) => {
      const { store, owner } = await dueStore();
      await store.write(NOW, (records) => records.putCustomer({ ...customerOf("cus_a"), ...change }));
      expect(await claim(store, owner, CLAIM)).toHaveLength(claims);
    });

    test("the next try of an invoice has the next number, and a reference of its own", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("retry_later"));
      await chargeAll(store, owner, { kind: "not_sent", unauthorized: false, trace: TRACE }, later(DAY_MS + 1000));
      const [third] = await claim(store, owner, { ...CLAIM, now: later(3 * DAY_MS) });
      expect(third).toMatchObject({ number: 3, intent: { reference: "inv_a_1-3" } });
    });

    test("a payment link is the next try of its invoice, and nothing else of it is claimed meanwhile", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("retry_later"));
      const [now, expiresAt] = [later(2000), later(DAY_MS)];
      const link = {
        invoiceId: "inv_a_1",
        flow: "link" as const,
        now,
        leaseMs: LEASE_MS,
        expiresAt,
        requestedBy: "maria",
      };
      const claimed = await store.claimLink(owner, { ...link, methods: ["card", "cash"] });
      expect(claimed).toMatchObject({ number: 2, intent: { reference: "inv_a_1-2" } });
      expect(await store.claimLink(owner, { ...link, methods: ["card"] })).toBeNull();
    });

    test("the card is the one that is the default when the try begins", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("retry_later"));
      await store.write(NOW, (records) =>
        records.putCustomer(
          customerOf("cus_a", { paymentSourceId: "src_new", cardBrand: "mastercard", cardLast4: "4444" }),
        ),
      );
      const [second] = await claim(store, owner, { ...CLAIM, now: later(DAY_MS + 1000) });
      expect(await attemptIn(store, second)).toMatchObject({ paymentSourceId: "src_new", cardLast4: "4444" });
    });
  });

  describe(`${name}: too many charges of one customer`, () => {
    const outcomes: Record<string, Evidence | Judge> = {
      paid,
      declined: declined("retry_later"),
      unknown: unknown(),
      not_sent: { kind: "not_sent", unauthorized: false, trace: TRACE },
    };

    test("a retry that dunning planned is put off until the 24 hours are over, and not held", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("try_again_soon"));
      const now = later(3_601_000);
      expect(await decisions(store, { now, maxChargesPerCustomerPerDay: 1 })).toEqual([
        ["inv_a_1", { do: "put_off", until: later(DAY_MS), rule: { name: "daily_limit", charges: 1 } }],
      ]);
    });

    test.each([
      ["paid", "money moved"],
      ["declined", "the bank was asked"],
      ["unknown", "the bank may have been asked"],
      ["not_sent", "nobody noticed it, and the domain does not count it"],
    ])("%s within 24 hours is told as a try of its invoice, to each of the customer's", async (state) => {
      const store = await emptyStore();
      const [a, b] = [subscriptionOf("a", { nextCycle: 2 }), subscriptionOf("b", { nextCycle: 2 })];
      const also = subscriptionOf("also", { customerId: a.customerId, nextCycle: 2 });
      const next = invoiceOf(also, 1, { nextAttemptAt: later(DAY_MS - 1000) });
      const ofAnother = invoiceOf(b, 1, { nextAttemptAt: later(DAY_MS - 1000) });
      await fill(store, { subscriptions: [a, also, b], invoices: [invoiceOf(a, 1), next, ofAnother] });
      const owner = await store.takeOver("own_1");
      await chargeAll(store, owner, outcomes[state] ?? paid);
      const triesOf = async (invoiceId: string, now: Date): Promise<readonly unknown[] | undefined> =>
        (await store.dueInvoices(now, { after: null, limit: 10 })).find(({ invoice }) => invoice.id === invoiceId)
          ?.customer.tries;
      const told = { invoiceId: "inv_a_1", state, flow: "single", sentAt: NOW };
      expect(await triesOf("inv_also_1", later(DAY_MS - 1000))).toEqual([told]);
      expect(await triesOf("inv_b_1", later(DAY_MS - 1000))).toEqual([]);
      expect(await triesOf("inv_also_1", later(DAY_MS))).toEqual([]);
    });

    test("each of a customer's invoices may be charged, whatever the limit", async () => {
      const store = await emptyStore();
      const a = subscriptionOf("a", { nextCycle: 3 });
      await fill(store, {
        subscriptions: [a],
        invoices: [invoiceOf(a, 1), invoiceOf(a, 2, { nextAttemptAt: later(1000) })],
      });
      await chargeAll(store, await store.takeOver("own_1"), paid);
      expect(await decisions(store, { now: later(1000), maxChargesPerCustomerPerDay: 1 })).toEqual([
        ["inv_a_2", { do: "charge" }],
      ]);
    });
  });

  describe(`${name}: the facts of what is due`, () => {
    test("come whole, in the order of claiming, page by page", async () => {
      const store = await emptyStore();
      const at: Record<string, number> = { a: -1, b: -3, c: 0, d: 1, e: -3 };
      const subscriptions = Object.keys(at).map((id) => subscriptionOf(id, { nextCycle: 2 }));
      const invoices = subscriptions.map((each) =>
        invoiceOf(each, 1, { nextAttemptAt: later((at[each.id] ?? 0) * MINUTE_MS) }),
      );
      await fill(store, { subscriptions, invoices });
      const first = await store.dueInvoices(NOW, { after: null, limit: 2 });
      expect(first.map(({ invoice }) => invoice.id)).toEqual(["inv_b_1", "inv_e_1"]);
      const after = { at: later(-3 * MINUTE_MS), invoiceId: "inv_e_1" };
      const rest = await store.dueInvoices(NOW, { after, limit: 10 });
      expect(rest.map(({ invoice }) => invoice.id)).toEqual(["inv_a_1", "inv_c_1"]);
      expect(await store.duePlaces(NOW, { after, limit: 1 })).toEqual([
        { at: later(-MINUTE_MS), invoiceId: "inv_a_1" },
      ]);
      expect(await store.dueCycles(NOW, { after, limit: 1 })).toEqual([
        {
          ...{ at: later(-MINUTE_MS), invoiceId: "inv_a_1" },
          ...{ subscriptionId: "a", cycle: 1, customerId: "cus_a" },
          ...{ periodStart: invoices[0]?.periodStart, periodEnd: invoices[0]?.periodEnd },
        },
      ]);
      expect(rest[0]).toEqual({
        isWaitTold: false,
        invoice: {
          ...{ id: "inv_a_1", cycle: 1, missed: false, status: "open", statusReason: null },
          ...{ nextAttemptAt: later(-MINUTE_MS), amountCents: 20015, currency: "MXN", declines: 0, faults: 0 },
          ...{ voidWhenSettled: null, firstDeclinedAt: null, retryRequestedAt: null, ...OUT_OF_DUNNING },
          ...{ timeZone: "America/Mexico_City", paidByAnother: false, openElsewhere: false },
          ...{ isOtherCardNow: false, cardLast4Now: null, hasUntriedCard: false, periodEnd: expect.any(Date) },
        },
        ...{ subscriptionId: "a", customerId: "cus_a", dunning: "standard", catchUp: planOf().catchUp, attempt: null },
        customer: {
          card: {
            ...{ paymentSourceId: "src_cus_a", cardBrand: "visa", cardLast4: "4242" },
            ...{ cardExpMonth: customerOf("cus_a").cardExpMonth, cardExpYear: customerOf("cus_a").cardExpYear },
          },
          ...{
            isDeleted: false,
            readAt: expect.any(Date),
            nextReadAt: null,
            readFailedAt: null,
            nextChargeAt: null,
            neverAgain: [],
            toReplace: [],
            declines: [],
            tries: [],
          },
        },
        unsettled: [
          {
            ...{ cycle: 1, status: "open", statusReason: null, dunningStep: null, openAttempt: null, missed: false },
            ...{ reopenedFrom: null, nextAttemptAt: later(-MINUTE_MS), firstDeclinedAt: null },
          },
        ],
        paidAt: null,
        missed: [],
        disputes: [],
      });
    });

    test("tell of the customer's tries and of the card's declines", async () => {
      const store = await emptyStore();
      const [a, also] = [subscriptionOf("a"), subscriptionOf("also", { customerId: "cus_a" })];
      await fill(store, { subscriptions: [a, also], invoices: [invoiceOf(a, 1)] });
      const owner = await store.takeOver("own_1");
      await chargeAll(store, owner, declined("retry_later"));
      await chargeAll(store, owner, declined("never_again"), later(2 * DAY_MS));
      await store.write(NOW, async (records) => {
        records.addInvoice(invoiceOf(also, 1, { declines: 1, firstDeclinedAt: NOW }));
      });
      const [facts] = await store.dueInvoices(later(2 * DAY_MS + 1), { after: null, limit: 10 });
      expect(facts?.customer).toMatchObject({
        neverAgain: [{ paymentSourceId: "src_cus_a", cardLast4: "4242" }],
        declines: [
          { invoiceId: "inv_a_1", number: 1, sentAt: NOW },
          { invoiceId: "inv_a_1", number: 2, sentAt: later(2 * DAY_MS) },
        ],
        // The first is older than a day.
        tries: [{ invoiceId: "inv_a_1", state: "declined", flow: "single", sentAt: later(2 * DAY_MS) }],
      });
      // Of the card that the customer has now, and of no older one.
      await store.write(NOW, (records) => records.putCustomer({ ...customerOf("cus_a"), paymentSourceId: "src_new" }));
      const [other] = await store.dueInvoices(later(2 * DAY_MS + 1), { after: null, limit: 10 });
      expect(other?.customer).toMatchObject({ neverAgain: [], declines: [] });
    });

    test("tell of a card that the gateway named by its last digits alone to its own customer, and to no stranger", async () => {
      const store = await emptyStore();
      const [a, stranger] = [subscriptionOf("a"), subscriptionOf("stranger")];
      await fill(store, { subscriptions: [a, stranger], invoices: [invoiceOf(a, 1), invoiceOf(stranger, 1)] });
      const owner = await store.takeOver("own_1");
      const claimed = await claim(store, owner, { ...CLAIM, limit: 1 });
      await send(store, owner, ...claimed);
      const stolen = { ...(declined("never_again") as object), card: { brand: "visa", last4: "0005" } };
      await settleAll(store, claimed, () => stolen as Evidence);
      await store.write(NOW, async (records) => {
        for (const id of ["cus_a", "cus_stranger"])
          await records.putCustomer({ ...customerOf(id), paymentSourceId: `src_new_${id}`, cardLast4: "0005" });
        records.addInvoice(invoiceOf(a, 2));
      });
      const due = await store.dueInvoices(later(2 * DAY_MS), { after: null, limit: 10 });
      const named = due.map(({ customerId, customer }) => [customerId, customer.neverAgain]);
      expect(named).toContainEqual(["cus_a", [{ paymentSourceId: null, cardLast4: "0005" }]]);
      expect(named).toContainEqual(["cus_stranger", []]);
    });

    test("tell of an attempt that may still move money, of the invoice itself and of an earlier one", async () => {
      const store = await emptyStore();
      const a = subscriptionOf("a");
      await fill(store, { subscriptions: [a], invoices: [invoiceOf(a, 1)] });
      await chargeAll(store, await store.takeOver("own_1"), unknown());
      await store.write(NOW, async (records) => {
        records.addInvoice(invoiceOf(a, 2));
        const invoice = await records.invoice("inv_a_1");
        if (invoice !== null) invoice.nextAttemptAt = NOW;
      });
      const due = await store.dueInvoices(NOW, { after: null, limit: 10 });
      expect(due.map(({ attempt }) => attempt)).toEqual(["unknown", null]);
      expect(due[1]?.unsettled.toSorted((x, y) => Number(x.cycle) - Number(y.cycle))).toMatchObject([
        { cycle: 1, openAttempt: "unknown" },
        { cycle: 2, openAttempt: null },
      ]);
    });

    test("tell of a subscription's missed invoices and of when they were tried", async () => {
      const store = await emptyStore();
      const a = subscriptionOf("a");
      const missed = [1, 2].map((cycle) => invoiceOf(a, cycle, { missed: true }));
      await fill(store, { subscriptions: [a], invoices: missed });
      await chargeAll(store, await store.takeOver("own_1"), paid);
      const [facts] = await store.dueInvoices(later(DAY_MS), { after: null, limit: 10 });
      const isTurn = planOf().catchUp === "oldest_first";
      expect(facts?.unsettled).toMatchObject([{ cycle: 2, missed: true, nextAttemptAt: NOW }]);
      expect(facts?.missed).toEqual(
        isTurn
          ? [
              {
                ...{ cycle: 1, nextAttemptAt: null, firstDeclinedAt: null },
                tries: [{ state: "paid", flow: "single", sentAt: NOW, claimedAt: NOW }],
              },
              { cycle: 2, nextAttemptAt: NOW, firstDeclinedAt: null, tries: [] },
            ]
          : [],
      );
    });

    test("of an invoice that is not open yet are those of its customer and subscription", async () => {
      const { store } = await dueStore();
      const next = invoiceOf(subscriptionOf("a"), 2);
      const [facts] = await store.factsBeforeOpening([next], NOW);
      const [due] = await store.dueInvoices(NOW, { after: null, limit: 1 });
      expect(facts).toMatchObject({ invoice: { id: next.id, cycle: 2 }, subscriptionId: "a", dunning: "standard" });
      expect(facts?.customer).toEqual(due?.customer);
      expect(facts?.unsettled).toEqual(due?.unsettled);
    });

    test("what is decided for one is written in the transaction that claims another", async () => {
      const { store, owner } = await dueStore(["a", "b", "c"]);
      const options = { now: NOW, leaseMs: LEASE_MS, flow: "single", after: null, limit: 10 } as const;
      const { claimed, moved } = await store.claim(owner, options, (due) =>
        due.map(({ invoice }): ClaimDecision => {
          if (invoice.id === "inv_a_1") return "charge";
          if (invoice.id === "inv_b_1") return "leave";
          const because = "the customer was charged 3 times within 24 hours";
          return { invoice: held(invoice, "daily_limit"), event: "invoice.held", finalAction: null, because };
        }),
      );
      expect(claimedOf(claimed)).toEqual(["a"]);
      expect(moved).toHaveLength(1);
      const rows = await store.list("invoices", {});
      expect(Object.fromEntries(rows.map((row) => [row["invoiceId"], [row["status"], row["nextAttemptAt"]]]))).toEqual({
        inv_a_1: ["open", null],
        inv_b_1: ["open", NOW.toISOString()],
        inv_c_1: ["held", null],
      });
      expect(await store.list("events", { where: { type: "invoice.held" } })).toMatchObject([
        { invoiceId: "inv_c_1", data: { statusReason: "daily_limit", because: expect.stringMatching(/3 times/) } },
      ]);
    });

    test("a predecessor decides nothing", async () => {
      const { store, owner } = await dueStore();
      await store.takeOver("own_2");
      const options = { now: NOW, leaseMs: LEASE_MS, flow: "single", after: null, limit: 10 } as const;
      const seen: unknown[] = [];
      await store.claim(owner, options, (due) => due.map((each) => (seen.push(each), "charge")));
      expect(seen).toEqual([]);
    });
  });

  describe(`${name}: I3, committing that a charge is about to be sent`, () => {
    test("once, with its time; a second time nobody may send it", async () => {
      const { store, owner } = await dueStore();
      const [claimed] = await claim(store, owner, CLAIM);
      expect(await send(store, owner, claimed)).toEqual([claimed?.attemptId]);
      expect(await attemptIn(store, claimed)).toMatchObject({ state: "sending", sentAt: SEND.now.toISOString() });
      expect(await send(store, owner, claimed)).toEqual([]);
    });

    test("several at once; the answer names those that may be sent", async () => {
      const { store, owner } = await dueStore(["a", "b", "c"]);
      const [a, b, c] = await claim(store, owner, CLAIM);
      await settleAll(store, [b], () => ({ kind: "released" }));
      expect(await send(store, owner, a, b, c)).toEqual([a?.attemptId, c?.attemptId]);
    });

    test.each<[string, (store: Store, owner: Owner) => Promise<Owner | void>]>([
      ["another owner of the same epoch", async (_store, owner) => ({ ...owner, id: "own_x" })],
      [
        "a claim that was released",
        (store) => settleAll(store, "all", () => ({ kind: "released" })).then(() => undefined),
      ],
      ["an invoice to be voided", (store) => changeInvoice(store, (row) => void (row.voidWhenSettled = "canceled"))],
      [
        "an invoice that was voided",
        (store) =>
          changeInvoice(store, (row) => {
            row.status = "void";
            row.statusReason = "canceled";
          }),
      ],
      [
        "an invoice that was paid",
        (store) =>
          changeInvoice(store, (row) => {
            row.status = "paid";
            row.paidAt = NOW;
          }),
      ],
    ])("not for %s", async (_case, prepare) => {
      const { store, owner } = await dueStore();
      const [claimed] = await claim(store, owner, CLAIM);
      const sender = (await prepare(store, owner)) ?? owner;
      expect(await send(store, sender, claimed)).toEqual([]);
    });

    test("order_first: the order belongs to the invoice, and every later try charges the same one", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, { ...declined("retry_later"), orderId: "ord_1" }, NOW, "order_first", "ord_1");
      expect((await store.list("invoices", {}))[0]).toMatchObject({ orderId: "ord_1" });
      const [second] = await claim(store, owner, { ...CLAIM, now: later(DAY_MS + 1000), flow: "order_first" });
      expect(second).toMatchObject({ number: 2, orderId: "ord_1" });
      await send(store, owner, { ...second, orderId: "ord_1" });
      expect(await attemptIn(store, second)).toMatchObject({ orderId: "ord_1", state: "sending" });
    });

    test("order_first: an order that was opened, and then not charged, is kept for the next try", async () => {
      const { store, owner } = await dueStore();
      const [claimed] = await claim(store, owner, { ...CLAIM, flow: "order_first" });
      await store.haltCharging({ kind: "unauthorized", because: "the key was revoked" }, NOW);
      expect(await send(store, owner, { ...claimed, orderId: "ord_1" })).toEqual([]);
      expect((await store.list("invoices", {}))[0]).toMatchObject({ orderId: "ord_1" });
    });

    test("order_first: a predecessor's order does not become the one its successor's tries charge", async () => {
      const { store, owner } = await dueStore();
      const [claimed] = await claim(store, owner, { ...CLAIM, flow: "order_first" });
      await store.takeOver("own_2");
      expect(await send(store, owner, { ...claimed, orderId: "ord_1" })).toEqual([]);
      expect((await store.list("invoices", {}))[0]).toMatchObject({ orderId: null });
    });

    test("a change of flow: a try in the flow single does not look at the order of the earlier flow", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, { ...declined("retry_later"), orderId: "ord_1" }, NOW, "order_first", "ord_1");
      await chargeAll(store, owner, unknown(), later(DAY_MS + 1000), "single");
      expect(await store.dueInquiries(later(9 * DAY_MS), 10)).toMatchObject([
        { flow: "single", orderId: null, number: 2 },
      ]);
    });
  });

  describe(`${name}: settling`, () => {
    test("the facts are read for the decision, and the decision is written with its event", async () => {
      const { store, owner } = await dueStore();
      await store.confirmMode(false);
      const [claimed] = await claim(store, owner, CLAIM);
      await send(store, owner, claimed);
      const seen: SettleFacts[] = [];
      const [settled] = await settleAll(store, [claimed], paid, SEND.now, (facts) => seen.push(facts));
      expect(seen).toEqual([
        {
          attempt: {
            id: claimed?.attemptId,
            state: "sending",
            flow: "single",
            amountCents: 20015,
            currency: "MXN",
            customerId: "cus_a",
            orderId: null,
            chargeId: null,
            sentAt: SEND.now,
            inquiries: 0,
            idsOfOthers: [],
          },
          invoice: {
            id: "inv_a_1",
            status: "open",
            statusReason: null,
            nextAttemptAt: null,
            amountCents: 20015,
            currency: "MXN",
            declines: 0,
            faults: 0,
            firstDeclinedAt: null,
            dunningStep: null,
            dunningClass: null,
            dunningDueAt: null,
            reopenedFrom: null,
            retryRequestedAt: null,
            isOtherCardNow: false,
            cardLast4Now: "4242",
            hasUntriedCard: false,
            voidWhenSettled: null,
            timeZone: "America/Mexico_City",
            paidByAnother: false,
            openElsewhere: false,
          },
          dunning: "standard",
          livemode: false,
        },
      ]);
      expect(settled).toMatchObject({
        attemptId: claimed?.attemptId,
        invoiceId: "inv_a_1",
        settlement: { event: "invoice.paid" },
      });
      expect(await attemptIn(store, claimed)).toMatchObject({
        state: "paid",
        orderId: "ord_inv_a_1-1",
        chargeId: "chr_inv_a_1-1",
        settledAt: SEND.now.toISOString(),
        paidAt: "2026-02-28T15:00:02.000Z",
        cardBrand: "mastercard",
        cardLast4: "5100",
        authCode: "867667",
        feeCents: 800,
        httpStatus: 200,
        logId: "log1",
        evidence: [{ at: SEND.now.toISOString(), ...TRACE }],
      });
      expect((await store.list("invoices", {}))[0]).toMatchObject({
        status: "paid",
        paidAt: "2026-02-28T15:00:02.000Z",
      });
      expect(await store.list("events", {})).toEqual([
        {
          eventId: expect.stringMatching(/^evt_/),
          at: SEND.now.toISOString(),
          type: "invoice.paid",
          customerId: "cus_a",
          subscriptionId: "a",
          invoiceId: "inv_a_1",
          attemptId: claimed?.attemptId,
          data: {
            attempt: 1,
            outcome: "paid",
            paymentMethod: "card",
            amountCents: 20015,
            currency: "MXN",
            declineClass: null,
            failureCode: null,
            nextAttemptAt: null,
            statusReason: null,
            because: TRACE.because,
          },
        },
      ]);
    });

    test("different outcomes of a batch each reach their own rows", async () => {
      const { store, owner } = await dueStore(["a", "b", "c"]);
      const claimed = await claim(store, owner, CLAIM);
      await send(store, owner, ...claimed);
      const byCustomer: Record<string, Evidence> = {
        cus_b: declined("retry_later", "ord_b", "chr_b"),
        cus_c: unknown(),
      };
      await settleAll(store, claimed, (each) => byCustomer[each.intent.customerId] ?? paid(each));
      expect((await store.list("attempts", {})).map((row) => row["state"])).toEqual(["paid", "declined", "unknown"]);
      expect((await store.list("attempts", {}))[1]).toMatchObject({
        declineClass: "retry_later",
        failureCode: "insufficient_funds",
        failureMessage: "Sin fondos",
      });
      expect(await eventTypes(store)).toEqual([
        "invoice.paid",
        "invoice.payment_failed",
        "attempt.unknown",
        "subscription.past_due",
      ]);
    });

    test("two news of one invoice in one batch: the second is judged knowing the first", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, unknown());
      const [look] = await store.dueInquiries(later(DAY_MS), 10);
      const settled = await settleAll(store, [look, look], paid);
      expect(settled.map(({ settlement }) => settlement?.attempt.state)).toEqual(["paid", undefined]);
    });

    test.each([
      ["src_third", true, "it was never tried"],
      ["src_cus_a", false, "it was declined for this very invoice, and came back"],
    ])("a decline is told whether the default card is another one by now: %s %p (%s)", async (source, isOther) => {
      const { store, owner } = await dueStore();
      const change = async (paymentSourceId: string): Promise<void> =>
        await store.write(NOW, (records) => records.putCustomer({ ...customerOf("cus_a"), paymentSourceId }));
      await chargeAll(store, owner, declined("retry_later"));
      await change("src_new");
      const [second] = await chargeAll(store, owner, unknown(), later(DAY_MS + 1000));
      await change(source);
      const seen: boolean[] = [];
      const evidence = () => declined("retry_later");
      await settleAll(store, [second], evidence, later(2 * DAY_MS), ({ invoice }) => seen.push(invoice.isOtherCardNow));
      expect(seen).toEqual([isOther]);
    });

    test("two attempts of one invoice that both turn out paid: one pays, the other is shown for a refund", async () => {
      const { store, owner } = await dueStore();
      const [first] = await chargeAll(store, owner, declined("retry_later"));
      const [second] = await chargeAll(store, owner, unknown(), later(DAY_MS + 1000));
      await settleAll(store, [first, second], paid, later(2 * DAY_MS));
      expect((await store.list("attempts", {})).map((row) => row["state"])).toEqual(["paid", "paid_again"]);
      expect((await store.statusCounts(NOW)).paidAgain).toBe(1);
      expect(await store.list("attention", {})).toMatchObject([{ kind: "paid_again", attempt: 2 }]);
    });

    test.each(["kept", "not_canceled"] as const)(
      "money that came for what was canceled is asked about: %s",
      async (answer) => {
        const { store, owner } = await dueStore();
        const [attempt] = await chargeAll(store, owner, unknown());
        const invoiceId = attempt?.intent.invoiceId ?? "";
        await store.write(NOW, async (records) => {
          const invoice = await records.invoice(invoiceId);
          if (invoice !== null && answer === "kept") invoice.voidWhenSettled = "canceled";
        });
        await settleAll(store, [attempt], paid, later(DAY_MS));
        const isAsked = answer === "kept";
        const row = { kind: "paid_after_cancel", invoiceId, attempt: 1, outcome: "paid" };
        expect((await store.statusCounts(NOW)).paidAfterCancel).toBe(isAsked ? 1 : 0);
        expect(await store.list("attention", {})).toMatchObject(isAsked ? [row] : []);
        const keep = () => store.write(later(DAY_MS), (records) => records.keepLatePayment(invoiceId));
        expect([await keep(), await keep()]).toEqual([isAsked, false]);
        expect((await store.statusCounts(NOW)).paidAfterCancel).toBe(0);
        expect(await store.list("attention", {})).toEqual([]);
      },
    );

    test.each<{ evidence: Evidence; asked: boolean; because: string }>([
      { evidence: declined("retry_later"), asked: false, because: "the bank was asked" },
      { evidence: unknown(), asked: true, because: "it may still turn out that nothing was sent" },
      {
        evidence: { kind: "not_sent", unauthorized: false, trace: TRACE },
        asked: true,
        because: "the gateway never saw it",
      },
    ])(
      "a retry that a person asked for, $evidence.kind: still asked for: $asked ($because)",
      async ({ evidence, asked }) => {
        const { store, owner } = await dueStore();
        await store.write(NOW, async (records) => {
          Object.assign((await records.invoice("inv_a_1")) ?? {}, { retryRequestedAt: NOW });
        });
        await chargeAll(store, owner, evidence);
        await store.write(NOW, async (records) => {
          expect((await records.invoice("inv_a_1"))?.retryRequestedAt).toEqual(asked ? NOW : null);
        });
      },
    );

    test("what is learned is appended to the evidence, never overwritten", async () => {
      const { store, owner } = await dueStore();
      const [claimed] = await chargeAll(store, owner, unknown());
      const sentences = ["first inquiry", "second inquiry"];
      for (const because of sentences)
        await settleAll(store, [claimed], () => ({ kind: "absent", trace: { ...TRACE, because } }), later(MINUTE_MS));
      const { evidence } = (await attemptIn(store, claimed)) ?? {};
      expect(evidence?.map(({ because }) => because)).toEqual([TRACE.because, ...sentences]);
    });

    test.each<[string, Partial<Payment>, boolean]>([
      ["its charge", { chargeId: "chr_inv_a_1-1" }, true],
      ["its order", { orderId: "ord_inv_a_1-1" }, true],
      ["ids of its own", {}, false],
    ])("an answer that names %s of another attempt: known as taken: %p", async (_what, ids, taken) => {
      const { store, owner } = await dueStore(["a", "b"]);
      const claimed = await claim(store, owner, CLAIM);
      await send(store, owner, ...claimed);
      await settleAll(store, claimed.slice(0, 1), paid);
      const [settled] = await settleAll(store, claimed.slice(1), (each) => paid(each, ids));
      expect(settled?.settlement?.attempt.state).toBe(taken ? "unknown" : "paid");
      expect((await store.list("invoices", { where: { subscriptionId: "b" } }))[0]).toMatchObject(
        taken ? { status: "held", statusReason: "answer_differs" } : { status: "paid" },
      );
    });

    test("two answers of one batch that name the same charge: the second is not believed", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const claimed = await claim(store, owner, CLAIM);
      await send(store, owner, ...claimed);
      const settled = await settleAll(store, claimed, (each) => paid(each, { orderId: "ord_x", chargeId: "chr_x" }));
      expect(settled.map(({ settlement }) => settlement?.attempt.state)).toEqual(["paid", "unknown"]);
    });

    test("the card an answer names is the one that was tried: its source where we know it, else none", async () => {
      for (const [last4, source] of [
        ["4242", "src_cus_a"],
        ["0005", null],
        ["1111", "src_new"],
      ] as const) {
        const { store, owner } = await dueStore();
        const claimed = await chargeAll(store, owner, unknown());
        const replaced = { ...customerOf("cus_a"), paymentSourceId: "src_new", cardLast4: "1111" };
        await store.write(NOW, (records) => records.putCustomer(replaced));
        const named: Judge = () => ({ ...declined("retry_later"), card: { brand: "visa", last4 } });
        await settleAll(store, claimed, named);
        expect(await store.list("attempts", {})).toMatchObject([{ paymentSourceId: source, cardLast4: last4 }]);
      }
    });

    test("order_first: the order shared by an invoice's tries is not somebody else's", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("retry_later", "ord_1", "chr_1"), NOW, "order_first", "ord_1");
      const [second] = await chargeAll(
        store,
        owner,
        { kind: "paid", payment: paymentOf("x", { orderId: "ord_1", chargeId: "chr_2" }), trace: TRACE },
        later(DAY_MS + 1000),
        "order_first",
        "ord_1",
      );
      expect(await attemptIn(store, second)).toMatchObject({ state: "paid", orderId: "ord_1", chargeId: "chr_2" });
    });

    test("an attempt nobody knows settles nothing, and the others of its batch are settled", async () => {
      const { store, owner } = await dueStore();
      const [claimed] = await claim(store, owner, CLAIM);
      const released: Evidence = { kind: "released" };
      const items = ["att_none", claimed?.attemptId ?? ""].map((attemptId) => ({ attemptId, evidence: released }));
      const settled = await store.settle(items, NOW, decide());
      expect(settled.map(({ settlement }) => settlement?.attempt.state)).toEqual([undefined, "released"]);
    });

    test("I7: a decision that fails leaves nothing behind", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const claimed = await claim(store, owner, CLAIM);
      await send(store, owner, ...claimed);
      const items = claimed.map((each) => ({ attemptId: each.attemptId, evidence: paid(each) }));
      const failing = (facts: SettleFacts, evidence: Evidence) => {
        if (facts.attempt.customerId === "cus_b") throw new Error("an impossible row");
        return decide()(facts, evidence);
      };
      await expect(store.settle(items, NOW, failing)).rejects.toThrow("an impossible row");
      expect((await store.list("attempts", {})).map((row) => row["state"])).toEqual(["sending", "sending"]);
      expect(await store.list("events", {})).toEqual([]);
    });
  });

  describe(`${name}: what an outcome does to the subscription`, () => {
    test("a decline makes it past_due, a payment recovers it", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("retry_later"));
      expect(await subscriptionIn(store, "a")).toMatchObject({ status: "past_due" });
      await chargeAll(store, owner, paid, later(DAY_MS + 1000));
      expect(await subscriptionIn(store, "a")).toMatchObject({ status: "active" });
      expect(await eventTypes(store)).toEqual([
        "invoice.payment_failed",
        "subscription.past_due",
        "invoice.paid",
        "subscription.recovered",
      ]);
    });

    test("its last invoice, paid, completes it", async () => {
      const store = await emptyStore();
      const a = subscriptionOf("a", { nextCycle: 2, nextBillingAt: null });
      await fill(store, { subscriptions: [a], invoices: [invoiceOf(a, 1)] });
      await chargeAll(store, await store.takeOver("own_1"), paid);
      expect(await subscriptionIn(store, "a")).toMatchObject({ status: "completed" });
      expect(await eventTypes(store)).toEqual(["invoice.paid", "subscription.completed"]);
    });

    test.each<[FinalAction, string, boolean]>([
      ["unpaid", "unpaid", true],
      ["pause", "paused", true],
      ["cancel", "canceled", false],
    ])(
      "written off with the final action %s it is %s; still has a next date: %p",
      async (finalAction, status, goesOn) => {
        const { store, owner } = await dueStore();
        await chargeAll(store, owner, declined("retry_later"), NOW, "single", null, {
          retryAfterDays: [],
          waitForCardDays: 0,
          finalAction,
        });
        const row = await subscriptionIn(store, "a");
        expect(row).toMatchObject({ status });
        expect(row?.["nextBillingAt"] !== null).toBe(goesOn);
        expect(await eventTypes(store)).toEqual([
          "invoice.payment_failed",
          "invoice.uncollectible",
          `subscription.${status}`,
        ]);
      },
    );

    test("unpaid is left when a late payment arrives and nothing is owed any more", async () => {
      const { store, owner } = await dueStore();
      const policy = { retryAfterDays: [], waitForCardDays: 0, finalAction: "unpaid" } as const;
      const [claimed] = await chargeAll(store, owner, declined("retry_later"), NOW, "single", null, policy);
      await settleAll(store, [claimed], paid, later(DAY_MS));
      expect(await subscriptionIn(store, "a")).toMatchObject({ status: "active" });
      expect((await eventTypes(store)).slice(-2)).toEqual(["invoice.paid", "subscription.recovered"]);
    });

    test("what is canceled or paused stays so, whatever its invoices do", async () => {
      for (const [status, nextBillingAt] of [
        ["canceled", null],
        ["paused", later(DAY_MS)],
      ] as const) {
        const store = await emptyStore();
        const a = subscriptionOf("a", { status, nextBillingAt, nextCycle: 2 });
        await fill(store, { subscriptions: [a], invoices: [invoiceOf(a, 1)] });
        const owner = await store.takeOver("own_1");
        await chargeAll(store, owner, declined("retry_later"));
        await chargeAll(store, owner, paid, later(DAY_MS + 1000));
        expect(await subscriptionIn(store, "a")).toMatchObject({ status });
      }
    });
  });

  describe(`${name}: inquiries that are due`, () => {
    test("uncertain attempts come when their look is due, the longest due first, with what is needed to find them", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const claimed = await claim(store, owner, CLAIM);
      await send(store, owner, ...claimed);
      const [first, second] = claimed;
      await settleAll(store, [second], () => unknown("ord_seen"), SEND.now);
      await settleAll(store, [first], () => unknown(), later(20_000));
      expect(await store.dueInquiries(later(15_999), 10)).toEqual([]);
      expect(await store.dueInquiries(later(16_000), 10)).toEqual([
        { ...second, orderId: "ord_seen", state: "unknown", sentAt: SEND.now, mustClose: false },
      ]);
      const both = await store.dueInquiries(later(DAY_MS), 10);
      expect(both.map(({ attemptId }) => attemptId)).toEqual([second?.attemptId, first?.attemptId]);
      expect(await store.dueInquiries(later(DAY_MS), 1)).toHaveLength(1);
    });

    test("what has been settled is not looked at", async () => {
      const { store, owner } = await dueStore();
      const [claimed] = await chargeAll(store, owner, unknown());
      await settleAll(store, [claimed], paid);
      expect(await store.dueInquiries(later(365 * DAY_MS), 10)).toEqual([]);
    });
  });

  describe(`${name}: what waits behind a held invoice`, () => {
    test("is told once, and is in needs_attention for as long as it waits", async () => {
      const store = await emptyStore();
      const a = subscriptionOf("a", { nextCycle: 3 });
      const heldOne = invoiceOf(a, 1, { status: "held", statusReason: "refused", nextAttemptAt: null });
      await fill(store, { subscriptions: [a], invoices: [heldOne, invoiceOf(a, 2)] });
      const waiting = [{ invoiceId: "inv_a_2", heldCycle: 1 }];
      const isTold = async () => (await store.dueInvoices(NOW, { after: null, limit: 5 })).map((due) => due.isWaitTold);
      expect(await isTold()).toEqual([false]);
      expect(await store.noteWaiting(waiting, NOW)).toBe(1);
      expect(await store.noteWaiting(waiting, later(1))).toBe(0);
      expect(await isTold()).toEqual([true]);
      const events = await store.list("events", { where: { type: "invoice.kept_waiting" } });
      expect(events).toMatchObject([{ invoiceId: "inv_a_2", subscriptionId: "a", data: { cycle: 2, heldCycle: 1 } }]);
      const kinds = async () =>
        (await store.list("attention", {})).map(({ kind, invoiceId }) => `${invoiceId} ${kind}`).toSorted();
      expect(await kinds()).toEqual(["inv_a_1 held", "inv_a_2 waiting"]);
      await store.write(NOW, async (records) => {
        const invoice = await records.invoice("inv_a_1");
        if (invoice !== null)
          Object.assign(invoice, transition(invoice, { status: "void", statusReason: "voided_by_person" }));
      });
      expect(await kinds()).toEqual([]);
    });
  });

  describe(`${name}: what cannot be read`, () => {
    const NEXT = (failures: number) => later(failures * HOUR_MS);
    const CUSTOMER = { kind: "customer", id: "cus_a", because: "status 500" } as const;

    test("an attempt whose order cannot be read is left out until its next read, and comes back when it was read", async () => {
      const { store, owner } = await dueStore(["a", "b"]);
      const [bad, good] = await chargeAll(store, owner, unknown());
      const failed = { kind: "attempt", id: bad?.attemptId ?? "", because: "status 500" } as const;
      expect(await store.noteReadFailure(failed, NOW, NEXT)).toEqual({ failures: 1, failedSince: NOW });
      expect(await store.noteReadFailure(failed, later(1), NEXT)).toEqual({ failures: 2, failedSince: NOW });
      const dueAt = async (ms: number) => (await store.dueInquiries(later(ms), 10)).map(({ attemptId }) => attemptId);
      expect(await dueAt(2 * HOUR_MS - 1)).toEqual([good?.attemptId]);
      expect(await dueAt(2 * HOUR_MS)).toEqual([bad?.attemptId, good?.attemptId]);
      expect(await store.unreadable()).toEqual({ count: 1, oldestAt: NOW });
      const { kind, because } = (await store.list("attention", { where: { kind: "unreadable" } }))[0] ?? {};
      expect([kind, because]).toEqual([undefined, undefined]);
      await store.forgetReadFailures([failed.id]);
      expect(await dueAt(HOUR_MS)).toEqual([bad?.attemptId, good?.attemptId]);
      expect(await store.unreadable()).toEqual({ count: 0, oldestAt: null });
    });

    test("a customer is told with each due invoice, counts while one is due, and is asked about by no probe", async () => {
      const { store } = await dueStore(["a", "b"]);
      await store.noteReadFailure(CUSTOMER, later(HOUR_MS), () => later(2 * HOUR_MS));
      const due = await store.dueInvoices(later(HOUR_MS), { after: null, limit: 10 });
      expect(due.map(({ customer }) => customer.nextReadAt)).toEqual([later(2 * HOUR_MS), null]);
      expect(await store.unreadable()).toEqual({ count: 1, oldestAt: later(HOUR_MS) });
      expect(await store.customersToProbe(5)).toEqual(["cus_b"]);
      expect(await store.list("attention", {})).toMatchObject([
        { kind: "unreadable", customerId: "cus_a", because: "status 500" },
      ]);
      await store.write(NOW, (records) => records.putCustomer(customerOf("cus_a")));
      expect(await store.unreadable()).toEqual({ count: 0, oldestAt: null });
      expect(await store.list("attention", {})).toEqual([]);
    });

    test("a customer counts whose unpaid subscription has a due cycle, which waits until she was read", async () => {
      const store = await emptyStore();
      const due = subscriptionOf("a", { customerId: "cus_a", status: "unpaid", nextBillingAt: NOW });
      await fill(store, { subscriptions: [due] });
      await store.noteReadFailure(CUSTOMER, later(-1), NEXT);
      expect(await store.unreadable()).toEqual({ count: 0, oldestAt: null });
      await store.noteReadFailure(CUSTOMER, NOW, NEXT);
      expect(await store.unreadable()).toEqual({ count: 1, oldestAt: later(-1) });
      await store.write(NOW, (records) => records.putCustomer(customerOf("cus_a")));
      expect(await store.unreadable()).toEqual({ count: 0, oldestAt: null });
    });

    test("a customer counts of whom a step of dunning is due, which is not taken before she was read", async () => {
      const { store } = await dueStore(["a"]);
      const failAt = async (at: Date): Promise<number> => {
        await store.noteReadFailure(CUSTOMER, at, NEXT);
        return (await store.unreadable()).count;
      };
      await store.write(NOW, async (records) => {
        for (const invoice of [await records.invoice("inv_a_1")].filter((each) => each !== null))
          Object.assign(invoice, {
            ...{ nextAttemptAt: null, dunningDueAt: later(HOUR_MS) },
            ...{ dunningStep: "wait_for_card", dunningClass: "new_card" },
          });
      });
      expect(await failAt(later(HOUR_MS - 1))).toBe(0);
      expect(await store.list("attention", {})).toEqual([]);
      expect(await failAt(later(HOUR_MS))).toBe(1);
      const shown = { kind: "unreadable", invoiceId: "inv_a_1", customerId: "cus_a", because: CUSTOMER.because };
      expect(await store.list("attention", {})).toMatchObject([shown]);
      // No charge waits, so that charges fail is not what it waits for.
      await store.noteReadFailure({ kind: "charge", id: "cus_a", because: "status 403" }, later(HOUR_MS), NEXT);
      expect(await store.list("attention", {})).toMatchObject([shown]);
    });

    test("a customer whose charges are refused counts while an invoice is to be tried, read or not", async () => {
      const { store } = await dueStore(["a"]);
      const refused = { kind: "charge", id: "cus_a", because: "status 403" } as const;
      const before = later(-HOUR_MS);
      await store.noteReadFailure(refused, before, () => later(HOUR_MS));
      await store.write(NOW, (records) => records.putCustomer(customerOf("cus_a")));
      const [due] = await store.dueInvoices(NOW, { after: null, limit: 10 });
      expect(due?.customer).toMatchObject({ nextReadAt: null, readFailedAt: null, nextChargeAt: later(HOUR_MS) });
      expect(await store.unreadable()).toEqual({ count: 1, oldestAt: before });
      expect(await store.list("attention", {})).toMatchObject([
        { kind: "unreadable", customerId: "cus_a", because: "status 403" },
      ]);
      await store.forgetReadFailures(["cus_a"]);
      expect(await store.unreadable()).toEqual({ count: 0, oldestAt: null });
    });

    test("a customer who can be neither read nor charged counts once, and each failure has its own days", async () => {
      const { store } = await dueStore(["a"]);
      const refused = { kind: "charge", id: "cus_a", because: "status 403" } as const;
      await store.noteReadFailure(CUSTOMER, NOW, NEXT);
      expect(await store.noteReadFailure(refused, later(1), NEXT)).toEqual({ failures: 1, failedSince: later(1) });
      expect(await store.noteReadFailure(CUSTOMER, later(2), NEXT)).toEqual({ failures: 2, failedSince: NOW });
      const [due] = await store.dueInvoices(NOW, { after: null, limit: 10 });
      expect(due?.customer).toMatchObject({ nextReadAt: later(2 * HOUR_MS), nextChargeAt: later(HOUR_MS) });
      expect(await store.unreadable()).toEqual({ count: 1, oldestAt: NOW });
      expect(await store.list("attention", {})).toMatchObject([{ kind: "unreadable", because: "status 403" }]);
      await store.write(later(3), (records) => records.putCustomer(customerOf("cus_a")));
      expect(await store.unreadable()).toEqual({ count: 1, oldestAt: later(1) });
    });

    test("whose invoice is in dunning and who was not read for a day is to be read, the longest ago first, unless put aside", async () => {
      const { store } = await dueStore(["a", "b", "c", "d"]);
      await chargeAll(store, await store.takeOver("own_1"), declined("new_card"));
      await store.write(later(HOUR_MS), (records) => records.putCustomer(customerOf("cus_a")));
      await store.noteReadFailure({ ...CUSTOMER, id: "cus_c" }, NOW, () => later(3 * HOUR_MS));
      const toReread = async (ms: number, limit = 10) =>
        await store.customersToReread(later(ms), { readBefore: later(ms - HOUR_MS), limit });
      expect(await toReread(0)).toEqual([]);
      expect(await toReread(HOUR_MS + 1)).toEqual(["cus_b", "cus_d"]);
      expect(await toReread(3 * HOUR_MS)).toEqual(["cus_b", "cus_c", "cus_d", "cus_a"]);
      expect(await toReread(3 * HOUR_MS, 2)).toEqual(["cus_b", "cus_c"]);
    });

    test("the card that is known is tried for what waits beside it untried, and for nothing else", async () => {
      const store = await emptyStore();
      const subscriptions = ["a", "b", "c"].map((id) => subscriptionOf(id, { nextCycle: 2, customerId: "cus_a" }));
      await fill(store, { subscriptions, invoices: subscriptions.map((each) => invoiceOf(each, 1)) });
      // The card is declined for a; b and c fail their check for it.
      const owner = await store.takeOver("own_1");
      const [a] = await claim(store, owner, { limit: 1 });
      await send(store, owner, a);
      await settleAll(store, [a], () => declined("new_card"));
      const step = { dunningStep: "wait_for_card", dunningClass: "new_card" } as const;
      const wait = { nextAttemptAt: null, firstDeclinedAt: NOW, ...step };
      await store.write(NOW, async (records) => {
        for (const id of ["inv_b_1", "inv_c_1"]) Object.assign((await records.invoice(id)) ?? {}, wait);
      });
      const due = async (ms: number) => {
        await store.write(later(ms), async (records) => records.tryKnownCard("cus_a"));
        const dueNow = await store.dueInvoices(later(ms), { after: null, limit: 10 });
        return dueNow.map(({ invoice }) => invoice.id);
      };
      expect(await due(HOUR_MS)).toEqual([]);
      await store.write(NOW, async (records) => {
        const row = await records.invoice("inv_a_1");
        if (row !== null) Object.assign(row, transition(row, { status: "paid", paidAt: NOW }));
      });
      expect(await due(2 * HOUR_MS)).toEqual(["inv_b_1", "inv_c_1"]);
      const events = (await store.list("events", {})).filter(({ type }) => type === "invoice.retry_scheduled");
      expect(events.map(({ data }) => (data as { rule?: unknown }).rule)).toEqual([
        { name: "card_untried" },
        { name: "card_untried" },
      ]);
    });

    test("nothing waits for a customer without a due invoice", async () => {
      const store = await emptyStore();
      await fill(store, { subscriptions: [subscriptionOf("a")] });
      await store.noteReadFailure(CUSTOMER, NOW, NEXT);
      expect(await store.unreadable()).toEqual({ count: 0, oldestAt: null });
    });
  });

  describe(`${name}: what a person does`, () => {
    test("changes, additions and events of one piece of work are written together, and its result handed back", async () => {
      const { store } = await dueStore();
      const result = await store.write(later(1), async (records) => {
        const plan = await records.plan("oro");
        if (plan !== null) plan.name = "Plan Platino";
        records.addPlan(planOf({ id: "plata" }));
        await records.putCustomer(customerOf("cus_new"));
        records.record({ type: "plan.changed", data: { by: "a person" } });
        // What was added is seen by the rest of the work.
        return (await records.plans()).length;
      });
      expect(result).toBe(2);
      expect((await store.list("plans", {})).map(({ planId, name: shown }) => [planId, shown])).toEqual([
        ["oro", "Plan Platino"],
        ["plata", "Plan Oro"],
      ]);
      expect(await store.list("events", {})).toMatchObject([{ at: later(1).toISOString(), data: { by: "a person" } }]);
    });

    test("work that fails leaves nothing behind", async () => {
      const { store } = await dueStore();
      const work = store.write(NOW, async (records) => {
        await records.putCustomer(customerOf("cus_new"));
        records.addPlan(planOf({ id: "plata" }));
        const invoice = await records.invoice("inv_a_1");
        if (invoice !== null) invoice.declines = 9;
        records.record({ type: "plan.changed" });
        throw new Error("thought better of it");
      });
      await expect(work).rejects.toThrow("thought better of it");
      expect(await store.list("plans", {})).toHaveLength(1);
      expect(await store.list("customers", {})).toHaveLength(1);
      expect((await store.list("invoices", {}))[0]).toMatchObject({ declines: 0 });
      expect(await store.list("events", {})).toEqual([]);
    });

    test("what the books refuse at the end takes the whole work back", async () => {
      const { store } = await dueStore();
      const work = store.write(NOW, async (records) => {
        records.addPlan(planOf({ id: "plata" }));
        records.addSubscription(subscriptionOf("x", { customerId: "cus_nobody" }));
      });
      await expect(work).rejects.toThrow(/foreign key/i);
      expect(await store.list("plans", {})).toHaveLength(1);
    });

    test("two pieces of work at the same time are done one after the other", async () => {
      const { store } = await dueStore();
      const count = () =>
        store.write(NOW, async (records) => {
          const invoice = await records.invoice("inv_a_1");
          const seen = invoice?.declines ?? -1;
          await new Promise((resolve) => setImmediate(resolve));
          if (invoice !== null) invoice.declines = seen + 1;
        });
      await Promise.all([count(), count(), count()]);
      expect((await store.list("invoices", {}))[0]).toMatchObject({ declines: 3 });
    });

    test("what is not there is null, or nothing", async () => {
      const store = await emptyStore();
      await store.write(NOW, async (records) => {
        expect(await records.plan("x")).toBeNull();
        expect(await records.customer("x")).toBeNull();
        expect(await records.subscription("x")).toBeNull();
        expect(await records.invoice("x")).toBeNull();
        expect(await records.openAttempt("x")).toBeNull();
        expect(await records.subscriptions()).toEqual([]);
        expect([await records.hasPast("x"), await records.hasInvoices("x")]).toEqual([false, false]);
      });
    });

    test("rows come whole, as the domain's types say", async () => {
      const store = await emptyStore();
      const subscription = subscriptionOf("a", { discount: { amountCents: 100 }, cancelAt: later(DAY_MS) });
      const invoice = invoiceOf(subscription, 1, { orderId: "ord_1" });
      await fill(store, { subscriptions: [subscription], invoices: [invoice] });
      await store.write(NOW, async (records) => {
        const none = { prices: null, tax: null, archivedAt: null };
        expect({ ...none, ...(await records.plan("oro")) }).toEqual({ ...none, ...planOf() });
        expect({ ...(await records.customer("cus_a")) }).toEqual({
          ...customerOf("cus_a"),
          readAt: NOW,
          deletedAt: null,
          cardNotice: null,
          language: null,
          metadata: null,
        });
        expect({ ...(await records.subscription("a")) }).toEqual(subscription);
        expect({ ...(await records.invoice("inv_a_1")) }).toMatchObject(invoice);
      });
    });

    test("invoices by status in the order of their cycles, subscriptions by plan and customer", async () => {
      const store = await emptyStore();
      const [a, b] = [subscriptionOf("a"), subscriptionOf("b")];
      const voided = invoiceOf(a, 3, { status: "void", statusReason: "skipped", nextAttemptAt: null });
      await fill(store, {
        subscriptions: [a, b],
        invoices: [voided, invoiceOf(a, 2), invoiceOf(a, 1), invoiceOf(b, 1)],
      });
      await store.write(NOW, async (records) => {
        const cycles = async (...statuses: ("open" | "void")[]) =>
          (await records.invoices({ subscriptionId: "a", statuses })).map(({ cycle }) => cycle);
        expect(await cycles("open")).toEqual([1, 2]);
        expect(await cycles("open", "void")).toEqual([1, 2, 3]);
        expect((await records.subscriptions({ planId: "oro" })).map(({ id }) => id)).toEqual(["a", "b"]);
        expect((await records.subscriptions({ customerIds: ["cus_b"] })).map(({ id }) => id)).toEqual(["b"]);
        expect([await records.hasPast("a"), await records.hasInvoices("a")]).toEqual([true, true]);
        expect(await records.hasSubscriptions("oro")).toBe(true);
        expect(await records.hasSubscriptions("plata")).toBe(false);
      });
    });

    test("a subscription without invoices can be forgotten, and its id used again in the same work", async () => {
      const store = await emptyStore();
      await fill(store, { subscriptions: [subscriptionOf("a")] });
      await store.write(NOW, async (records) => {
        await records.removeSubscription("a");
        records.addSubscription(subscriptionOf("a", { quantity: 7 }));
      });
      await store.write(NOW, async (records) => expect((await records.subscription("a"))?.quantity).toBe(7));
    });

    test("a plan that no subscription names can be removed, another cannot", async () => {
      const store = await emptyStore();
      await fill(store, { plans: [planOf(), planOf({ id: "plata" })], subscriptions: [subscriptionOf("a")] });
      await store.write(NOW, (records) => records.removePlan("plata"));
      await expect(store.write(NOW, (records) => records.removePlan("oro"))).rejects.toThrow(/foreign key/i);
      expect((await store.list("plans", {})).map((row) => row["planId"])).toEqual(["oro"]);
    });

    test("the attempt that may still move money is told, and no other", async () => {
      const { store, owner } = await dueStore();
      const openAttempt = () => store.write(NOW, (records) => records.openAttempt("inv_a_1"));
      expect(await openAttempt()).toBeNull();
      const [claimed] = await claim(store, owner, CLAIM);
      expect(await openAttempt()).toMatchObject({ id: claimed?.attemptId, state: "claimed" });
      await settleAll(store, [claimed], () => ({ kind: "released" }));
      expect(await openAttempt()).toBeNull();
    });

    test("a subscription's status is derived again when asked, with its event", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("new_card"));
      await store.write(NOW, async (records) => {
        const invoice = await records.invoice("inv_a_1");
        if (invoice !== null)
          Object.assign(invoice, { status: "void", statusReason: "voided_by_person", ...OUT_OF_DUNNING });
        records.refresh("a");
      });
      expect(await subscriptionIn(store, "a")).toMatchObject({ status: "active" });
      expect((await eventTypes(store)).at(-1)).toBe("subscription.recovered");
    });
  });

  describe(`${name}: what a person reads`, () => {
    /** a: paid. b: declined, due again. c: unknown and held. d: nothing yet. */
    async function fullStore(): Promise<Store> {
      const { store, owner } = await dueStore(["a", "b", "c"]);
      await fill(store, { subscriptions: [subscriptionOf("d")] });
      const claimed = await claim(store, owner, CLAIM);
      await send(store, owner, ...claimed);
      const byCustomer: Record<string, Evidence> = {
        cus_b: declined("retry_later", "ord_b", "chr_b"),
        cus_c: unknown(),
      };
      await settleAll(store, claimed, (each) => byCustomer[each.intent.customerId] ?? paid(each));
      for (const at of [DAY_MS, 2 * DAY_MS])
        await settleAll(store, claimed.slice(2), () => ({ kind: "absent", trace: TRACE }), later(at));
      return store;
    }

    test.each([
      // listing, rows, a filter, rows then, some columns
      [
        "history",
        3,
        { outcome: "declined" },
        1,
        { subscriptionId: "b", amount: 200.15, attempt: 1, cardLast4: "4242" },
      ],
      ["subscriptions", 4, { status: "past_due" }, 1, { subscriptionId: "b", owedCents: 20015, owed: 200.15 }],
      ["dunning", 1, { lastDeclineClass: "retry_later" }, 1, { invoiceId: "inv_b_1", waitsFor: "retry", declines: 1 }],
      ["attention", 1, { kind: "held" }, 1, { invoiceId: "inv_c_1", reason: "unknown_outcome", outcome: "unknown" }],
      ["revenue", 1, { planId: "oro" }, 1, { day: "2026-02-28", invoices: 1, amountCents: 20015, amount: 200.15 }],
      ["invoices", 3, { status: "held", cycle: 1 }, 1, { invoiceId: "inv_c_1", customerName: "Señora cus_c" }],
      ["attempts", 3, { invoiceId: "inv_a_1" }, 1, { state: "paid", reference: "inv_a_1-1", httpStatus: 200 }],
      ["customers", 4, { customerId: "cus_d" }, 1, { name: "Señora cus_d", cardExpYear: 2030 }],
      ["plans", 1, { planId: "oro" }, 1, { name: "Plan Oro", subscriptions: 4, catchUp: "oldest_first" }],
      ["events", 6, { type: "invoice.paid" }, 1, { invoiceId: "inv_a_1", subscriptionId: "a" }],
    ] as const)("%s: %i rows, filtered by %j: %i", async (listing, count, where, filtered, columns) => {
      const store = await fullStore();
      const rows = await store.list(listing, {});
      expect(rows).toHaveLength(count);
      const some = await store.list(listing, { where });
      expect(some).toHaveLength(filtered);
      expect(some[0]).toMatchObject(columns);
      expect(await store.list(listing, { where: { ...where, status: undefined, state: undefined } })).toBeDefined();
      expect(await store.list(listing, { limit: 1 })).toEqual(rows.slice(0, 1));
      const cells = rows.flatMap((row) => Object.entries(row));
      expect(cells.map(([key]) => key).filter((key) => !/^[a-z][a-zA-Z0-9]*$/.test(key))).toEqual([]);
      expect(cells.filter(([key, value]) => isInstantKey(key) && value !== null && !isIso(value))).toEqual([]);
    });

    test.each([
      ["history", SEND.now, 3],
      ["history", later(1001), 0],
      ["invoices", NOW, 3],
      ["invoices", later(1), 0],
      ["attempts", NOW, 3],
      ["attempts", later(1), 0],
      ["events", later(1001), 2],
      ["revenue", later(DAY_MS), 0],
      ["revenue", later(60_000), 1],
    ] as const)("%s since %p: %i rows, that instant included", async (listing, since, count) => {
      expect(await (await fullStore()).list(listing, { since })).toHaveLength(count);
    });

    test.each([
      ["history"],
      ["subscriptions"],
      ["dunning"],
      ["attention"],
      ["revenue"],
      ["invoices"],
      ["attempts"],
      ["customers"],
      ["plans"],
      ["events"],
      ["webhooks"],
    ] as const)("%s: page by page, the rows are those of the whole list, in its order", async (listing) => {
      const store = await fullStore();
      const rows = await store.list(listing, {});
      expect(await walk((cursor) => store.page(listing, { limit: 1, ...cursor }))).toEqual(rows);
      expect(await store.page(listing, { limit: 100 })).toEqual({ rows, nextCursor: null });
    });

    test("10,000 rows are walked once each, although others come in between", async () => {
      const store = await emptyStore();
      const record = (count: number, subscriptionId: string) =>
        store.write(NOW, async (records) => {
          for (let at = 0; at < count; at += 1) records.record({ type: "subscription.paused", subscriptionId });
        });
      await record(10_000, "a");
      const walked = await walk(async (cursor) => {
        const page = await store.page("events", { where: { subscriptionId: "a" }, limit: 997, ...cursor });
        await record(3, "b");
        return page;
      });
      expect(walked).toHaveLength(10_000);
      expect(new Set(walked.map(({ eventId }) => eventId)).size).toBe(10_000);
      expect(await store.list("events", {})).toHaveLength(10_033);
    });

    test("what happened last is read first in the history", async () => {
      const { store, owner } = await dueStore();
      await chargeAll(store, owner, declined("retry_later"));
      await chargeAll(store, owner, paid, later(DAY_MS + 1000));
      expect((await store.list("history", {})).map((row) => row["outcome"])).toEqual(["paid", "declined"]);
    });

    test("the numbers of status", async () => {
      const store = await fullStore();
      expect(await store.statusCounts(later(DAY_MS + 1000))).toEqual({
        subscriptions: { active: 3, past_due: 1 },
        invoices: { held: 1, open: 1, paid: 1 },
        attempts: { declined: 1, paid: 1, unknown: 1 },
        dueSubscriptions: 1,
        dueInvoices: 1,
        nextBillingAt: NOW,
        nextOpeningAt: NOW,
        openableSince: NOW,
        nextAttemptAt: later(DAY_MS + 1000),
        nextInquiryAt: null,
        nextStepAt: null,
        lastEventAt: later(2 * DAY_MS),
        unknown: { count: 1, oldestAt: SEND.now },
        unreadable: { count: 0, oldestAt: null },
        held: { count: 1, oldestAt: NOW },
        disputes: { count: 0, oldestAt: null },
        paidAgain: 0,
        paidAfterCancel: 0,
      });
    });

    test("what is due could be opened since its date, or since its subscription was made", async () => {
      const store = await emptyStore();
      await fill(store, {});
      const since = async () => (await store.statusCounts(NOW)).openableSince;
      const subscription = subscriptionOf("old", { nextCycle: 0, nextBillingAt: later(-DAY_MS) });
      await store.write(later(-MINUTE_MS), async (records) => {
        await records.putCustomer(customerOf(subscription.customerId));
        records.addSubscription(subscription);
        records.record({ type: "subscription.created", subscriptionId: "old" });
      });
      expect(await since()).toEqual(later(-MINUTE_MS));
      // The next of its cycles was not there to be opened at its adding.
      await store.write(NOW, async (records) => {
        const known = await records.subscription("old");
        if (known !== null) known.nextCycle += 1;
      });
      expect(await since()).toEqual(later(-DAY_MS));
    });

    test("the numbers of an empty database", async () => {
      const counts = await (await emptyStore()).statusCounts(NOW);
      expect(counts).toMatchObject({ subscriptions: {}, dueInvoices: 0, nextBillingAt: null, paidAgain: 0 });
      expect(counts.unknown).toEqual({ count: 0, oldestAt: null });
    });
  });
}

/** All rows, page after page. */
async function walk<Row>(read: (cursor: { readonly cursor?: string }) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: { readonly cursor?: string } = {};
  for (;;) {
    const page = await read(cursor);
    rows.push(...page.rows);
    if (page.nextCursor === null) return rows;
    cursor = { cursor: page.nextCursor };
  }
}

/** Its next cycle, opened; the one after is due in 31 days. */
function opening(subscription: Subscription, change: Partial<OpeningBatch> = {}): OpeningBatch {
  return {
    subscriptionId: subscription.id,
    expected: subscription,
    nextCycle: subscription.nextCycle + 1,
    nextBillingAt: later(31 * DAY_MS),
    status: "active",
    uses: NO_USES,
    invoices: [invoiceOf(subscription, subscription.nextCycle)],
    events: [{ type: "invoice.opened", subscriptionId: subscription.id }],
    ...change,
  };
}

// ---------------------------------------------------------------- one charge, step by step

type Claimed = Pick<ClaimedAttempt, "attemptId" | "intent">;
type Judge = (attempt: Claimed) => Evidence;

function unknown(orderId: string | null = null): Evidence {
  return { kind: "unknown", orderId, trace: TRACE };
}

export function declined(declineClass: DeclineClass, orderId: string | null = null, chargeId: string | null = null) {
  const decline = { declineClass, failureCode: "insufficient_funds", failureMessage: "Sin fondos" };
  return { kind: "declined", decline, orderId, chargeId, trace: TRACE } as const;
}

function paymentOf(reference: string, change: Partial<Payment> = {}): Payment {
  return {
    orderId: `ord_${reference}`,
    chargeId: `chr_${reference}`,
    amountCents: 20015,
    currency: "MXN",
    customerId: null,
    livemode: false,
    paidAt: later(2000),
    feeCents: 800,
    authCode: "867667",
    cardBrand: "mastercard",
    cardLast4: "5100",
    paymentMethod: "card",
    ...change,
  };
}

export function paid({ intent }: Claimed, change: Partial<Payment> = {}): Evidence {
  return { kind: "paid", payment: paymentOf(intent.reference, change), trace: TRACE };
}

function decide(
  now: Date = NOW,
  policy: Partial<DunningPolicy> = {},
): (facts: SettleFacts, evidence: Evidence) => Settlement | null {
  return ({ attempt, invoice, livemode }, evidence) =>
    settle(attempt, invoice, evidence, {
      now,
      policy: policyOf(policy),
      calendar: NO_HOLIDAYS,
      livemode,
      inquiries: { offsetsMs: [15_000, MINUTE_MS, DAY_MS], rechargeQuietMs: 15 * MINUTE_MS },
      backoffMs: MINUTE_MS,
      jitter: 0,
    });
}

type Sendable = Partial<Pick<ClaimedAttempt, "attemptId" | "orderId">> | undefined;

/** @returns the ids that may be sent */
async function send(store: Store, owner: Owner, ...attempts: readonly Sendable[]): Promise<string[]> {
  const items = attempts.map((each) => ({ attemptId: each?.attemptId ?? "", orderId: each?.orderId ?? null }));
  return [...(await store.markSending(owner, items, SEND))].toSorted();
}

export async function settleAll(
  store: Store,
  attempts: "all" | readonly (Claimed | undefined)[],
  judge: Judge,
  now: Date = SEND.now,
  see: (facts: SettleFacts) => void = () => {},
  policy?: Partial<DunningPolicy>,
): Promise<readonly Settled[]> {
  const known =
    attempts === "all"
      ? (await store.list("attempts", {})).map((row) => ({ attemptId: row.attemptId }) as Claimed)
      : attempts.flatMap((each) => (each === undefined ? [] : [each]));
  const items: SettleItem[] = known.map((each) => ({ attemptId: each.attemptId, evidence: judge(each) }));
  return await store.settle(items, now, (facts, evidence) => {
    see(facts);
    return decide(now, policy)(facts, evidence);
  });
}

type ClaimChange = Partial<Omit<ChargeRules, "policyOf">> & {
  readonly policy?: Partial<DunningPolicy>;
  readonly leaseMs?: number;
  readonly flow?: ChargeFlow;
};

/** Decided by the domain's own rules, from the facts that the store brings. */
async function claim(store: Store, owner: Owner, change: ClaimChange): Promise<readonly ClaimedAttempt[]> {
  const rules = rulesFor(change);
  const { leaseMs = LEASE_MS, flow = "single" } = change;
  const options = { now: rules.now, leaseMs, flow, after: null, limit: 100 };
  const { claimed } = await store.claim(owner, options, (due) =>
    chargeDecisions(due, rules).map((each): ClaimDecision => (each.do === "charge" ? "charge" : "leave")),
  );
  return claimed;
}

function rulesFor({ policy = {}, leaseMs: _leaseMs, flow: _flow, ...change }: ClaimChange): ChargeRules {
  return {
    ...{ now: NOW, limit: 10, maxChargesPerCustomerPerDay: 100, budgets: { visaReattemptsIn30Days: 15 } },
    ...{ policyOf: () => policyOf(policy), readingOf: () => "unread" },
    ...change,
  };
}

/** Of everything that is due. */
async function decisions(store: Store, change: ClaimChange): Promise<readonly (readonly [string, ChargeDecision])[]> {
  const rules = rulesFor(change);
  const due = await store.dueInvoices(rules.now, { after: null, limit: 100 });
  return chargeDecisions(due, rules).map((decision, index) => [due[index]?.invoice.id ?? "", decision] as const);
}

/** Claims everything that is due, sends it, and settles it all the same way. */
export async function chargeAll(
  store: Store,
  owner: Owner,
  evidence: Evidence | Judge,
  now: Date = NOW,
  flow: ChargeFlow = "single",
  orderId: string | null = null,
  policy?: Partial<DunningPolicy>,
): Promise<readonly ClaimedAttempt[]> {
  const claimed = await claim(store, owner, { ...CLAIM, now, flow });
  const items = claimed.map(({ attemptId }) => ({ attemptId, orderId }));
  await store.markSending(owner, items, { now, leaseMs: LEASE_MS });
  const judge = typeof evidence === "function" ? evidence : () => evidence;
  await settleAll(store, claimed, judge, now, undefined, policy);
  return claimed;
}

async function changeInvoice(
  store: Store,
  change: (row: {
    status: string;
    statusReason: string | null;
    voidWhenSettled: string | null;
    paidAt: Date | null;
  }) => void,
): Promise<void> {
  await store.write(NOW, async (records) => {
    const row = await records.invoice("inv_a_1");
    if (row !== null) change(row);
  });
}

async function attemptIn(
  store: Store,
  attempt: { readonly attemptId: string } | undefined,
): Promise<AttemptRow | undefined> {
  return (await store.list("attempts", { where: { attemptId: attempt?.attemptId ?? "" } }))[0];
}

async function subscriptionIn(store: Store, subscriptionId: string): Promise<SubscriptionRow | undefined> {
  return (await store.list("subscriptions", { where: { subscriptionId } }))[0];
}

async function eventTypes(store: Store): Promise<unknown[]> {
  return (await store.list("events", {})).map((row) => row["type"]);
}

function claimedOf(attempts: readonly ClaimedAttempt[]): string[] {
  return attempts.map(({ intent }) => intent.subscriptionId).toSorted();
}

function isInstantKey(key: string): boolean {
  return /^(at|since|period(Start|End)|.*At)$/.test(key);
}

function isIso(value: unknown): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value));
}

function iso(at: Date): string {
  return at.toISOString();
}
