import { describe, expect, test } from "@jest/globals";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import { pauseSubscription, resumeSubscription } from "../../src/application/subscriptions/pause-subscription.ts";
import type { CatchUp } from "../../src/domain/calendar/catch-up.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { SubscriptionOrder } from "../../src/domain/subscription.ts";
import { DAY_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";

/** Cycle 4, of 31 May, is the current one; 0 to 3 were missed. */
const JUNE = "2026-06-10T15:00:00Z";

describe("what is opened", () => {
  test.each<[string, Partial<SubscriptionOrder>, Partial<Plan>, string, string]>([
    // now, order, plan, invoices, because
    ["2026-01-31T14:59:59Z", {}, {}, "", "a second early"],
    ["2026-01-31T15:00:00Z", {}, {}, "0 open", "due this instant"],
    ["2026-03-31T14:59:59Z", {}, {}, "1 open", "the period it is in, not the one that is over"],
    [JUNE, {}, {}, "4 open", "the past is not billed by accident"],
    [JUNE, { billPast: true }, { catchUp: "all" }, "0 open, 1 open, 2 open, 3 open, 4 open", "but it is on purpose"],
    [JUNE, {}, { trialPeriodDays: 200 }, "", "the trial goes on"],
    [JUNE, { billPast: true }, { expiryCount: 2, catchUp: "all" }, "0 open, 1 open", "two charges were agreed"],
    [JUNE, { discount: { percent: 100 } }, {}, "4 paid", "nothing to collect is paid, without an attempt"],
    [
      JUNE,
      { discount: { percent: 100 }, billPast: true },
      { catchUp: "ask" },
      "0 paid, 1 paid, 2 paid, 3 paid, 4 paid",
      "nobody is asked about nothing",
    ],
  ])("at %s with %j %j: %j (%s)", async (now, order, plan, expected) => {
    await using app = await openApp({ now });
    await app.subscribe("a", order, plan);
    await app.open();
    expect(await app.invoiceWords("a")).toBe(expected);
    expect(await app.attempts()).toEqual([]);
    // Any run may be repeated.
    expect(await app.open()).toEqual({ opened: 0, setAside: [] });
    expect(await app.invoiceWords("a")).toBe(expected);
  });

  test.each<[CatchUp, string, string]>([
    ["oldest_first", "0 open 10, 1 open 11, 2 open 12, 3 open 13, 4 open 10", "one missed a day, besides the new one"],
    ["latest_only", "0 void, 1 void, 2 void, 3 void, 4 open 10", "the old ones are forgiven, with the reason"],
    ["all", "0 open 10, 1 open 10, 2 open 10, 3 open 10, 4 open 10", "as the plan says"],
    ["ask", "0 held, 1 held, 2 held, 3 held, 4 open 10", "a person decides"],
  ])("after four months of downtime, %s: %s (%s)", async (catchUp, expected) => {
    await using app = await openApp({ now: JUNE });
    await app.subscribe("a", { billPast: true }, { catchUp });
    await app.open();
    const rows = await app.invoices("a");
    const words = rows.map(({ cycle, status, nextAttemptAt }) =>
      [cycle, status, ...(typeof nextAttemptAt === "string" ? [nextAttemptAt.slice(8, 10)] : [])].join(" "),
    );
    expect(words.join(", ")).toBe(expected);
    expect(rows.map((row) => row["missed"])).toEqual([true, true, true, true, false]);
  });

  test("I2: a daily plan that was forgotten for months comes in pieces, each day once, none left out", async () => {
    await using app = await openApp({ now: "2026-07-01T15:00:00Z" });
    await app.subscribe("a", { billPast: true }, { interval: "day", catchUp: "latest_only" });
    expect(await app.open()).toMatchObject({ opened: 152 });
    const rows = await app.invoices("a");
    expect(rows.map((row) => row["cycle"])).toEqual(Array.from({ length: 152 }, (_, cycle) => cycle));
    expect(rows.map((row) => row["status"])).toEqual([...Array.from({ length: 151 }, () => "void"), "open"]);
    for (const [index, row] of rows.slice(1).entries()) expect(row["periodStart"]).toBe(rows[index]?.["periodEnd"]);
  });

  test("a price that changes is the price of the invoices opened after it", async () => {
    await using app = await openApp();
    await app.subscribe("a");
    await app.open();
    await app.store.write(app.clock.now(), async (records) => {
      const plan = await records.plan("oro");
      if (plan !== null) plan.lineItems = [{ name: "Plan Oro", unitPriceCents: 30000, quantity: 1 }];
    });
    app.clock.advance(28 * DAY_MS);
    await app.open();
    expect((await app.invoices("a")).map((row) => row["amountCents"])).toEqual([20015, 30000]);
  });

  test("quantity and discount are multiplied in and taken off, once, at the opening", async () => {
    await using app = await openApp();
    await app.subscribe("a", { quantity: 3, discount: { amountCents: 45 } });
    await app.open();
    expect((await app.invoices("a"))[0]).toMatchObject({
      amountCents: 60000,
      discountCents: 45,
      lineItems: [{ name: "Plan Oro", unitPriceCents: 20015, quantity: 3, sku: "ORO" }],
    });
  });
});

describe("what the subscription becomes", () => {
  test("the end of a trial makes it active, with its first invoice", async () => {
    await using app = await openApp();
    await app.subscribe("a", {}, { trialPeriodDays: 14 });
    expect(await app.subscription("a")).toMatchObject({
      status: "trialing",
      nextBillingAt: "2026-02-14T15:00:00.000Z",
    });
    app.clock.advance(14 * DAY_MS);
    await app.open();
    expect(await app.subscription("a")).toMatchObject({ status: "active", nextCycle: 1 });
    expect((await app.eventTypes()).slice(-2)).toEqual(["invoice.opened", "subscription.activated"]);
  });

  test("the last of its charges, paid, completes it", async () => {
    await using app = await openApp();
    await app.subscribe("a", {}, { expiryCount: 2 });
    await app.run();
    app.clock.advance(28 * DAY_MS);
    await app.open();
    expect(await app.subscription("a")).toMatchObject({ status: "active", nextBillingAt: null });
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "completed" });
    app.clock.advance(365 * DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid");
  });

  test("one that is free to its last cycle is completed without any charge", async () => {
    await using app = await openApp();
    await app.subscribe("a", { discount: { percent: 100 } }, { expiryCount: 1 });
    await app.open();
    expect(await app.subscription("a")).toMatchObject({ status: "completed" });
  });

  test("paused, its calendar goes on and each cycle is void, with the reason; resumed, the next is owed", async () => {
    await using app = await openApp();
    await app.subscribe("a");
    await app.run();
    await pauseSubscription(app.needs, "a");
    app.clock.set(new Date("2026-04-01T15:00:00Z"));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 void paused, 2 void paused");
    await resumeSubscription(app.needs, "a");
    app.clock.set(new Date("2026-05-01T15:00:00Z"));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 void paused, 2 void paused, 3 paid");
  });

  test("unpaid, its calendar goes on as well and each cycle is void, with that reason", async () => {
    await using app = await openApp();
    await app.subscribe("a");
    await app.store.write(app.clock.now(), async (records) => {
      const subscription = await records.subscription("a");
      if (subscription !== null) subscription.status = "unpaid";
    });
    await app.open();
    expect(await app.invoiceWords("a")).toBe("0 void unpaid");
  });

  test("canceled at the end of its period: nothing that begins then or later is opened", async () => {
    await using app = await openApp();
    await app.subscribe("a");
    await app.open();
    const { endsAt } = await cancelSubscription(app.needs, "a", { atOnce: false });
    expect(endsAt).toEqual(new Date("2026-02-28T15:00:00Z"));
    expect(await app.subscription("a")).toMatchObject({ status: "active", cancelAt: endsAt.toISOString() });
    app.clock.set(endsAt);
    await app.open();
    expect(await app.subscription("a")).toMatchObject({ status: "canceled", nextBillingAt: null });
    expect(await app.invoiceWords("a")).toBe("0 open");
    expect((await app.eventTypes()).at(-1)).toBe("subscription.canceled");
  });

  test("canceled at the end of a period that passed in downtime: what began before it is still owed", async () => {
    await using app = await openApp();
    await app.subscribe("a", {}, { interval: "week", catchUp: "all" });
    await app.open();
    await app.store.write(app.clock.now(), async (records) => {
      const subscription = await records.subscription("a");
      if (subscription !== null) subscription.cancelAt = new Date("2026-02-21T15:00:00Z");
    });
    app.clock.set(new Date("2026-06-01T15:00:00Z"));
    await app.open();
    expect(await app.invoiceWords("a")).toBe("0 open, 1 open, 2 open");
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
  });
});

