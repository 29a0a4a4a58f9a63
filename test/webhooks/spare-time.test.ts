/** The time between two ticks: orders are read again for disputes in number, and no charge waits for them. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { BillNeeds } from "../../src/application/run/bill-due.ts";
import { createBiller } from "../../src/application/run/biller.ts";
import { GatewayRefused } from "../../src/domain/errors.ts";
import { useSpareTime } from "../../src/application/run/spare-time.ts";
import { spareTime } from "../../src/entrypoints/spare-time.ts";
import { type AppFixture, openApp } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { DAY_MS } from "../support/records.ts";

/** More than a tick and a batch. */
const CHARGES = 130;
const GO_ON = new AbortController().signal;

let app: AppFixture;
/** Each test has the reads of one of the days after the charges for itself. */
beforeAll(async () => {
  app = await openApp({ sandbox: {}, policies: [policyOf({ onChargeback: "charge" })] });
  for (let place = 0; place < CHARGES; place++) await app.subscribeWithCard(`s${place}`);
  await app.run();
}, 60_000);
afterAll(() => app[Symbol.asyncDispose]());

type Reads = { readonly needs: BillNeeds; readonly read: string[]; readonly most: () => number };

/** @param before each read answers after it */
async function readsOf(before: (orderId: string) => Promise<void> = () => new Promise(setImmediate)): Promise<Reads> {
  const { needs } = await app.biller();
  const read: string[] = [];
  let [atOnce, most] = [0, 0];
  const readOrder = async (orderId: string) => {
    read.push(orderId);
    most = Math.max(most, (atOnce += 1));
    try {
      await before(orderId);
      return await needs.webhooks.orders.readOrder(orderId);
    } finally {
      atOnce -= 1;
    }
  };
  const { webhooks } = needs;
  const slow = { ...needs, webhooks: { ...webhooks, orders: { ...webhooks.orders, readOrder } } };
  return { needs: slow, read, most: () => most };
}

const limits = { concurrency: 64 };

describe("orders that are due to be read again", () => {
  test("are none at a tick of the daemon and 20 at one of `run`; the rest is read before the next, eight at once, each once", async () => {
    app.clock.advance(7 * DAY_MS);
    const daemon = await readsOf();
    const biller = await app.biller();
    await createBiller(daemon.needs, biller.owner, { ...biller.limits, rereadsAtATick: 0 }).tick(GO_ON);
    expect(daemon.read).toEqual([]);
    const orders = app.sandbox.orders().map(({ orderId }) => orderId);
    app.sandbox.dispute(orders.at(-1) ?? "", { status: "under_review" });
    await app.run();
    expect(await app.list("disputes")).toEqual([]);

    const { needs, read, most } = await readsOf();
    expect(await useSpareTime(needs, limits, GO_ON)).toBe(CHARGES - 20);
    expect([new Set(read).size, read.length, most()]).toEqual([CHARGES - 20, CHARGES - 20, 8]);
    expect(await app.list("disputes")).toMatchObject([{ status: "under_review", outcome: "open" }]);
    // Nothing is left.
    expect(await useSpareTime(needs, limits, GO_ON)).toBe(0);
  });

  test("no more at once than CHARGE_CONCURRENCY allows; and one that cannot be read keeps no other waiting", async () => {
    app.clock.advance(23 * DAY_MS);
    const [disputed] = await app.list("disputes");
    const { needs, read, most } = await readsOf(async (orderId) => {
      await new Promise(setImmediate);
      if (orderId === disputed?.orderId) throw new GatewayRefused("status 422", { httpStatus: 422, code: null });
    });
    await useSpareTime(needs, { concurrency: 3 }, GO_ON);
    expect([new Set(read).size, most()]).toEqual([CHARGES, 3]);
  });

  test("are left where they are as soon as the time is over, and none is passed over", async () => {
    app.clock.advance(30 * DAY_MS);
    const over = new AbortController();
    const { needs, read } = await readsOf(async () => {
      if (read.length === 50) over.abort();
      await new Promise(setImmediate);
    });
    const first = await useSpareTime(needs, limits, over.signal);
    expect(first).toBe(read.length);
    expect(first).toBeLessThan(60);
    await useSpareTime(needs, limits, GO_ON);
    expect(new Set(read).size).toBe(CHARGES);
  });

  test("the place that was reached is not lost to one who is behind", async () => {
    app.clock.advance(30 * DAY_MS);
    const { store, clock } = app;
    const all = await store.disputeReads(clock.now(), 500);
    await store.noteDisputeReads(all.slice(0, 100), clock.now());
    await store.noteDisputeReads(all.slice(0, 20), clock.now());
    expect(await store.disputeReads(clock.now(), 500)).toEqual(all.slice(100));
    await useSpareTime((await app.biller()).needs, limits, GO_ON);
  });

  test("a gateway that fails is left alone", async () => {
    const { needs, read } = await readsOf();
    const breaker = Object.create(needs.breaker, { isOpen: { value: true } }) as BillNeeds["breaker"];
    expect(await useSpareTime({ ...needs, breaker }, limits, GO_ON)).toBe(0);
    expect(read).toEqual([]);
  });
});

describe("a tick that begins meanwhile", () => {
  test("waits for no read that hangs: who is due is charged", async () => {
    app.clock.advance(30 * DAY_MS);
    const hanging = Promise.withResolvers<void>();
    const { needs, read } = await readsOf(() => hanging.promise);
    const spare = spareTime(needs, limits);
    spare.begin();
    while (read.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    spare.end();
    expect((await app.run()).outcomes.paid).toBeGreaterThan(0);
    spare.begin();
    hanging.resolve();
    await spare[Symbol.asyncDispose]();
    // The one that had begun ended with its eight.
    expect(read).toHaveLength(8);
  });
});
