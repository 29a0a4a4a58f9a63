/** What concerns one customer, order or link never stops, starves or slows another; and whatever waits is shown. */
import { describe, expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { customerOf, DAY_MS, HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { declined, paid, unknown } from "../support/scripted-gateway.ts";
import { until } from "../daemon/real-process.ts";

const NO_CARD = {
  paymentSourceId: null,
  cardBrand: null,
  cardLast4: null,
  cardExpMonth: null,
  cardExpYear: null,
};
const GOOD = 20;
const BAD = 5;

/** The bad ones come first, and their cards are not known, so that they are read before they are charged. */
async function appWithBadCustomers(fault: Error, bad = BAD): Promise<AppFixture> {
  const app = await openApp();
  const ids = Array.from({ length: bad }, (_, index) => `bad${index}`);
  for (const id of ids) await app.subscribe(id, { startLocal: "2026-01-31T08:00" });
  for (let index = 0; index < GOOD; index++) await app.subscribe(`good${String(index).padStart(2, "0")}`);
  // Read two days ago, so that each is read again before its invoice fails for the card.
  await app.store.write(new Date(app.clock.now().getTime() - 2 * DAY_MS), async (records) => {
    for (const id of ids) await records.putCustomer(customerOf(`cus_${id}`, NO_CARD));
  });
  for (const id of ids) app.gateway.sick.set(`cus_${id}`, fault);
  return app;
}

function recover(app: AppFixture): void {
  for (const id of app.gateway.sick.keys()) app.gateway.customers.set(id, { ...customerOf(id), livemode: false });
  app.gateway.sick.clear();
}

const FAULTS: readonly [string, Error][] = [
  ["422", new GatewayRefused("status 422", { httpStatus: 422, code: "invalid" })],
  ["500", new GatewayUnavailable("status 500")],
  ["403", new GatewayUnauthorized("status 403")],
  ["HTML or half a JSON", new GatewayUnavailable("a body that is no JSON")],
  ["nothing at all", new GatewayUnavailable("no answer within 30 s")],
];

/** Of those that are the same to the program, one: what no answer, half of one and a 500 have in common is proved once. */
const DIFFERENT = FAULTS.filter(([name]) => ["422", "500", "403"].includes(name));

describe("five customers whose read is always answered with", () => {
  test.each(FAULTS)("%s: those wait, everybody else is charged, and every light is red", async (_name, fault) => {
    await using app = await appWithBadCustomers(fault);
    const biller = await app.biller();
    const { summary, incompleteBecause } = await biller.tick(new AbortController().signal);
    expect(summary).toMatchObject({ outcomes: { paid: GOOD }, haltReason: null, unreadable: BAD });
    expect(incompleteBecause).toMatch(/5 .*cannot be read/);
    const now = app.clock.now();
    expect(await app.store.statusCounts(now)).toMatchObject({ unreadable: { count: BAD, oldestAt: now } });
    const kinds = (await app.store.list("attention", {})).map(({ kind, customerId }) => `${kind} ${customerId}`);
    expect(kinds).toEqual([0, 1, 2, 3, 4].map((index) => `unreadable cus_bad${index}`));
  });

  test.each(DIFFERENT)("%s: each is asked again later and later, and charged once it answers", async (_name, fault) => {
    await using app = await appWithBadCustomers(fault);
    for (let minute = 0; minute < 60; minute++) {
      await app.run();
      app.clock.advance(MINUTE_MS);
    }
    const reads = app.gateway.readCustomers.filter((id) => id === "cus_bad0").length;
    expect(reads).toBeGreaterThanOrEqual(4);
    expect(reads).toBeLessThanOrEqual(8);
    recover(app);
    app.clock.advance(HOUR_MS);
    expect(await app.run()).toMatchObject({ outcomes: { paid: BAD }, unreadable: 0 });
    expect(await app.store.statusCounts(app.clock.now())).toMatchObject({ unreadable: { count: 0 } });
  });

  test("nothing for half a minute: everybody else is charged meanwhile", async () => {
    await using app = await appWithBadCustomers(new GatewayUnavailable("no answer within 30 s"), 1);
    const { promise: hangs, resolve: end } = Promise.withResolvers<void>();
    const readCustomer = app.gateway.readCustomer.bind(app.gateway);
    app.gateway.readCustomer = async (customerId) => {
      if (customerId === "cus_bad0") await hangs;
      return await readCustomer(customerId);
    };
    const biller = await app.assembly.biller({ readPatienceMs: 10 });
    const ticking = biller.tick(new AbortController().signal);
    await until(() => app.gateway.charges.length === GOOD, "all who are good to be charged");
    end();
    expect(await ticking).toMatchObject({ summary: { outcomes: { paid: GOOD }, unreadable: 1 } });
  });

  test("500, and there are sixty of them: the gateway is asked whether it is the customers, and it is", async () => {
    await using app = await appWithBadCustomers(new GatewayUnavailable("status 500"), 60);
    expect(await app.run()).toMatchObject({ outcomes: { paid: GOOD }, unreadable: 60 });
    expect((await app.biller()).needs.breaker.isOpen).toBe(false);
  });

  test.each(DIFFERENT)("%s: the first of them does not keep the key from being checked", async (_name, fault) => {
    await using app = await appWithBadCustomers(fault);
    await app.run();
    expect((await app.biller()).isKeyChecked).toBe(true);
    expect((await app.store.installation()).livemode).toBe(false);
  });
});

describe("customers whose charges alone are refused with 403", () => {
  const REFUSED = { kind: "not_sent", unauthorized: true } as const;
  const TRACE = { httpStatus: 403, logId: null, because: "status 403" };

  /** Each of the bad has two subscriptions, and comes first. */
  async function appWithRefused(bad: number): Promise<AppFixture> {
    const app = await openApp();
    for (let index = 0; index < bad; index++)
      for (const plan of ["one", "two"])
        await app.subscribe(`bad${index}-${plan}`, {
          ...{ customerId: `cus_bad${index}`, startLocal: "2026-01-31T08:00" },
        });
    for (let index = 0; index < GOOD; index++) await app.subscribe(`good${String(index).padStart(2, "0")}`);
    const { answer } = app.gateway;
    app.gateway.answer = (intent, orderId) =>
      intent.customerId.startsWith("cus_bad") ? { ...REFUSED, trace: TRACE } : answer(intent, orderId);
    return app;
  }

  const triesOf = (app: AppFixture) =>
    app.gateway.charges.filter(({ intent }) => intent.customerId.startsWith("cus_bad")).length;

  test("five of them: everybody else is charged in the same run, and every light is red", async () => {
    await using app = await appWithRefused(5);
    const { summary, incompleteBecause } = await (await app.biller()).tick(new AbortController().signal);
    expect(summary).toMatchObject({ outcomes: { paid: GOOD, not_sent: 5 }, haltReason: null, unreadable: 5 });
    expect(incompleteBecause).toMatch(/5 .*cannot be read or charged/);
    expect(await app.store.statusCounts(app.clock.now())).toMatchObject({ unreadable: { count: 5 } });
    const rows = await app.list("attention");
    expect(rows.map(({ kind, because }) => `${kind} ${because}`)).toEqual(
      Array.from({ length: 10 }, () => "unreadable status 403"),
    );
  });

  test("each is tried again later and later, for one invoice at a time, and charged once Conekta takes it", async () => {
    await using app = await appWithRefused(1);
    for (let minute = 0; minute < 60; minute++) {
      await app.run();
      app.clock.advance(MINUTE_MS);
    }
    expect(triesOf(app)).toBeGreaterThanOrEqual(4);
    expect(triesOf(app)).toBeLessThanOrEqual(8);
    app.gateway.answer = paid;
    app.clock.advance(2 * HOUR_MS);
    expect(await app.run()).toMatchObject({ outcomes: { paid: 2 }, unreadable: 0 });
    expect(await app.list("attention")).toEqual([]);
  });

  test("after a day its invoices are held, one after the other, and a person's retry is made", async () => {
    await using app = await appWithRefused(1);
    for (let hour = 0; hour < 30; hour++) {
      await app.run();
      app.clock.advance(HOUR_MS + MINUTE_MS);
    }
    expect((await app.invoices("bad0-one"))[0]).toMatchObject({ status: "held", statusReason: "refused" });
    expect((await app.invoices("bad0-two"))[0]).toMatchObject({ status: "held", statusReason: "refused" });
    expect(triesOf(app)).toBeLessThanOrEqual(32);
    const tries = triesOf(app);
    for (let hour = 0; hour < 30; hour++) {
      await app.run();
      app.clock.advance(HOUR_MS);
    }
    expect(triesOf(app)).toBe(tries);
    app.gateway.answer = paid;
    await retryInvoice(app.needs, String((await app.invoices("bad0-one"))[0]?.invoiceId));
    expect(await app.run()).toMatchObject({ outcomes: { paid: 1 } });
  });

  test("sixty of them, who come first: the others wait for some minutes at most", async () => {
    await using app = await appWithRefused(60);
    let paidCount = 0;
    for (let minute = 0; minute < 20; minute++) {
      paidCount += (await app.run()).outcomes.paid;
      app.clock.advance(MINUTE_MS);
    }
    expect(paidCount).toBe(GOOD);
    expect((await app.store.installation()).haltReason).toBeNull();
  });
});

describe("flow order_first: a customer for whom no order can be made, every time", () => {
  const FAILED = { httpStatus: 500, logId: null, because: "status 500" };

  /** The bad customer has a subscription for each of three plans. */
  async function appWithoutOrder(): Promise<AppFixture> {
    const app = await openApp({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
    for (const plan of ["one", "two", "three"]) await app.subscribe(`bad-${plan}`, { customerId: "cus_bad" });
    await app.subscribe("good");
    return app;
  }

  function refuseOrders(app: AppFixture): string[] {
    const tries: string[] = [];
    const openOrder = app.gateway.openOrder.bind(app.gateway);
    app.gateway.openOrder = async (intent) => {
      if (intent.customerId !== "cus_bad") return await openOrder(intent);
      tries.push(intent.subscriptionId);
      return { kind: "not_sent", unauthorized: false, trace: FAILED };
    };
    return tries;
  }

  test("is put aside as one, and every light is red; others are charged", async () => {
    await using app = await appWithoutOrder();
    const tries = refuseOrders(app);
    const { summary, incompleteBecause } = await (await app.biller()).tick(new AbortController().signal);
    expect(summary).toMatchObject({ outcomes: { paid: 1 }, haltReason: null, unreadable: 1 });
    expect(incompleteBecause).toMatch(/1 .*cannot be read or charged/);
    for (let minute = 0; minute < 60; minute++) {
      app.clock.advance(MINUTE_MS);
      await app.run();
    }
    expect(tries.length).toBeLessThanOrEqual(8);
  });

  test("has each invoice held after a day, and not tried for ever", async () => {
    await using app = await appWithoutOrder();
    const tries = refuseOrders(app);
    for (let hour = 0; hour < 40; hour++) {
      await app.run();
      app.clock.advance(HOUR_MS + MINUTE_MS);
    }
    for (const plan of ["one", "two", "three"])
      expect((await app.invoices(`bad-${plan}`))[0]).toMatchObject({ status: "held", statusReason: "refused" });
    expect(tries.length).toBeLessThanOrEqual(40);
  });
});

describe("flow order_first: a customer whose every charge is answered with nothing, and of whom no charge is found", () => {
  const INVOICE = "bad";

  async function appWithLostCharges(): Promise<AppFixture> {
    const app = await openApp({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
    await app.subscribe(INVOICE, { customerId: "cus_bad" });
    await app.subscribe("good");
    const { answer } = app.gateway;
    app.gateway.answer = (intent, orderId) => (intent.customerId === "cus_bad" ? unknown() : answer(intent, orderId));
    return app;
  }

  async function liveHours(app: AppFixture, hours: number, each: () => Promise<void> = async () => {}): Promise<void> {
    for (let turn = 0; turn < hours * 12; turn++) {
      await app.run();
      await each();
      app.clock.advance(5 * MINUTE_MS);
    }
  }

  test("is on the list at every moment, also between two tries, and every light is red", async () => {
    await using app = await appWithLostCharges();
    await liveHours(app, 2);
    const kinds = new Set<string>();
    await liveHours(app, 3, async () => {
      const rows = await app.list("attention");
      expect(rows).toHaveLength(1);
      kinds.add(String(rows[0]?.kind));
      expect(
        (await app.run()).unreadable + (await app.store.statusCounts(app.clock.now())).unknown.count,
      ).toBeGreaterThan(0);
    });
    expect(kinds).toEqual(new Set(["unknown", "unreadable"]));
  });

  test("has its invoice held after a day, and not tried for ever; a person's retry is made", async () => {
    await using app = await appWithLostCharges();
    await liveHours(app, 20);
    await app.subscribe("another");
    await liveHours(app, 20);
    expect((await app.invoices("another"))[0]).toMatchObject({ status: "paid" });
    expect((await app.invoices(INVOICE))[0]).toMatchObject({ status: "held", statusReason: "refused" });
    const tries = app.gateway.charges.length;
    await liveHours(app, 10);
    expect(app.gateway.charges).toHaveLength(tries);
    app.gateway.answer = paid;
    await retryInvoice(app.needs, String((await app.invoices(INVOICE))[0]?.invoiceId));
    expect(await app.run()).toMatchObject({ outcomes: { paid: 1 }, unreadable: 0 });
    expect(await app.list("attention")).toEqual([]);
  });

  test("a page that is never made is no charge of hers: she is not put aside for it", async () => {
    const link = { methods: ["card", "cash"], expiresAfterDays: 5 } as const;
    await using app = await openApp({
      env: { CONEKTA_CHARGE_FLOW: "order_first" },
      policies: [policyOf({ retryAfterDays: [], paymentLink: link })],
    });
    await app.subscribe(INVOICE, { customerId: "cus_bad" });
    app.gateway.next.push(declined("new_card"));
    app.gateway.openPaymentLink = async () => unknown();
    await liveHours(app, 3);
    expect((await app.list("attempts", {})).filter(({ state }) => state === "not_sent").length).toBeGreaterThan(2);
    expect((await app.list("attention")).filter(({ kind }) => kind === "unreadable")).toEqual([]);
  });

  test("is not held while nobody's charge is answered: that is the gateway's fault", async () => {
    await using app = await appWithLostCharges();
    app.gateway.answer = () => unknown();
    await liveHours(app, 40);
    expect((await app.invoices(INVOICE))[0]).toMatchObject({ status: "open" });
    app.gateway.answer = paid;
    await liveHours(app, 2);
    expect((await app.invoices(INVOICE))[0]).toMatchObject({ status: "paid" });
  });

  test("is not held for a charge that was lost before anybody's was answered again", async () => {
    await using app = await appWithLostCharges();
    app.gateway.answer = () => unknown();
    await liveHours(app, 40);
    const isUnknown = async () =>
      (await app.list("attempts")).some(({ invoiceId, state }) => invoiceId === idOfBad && state === "unknown");
    const idOfBad = (await app.invoices(INVOICE))[0]?.invoiceId;
    while (!(await isUnknown())) await liveHours(app, 1 / 12);
    app.gateway.answer = paid;
    await app.subscribe("another");
    await liveHours(app, 2);
    expect((await app.invoices("another"))[0]).toMatchObject({ status: "paid" });
    expect((await app.invoices(INVOICE))[0]).toMatchObject({ status: "paid" });
  });
});

test("control: when every read is refused for the key, nobody is charged", async () => {
  await using app = await appWithBadCustomers(new GatewayUnauthorized("status 401"));
  await app.run();
  const charged = app.gateway.charges.length;
  app.clock.advance(HOUR_MS);
  app.gateway.probe = async () => {
    throw new GatewayUnauthorized("status 401");
  };
  expect(await app.run()).toMatchObject({ haltReason: "status 401" });
  expect(app.gateway.charges).toHaveLength(charged);
});