describe("a row that cannot be understood, or written, does not stop everybody else's billing", () => {
  test.each<[string, (app: AppFixture) => Promise<void>]>([
    ["its zone exists nowhere", (app) => changeSubscription(app, (row) => void (row.timeZone = "Mars/Olympus"))],
    ["its cursor points at a cycle that was opened", (app) => changeSubscription(app, moveBack)],
  ])("%s: set aside, and told", async (_what, spoil) => {
    await using app = await openApp();
    await app.subscribe("bad");
    await app.open();
    app.clock.advance(28 * DAY_MS);
    for (const id of ["a", "z"]) await app.subscribe(id);
    await spoil(app);
    expect(await app.open()).toEqual({ opened: 2, setAside: ["bad"] });
    expect(await app.invoiceWords("a")).toBe("1 open");
    expect(await app.invoiceWords("bad")).toBe("0 open");
    expect(app.logged.filter((line) => line.includes("subscription.set_aside"))).toHaveLength(1);
  });
});

async function changeSubscription(
  app: AppFixture,
  change: (row: { timeZone: string; nextCycle: number; nextBillingAt: Date | null }) => void,
): Promise<void> {
  await app.store.write(app.clock.now(), async (records) => {
    const row = await records.subscription("bad");
    if (row !== null) change(row);
  });
}

function moveBack(row: { nextCycle: number; nextBillingAt: Date | null }): void {
  row.nextCycle = 0;
  row.nextBillingAt = new Date("2026-01-31T15:00:00Z");
}
