/** Several downtimes in a row: missed invoices keep their distance, a person's word goes first. */
import { describe, expect, test } from "@jest/globals";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { DAY_MS } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";
import { declined, notSent } from "../support/scripted-gateway.ts";

/** A daily plan of 09:00; the daemon comes back on 5 February at noon, with the days from 1 February unbilled. */
async function afterDowntime(): Promise<Desk> {
  const desk = await openDesk({ now: "2026-02-05T18:00:00Z", env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "50" } });
  const order = { billPast: true, startLocal: "2026-02-01T09:00" };
  await desk.subscribe("a", order, { interval: "day", catchUp: "oldest_first" });
  return desk;
}

/** The cycles that a run charged. */
async function cyclesOf(desk: Desk): Promise<number[]> {
  const before = desk.gateway.charges.length;
  await desk.run();
  return desk.gateway.charges.slice(before).map(({ intent }) => intent.cycle);
}

async function missedIn(desk: Desk, cycles: readonly number[]): Promise<number[]> {
  const rows = await desk.invoices("a");
  return cycles.filter((cycle) => rows[cycle]?.["missed"] === true);
}

describe("oldest_first", () => {
  test("after a second downtime one missed invoice a local day still, besides the newly due one", async () => {
    await using desk = await afterDowntime();
    expect(await cyclesOf(desk)).toEqual([0, 4]);
    desk.clock.advance(3 * DAY_MS);
    const charged: number[][] = [];
    for (let day = 0; day < 9; day++) {
      // More than one tick a day.
      charged.push([...(await cyclesOf(desk)), ...(await cyclesOf(desk))]);
      desk.clock.advance(DAY_MS);
    }
    const missed = await Promise.all(charged.map((cycles) => missedIn(desk, cycles)));
    expect(missed).toEqual([[1], [2], [3], [5], [6], [], [], [], []]);
    expect(await desk.invoiceWords("a")).not.toContain("open");
  });

  test("tells what was postponed, once each, and by which rule", async () => {
    await using desk = await afterDowntime();
    await desk.run();
    desk.clock.advance(3 * DAY_MS);
    await desk.run();
    await desk.run();
    const events = (await desk.app.store.list("events", { where: { type: "invoice.postponed" } })).map(
      ({ data }) => data as Record<string, unknown>,
    );
    expect(events.map(({ nextAttemptAt }) => nextAttemptAt)).toEqual([
      "2026-02-09T18:00:00.000Z",
      "2026-02-10T18:00:00.000Z",
    ]);
    expect(events[0]).toMatchObject({ rule: { name: "catch_up_spacing" } });
  });

  test("one that could not be sent keeps the day, and goes on the same day", async () => {
    await using desk = await afterDowntime();
    desk.gateway.next.push(() => notSent());
    await desk.run();
    desk.clock.advance(3 * DAY_MS);
    desk.gateway.next.push(() => notSent());
    await desk.run();
    const before = desk.gateway.charges.length;
    desk.clock.advance(3_600_000);
    await desk.run();
    const cycles = desk.gateway.charges.slice(before).map(({ intent }) => intent.cycle);
    expect(await missedIn(desk, cycles)).toEqual([0]);
  });

  test("a retry after a decline follows dunning, and keeps no missed one waiting", async () => {
    await using desk = await afterDowntime();
    desk.gateway.next.push(declined("retry_later"));
    expect(await missedIn(desk, await cyclesOf(desk))).toEqual([0]);
    const charged: number[] = [];
    for (let day = 0; day < 6; day++) {
      desk.clock.advance(DAY_MS);
      charged.push(...(await missedIn(desk, await cyclesOf(desk))));
    }
    expect(charged.filter((cycle) => cycle > 0)).toEqual([1, 2, 3]);
    expect(charged.filter((cycle) => cycle === 0)).toHaveLength(1);
  });

  test("a person who asks for a retry does not wait for the turn", async () => {
    await using desk = await afterDowntime();
    await desk.run();
    desk.clock.advance(60_000);
    const rows = await desk.invoices("a");
    await retryInvoice(desk.needs, String(rows[3]?.["invoiceId"]));
    expect(await cyclesOf(desk)).toEqual([3]);
    desk.clock.advance(DAY_MS);
    expect(await missedIn(desk, await cyclesOf(desk))).toEqual([1]);
  });
});

describe("MAX_CHARGES_PER_CUSTOMER_PER_DAY", () => {
  async function heldAtTheLimit(): Promise<{ readonly desk: Desk; readonly invoiceId: string }> {
    const desk = await openDesk({ env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "2" } });
    for (const id of ["a", "b", "c", "d"]) await desk.subscribe(id, { customerId: "cus_1" });
    await desk.run();
    const held = (await desk.invoices()).filter(({ statusReason }) => statusReason === "daily_limit");
    expect(held).toHaveLength(2);
    desk.clock.advance(60_000);
    return { desk, invoiceId: String(held[0]?.["invoiceId"]) };
  }

  test("a person's retry goes through within the 24 hours, and only the one they asked for", async () => {
    const { desk, invoiceId } = await heldAtTheLimit();
    await using _ = desk;
    await retryInvoice(desk.needs, invoiceId);
    await desk.run();
    expect(desk.gateway.charges).toHaveLength(3);
    expect(desk.gateway.charges[2]?.intent.invoiceId).toBe(invoiceId);
    expect((await desk.invoices()).filter(({ statusReason }) => statusReason === "daily_limit")).toHaveLength(1);
  });

  test("one request frees one try: the next waits for the day to be over", async () => {
    const { desk, invoiceId } = await heldAtTheLimit();
    await using _ = desk;
    await retryInvoice(desk.needs, invoiceId);
    desk.gateway.next.push(declined("try_again_soon"));
    await desk.run();
    desk.clock.advance(2 * 3_600_000);
    await desk.run();
    expect(desk.gateway.charges).toHaveLength(3);
    const [row] = await desk.app.store.list("invoices", { where: { invoiceId } });
    expect(row).toMatchObject({ status: "open", nextAttemptAt: expect.stringMatching(/^2026-02-01/) });
  });

  test("a try that never reached Conekta does not use the request up", async () => {
    const { desk, invoiceId } = await heldAtTheLimit();
    await using _ = desk;
    await retryInvoice(desk.needs, invoiceId);
    desk.gateway.next.push(() => notSent());
    await desk.run();
    desk.clock.advance(3_600_000);
    await desk.run();
    const [row] = await desk.app.store.list("invoices", { where: { invoiceId } });
    expect(row).toMatchObject({ status: "paid" });
  });
});
