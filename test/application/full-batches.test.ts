/** More bad things than one batch holds, and they come first: whatever comes after them is reached all the same. */
import { expect, test } from "@jest/globals";
import { WEBHOOKS_AT_ONCE } from "../../src/application/webhooks/process-webhooks.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { openApp } from "../support/app-fixture.ts";
import { customerOf, HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { paymentFor, pending, TRACE } from "../support/scripted-gateway.ts";

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
