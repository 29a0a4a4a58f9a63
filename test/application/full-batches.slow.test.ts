/** More bad things than one batch holds, and they come first: whatever comes after them is reached all the same. */
import { expect, test } from "@jest/globals";
import { WEBHOOKS_AT_ONCE } from "../../src/application/webhooks/process-webhooks.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { customerOf, DAY_MS, HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { policyOf } from "../support/policy.ts";
import { declined, paymentFor, pending, TRACE } from "../support/scripted-gateway.ts";

/** Of inquiries. */
const BATCH = 500;

test("webhooks about orders that never answer: the one behind them is followed within two ticks", async () => {
  await using app = await openApp();
  await app.subscribe("good");
  const bad = Array.from({ length: WEBHOOKS_AT_ONCE + 50 }, (_, index) => `ord_bad${index}`);
  for (const orderId of bad) app.gateway.sick.set(orderId, new GatewayUnavailable("status 500"));
  const webhook = { livemode: false, payload: {} };
  await app.store.inbox.receive(
    bad.map((orderId) => ({
      event: { ...webhook, id: `whe_${orderId}`, type: "order.paid", orderId, customerId: null },
      ignoredBecause: null,
    })),
    app.clock.now(),
  );
  app.clock.advance(1000);
  app.gateway.customers.set("cus_good", { ...customerOf("cus_good"), livemode: false });
  const event = { ...webhook, id: "whe_good", type: "customer.updated", orderId: null, customerId: "cus_good" };
  await app.store.inbox.receive([{ event, ignoredBecause: null }], app.clock.now());
  await app.run();
  app.clock.advance(MINUTE_MS);
  await app.run();
  expect(app.gateway.readCustomers).toContain("cus_good");
});

test("orders that cannot be read, more than a batch of inquiries: the payment behind them is booked in the same run", async () => {
  await using app = await openApp();
  const ids = Array.from({ length: BATCH + 20 }, (_, index) => `a${String(index).padStart(3, "0")}`);
  for (const id of ids) await app.subscribe(id);
  app.gateway.answer = pending;
  await app.run();
  const charges = app.gateway.charges.map(({ intent }) => intent);
  const last = charges.at(-1)!;
  for (const { reference } of charges.slice(0, -1))
    app.gateway.sick.set(`ord_${reference}`, new GatewayUnavailable("status 500"));
  app.gateway.shows.set(last.reference, { kind: "paid", payment: paymentFor(last, null), trace: TRACE });
  app.clock.advance(HOUR_MS);
  expect(await app.run()).toMatchObject({ outcomes: { paid: 1 }, haltReason: null, unreadable: BATCH + 19 });
});

test("an order whose read always fails is asked about less and less often, shown, and held within days", async () => {
  await using app = await openApp();
  await app.subscribe("a");
  app.gateway.answer = pending;
  await app.run();
  const [charge] = app.gateway.charges;
  app.gateway.sick.set(`ord_${charge?.intent.reference}`, new GatewayUnavailable("status 500"));
  app.clock.advance(20 * MINUTE_MS);
  expect(await app.run()).toMatchObject({ unreadable: 1 });
  expect(await app.list("attention")).toMatchObject([{ kind: "unreadable", because: expect.stringMatching(/500/) }]);
  let reads = 0;
  const readCharge = app.gateway.readCharge.bind(app.gateway);
  app.gateway.readCharge = async (...asked) => {
    reads += 1;
    return await readCharge(...asked);
  };
  for (let minute = 0; minute < 3 * 24 * 60; minute += 15) {
    app.clock.advance(15 * MINUTE_MS);
    await app.run();
  }
  expect(reads).toBeLessThan(80);
  expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome");
  expect(await app.list("attention")).toMatchObject([{ kind: "held" }]);
  app.clock.advance(HOUR_MS);
  reads = 0;
  await app.run();
  expect(reads).toBe(0);
});

/** More than one batch of rechecks, or of cards to keep. */
const FEW = 60;

async function appWithPages(count: number): Promise<AppFixture> {
  const paymentLink = { methods: ["card", "cash"], expiresAfterDays: 2 } as const;
  const app = await openApp({ policies: [policyOf({ retryAfterDays: [], graceDays: 30, paymentLink })] });
  for (let each = 0; each < count; each++) await app.subscribe(`a${String(each).padStart(2, "0")}`);
  app.gateway.answer = declined("new_card");
  await app.run();
  expect(app.gateway.links).toHaveLength(count);
  return app;
}

test.each([3, FEW])(
  "%i lapsed links, of which the last two were paid late in cash: both are booked, whatever the others answer",
  async (count) => {
    await using app = await appWithPages(count);
    app.clock.advance(3 * DAY_MS);
    await app.run();
    const orders = app.gateway.links.map(({ orderId }) => orderId);
    for (const orderId of orders.slice(0, -2)) app.gateway.sick.set(orderId, new GatewayUnavailable("status 500"));
    for (const orderId of orders.slice(-2)) app.gateway.payLink(orderId, { method: "cash" });
    for (let day = 0; day < 4; day++) {
      app.clock.advance(DAY_MS);
      await app.run();
    }
    const rows = await app.list("invoices");
    expect(rows.filter(({ status }) => status === "paid")).toHaveLength(2);
  },
);

test("cards that paid a page, of customers who cannot be read, more than a batch: the last one becomes the default", async () => {
  await using app = await appWithPages(FEW);
  const links = [...app.gateway.links];
  for (const { orderId } of links) app.gateway.payLink(orderId, { method: "card", cardLast4: "9999" });
  const last = links.at(-1)?.intent.customerId ?? "";
  for (const { intent } of links.slice(0, -1))
    app.gateway.sick.set(intent.customerId, new GatewayUnavailable("status 500"));
  app.gateway.customers.set(last, { ...customerOf(last), livemode: false, paymentSourceId: "src_new" });
  for (let hour = 0; hour < 24; hour++) {
    app.clock.advance(HOUR_MS);
    await app.run();
  }
  const [customer] = await app.list("customers", { customerId: last });
  expect(customer).toMatchObject({ paymentSourceId: "src_new" });
});
