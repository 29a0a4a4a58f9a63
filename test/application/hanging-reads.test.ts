/** A read that hangs for half a minute, of whatever kind: nobody else's charge waits for it. */
import { expect, test } from "@jest/globals";
import { until } from "../daemon/real-process.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { customerOf, DAY_MS, HOUR_MS } from "../support/records.ts";
import { declined, paid, pending } from "../support/scripted-gateway.ts";

const GOOD = ["a", "b", "c"];
const paymentLink = { methods: ["card", "cash"], expiresAfterDays: 2 } as const;

/** Leaves everything that is to be read of `slow` due, and nobody read so far. */
const READS: readonly [
  what: string,
  read: "charge" | "order" | "customer",
  leave: (app: AppFixture) => Promise<void>,
][] = [
  [
    "an uncertain charge",
    "charge",
    async (app) => {
      app.gateway.answer = pending;
      await app.run();
      app.clock.advance(HOUR_MS);
    },
  ],
  [
    "the order of a webhook",
    "order",
    async (app) => {
      await app.run();
      const event = { id: "whe_1", type: "order.paid", orderId: "ord_slow", customerId: null, livemode: false };
      await app.store.inbox.receive([{ event: { ...event, payload: {} }, ignoredBecause: null }], app.clock.now());
    },
  ],
  [
    "a link that is over",
    "charge",
    async (app) => {
      app.gateway.answer = declined("new_card");
      await app.run();
      app.clock.advance(3 * DAY_MS);
      await app.run();
      app.clock.advance(DAY_MS);
    },
  ],
  [
    "a paid order, for disputes and refunds",
    "order",
    async (app) => {
      await app.run();
      app.clock.advance(10 * DAY_MS);
    },
  ],
  [
    "the customer who waits in dunning",
    "customer",
    async (app) => {
      app.gateway.answer = declined("new_card");
      await app.run();
      app.clock.advance(DAY_MS + HOUR_MS);
    },
  ],
  [
    "the customer of a subscription that is unpaid",
    "customer",
    async (app) => {
      app.gateway.answer = declined("new_card");
      await app.run();
      for (let day = 0; day < 32; day++) {
        app.clock.advance(DAY_MS);
        if (day < 26) await app.run();
      }
      expect(await app.list("subscriptions")).toMatchObject([{ status: "unpaid" }]);
    },
  ],
];

test.each(READS)("%s: everybody else is charged meanwhile", async (_what, read, leave) => {
  await using app = await openApp({ policies: [policyOf({ retryAfterDays: [], graceDays: 20, paymentLink })] });
  await app.subscribe("slow");
  await leave(app);
  const before = app.gateway.charges.length;
  const { promise: hangs, resolve: end } = Promise.withResolvers<void>();
  let hanging = 0;
  const hung = async (): Promise<void> => {
    hanging += 1;
    await hangs;
  };
  const readCharge = app.gateway.readCharge.bind(app.gateway);
  const readOrder = app.gateway.readOrder.bind(app.gateway);
  const readCustomer = app.gateway.readCustomer.bind(app.gateway);
  app.gateway.readCharge = async (...asked) => {
    if (read === "charge") await hung();
    return await readCharge(...asked);
  };
  app.gateway.readOrder = async (...asked) => {
    if (read === "order") await hung();
    return await readOrder(...asked);
  };
  app.gateway.readCustomer = async (...asked) => {
    if (read === "customer") await hung();
    return await readCustomer(...asked);
  };
  app.gateway.answer = paid;
  for (const id of GOOD) await app.subscribe(id);
  const ticking = (await app.assembly.biller({ readPatienceMs: 10 })).tick(new AbortController().signal);
  await until(() => app.gateway.charges.length === before + GOOD.length, "all others to be charged");
  expect(hanging).toBe(1);
  end();
  expect(await ticking).toMatchObject({ summary: { haltReason: null } });
});

test("a stop while a customer is read ends the run at once, and the next one reads her", async () => {
  await using app = await openApp();
  await app.subscribe("slow");
  const { paymentSourceId: _, ...card } = customerOf("cus_slow");
  await app.store.write(new Date(app.clock.now().getTime() - 2 * DAY_MS), async (records) => {
    await records.putCustomer({ ...card, paymentSourceId: null });
  });
  const readCustomer = app.gateway.readCustomer.bind(app.gateway);
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const { promise: never } = Promise.withResolvers<never>();
  app.gateway.readCustomer = async () => {
    begin();
    return await never;
  };
  const stop = new AbortController();
  const ticking = (await app.assembly.biller({ readPatienceMs: Infinity })).tick(stop.signal);
  await began;
  stop.abort();
  expect(await ticking).toMatchObject({ summary: { outcomes: { paid: 0 }, unreadable: 0 } });
  app.gateway.readCustomer = readCustomer;
  expect(await app.run()).toMatchObject({ outcomes: { paid: 1 } });
});
