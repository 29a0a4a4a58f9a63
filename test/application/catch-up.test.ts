/** Several downtimes in a row: missed invoices keep their distance, a person's word goes first. */
import { describe, expect, test } from "@jest/globals";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { pauseSubscription } from "../../src/application/subscriptions/pause-subscription.ts";
import type { CatchUp } from "../../src/domain/calendar/catch-up.ts";
import { DAY_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { declined, notSent } from "../support/scripted-gateway.ts";

/** A daily plan of 09:00; the daemon comes back on 5 February at noon, with the days from 1 February unbilled. */
async function afterDowntime(): Promise<AppFixture> {
  const app = await openApp({ now: "2026-02-05T18:00:00Z", env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "50" } });
  const order = { billPast: true, startLocal: "2026-02-01T09:00" };
  await app.subscribe("a", order, { interval: "day", catchUp: "oldest_first" });
  return app;
}

/** The cycles that a run charged. */
async function cyclesOf(app: AppFixture): Promise<number[]> {
  const before = app.gateway.charges.length;
  await app.run();
  return app.gateway.charges.slice(before).flatMap(({ intent }) => intent.cycle ?? []);
}

async function missedIn(app: AppFixture, cycles: readonly number[]): Promise<number[]> {
  const rows = await app.invoices("a");
  return cycles.filter((cycle) => rows[cycle]?.["missed"] === true);
}

describe("oldest_first", () => {
  test("a command that opens what is due plans it as a run would have, behind what waits already", async () => {
    const plans: unknown[] = [];
    for (const openAgain of [
      (app: AppFixture): Promise<unknown> => app.open(),
      (app: AppFixture): Promise<unknown> => pauseSubscription(app.needs, "a"),
    ]) {
      await using app = await afterDowntime();
      await app.open();
      app.clock.advance(4 * DAY_MS);
      await openAgain(app);
      const rows = await app.invoices("a");
      plans.push(rows.map(({ cycle, missed, nextAttemptAt }) => [cycle, missed, nextAttemptAt?.slice(0, 10)]));
    }
    expect(plans[1]).toEqual(plans[0]);
    // Control: the missed ones of the second downtime come after the last of the first.
    expect(plans[0]).toEqual(expect.arrayContaining([[5, true, "2026-02-10"]]));
  });

  test("after a second downtime one missed invoice a local day still, besides the newly due one", async () => {
    await using app = await afterDowntime();
    expect(await cyclesOf(app)).toEqual([0, 4]);
    app.clock.advance(3 * DAY_MS);
    const charged: number[][] = [];
    for (let day = 0; day < 9; day++) {
      // More than one tick a day.
      charged.push([...(await cyclesOf(app)), ...(await cyclesOf(app))]);
      app.clock.advance(DAY_MS);
    }
    const missed = await Promise.all(charged.map((cycles) => missedIn(app, cycles)));
    expect(missed).toEqual([[1], [2], [3], [5], [6], [], [], [], []]);
    expect(await app.invoiceWords("a")).not.toContain("open");
  });

  test("tells what was postponed, once each, and by which rule", async () => {
    await using app = await afterDowntime();
    await app.run();
    app.clock.advance(3 * DAY_MS);
    await app.run();
    await app.run();
    const events = (await app.store.list("events", { where: { type: "invoice.postponed" } })).map(
      ({ data }) => data as Record<string, unknown>,
    );
    expect(events.map(({ nextAttemptAt }) => nextAttemptAt)).toEqual([
      "2026-02-09T18:00:00.000Z",
      "2026-02-10T18:00:00.000Z",
    ]);
    expect(events[0]).toMatchObject({ rule: { name: "catch_up_spacing" } });
  });

  test("one that could not be sent keeps the day, and goes on the same day", async () => {
    await using app = await afterDowntime();
    app.gateway.next.push(() => notSent());
    await app.run();
    app.clock.advance(3 * DAY_MS);
    app.gateway.next.push(() => notSent());
    await app.run();
    const before = app.gateway.charges.length;
    app.clock.advance(3_600_000);
    await app.run();
    const cycles = app.gateway.charges.slice(before).flatMap(({ intent }) => intent.cycle ?? []);
    expect(await missedIn(app, cycles)).toEqual([0]);
  });

  test("a retry after a decline follows dunning, and keeps no missed one waiting", async () => {
    await using app = await afterDowntime();
    app.gateway.next.push(declined("retry_later"));
    expect(await missedIn(app, await cyclesOf(app))).toEqual([0]);
    const charged: number[] = [];
    for (let day = 0; day < 6; day++) {
      app.clock.advance(DAY_MS);
      charged.push(...(await missedIn(app, await cyclesOf(app))));
    }
    expect(charged.filter((cycle) => cycle > 0)).toEqual([1, 2, 3]);
    expect(charged.filter((cycle) => cycle === 0)).toHaveLength(1);
  });

  test("a person who asks for a retry does not wait for the turn", async () => {
    await using app = await afterDowntime();
    await app.run();
    app.clock.advance(60_000);
    const rows = await app.invoices("a");
    await retryInvoice(app.needs, String(rows[3]?.["invoiceId"]));
    expect(await cyclesOf(app)).toEqual([3]);
    app.clock.advance(DAY_MS);
    expect(await missedIn(app, await cyclesOf(app))).toEqual([1]);
  });
});

