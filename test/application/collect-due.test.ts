import { describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChargeIntent } from "../../src/application/ports/gateway.ts";
import { UNPROVEN_IN_FLIGHT } from "../../src/application/settling/circuit-breaker.ts";
import type { Outcome, Payment } from "../../src/domain/attempt.ts";
import { DatabaseUnusable, GatewayUnauthorized } from "../../src/domain/errors.ts";
import { customerOf, DAY_MS, HOUR_MS } from "../support/records.ts";
import { openApp, type AppFixture, type AppOptions } from "../support/app-fixture.ts";
import { declined, notSent, paid, paymentFor, TRACE, unknown } from "../support/scripted-gateway.ts";

const MANY_A_DAY = { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "100" };

/** A app at which the first invoice of each named subscription is due. */
async function dueApp(ids: readonly string[], options: AppOptions = {}): Promise<AppFixture> {
  const app = await openApp(options);
  for (const id of ids) await app.subscribe(id);
  return app;
}

const letters = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `s${String(index).padStart(2, "0")}`);

describe("how it is charged", () => {
  test("I3: the row that says a charge is being sent is committed, and no transaction open, before the gateway is called", async () => {
    await using app = await dueApp(["a", "b"]);
    const seen: unknown[] = [];
    app.gateway.answer = async (intent, orderId) => {
      // It would wait here for ever if a transaction were open: the store has one connection.
      const rows = await app.store.list("attempts", { where: { reference: intent.reference } });
      seen.push(...rows.map(({ state, sentAt, settledAt }) => ({ state, sentAt, settledAt })));
      return paid(intent, orderId);
    };
    const summary = await app.run();
    const sending = { state: "sending", sentAt: app.clock.now().toISOString(), settledAt: null };
    expect(seen).toEqual([sending, sending]);
    expect(summary).toMatchObject({ opened: 2, outcomes: { paid: 2 }, paidCents: { MXN: 40030 }, needsPerson: 0 });
    expect(await app.attemptStates()).toBe("paid paid");
  });

  test("the gateway is told what is charged, in the words it will be found by", async () => {
    await using app = await dueApp(["a"]);
    const { id: installationId } = await app.store.installation();
    await app.run();
    const [row] = await app.invoices("a");
    expect(app.gateway.charges).toEqual([
      {
        orderId: null,
        intent: {
          reference: `${String(row?.["invoiceId"])}-1`,
          installationId,
          subscriptionId: "a",
          invoiceId: row?.["invoiceId"],
          cycle: 0,
          customerId: "cus_a",
          currency: "MXN",
          amountCents: 20015,
          discountCents: 0,
          discounts: [],
          balanceCents: 0,
          lineItems: [{ name: "Plan Oro", unitPriceCents: 20015, quantity: 1, sku: "ORO" }],
          taxes: null,
          oneOffKey: null,
        },
      },
    ]);
  });

  test("never more at once than allowed, and as many as that once the gateway has shown that it answers", async () => {
    await using app = await dueApp(letters(30), { env: { CHARGE_CONCURRENCY: "6" } });
    const waiting: (() => void)[] = [];
    app.gateway.answer = async (intent, orderId) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        // Answers come when nobody else can begin.
        setImmediate(() => setImmediate(() => waiting.shift()?.()));
      });
      return paid(intent, orderId);
    };
    await app.run();
    expect(app.gateway.charges).toHaveLength(30);
    expect(app.gateway.mostInFlight).toBeLessThanOrEqual(6);
    app.clock.advance(28 * DAY_MS);
    await app.run();
    expect(app.gateway.mostInFlight).toBe(6);
  });

  test("order_first: never more at once than allowed, calls that make an order counted", async () => {
    const env = { CHARGE_CONCURRENCY: "8", CONEKTA_CHARGE_FLOW: "order_first" };
    await using app = await dueApp(letters(60), { env });
    let now = 0;
    let most = 0;
    const slowly = async <T>(answer: () => T): Promise<Awaited<T>> => {
      most = Math.max(most, (now += 1));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return await answer();
    };
    const openOrder = app.gateway.openOrder.bind(app.gateway);
    app.gateway.openOrder = async (intent) => await slowly(() => openOrder(intent));
    app.gateway.answer = async (intent, orderId) => await slowly(() => paid(intent, orderId));
    expect(await app.run()).toMatchObject({ outcomes: { paid: 60 } });
    expect(most).toBe(8);
  });

  test("while outcomes wait for the disk others are at the gateway, until as many wait as may be there", async () => {
    const env = { CHARGE_CONCURRENCY: "8" };
    const disk = { isStill: false, waiting: [] as (() => void)[] };
    await using app = await dueApp(letters(80), { env });
    const settle = app.store.settle.bind(app.store);
    (app.store as { settle: typeof settle }).settle = async (...given) => {
      if (disk.isStill) await new Promise<void>((resolve) => disk.waiting.push(resolve));
      return await settle(...given);
    };
    app.gateway.answer = (intent, orderId) => {
      // From then on as many as are allowed are under way.
      if (app.gateway.charges.length === 40) disk.isStill = true;
      return paid(intent, orderId);
    };
    const running = app.run();
    while (!disk.isStill) await sleep(1);
    const uncertain = async () =>
      (await app.store.list("attempts", { where: { state: "sending" } })).map(({ state }) => state).length;
    while ((await uncertain()) < 15) await sleep(5);
    for (let turn = 0; turn < 10; turn++) await sleep(5);
    expect(await uncertain()).toBe(15);
    expect(app.gateway.charges.length).toBeGreaterThan(40);
    expect(app.gateway.charges.length).toBeLessThanOrEqual(40 + 15);
    disk.isStill = false;
    for (const goOn of disk.waiting) goOn();
    expect((await running).outcomes.paid).toBe(80);
  });

  test("one customer's invoices one after the other, the oldest first, while others' are under way", async () => {
    await using app = await openApp({ now: "2026-06-10T15:00:00Z", env: MANY_A_DAY });
    await app.subscribe("a", { billPast: true, customerId: "cus_1" }, { catchUp: "all" });
    await app.subscribe("b", { customerId: "cus_1" }, { catchUp: "all" });
    for (const id of letters(5)) await app.subscribe(id, {}, { catchUp: "all" });
    app.gateway.answer = async (intent, orderId) => {
      await new Promise((resolve) => setImmediate(resolve));
      return paid(intent, orderId);
    };
    await app.run();
    expect(app.gateway.charges).toHaveLength(11);
    expect(app.gateway.doubled).toBe(false);
    expect(app.gateway.mostInFlight).toBeGreaterThan(1);
    const cycles = app.gateway.charges.flatMap(({ intent }) => (intent.subscriptionId === "a" ? [intent.cycle] : []));
    expect(cycles).toEqual([0, 1, 2, 3, 4]);
  });

  test("order_first: the order is opened, kept, and only then charged; the next try charges the same one", async () => {
    await using app = await dueApp(["a"], { env: { CONEKTA_CHARGE_FLOW: "order_first" } });
    const kept: unknown[] = [];
    app.gateway.next.push(async (intent, orderId) => {
      kept.push((await app.invoices("a"))[0]?.["orderId"]);
      return declined("retry_later")(intent, orderId);
    });
    await app.run();
    app.clock.advance(DAY_MS);
    await app.run();
    const [orderId] = app.gateway.openedOrders;
    expect(app.gateway.openedOrders).toHaveLength(1);
    expect(kept).toEqual([orderId]);
    expect(app.gateway.charges.map((each) => each.orderId)).toEqual([orderId, orderId]);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test("a run that is repeated at once charges nothing again", async () => {
    await using app = await dueApp(["a", "b"]);
    await app.run();
    await app.run();
    expect(app.gateway.charges).toHaveLength(2);
  });
});

