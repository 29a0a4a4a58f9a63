/** A backup that was put back: it must not charge what was charged since it was made. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { checkNotRestored } from "../../src/application/run/restore-fence.ts";
import { setAsideOrders } from "../../src/application/reconcile/sweep-orders.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { blindBiller, AMOUNT_CENTS, MINUTE_MS, openShop, type Shop, START } from "./shop.ts";

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MONTH_MS = 31 * DAY_MS;

let shop: Shop;
afterEach(async () => await shop[Symbol.asyncDispose]());

async function restoredShop(before: (opened: Shop) => Promise<unknown> = () => Promise.resolve()): Promise<void> {
  shop = await openShop();
  await shop.subscribe("ana");
  await shop.run();
  await shop.backUp();
  shop.clock.advance(MONTH_MS);
  await before(shop);
  await shop.run();
  shop.clock.advance(MINUTE_MS);
  await shop.putBack();
}

// oxlint-disable-next-line require-yield
async function* unreached(): AsyncGenerator<never> {
  throw new GatewayUnavailable("no connection", { wasReached: false });
}

function listings(): number {
  return shop.sandbox.requests().filter(({ method, path }) => method === "GET" && path === "/orders").length;
}

async function installation() {
  return await shop.app().store.installation();
}

describe("restored books", () => {
  test("halt charging, name the command, and charge no card", async () => {
    await restoredShop();
    const summary = await shop.run();
    expect(summary.haltReason).toContain(
      `puntual reconcile --since ${new Date(START.getTime() - 2 * DAY_MS).toISOString()}`,
    );
    expect(await installation()).toMatchObject({ haltKind: "restored" });
    // Nor does an answering gateway open it.
    expect((await shop.run()).outcomes).toMatchObject({ paid: 0, not_sent: 0, unknown: 0 });
    expect(shop.sandbox.ledger()).toHaveLength(2);
  });

  test("a sweep that covers what they lack takes it in, lifts the halt, and nothing is charged twice", async () => {
    await restoredShop();
    await shop.run();
    const { haltReconcileSince } = await installation();
    const report = await shop.sweep(haltReconcileSince ?? START);
    expect(report).toMatchObject({ known: 1, chargingResumed: true, unmatched: 0 });
    expect(report.adopted).toMatchObject([{ subscriptionId: "ana", cycle: 1, outcome: "paid" }]);
    expect(await installation()).toMatchObject({ haltKind: null, haltReason: null });

    const summary = await shop.run();
    expect(summary).toMatchObject({ haltReason: null, outcomes: { paid: 0 } });
    expect(await shop.rows("invoices")).toMatchObject([{ status: "paid" }, { status: "paid" }]);
    expect(shop.sandbox.ledger()).toHaveLength(2);
    shop.clock.advance(MONTH_MS);
    expect((await shop.run()).outcomes.paid).toBe(1);
    expect(shop.sandbox.ledger()).toHaveLength(3);
  });

  test("in order_first the order goes back to its invoice, with every try of it", async () => {
    shop = await openShop({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
    await shop.subscribe("ana", "tok_test_insufficient_funds");
    await shop.backUp();
    await shop.run();
    shop.clock.set(new Date(String((await shop.rows("invoices"))[0]?.["nextAttemptAt"])));
    expect((await shop.run()).outcomes.declined).toBe(1);
    expect(shop.sandbox.orders()).toMatchObject([{ charges: 2 }]);
    await shop.putBack();
    expect((await shop.run()).haltReason).not.toBeNull();
    const report = await shop.sweep((await installation()).haltReconcileSince ?? START);
    expect(report).toMatchObject({ chargingResumed: true, unmatched: 0, adopted: [{ outcome: "declined" }] });
    const [order] = shop.sandbox.orders();
    expect(await shop.rows("invoices")).toMatchObject([{ status: "open", declines: 2, orderId: order?.orderId }]);
    expect(await shop.rows("attempts")).toMatchObject([
      { number: 1, state: "declined", flow: "order_first", orderId: order?.orderId },
      { number: 2, state: "declined", flow: "order_first", orderId: order?.orderId },
    ]);
    shop.clock.advance(9 * DAY_MS);
    expect((await shop.run()).outcomes.declined).toBe(1);
    expect(shop.sandbox.orders()).toMatchObject([{ charges: 3 }]);
  });

  test("an order of a cycle that costs nothing by now has no place: a person must decide, and charging stays halted", async () => {
    await restoredShop();
    await shop.app().store.write(shop.clock.now(), async (books) => {
      for (const plan of await books.plans())
        plan.lineItems = plan.lineItems.map((line) => ({ ...line, unitPriceCents: 0 }));
    });
    await shop.run();
    const report = await shop.sweep((await installation()).haltReconcileSince ?? START);
    expect(report).toMatchObject({ unmatched: 1, chargingResumed: false, adopted: [] });
    expect(report.mismatched).toMatchObject([{ cycle: 1, because: expect.stringContaining("asks for nothing") }]);
    expect(await installation()).toMatchObject({ haltKind: "restored" });
  });

  test("a sweep of less than that takes in what it sees, and leaves charging halted", async () => {
    await restoredShop();
    await shop.run();
    const late = await shop.sweep(new Date(shop.clock.now().getTime() - 2 * MINUTE_MS));
    expect(late).toMatchObject({ chargingResumed: false });
    expect(late.adopted).toHaveLength(1);
    expect(await installation()).toMatchObject({ haltKind: "restored" });
  });

  test("a backup from between the opening and the charge: the same invoice and reference, adopted all the same", async () => {
    shop = await openShop();
    await shop.subscribe("ana");
    shop.sandbox.inject({ kind: "429", call: "POST /orders" });
    expect((await shop.run()).outcomes.not_sent).toBe(1);
    await shop.backUp();
    shop.clock.advance(60 * MINUTE_MS);
    expect((await shop.run()).outcomes.paid).toBe(1);
    await shop.putBack();
    expect((await shop.run()).haltReason).not.toBeNull();
    const report = await shop.sweep((await installation()).haltReconcileSince ?? START);
    expect(report.adopted).toMatchObject([{ outcome: "paid", cycle: 0 }]);
    expect(await shop.rows("attempts")).toMatchObject([
      { number: 1, state: "not_sent" },
      { number: 2, state: "paid" },
    ]);
    await shop.run();
    expect(shop.sandbox.ledger()).toHaveLength(1);
  });

  test("nobody is charged before the gateway has shown its orders, nothing is burned, and it is asked again", async () => {
    await restoredShop();
    const { needs } = await shop.app().biller();
    const { sweep } = needs;
    // Away for the list, and back before the first charge would be sent.
    expect(await checkNotRestored({ ...needs, sweep: { ...sweep, lister: { listOrders: unreached } } })).toBe("unread");

    shop.sandbox.inject({ kind: "refuse" });
    expect(await shop.run()).toMatchObject({ opened: 1, outcomes: { paid: 0, not_sent: 0, unknown: 0 } });
    expect(await shop.rows("invoices", { status: "open" })).toMatchObject([{ cycle: 1, faults: 0, declines: 0 }]);
    expect(await shop.rows("attempts")).toHaveLength(1);
    shop.sandbox.clearFaults();
    expect((await shop.run()).haltReason).not.toBeNull();
    expect(shop.sandbox.ledger()).toHaveLength(2);
  });

  test("a clock that was hours ahead at the last sending hides no charge that was made in those hours", async () => {
    let aheadMs = 0;
    shop = await openShop({ now: () => new Date((shop?.clock.now() ?? START).getTime() - aheadMs) });
    await shop.subscribe("ana");
    await shop.subscribe("beto", "tok_test_visa_4242", "2026-12-01T10:00");
    shop.sandbox.inject({ kind: "429", call: "POST /orders" });
    await shop.run();
    aheadMs = 6 * HOUR_MS;
    shop.clock.advance(aheadMs);
    expect((await shop.run()).outcomes.paid).toBe(1);
    aheadMs = 0;
    await shop.backUp();
    shop.clock.set(new Date(START.getTime() + HOUR_MS));
    expect((await shop.run()).outcomes.paid).toBe(1);
    shop.clock.advance(2 * HOUR_MS);
    await shop.putBack();

    expect((await shop.run()).haltReason).not.toBeNull();
    const report = await shop.sweep((await installation()).haltReconcileSince ?? START);
    expect(report).toMatchObject({ chargingResumed: true, adopted: [{ subscriptionId: "beto", outcome: "paid" }] });
    await shop.run();
    expect(shop.sandbox.ledger()).toHaveLength(2);
  });

  test("a clock that is hours behind hides no charge that was made before it was", async () => {
    let behindMs = 0;
    shop = await openShop({ now: () => new Date((shop?.clock.now() ?? START).getTime() + behindMs) });
    await shop.subscribe("ana");
    shop.sandbox.inject({ kind: "429", call: "POST /orders" });
    await shop.run();
    await shop.backUp();
    shop.clock.advance(6 * HOUR_MS);
    expect((await shop.run()).outcomes.paid).toBe(1);
    behindMs = 5 * HOUR_MS;
    shop.clock.set(new Date(START.getTime() + HOUR_MS + MINUTE_MS));
    await shop.putBack();

    expect((await shop.run()).haltReason).not.toBeNull();
    expect((await shop.sweep((await installation()).haltReconcileSince ?? START)).chargingResumed).toBe(true);
    await shop.run();
    expect(shop.sandbox.ledger()).toHaveLength(1);
  });

  test("a sending of long ago is looked back to, and a quiet year costs a dozen listings", async () => {
    await restoredShop();
    shop.clock.set(new Date(START.getTime() + 400 * DAY_MS));
    const before = listings();
    expect((await shop.run()).haltReason).not.toBeNull();
    expect(shop.sandbox.ledger()).toHaveLength(2);
    const since = (await installation()).haltReconcileSince ?? START;
    expect(since).toEqual(START);
    expect(await shop.sweep(since)).toMatchObject({ chargingResumed: true, adopted: [{ cycle: 1, outcome: "paid" }] });
    const { needs } = await shop.app().biller();
    const between = listings();
    expect(between - before).toBeLessThanOrEqual(24);
    expect(await checkNotRestored(needs)).toBe("checked");
    expect(listings() - between).toBeLessThanOrEqual(12);
  });

  test("a reference that was given twice is found out", async () => {
    shop = await openShop();
    await shop.subscribe("ana");
    shop.sandbox.inject({ kind: "429", call: "POST /orders" });
    await shop.run();
    await shop.backUp();
    shop.clock.advance(60 * MINUTE_MS);
    expect((await shop.run()).outcomes.paid).toBe(1);
    await shop.putBack();

    const { needs } = await shop.app().biller();
    const blind = await blindBiller(shop.app());
    shop.sandbox.inject({ kind: "429", call: "POST /orders" });
    const { summary } = await blind.tick(new AbortController().signal);
    expect(summary).toMatchObject({ haltReason: null, outcomes: { not_sent: 1 } });
    const references = (await shop.rows("attempts")).map(({ reference }) => reference);
    expect(references).toContain(shop.sandbox.ledger()[0]?.referenceId);

    expect(await checkNotRestored(needs)).toBe("checked");
    expect(await installation()).toMatchObject({ haltKind: "restored" });
    expect((await shop.sweep((await installation()).haltReconcileSince ?? START)).chargingResumed).toBe(true);
    shop.clock.advance(60 * MINUTE_MS);
    await shop.run();
    expect(shop.sandbox.ledger()).toHaveLength(1);
    expect(await checkNotRestored(needs)).toBe("checked");
    expect(await installation()).toMatchObject({ haltKind: null });
  });

  test("an order without a place in them keeps charging halted, until it has one or a person sets it aside", async () => {
    await restoredShop((opened) => opened.subscribe("beto"));
    await shop.run();
    const since = (await installation()).haltReconcileSince ?? START;
    const report = await shop.sweep(since);
    expect(report).toMatchObject({ chargingResumed: false, unmatched: 1 });
    expect(report.mismatched[0]?.because).toContain("no subscription beto");
    expect(await shop.rows("invoices", { subscriptionId: "ana" })).toHaveLength(2);

    const orderId = report.mismatched[0]?.orderId ?? "";
    await setAsideOrders(await shop.sweepNeeds(), [orderId], { why: "beto was a test", by: "maria" });
    expect(await shop.sweep(since)).toMatchObject({ chargingResumed: true, unmatched: 0 });
    expect((await shop.run()).haltReason).toBeNull();
    expect(await shop.rows("events", { type: "order.set_aside" })).toMatchObject([
      { data: { orderId, why: "beto was a test", by: "maria" } },
    ]);
  });

  test("books in order pass the fence, also the very first ones", async () => {
    shop = await openShop();
    expect((await shop.run()).haltReason).toBeNull();
    await shop.subscribe("ana", "tok_test_card_declined");
    await shop.run();
    await shop.backUp();
    expect((await shop.run()).haltReason).toBeNull();
    expect(shop.sandbox.ledger()).toMatchObject([{ status: "declined", amountCents: AMOUNT_CENTS }]);
  });
});
