/** What concerns one customer, order or link never stops, starves or slows another; and whatever waits is shown. */
import { describe, expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { customerOf, HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";

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
  await app.store.write(app.clock.now(), async (records) => {
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

  test.each(FAULTS)("%s: each is asked again later and later, and charged once it answers", async (_name, fault) => {
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

  test("500, and there are sixty of them: the gateway is asked whether it is the customers, and it is", async () => {
    await using app = await appWithBadCustomers(new GatewayUnavailable("status 500"), 60);
    expect(await app.run()).toMatchObject({ outcomes: { paid: GOOD }, unreadable: 60 });
    expect((await app.biller()).needs.breaker.isOpen).toBe(false);
  });

  test("403, and the charge of one customer is refused so: the key is tried on another before anybody is halted", async () => {
    await using app = await appWithBadCustomers(new GatewayUnauthorized("status 403"), 0);
    const { answer } = app.gateway;
    app.gateway.answer = (intent, orderId) =>
      intent.customerId === "cus_good00"
        ? { kind: "not_sent", unauthorized: true, trace: { httpStatus: 403, logId: null, because: "status 403" } }
        : answer(intent, orderId);
    expect(await app.run()).toMatchObject({ outcomes: { paid: GOOD - 1, not_sent: 1 }, haltReason: null });
  });

  test.each(FAULTS)("%s: the first of them does not keep the key from being checked", async (_name, fault) => {
    await using app = await appWithBadCustomers(fault);
    await app.run();
    expect((await app.biller()).isKeyChecked).toBe(true);
    expect((await app.store.installation()).livemode).toBe(false);
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
