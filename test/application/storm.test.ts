/** What keeps a storm, a wrong clock or a refused key small. */
import { describe, expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import type { RunSummary } from "../../src/application/settling/run-summary.ts";
import { NOTHING_ANSWERED, withAnswer } from "../../src/domain/clock-check.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/domain/duration.ts";
import { customerOf } from "../support/records.ts";
import { openApp, type AppFixture, type AppOptions } from "../support/app-fixture.ts";
import { notSent, paid, unknown } from "../support/scripted-gateway.ts";

const SECOND_MS = 1000;

async function appWith(count: number, options: AppOptions = {}): Promise<AppFixture> {
  const app = await openApp(options);
  for (let index = 0; index < count; index++) await app.subscribe(`s${String(index).padStart(2, "0")}`);
  return app;
}

describe("a storm", () => {
  test.each<["unknown" | "not sent", string]>([
    ["unknown", "5xx and timeouts: each may have moved money"],
    ["not sent", "nobody listens there"],
  ])("of answers that are %s costs fewer than ten calls; the rest stays due", async (kind, _because) => {
    await using app = await appWith(30, { env: { CHARGE_CONCURRENCY: "16" } });
    app.gateway.answer = kind === "unknown" ? () => unknown() : () => notSent();
    const summary = await app.run();
    expect(app.gateway.charges.length).toBeLessThan(10);
    expect(summary.outcomes.paid).toBe(0);
    const states = (await app.attemptStates()).split(" ");
    expect(states.filter((state) => state === "sending" || state === "claimed")).toEqual([]);
    const { dueInvoices } = await app.store.statusCounts(app.clock.now());
    expect(dueInvoices).toBe(30 - app.gateway.charges.length);
  });

  test.each([4, 16, 32])("that breaks out with %i charges under way costs those, and no other", async (concurrency) => {
    await using app = await appWith(140, { env: { CHARGE_CONCURRENCY: String(concurrency) } });
    app.gateway.answer = async (intent, orderId) => {
      for (let moment = 0; moment < 40; moment++) await new Promise((resolve) => setImmediate(resolve));
      return app.gateway.charges.length > 90 ? unknown() : paid(intent, orderId);
    };
    const summary = await app.run();
    expect(app.gateway.mostInFlight).toBe(concurrency);
    expect(summary.outcomes.unknown).toBeGreaterThanOrEqual(5);
    expect(summary.outcomes.unknown).toBeLessThanOrEqual(Math.max(5, concurrency));
    // Those that were ready are due again after a while.
    const { dueInvoices } = await app.store.statusCounts(app.clock.now());
    expect(dueInvoices + summary.outcomes.not_sent).toBe(140 - app.gateway.charges.length);
    // A quarter more than may be at the gateway have their intents.
    expect(summary.outcomes.not_sent).toBeLessThanOrEqual(1.25 * concurrency);
  });

  test("once it is known, nothing is claimed; every 30 seconds a read asks whether it is over", async () => {
    await using app = await appWith(12);
    app.gateway.answer = unknown;
    await app.run();
    const calls = app.gateway.charges.length;
    // The one before was for the key.
    expect(app.gateway.probes).toBe(1);
    app.gateway.probes = 0;
    app.gateway.answer = paid;

    app.clock.advance(29 * SECOND_MS);
    await app.run();
    expect([app.gateway.probes, app.gateway.charges.length]).toEqual([0, calls]);

    app.clock.advance(1 * SECOND_MS);
    app.gateway.failingReads.push(...Array.from({ length: 3 }, () => new GatewayUnavailable("still down")));
    await app.run();
    // One customer, and then another and the list: it is not that customer alone.
    expect([app.gateway.probes, app.gateway.charges.length]).toEqual([3, calls]);

    app.clock.advance(30 * SECOND_MS);
    await app.run();
    // The read that shows it is over, and the one for whether the key knows the customers.
    expect(app.gateway.probes).toBe(5);
    expect(app.gateway.charges).toHaveLength(12);
    expect(app.logged.join("")).toMatch(/breaker\.opened[\s\S]*breaker\.still_open[\s\S]*breaker\.closed/);
  });

  test("is over when the read is answered with a refusal: whoever refuses is there", async () => {
    await using app = await appWith(12);
    app.gateway.answer = unknown;
    await app.run();
    app.gateway.answer = paid;
    app.clock.advance(30 * SECOND_MS);
    app.gateway.failingReads.push(new GatewayRefused("no such customer", { httpStatus: 404, code: "not_found" }));
    await app.run();
    expect(app.gateway.charges).toHaveLength(12);
  });

  test("control: declines are answers, and no storm", async () => {
    await using app = await appWith(12);
    await app.run();
    expect(app.gateway.charges).toHaveLength(12);
  });
});

describe("a clock more than five minutes off the gateway's", () => {
  test.each<[number, number, string]>([
    // skew in ms, invoices opened, because
    [5 * MINUTE_MS, 1, "clocks differ a little everywhere"],
    [-5 * MINUTE_MS, 1, "in both directions"],
    [5 * MINUTE_MS + 1, 0, "ahead: it would be billed too early"],
    [-5 * MINUTE_MS - 1, 0, "behind: today's would look like yesterday's"],
  ])("at %d ms opens %d", async (skewMs, opened, _because) => {
    await using app = await appWith(1);
    app.gateway.skewMs = skewMs;
    const summary = await app.run();
    expect(summary.opened).toBe(opened);
    expect(await app.invoices()).toHaveLength(opened);
    expect(summary.clockSkewMs).toBe(opened === 1 ? null : skewMs);
  });

  test("is asked again before work is refused: a clock that was mended opens what waited", async () => {
    await using app = await appWith(1);
    app.gateway.skewMs = 3_600_000;
    expect((await app.run()).opened).toBe(0);
    app.gateway.probe = async () => {
      app.gateway.skewMs = 0;
      return { livemode: false };
    };
    expect((await app.run()).opened).toBe(1);
  });
});

describe("the clock of an idle daemon", () => {
  /** A gateway whose answers have a date, by the true time. */
  async function idleFor(trueMs: number, { setByMs = 0, isSilent = false, dateLateMs = 0 }) {
    const app = await appWith(1, { now: "2026-01-31T14:30:00Z" });
    let evidence = NOTHING_ANSWERED;
    let lateMs = 0;
    let isGone = false;
    app.gateway.probe = async () => {
      if (isGone) throw new GatewayUnavailable("no answer");
      const [wallMs, monotonicMs] = [app.clock.now().getTime(), app.clock.monotonicMs()];
      evidence = withAnswer(evidence, { wallMs, monotonicMs, dateMs: START_MS + monotonicMs - lateMs });
      return { livemode: false };
    };
    app.gateway.clockEvidence = () => evidence;
    const START_MS = app.clock.now().getTime();
    expect((await app.run()).opened).toBe(0);
    lateMs = dateLateMs;
    isGone = isSilent;
    app.clock.advance(trueMs);
    app.clock.jump(new Date(app.clock.now().getTime() + setByMs));
    return app;
  }

  test.each<[number, Parameters<typeof idleFor>[1], Partial<RunSummary>, string]>([
    // idle for, what happened meanwhile, the next run, because
    [HOUR_MS, {}, { opened: 1, clock: "right" }, "the gateway is asked anew, and agrees"],
    [0, { setByMs: DAY_MS }, { opened: 0, clock: "wrong", clockSkewMs: DAY_MS }, "it was set ahead by a day"],
    [0, { setByMs: 40 * DAY_MS }, { opened: 0, clock: "wrong" }, "by forty days"],
    [0, { setByMs: DAY_MS, isSilent: true }, { opened: 0, clock: "wrong" }, "set, and the gateway confirms nothing"],
    [HOUR_MS, { isSilent: true }, { opened: 1, clock: "right" }, "nobody set it since it agreed"],
    [HOUR_MS, { dateLateMs: HOUR_MS }, { opened: 1, clock: "gateway_wrong" }, "the gateway's date is stale, not ours"],
  ])("after %d ms, %j: %j (%s)", async (trueMs, change, summary, _because) => {
    await using app = await idleFor(trueMs, change);
    expect(await app.run()).toMatchObject(summary);
  });

  test("is not believed before the gateway answered once", async () => {
    await using app = await appWith(1);
    app.gateway.clockEvidence = () => NOTHING_ANSWERED;
    expect(await app.run()).toMatchObject({ opened: 0, clock: "not_asked" });
  });
});

function refused(reads: number): GatewayUnauthorized[] {
  return Array.from({ length: reads }, () => new GatewayUnauthorized("status 401"));
}

describe("a key that is refused", () => {
  test.each<[answer: Error, isLifted: boolean, because: string]>([
    [new GatewayUnauthorized("status 401"), false, "it is refused still"],
    [new GatewayUnavailable("no answer"), false, "nobody answered, so nobody accepted it"],
    [
      new GatewayRefused("no such customer", { httpStatus: 404, code: "not_found" }),
      true,
      "a customer that is not there is an answer: the key was accepted",
    ],
  ])("halts until a read is answered; by %s it is lifted: %p (%s)", async (answer, isLifted) => {
    await using app = await appWith(2);
    app.gateway.answer = () => notSent(true);
    app.gateway.next.push(() => {
      // A customer, another one and the list.
      app.gateway.failingReads.push(...refused(3));
      return notSent(true);
    });
    expect((await app.run()).haltReason).not.toBeNull();
    app.clock.advance(60 * MINUTE_MS);
    app.gateway.answer = paid;
    app.gateway.failingReads.push(...Array.from({ length: isLifted ? 1 : 3 }, () => answer));
    expect((await app.run()).haltReason === null).toBe(isLifted);
    expect(await app.invoiceWords()).toBe(isLifted ? "0 paid, 0 paid" : "0 open, 0 open");
  });

  test("halts charging at once, also after a restart, until the first read that succeeds", async () => {
    await using app = await appWith(20);
    app.gateway.answer = () => ({
      kind: "not_sent",
      unauthorized: true,
      trace: { httpStatus: 401, logId: null, because: "status 401" },
    });
    app.gateway.next.push((intent) => {
      // A customer, another one and the list.
      app.gateway.failingReads.push(...refused(3));
      return app.gateway.answer(intent, null);
    });
    const summary = await app.run();
    expect(summary.haltReason).toBe("status 401");
    const calls = app.gateway.charges.length;
    expect(calls).toBeLessThan(10);

    app.gateway.failingReads.push(...refused(3));
    app.gateway.answer = paid;
    expect((await app.run()).haltReason).toBe("status 401");
    expect(app.gateway.charges).toHaveLength(calls);

    app.clock.advance(60 * MINUTE_MS);
    expect((await app.run()).haltReason).toBeNull();
    expect(await app.invoiceWords()).toBe(Array(20).fill("0 paid").join(", "));
    expect(await app.eventTypes()).toEqual(expect.arrayContaining(["charging.halted", "charging.resumed"]));
  });
});

describe("a process that is to end", () => {
  test("reads no customer more than those it has begun", async () => {
    await using app = await openApp({ env: { CHARGE_CONCURRENCY: "4" } });
    for (let index = 0; index < 60; index++) await app.subscribe(`s${index}`);
    await app.store.write(new Date(app.clock.now().getTime() - 2 * DAY_MS), async (records) => {
      for (let index = 0; index < 60; index++)
        await records.putCustomer({ ...customerOf(`cus_s${index}`), paymentSourceId: null });
    });
    const stop = new AbortController();
    const readCustomer = app.gateway.readCustomer.bind(app.gateway);
    app.gateway.readCustomer = async (id) => {
      if (app.gateway.readCustomers.length === 10) stop.abort();
      return await readCustomer(id);
    };
    await app.run(stop.signal);
    expect(app.gateway.readCustomers.length).toBeGreaterThanOrEqual(10);
    expect(app.gateway.readCustomers.length).toBeLessThan(20);
  });
});

test("a process that is to end waits for no answer to the reading of a customer, and blames nobody", async () => {
  await using app = await openApp();
  await app.subscribe("a");
  await app.store.write(new Date(app.clock.now().getTime() - 2 * DAY_MS), async (records) => {
    await records.putCustomer({ ...customerOf("cus_a"), paymentSourceId: null });
  });
  const stop = new AbortController();
  app.gateway.readCustomer = async () => {
    setImmediate(() => stop.abort());
    return await new Promise<never>(() => {});
  };
  expect(await app.run(stop.signal)).toMatchObject({ unreadable: 0 });
  expect(await app.invoiceWords("a")).toBe("0 open");
});

describe("a gateway that asks to be left alone for ten minutes", () => {
  test("is left alone by what was not sent", async () => {
    await using app = await appWith(1);
    app.gateway.answer = () => ({ ...notSent(), retryAfterMs: 10 * MINUTE_MS });
    await app.run();
    const [invoice] = await app.invoices();
    const at = Date.parse(String(invoice?.["nextAttemptAt"]));
    expect(at - app.clock.now().getTime()).toBe(10 * MINUTE_MS);
  });
});

describe("a process that was succeeded", () => {
  test("says so and ends, instead of ticking on without ever charging", async () => {
    await using app = await appWith(1);
    await app.biller();
    await app.store.takeOver("own_successor");
    await expect(app.run()).rejects.toMatchObject({ name: "AlreadyRunning" });
    expect(app.gateway.charges).toEqual([]);
  });

  test("in mid-run, while its charge was under way, leaves no green light", async () => {
    await using app = await appWith(2, { env: { CHARGE_CONCURRENCY: "1" } });
    app.gateway.next.push(async (intent, orderId) => {
      await app.store.takeOver("own_successor");
      return paid(intent, orderId);
    });
    const { summary, incompleteBecause } = await (await app.biller()).tick(new AbortController().signal);
    expect(summary.outcomes.paid).toBe(1);
    expect(incompleteBecause).toBe("another process has taken over the right to charge");
  });
});