describe("what becomes of each outcome", () => {
  test("declined until dunning gives up: three tries more, on their days, a week for another card, then uncollectible and unpaid", async () => {
    await using app = await dueApp(["a"]);
    app.gateway.answer = declined("retry_later");
    const triedAt: string[] = [];
    for (let day = 0; day < 20; day++) {
      const before = app.gateway.charges.length;
      await app.run();
      if (app.gateway.charges.length > before) triedAt.push(app.clock.now().toISOString().slice(0, 10));
      app.clock.advance(DAY_MS);
    }
    expect(triedAt).toEqual(["2026-01-31", "2026-02-01", "2026-02-04", "2026-02-09"]);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible attempts_used_up");
    expect(await app.subscription("a")).toMatchObject({ status: "unpaid" });
  });

  test("not sent: tried again after a while, under another reference, and not counted as a decline", async () => {
    await using app = await dueApp(["a"]);
    app.gateway.next.push(() => notSent());
    expect(await app.run()).toMatchObject({ outcomes: { not_sent: 1 }, haltReason: null });
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    app.clock.advance(60_000);
    await app.run();
    expect(app.gateway.charges.map(({ intent }) => intent.reference.slice(-2))).toEqual(["-1", "-2"]);
    expect((await app.invoices("a"))[0]).toMatchObject({ status: "paid", declines: 0, faults: 0 });
  });

  test.each<[string, (intent: ChargeIntent, orderId: string | null) => Outcome, string]>([
    ["refused", () => ({ kind: "refused", failureCode: "x", failureMessage: "y", trace: TRACE }), "0 held refused"],
    ["declined through our fault", declined("our_fault"), "0 held our_fault"],
    ["paid, but another amount", differing({ amountCents: 1 }), "0 held answer_differs"],
    ["paid, but another customer's", differing({ customerId: "cus_x" }), "0 held answer_differs"],
  ])("%s: held for a person, and never charged again by itself", async (_outcome, answer, expected) => {
    await using app = await dueApp(["a"]);
    app.gateway.next.push(answer);
    expect(await app.run()).toMatchObject({ needsPerson: 1 });
    for (let day = 0; day < 10; day++) {
      app.clock.advance(DAY_MS);
      await app.run();
    }
    expect(await app.invoiceWords("a")).toBe(expected);
    expect(app.gateway.charges).toHaveLength(1);
  });

  test("the mode of the books is part of what must agree", async () => {
    await using app = await dueApp(["a"]);
    app.gateway.answer = (intent, orderId) => ({
      ...paid(intent, orderId),
      payment: paymentFor(intent, orderId, { livemode: true }),
    });
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 held answer_differs");
  });

  test("one answer that cannot be booked does not keep its neighbours' outcomes out of the books", async () => {
    await using app = await dueApp(["a", "b", "c"]);
    app.gateway.answer = (intent, orderId) =>
      intent.subscriptionId === "b"
        ? // No adapter hands out such a date; whatever it is, it must not cost the others.
          { ...paid(intent, orderId), payment: paymentFor(intent, orderId, { paidAt: new Date(Number.NaN) }) }
        : paid(intent, orderId);
    expect(await app.run()).toMatchObject({ notRecorded: 1 });
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.invoiceWords("c")).toBe("0 paid");
    expect((await app.store.list("attempts", { where: { state: "sending" } })).length).toBe(1);
    expect(app.logged.filter((line) => line.includes("attempt.not_recorded"))).toHaveLength(1);
    // Its lease runs out, and it is asked for like any charge whose answer was lost.
    app.clock.advance(HOUR_MS);
    await app.run();
    expect((await app.store.statusCounts(app.clock.now())).unknown.count).toBe(1);
    expect(app.gateway.charges).toHaveLength(3);
  });
});

