/** What keeps a storm, a wrong clock or a refused key small. */
import { describe, expect, test } from "@jest/globals";
import { GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { openDesk, type Desk, type DeskOptions } from "../support/desk.ts";
import { notSent, paid, unknown } from "../support/scripted-gateway.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

async function deskWith(count: number, options: DeskOptions = {}): Promise<Desk> {
  const desk = await openDesk(options);
  for (let index = 0; index < count; index++) await desk.subscribe(`s${String(index).padStart(2, "0")}`);
  return desk;
}

describe("a storm", () => {
  test.each<["unknown" | "not sent", string]>([
    ["unknown", "5xx and timeouts: each may have moved money"],
    ["not sent", "nobody listens there"],
  ])("of answers that are %s costs fewer than ten calls; the rest stays due", async (kind, _because) => {
    await using desk = await deskWith(30, { env: { CHARGE_CONCURRENCY: "16" } });
    desk.gateway.answer = kind === "unknown" ? () => unknown() : () => notSent();
    const summary = await desk.run();
    expect(desk.gateway.charges.length).toBeLessThan(10);
    expect(summary.outcomes.paid).toBe(0);
    const states = (await desk.attemptStates()).split(" ");
    expect(states.filter((state) => state === "sending" || state === "claimed")).toEqual([]);
    const { dueInvoices } = await desk.app.store.statusCounts(desk.clock.now());
    expect(dueInvoices).toBe(30 - desk.gateway.charges.length);
  });

  test.each([4, 16, 32])("that breaks out with %i charges under way costs those, and no other", async (concurrency) => {
    await using desk = await deskWith(140, { env: { CHARGE_CONCURRENCY: String(concurrency) } });
    desk.gateway.answer = async (intent, orderId) => {
      for (let moment = 0; moment < 40; moment++) await new Promise((resolve) => setImmediate(resolve));
      return desk.gateway.charges.length > 90 ? unknown() : paid(intent, orderId);
    };
    const summary = await desk.run();
    expect(desk.gateway.mostInFlight).toBe(concurrency);
    expect(summary.outcomes.unknown).toBeGreaterThanOrEqual(5);
    expect(summary.outcomes.unknown).toBeLessThanOrEqual(Math.max(5, concurrency));
    expect((await desk.app.store.statusCounts(desk.clock.now())).dueInvoices).toBe(140 - desk.gateway.charges.length);
  });

  test("once it is known, nothing is claimed; one read every 30 seconds asks whether it is over", async () => {
    await using desk = await deskWith(12);
    desk.gateway.answer = unknown;
    await desk.run();
    const calls = desk.gateway.charges.length;
    // The one before was for the key.
    expect(desk.gateway.probes).toBe(1);
    desk.gateway.probes = 0;
    desk.gateway.answer = paid;

    desk.clock.advance(29 * SECOND_MS);
    await desk.run();
    expect([desk.gateway.probes, desk.gateway.charges.length]).toEqual([0, calls]);

    desk.clock.advance(1 * SECOND_MS);
    desk.gateway.failingReads.push(new GatewayUnavailable("still down"));
    await desk.run();
    expect([desk.gateway.probes, desk.gateway.charges.length]).toEqual([1, calls]);

    desk.clock.advance(30 * SECOND_MS);
    await desk.run();
    expect(desk.gateway.probes).toBe(2);
    expect(desk.gateway.charges).toHaveLength(12);
    expect(desk.logged.join("")).toMatch(/breaker\.opened[\s\S]*breaker\.still_open[\s\S]*breaker\.closed/);
  });

  test("control: declines are answers, and no storm", async () => {
    await using desk = await deskWith(12);
    await desk.run();
    expect(desk.gateway.charges).toHaveLength(12);
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
    await using desk = await deskWith(1);
    desk.gateway.skewMs = skewMs;
    const summary = await desk.run();
    expect(summary.opened).toBe(opened);
    expect(await desk.invoices()).toHaveLength(opened);
    expect(summary.clockSkewMs).toBe(opened === 1 ? null : skewMs);
  });

  test("is asked again before work is refused: a clock that was mended opens what waited", async () => {
    await using desk = await deskWith(1);
    desk.gateway.skewMs = 3_600_000;
    expect((await desk.run()).opened).toBe(0);
    desk.gateway.probe = async () => {
      desk.gateway.skewMs = 0;
      return { livemode: false };
    };
    expect((await desk.run()).opened).toBe(1);
  });
});

describe("a key that is refused", () => {
  test("halts charging at once, also after a restart, until the first read that succeeds", async () => {
    await using desk = await deskWith(20);
    desk.gateway.answer = () => ({
      kind: "not_sent",
      unauthorized: true,
      trace: { httpStatus: 401, logId: null, because: "status 401" },
    });
    const summary = await desk.run();
    expect(summary.haltReason).toBe("status 401");
    const calls = desk.gateway.charges.length;
    expect(calls).toBeLessThan(10);

    desk.gateway.failingReads.push(new GatewayUnauthorized("status 401"));
    desk.gateway.answer = paid;
    expect((await desk.run()).haltReason).toBe("status 401");
    expect(desk.gateway.charges).toHaveLength(calls);

    desk.clock.advance(60 * MINUTE_MS);
    expect((await desk.run()).haltReason).toBeNull();
    expect(await desk.invoiceWords()).toBe(Array(20).fill("0 paid").join(", "));
    expect(await desk.eventTypes()).toEqual(expect.arrayContaining(["charging.halted", "charging.resumed"]));
  });
});

describe("a process that was succeeded", () => {
  test("says so and ends, instead of ticking on without ever charging", async () => {
    await using desk = await deskWith(1);
    await desk.biller();
    await desk.app.store.takeOver("own_successor");
    await expect(desk.run()).rejects.toMatchObject({ name: "AlreadyRunning" });
    expect(desk.gateway.charges).toEqual([]);
  });
});