describe("several missed ones that fail together", () => {
  /** Six weeks unbilled, and one card that has expired; the policy tells the customer a page. */
  async function afterSixWeeks(catchUp: CatchUp): Promise<AppFixture> {
    const paymentLink = { methods: ["card", "cash"], expiresAfterDays: 5 } as const;
    const app = await openApp({
      now: "2026-02-16T18:00:00Z",
      policies: [policyOf({ retryAfterDays: [], paymentLink })],
    });
    await app.subscribe("a", { billPast: true, startLocal: "2026-01-05T09:00" }, { interval: "week", catchUp });
    return app;
  }

  test.each(["all", "oldest_first"] as const)(
    "%s: only the earliest is decided, and one page is told",
    async (catchUp) => {
      await using app = await afterSixWeeks(catchUp);
      app.gateway.answer = declined("new_card");
      for (let day = 0; day < 3; day++) {
        await app.run();
        app.clock.advance(DAY_MS);
      }
      expect(app.gateway.charges).toHaveLength(1);
      expect(app.gateway.links).toHaveLength(1);
      expect(await app.list("dunning")).toMatchObject([{ cycle: 0 }]);
    },
  );

  test("all: with a good card each is charged, the oldest first, in one run", async () => {
    await using app = await afterSixWeeks("all");
    expect(await cyclesOf(app)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("all: what is paid on the page lets the next be tried", async () => {
    await using app = await afterSixWeeks("all");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    app.gateway.payLink(app.gateway.links[0]?.orderId ?? "", { method: "cash" });
    app.clock.advance(DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe([0, 1, 2, 3, 4, 5, 6].map((cycle) => `${cycle} paid`).join(", "));
  });
});

describe("MAX_CHARGES_PER_CUSTOMER_PER_DAY", () => {
  /** Charged twice today, declined, and put off. */
  async function putOffAtTheLimit(): Promise<{ readonly app: AppFixture; readonly invoiceId: string }> {
    const app = await openApp({ env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "2" } });
    await app.subscribe("a");
    app.gateway.next.push(declined("try_again_soon"), declined("try_again_soon"));
    for (let hour = 0; hour < 6; hour++) {
      await app.run();
      app.clock.advance(3_600_000);
    }
    expect(app.gateway.charges).toHaveLength(2);
    return { app, invoiceId: String((await app.invoices())[0]?.invoiceId) };
  }

  test("a person's retry goes through within the 24 hours", async () => {
    const { app, invoiceId } = await putOffAtTheLimit();
    await using _ = app;
    await retryInvoice(app.needs, invoiceId);
    expect(await app.run()).toMatchObject({ outcomes: { paid: 1 } });
  });

  test("one request frees one try: the next waits for the day to be over", async () => {
    const { app, invoiceId } = await putOffAtTheLimit();
    await using _ = app;
    await retryInvoice(app.needs, invoiceId);
    app.gateway.next.push(declined("try_again_soon"));
    await app.run();
    app.clock.advance(2 * 3_600_000);
    await app.run();
    expect(app.gateway.charges).toHaveLength(3);
    const [row] = await app.store.list("invoices", { where: { invoiceId } });
    expect(row).toMatchObject({ status: "open", nextAttemptAt: expect.stringMatching(/^2026-02-01/) });
  });

  test("a try that never reached Conekta does not use the request up", async () => {
    const { app, invoiceId } = await putOffAtTheLimit();
    await using _ = app;
    await retryInvoice(app.needs, invoiceId);
    app.gateway.next.push(() => notSent());
    await app.run();
    app.clock.advance(3_600_000);
    await app.run();
    const [row] = await app.store.list("invoices", { where: { invoiceId } });
    expect(row).toMatchObject({ status: "paid" });
  });
});