test("one answer that cannot be booked does not end the run for those who come after it, and every light is red", async () => {
  await using app = await dueApp(letters(20), { env: { CHARGE_CONCURRENCY: "2" } });
  const [bad] = letters(20);
  app.gateway.answer = (intent, orderId) =>
    intent.subscriptionId === bad
      ? { ...paid(intent, orderId), payment: paymentFor(intent, orderId, { paidAt: new Date(Number.NaN) }) }
      : paid(intent, orderId);
  const tick = await (await app.biller()).tick(new AbortController().signal);
  expect(tick.summary).toMatchObject({ notRecorded: 1, outcomes: { paid: 19 }, stoppedAt: null });
  expect(tick.incompleteBecause).toMatch(/could not be recorded/);
});

describe("what stops a run", () => {
  test("an outcome that cannot be recorded: those that are under way are the last", async () => {
    await using app = await dueApp(letters(40), { env: { CHARGE_CONCURRENCY: "4" } });
    app.gateway.answer = (intent, orderId) => ({
      ...paid(intent, orderId),
      payment: paymentFor(intent, orderId, { paidAt: new Date(Number.NaN) }),
    });
    const tick = await (await app.biller()).tick(new AbortController().signal);
    expect(app.gateway.charges.length).toBeLessThanOrEqual(8);
    expect(tick.summary.notRecorded).toBe(app.gateway.charges.length);
    expect(tick.incompleteBecause).toMatch(/could not be recorded/);
  });

  test("a database that fails while outcomes are booked: nothing leaves from then on, and nobody is charged twice", async () => {
    await using app = await dueApp(letters(80), { env: { CHARGE_CONCURRENCY: "8" } });
    const settle = app.store.settle.bind(app.store);
    let charged = Infinity;
    (app.store as { settle: typeof settle }).settle = async (...given) => {
      if (app.gateway.charges.length < 40) return await settle(...given);
      charged = Math.min(charged, app.gateway.charges.length);
      throw new DatabaseUnusable("the disk is full", { isMisconfigured: false });
    };
    await expect(app.run()).rejects.toThrow("the disk is full");
    expect(app.gateway.charges).toHaveLength(charged);
    const left = await app.store.list("attempts", { where: { state: "sending" } });
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThanOrEqual(15);
    (app.store as { settle: typeof settle }).settle = settle;
    for (const { intent, orderId } of app.gateway.charges)
      app.gateway.shows.set(intent.reference, paid(intent, orderId));
    for (let hour = 0; hour < 48; hour++) {
      app.clock.advance(HOUR_MS);
      await app.run();
    }
    const invoices = app.gateway.charges.map(({ intent }) => intent.invoiceId);
    expect(new Set(invoices).size).toBe(invoices.length);
  });

  test("a check of the file that takes longer keeps no charge waiting; what it finds counts at the next tick", async () => {
    await using app = await dueApp(["a", "b"]);
    const found = Promise.withResolvers<void>();
    (app.store as { mustBeWhole: () => Promise<void> }).mustBeWhole = () => found.promise;
    const biller = await app.biller();
    const { summary } = await biller.tick(new AbortController().signal);
    expect(summary.outcomes).toMatchObject({ paid: 2 });
    found.reject(new DatabaseUnusable("the database is corrupt", { isMisconfigured: true }));
    await expect(biller.tick(new AbortController().signal)).rejects.toThrow("corrupt");
  });

  test("a damaged page: found before the first charge, and once a day", async () => {
    await using app = await dueApp(["a"]);
    await app.run();
    (app.store as { mustBeWhole: () => Promise<void> }).mustBeWhole = async () => {
      throw new DatabaseUnusable("the database is corrupt", { isMisconfigured: true });
    };
    app.clock.advance(23 * HOUR_MS);
    await app.run();
    app.clock.advance(31 * 24 * HOUR_MS);
    await expect(app.run()).rejects.toThrow("corrupt");
    expect(app.gateway.charges).toHaveLength(1);
  });

  test("a customer with more due invoices than are looked at together keeps nobody waiting", async () => {
    await using app = await openApp({
      now: "2026-04-10T18:00:00Z",
      env: { ...MANY_A_DAY, CHARGE_CONCURRENCY: "1" },
    });
    await app.subscribe("a", { billPast: true, startLocal: "2026-02-10T09:00" }, { interval: "day", catchUp: "all" });
    await app.open();
    app.clock.advance(1000);
    await app.subscribe("b", { startLocal: "2026-04-10T09:00" });
    await app.run();
    // Of 60 that fell due before it, one.
    expect(app.gateway.charges.slice(0, 2).map(({ intent }) => intent.subscriptionId)).toEqual(["a", "b"]);
    expect(app.gateway.charges).toHaveLength(61);
  });

  const letGo = async ({ store, clock }: AppFixture) => await store.resumeCharging({ kind: "limit" }, clock.now());

  test("MAX_CHARGES_PER_RUN: what it leaves of a customer whose other invoice was the last allowed is said, too", async () => {
    await using app = await openApp({ env: { MAX_CHARGES_PER_RUN: "1" } });
    for (const id of ["a", "b"]) await app.subscribe(id, { customerId: "cus_1" });
    expect(await app.run()).toMatchObject({ stoppedAt: "MAX_CHARGES_PER_RUN", outcomes: { paid: 1 } });
    expect((await app.store.installation()).haltKind).toBe("limit");
  });

  test("MAX_CHARGES_PER_RUN: so many within an hour, the longest due first; then nobody, until a person says go", async () => {
    await using app = await dueApp(["a", "b", "c", "d", "e"], { env: { MAX_CHARGES_PER_RUN: "2" } });
    expect(await app.run()).toMatchObject({ stoppedAt: "MAX_CHARGES_PER_RUN", outcomes: { paid: 2 } });
    app.clock.advance(DAY_MS);
    expect(await app.run()).toMatchObject({
      ...{ stoppedAt: null, outcomes: { paid: 0 } },
      haltReason: expect.stringContaining("MAX_CHARGES_PER_RUN is reached: 2 charges of 40030 cents"),
    });
    await letGo(app);
    expect(await app.run()).toMatchObject({ stoppedAt: "MAX_CHARGES_PER_RUN", outcomes: { paid: 2 } });
    await letGo(app);
    expect(await app.run()).toMatchObject({ stoppedAt: null, outcomes: { paid: 1 } });
    expect(app.gateway.charges).toHaveLength(5);
  });

  test("what its amount alone forbids was never sent: it proves nothing of the gateway, and widens nothing", async () => {
    await using app = await dueApp(letters(6), { env: { MAX_AMOUNT_CENTS_PER_RUN: "100" } });
    await app.run();
    expect(app.gateway.charges).toEqual([]);
    const { breaker } = (await app.biller()).needs;
    expect(breaker.inFlightLimit(100)).toBe(UNPROVEN_IN_FLIGHT);
  });

  test("the hour counts over all runs: a limit that each tick began anew would be none", async () => {
    await using app = await dueApp(["a"], { env: { MAX_CHARGES_PER_RUN: "2" } });
    await app.run();
    await app.subscribe("b");
    app.clock.advance(30 * 60_000);
    expect(await app.run()).toMatchObject({ stoppedAt: null, outcomes: { paid: 1 } });
    await app.subscribe("c");
    expect(await app.run()).toMatchObject({ stoppedAt: "MAX_CHARGES_PER_RUN", outcomes: { paid: 0 } });
  });

  test("an hour later the first charge counts no longer", async () => {
    await using app = await dueApp(["a"], { env: { MAX_CHARGES_PER_RUN: "1" } });
    await app.run();
    app.clock.advance(HOUR_MS);
    await app.subscribe("b");
    expect(await app.run()).toMatchObject({ stoppedAt: null, haltReason: null, outcomes: { paid: 1 } });
  });

  test("MAX_AMOUNT_CENTS_PER_RUN: not a cent more than that is begun, and what was claimed is given back", async () => {
    await using app = await dueApp(["a", "b", "c"], { env: { MAX_AMOUNT_CENTS_PER_RUN: "50000" } });
    expect(await app.run()).toMatchObject({
      stoppedAt: "MAX_AMOUNT_CENTS_PER_RUN",
      outcomes: { paid: 2, released: 1 },
    });
    await letGo(app);
    expect(await app.run()).toMatchObject({ stoppedAt: null, outcomes: { paid: 1 } });
    expect(app.gateway.charges).toHaveLength(3);
  });

  test.each([
    [20_014, "0 held refused", 1, "it would stop every run and never be collected: a person must look at it"],
    [20_015, "0 paid", 0, "not a cent more than is allowed"],
  ])("MAX_AMOUNT_CENTS_PER_RUN of %i, and one invoice of 20015: %s (%s)", async (max, words, needsPerson) => {
    await using app = await openApp({ env: { MAX_AMOUNT_CENTS_PER_RUN: String(max) } });
    await app.subscribe("a");
    app.clock.advance(1000);
    await app.subscribe("b", { lineItems: [{ name: "Plan Plata", unitPriceCents: 5000, quantity: 1 }] });
    const first = await app.run();
    expect(await app.invoiceWords("a")).toBe(words);
    expect(first.needsPerson).toBe(needsPerson);
    // A run that was stopped by neither goes on to the smaller one; else the next run does, once a person says go.
    expect(first.stoppedAt).toBe(needsPerson === 1 ? null : "MAX_AMOUNT_CENTS_PER_RUN");
    await letGo(app);
    await app.run();
    expect(await app.invoiceWords("b")).toBe("0 paid");
    expect(app.gateway.charges.map(({ intent }) => intent.subscriptionId)).toEqual(
      needsPerson === 1 ? ["b"] : ["a", "b"],
    );
  });

  test("401 to the reading of a customer: charging is halted, nobody's invoice fails for it, and all is charged later", async () => {
    await using app = await openApp();
    await app.run();
    for (const id of ["a", "b", "c"]) await app.subscribe(id);
    for (const id of ["a", "b"]) {
      const noCard = { ...customerOf(`cus_${id}`), livemode: false, paymentSourceId: null };
      const twoDaysAgo = new Date(app.clock.now().getTime() - 2 * DAY_MS);
      await app.store.write(twoDaysAgo, (records) => records.putCustomer(noCard));
      app.gateway.customers.set(`cus_${id}`, { ...customerOf(`cus_${id}`), livemode: false });
    }
    const refused = Array.from({ length: 4 }, () => new GatewayUnauthorized("the key is not accepted"));
    app.gateway.failingReads.push(...refused);
    expect((await app.run()).haltReason).not.toBeNull();
    expect(await app.invoiceWords("a")).toBe("0 open");
    expect(await app.eventTypes()).not.toContain("invoice.payment_failed");

    app.gateway.failingReads.length = 0;
    app.clock.advance(HOUR_MS);
    expect((await app.run()).haltReason).toBeNull();
    for (const id of ["a", "b", "c"]) expect(await app.invoiceWords(id)).toBe("0 paid");
  });

  test("401: charging is halted for everybody, until a read is answered", async () => {
    await using app = await dueApp(letters(12), { env: { CHARGE_CONCURRENCY: "1" } });
    const refused = Array.from({ length: 3 }, () => new GatewayUnauthorized("the key is not accepted"));
    app.gateway.next.push(() => {
      // Two customers and the list are asked whether it is the key.
      app.gateway.failingReads.push(...refused);
      return notSent(true);
    });
    expect(await app.run()).toMatchObject({ haltReason: "the key is not accepted" });
    expect(app.gateway.charges).toHaveLength(1);
    expect((await app.store.list("attempts", { where: { state: "claimed" } })).length).toBe(0);

    app.clock.advance(HOUR_MS);
    app.gateway.failingReads.push(...refused);
    expect(await app.run()).toMatchObject({ haltReason: "the key is not accepted" });
    expect(app.gateway.charges).toHaveLength(1);

    expect(await app.run()).toMatchObject({ haltReason: null, outcomes: { paid: 12 } });
    expect((await app.eventTypes()).filter((type) => type.startsWith("charging."))).toEqual([
      "charging.halted",
      "charging.resumed",
    ]);
  });

  test("a person, or the operating system: what is in flight finishes and is booked, the rest is given back", async () => {
    await using app = await dueApp(letters(9), { env: { CHARGE_CONCURRENCY: "3" } });
    const stopping = new AbortController();
    const finish: (() => void)[] = [];
    const threeInFlight = new Promise<void>((resolve) => {
      app.gateway.answer = async (intent, orderId) => {
        await new Promise<void>((done) => {
          finish.push(done);
          if (finish.length === 3) resolve();
        });
        return paid(intent, orderId);
      };
    });
    const running = app.run(stopping.signal);
    await threeInFlight;
    stopping.abort();
    for (const done of finish) done();
    expect(await running).toMatchObject({ outcomes: { paid: 3 } });
    expect(app.gateway.charges).toHaveLength(3);
    const { attempts, dueInvoices } = await app.store.statusCounts(app.clock.now());
    expect(Object.keys(attempts)).toEqual(["paid", "released"]);
    expect(dueInvoices).toBe(6);
    app.gateway.answer = paid;
    expect(await app.run()).toMatchObject({ outcomes: { paid: 6 } });
  });

  test("a gateway that answers nothing clearly: after a few calls nobody else is charged into the dark", async () => {
    await using app = await dueApp(letters(20));
    app.gateway.answer = unknown;
    await app.run();
    expect(app.gateway.charges.length).toBeLessThanOrEqual(8);
    const { dueInvoices, unknown: uncertain } = await app.store.statusCounts(app.clock.now());
    expect(dueInvoices + uncertain.count).toBe(20);
  });

  test("cycles that wait behind an unknown nobody resolves: each is told once, and needs a person", async () => {
    await using app = await openApp();
    await app.subscribe("a");
    app.gateway.next.push(unknown);
    await app.run();
    for (let day = 0; day < 3; day++) {
      app.clock.advance(DAY_MS);
      await app.run();
    }
    expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome");
    const needsPerson: number[] = [];
    for (const month of ["2026-02-28", "2026-03-31", "2026-04-30"]) {
      app.clock.set(new Date(`${month}T15:00:00Z`));
      needsPerson.push((await app.run()).needsPerson, (await app.run()).needsPerson);
    }
    expect(needsPerson).toEqual([1, 0, 1, 0, 1, 0]);
    expect(app.gateway.charges).toHaveLength(1);
    const events = await app.list("events", { type: "invoice.kept_waiting" });
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3].map((cycle) => ({ cycle, heldCycle: 0 })));
    const kinds = (await app.list("attention")).map(({ kind, cycle }) => `${cycle} ${kind}`);
    expect(kinds.toSorted()).toEqual(["0 held", "1 waiting", "2 waiting", "3 waiting"]);
  });

  test("catch_up all with six weeks: each is charged, whatever the limit of a day", async () => {
    await using app = await openApp({ now: "2026-03-11T15:00:00Z" });
    await app.subscribe("a", { billPast: true, startLocal: "2026-01-28T09:00" }, { interval: "week", catchUp: "all" });
    expect(await app.run()).toMatchObject({ outcomes: { paid: 7 }, needsPerson: 0 });
  });

  test("a customer's four monthly subscriptions and two daily ones are charged on one morning", async () => {
    await using app = await openApp();
    for (const id of ["a", "b", "c", "d"]) await app.subscribe(id, { customerId: "cus_1" });
    for (const id of ["e", "f"])
      await app.subscribe(id, { customerId: "cus_1", planId: "daily" }, { id: "daily", interval: "day" });
    expect(await app.run()).toMatchObject({ outcomes: { paid: 6 }, needsPerson: 0 });
    app.clock.advance(DAY_MS);
    expect(await app.run()).toMatchObject({ outcomes: { paid: 2 }, needsPerson: 0 });
  });

  test("one invoice that is declined again and again: its fourth try of a day is put off until the first is a day old", async () => {
    await using app = await openApp();
    await app.subscribe("a");
    app.gateway.answer = declined("retry_later");
    await app.run();
    const [invoice] = await app.invoices("a");
    for (let hour = 1; hour <= 5; hour++) {
      app.clock.advance(3_600_000);
      // As a policy of many retries a day would plan it.
      await app.changeInvoice(invoice?.invoiceId, { nextAttemptAt: app.clock.now() });
      await app.run();
    }
    expect(app.gateway.charges).toHaveLength(3);
  });
});

function differing(change: Partial<Payment>): (intent: ChargeIntent, orderId: string | null) => Outcome {
  return (intent, orderId) => ({ ...paid(intent, orderId), payment: paymentFor(intent, orderId, change) });
}
