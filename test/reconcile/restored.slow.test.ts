/** A backup that was put back: it must not charge what was charged since it was made. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { checkNotRestored } from "../../src/application/run/restore-fence.ts";
import { setAsideOrders } from "../../src/application/reconcile/sweep-orders.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import { createBiller } from "../../src/application/run/biller.ts";
import { AMOUNT_CENTS, START, blindBiller, openSweptApp, sweepOf, sweepNeedsOf } from "./swept-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { customerWith } from "../sandbox/caller.ts";
import { MINUTE_MS } from "../support/records.ts";

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MONTH_MS = 31 * DAY_MS;

let app: AppFixture;
afterEach(async () => await app[Symbol.asyncDispose]());

async function restoreBackup(
  before: (opened: AppFixture) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  app = await openSweptApp();
  await app.subscribeWithCard("ana");
  await app.runOnce();
  await app.backUp();
  app.clock.advance(MONTH_MS);
  await before(app);
  await app.runOnce();
  app.clock.advance(MINUTE_MS);
  await app.putBack();
}

// oxlint-disable-next-line require-yield
async function* unreached(): AsyncGenerator<never> {
  throw new GatewayUnavailable("no connection", { wasReached: false });
}

function listings(): number {
  return app.sandbox.requests().filter(({ method, path }) => method === "GET" && path === "/orders").length;
}

async function installation() {
  return await app.store.installation();
}

describe("restored books", () => {
  test("halt charging, name the command, and charge no card", async () => {
    await restoreBackup();
    const summary = await app.runOnce();
    expect(summary.haltReason).toContain("these books are older than what was last charged from them");
    const haltReconcileSince = new Date(START.getTime() - 2 * DAY_MS);
    expect(await installation()).toMatchObject({ haltKind: "restored", haltReconcileSince });
    // Nor does an answering gateway open it.
    expect((await app.runOnce()).outcomes).toMatchObject({ paid: 0, not_sent: 0, unknown: 0 });
    expect(app.sandbox.ledger()).toHaveLength(2);
  });

  test("a sweep that covers what they lack takes it in, lifts the halt, and nothing is charged twice", async () => {
    await restoreBackup();
    await app.runOnce();
    const { haltReconcileSince } = await installation();
    const report = await sweepOf(app, haltReconcileSince ?? START);
    expect(report).toMatchObject({ known: 1, chargingResumed: true, unmatched: 0 });
    expect(report.adopted).toMatchObject([{ subscriptionId: "ana", cycle: 1, outcome: "paid" }]);
    expect(await installation()).toMatchObject({ haltKind: null, haltReason: null });

    const summary = await app.runOnce();
    expect(summary).toMatchObject({ haltReason: null, outcomes: { paid: 0 } });
    expect(await app.list("invoices")).toMatchObject([{ status: "paid" }, { status: "paid" }]);
    expect(app.sandbox.ledger()).toHaveLength(2);
    app.clock.advance(MONTH_MS);
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    expect(app.sandbox.ledger()).toHaveLength(3);
  });

  test("in order_first the order goes back to its invoice, with every try of it", async () => {
    app = await openSweptApp({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
    await app.subscribeWithCard("ana", "tok_test_insufficient_funds");
    await app.backUp();
    await app.runOnce();
    app.clock.set(new Date(String((await app.list("invoices"))[0]?.["nextAttemptAt"])));
    expect((await app.runOnce()).outcomes.declined).toBe(1);
    expect(app.sandbox.orders()).toMatchObject([{ charges: 2 }]);
    await app.putBack();
    expect((await app.runOnce()).haltReason).not.toBeNull();
    const report = await sweepOf(app, (await installation()).haltReconcileSince ?? START);
    expect(report).toMatchObject({ chargingResumed: true, unmatched: 0, adopted: [{ outcome: "declined" }] });
    const [order] = app.sandbox.orders();
    expect(await app.list("invoices")).toMatchObject([{ status: "open", declines: 2, orderId: order?.orderId }]);
    expect(await app.list("attempts")).toMatchObject([
      { number: 1, state: "declined", flow: "order_first", orderId: order?.orderId },
      { number: 2, state: "declined", flow: "order_first", orderId: order?.orderId },
    ]);
    app.clock.advance(9 * DAY_MS);
    expect((await app.runOnce()).outcomes.declined).toBe(1);
    expect(app.sandbox.orders()).toMatchObject([{ charges: 3 }]);
  });

  test("an order of a cycle that costs nothing by now has no place: a person must decide, and charging stays halted", async () => {
    await restoreBackup();
    await app.store.write(app.clock.now(), async (records) => {
      for (const plan of await records.plans())
        plan.lineItems = plan.lineItems.map((line) => ({ ...line, unitPriceCents: 0 }));
    });
    await app.runOnce();
    const report = await sweepOf(app, (await installation()).haltReconcileSince ?? START);
    expect(report).toMatchObject({ unmatched: 1, chargingResumed: false, adopted: [] });
    expect(report.mismatched).toMatchObject([{ cycle: 1, because: expect.stringContaining("asks for nothing") }]);
    expect(await installation()).toMatchObject({ haltKind: "restored" });
  });

  test.each<[state: "unknown" | "released", isDue: boolean, because: string]>([
    ["unknown", false, "its inquiries come first: the invoice is not due beside it"],
    ["released", true, "it may move no money any more, and another try may be under way: nothing changes"],
  ])("a crash after a lost attempt was written down as %s: due %p (%s)", async (state, isDue, _because) => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    app.sandbox.inject({ kind: "429", call: "POST /orders" });
    await app.runOnce();
    const [invoice] = await app.list("invoices");
    const { needs } = await app.assembly.biller();
    const [invoiceId, now] = [String(invoice?.["invoiceId"]), app.clock.now()];
    const lost = {
      reference: `${invoiceId}-7`,
      invoiceId,
      flow: "single",
      orderId: "ord_lost",
      sentAt: now,
      state,
    } as const;
    await needs.sweep.records.importAttempt(lost, now);
    expect((await app.list("invoices"))[0]?.nextAttemptAt === null).toBe(!isDue);
  });

  test("a sweep of less than that takes in what it sees, and leaves charging halted", async () => {
    await restoreBackup();
    await app.runOnce();
    const late = await sweepOf(app, new Date(app.clock.now().getTime() - 2 * MINUTE_MS));
    expect(late).toMatchObject({ chargingResumed: false });
    expect(late.adopted).toHaveLength(1);
    expect(await installation()).toMatchObject({ haltKind: "restored" });
  });

  test("a backup from between the opening and the charge: the same invoice and reference, adopted all the same", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    app.sandbox.inject({ kind: "429", call: "POST /orders" });
    expect((await app.runOnce()).outcomes.not_sent).toBe(1);
    await app.backUp();
    app.clock.advance(60 * MINUTE_MS);
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    await app.putBack();
    expect((await app.runOnce()).haltReason).not.toBeNull();
    const report = await sweepOf(app, (await installation()).haltReconcileSince ?? START);
    expect(report.adopted).toMatchObject([{ outcome: "paid", cycle: 0 }]);
    expect(await app.list("attempts")).toMatchObject([
      { number: 1, state: "not_sent" },
      { number: 2, state: "paid" },
    ]);
    await app.runOnce();
    expect(app.sandbox.ledger()).toHaveLength(1);
  });

  test("nobody is charged before the gateway has shown its orders, nothing is burned, and it is asked again", async () => {
    await restoreBackup();
    const { needs } = await app.assembly.biller();
    const { sweep } = needs;
    // Away for the list, and back before the first charge would be sent.
    expect(await checkNotRestored({ ...needs, sweep: { ...sweep, lister: { listOrders: unreached } } })).toBe("unread");

    app.sandbox.inject({ kind: "refuse" });
    expect(await app.runOnce()).toMatchObject({ clock: "not_asked", outcomes: { paid: 0, not_sent: 0, unknown: 0 } });
    expect(await app.list("attempts")).toHaveLength(1);
    app.sandbox.clearFaults();
    expect((await app.runOnce()).haltReason).not.toBeNull();
    expect(app.sandbox.ledger()).toHaveLength(2);
  });

  test("a clock that was hours ahead at the last sending hides no charge that was made in those hours", async () => {
    let aheadMs = 0;
    app = await openSweptApp({ now: () => new Date((app?.clock.now() ?? START).getTime() - aheadMs) });
    await app.subscribeWithCard("ana");
    await app.subscribeWithCard("beto", "tok_test_visa_4242", "2026-12-01T10:00");
    app.sandbox.inject({ kind: "429", call: "POST /orders" });
    await app.runOnce();
    aheadMs = 6 * HOUR_MS;
    app.clock.jump(new Date(START.getTime() + aheadMs));
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    aheadMs = 0;
    await app.backUp();
    app.clock.set(new Date(START.getTime() + HOUR_MS));
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    app.clock.advance(2 * HOUR_MS);
    await app.putBack();

    expect((await app.runOnce()).haltReason).not.toBeNull();
    const report = await sweepOf(app, (await installation()).haltReconcileSince ?? START);
    expect(report).toMatchObject({ chargingResumed: true, adopted: [{ subscriptionId: "beto", outcome: "paid" }] });
    await app.runOnce();
    expect(app.sandbox.ledger()).toHaveLength(2);
  });

  test("a clock that is hours behind hides no charge that was made before it was", async () => {
    let behindMs = 0;
    app = await openSweptApp({ now: () => new Date((app?.clock.now() ?? START).getTime() + behindMs) });
    await app.subscribeWithCard("ana");
    app.sandbox.inject({ kind: "429", call: "POST /orders" });
    await app.runOnce();
    await app.backUp();
    app.clock.advance(6 * HOUR_MS);
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    behindMs = 5 * HOUR_MS;
    app.clock.set(new Date(START.getTime() + HOUR_MS + MINUTE_MS));
    await app.putBack();

    expect((await app.runOnce()).haltReason).not.toBeNull();
    expect((await sweepOf(app, (await installation()).haltReconcileSince ?? START)).chargingResumed).toBe(true);
    await app.runOnce();
    expect(app.sandbox.ledger()).toHaveLength(1);
  });

  test("a sending of long ago is looked back to, and a quiet year costs a dozen listings", async () => {
    await restoreBackup();
    app.clock.set(new Date(START.getTime() + 400 * DAY_MS));
    const before = listings();
    expect((await app.runOnce()).haltReason).not.toBeNull();
    expect(app.sandbox.ledger()).toHaveLength(2);
    const since = (await installation()).haltReconcileSince ?? START;
    expect(since).toEqual(START);
    expect(await sweepOf(app, since)).toMatchObject({
      chargingResumed: true,
      adopted: [{ cycle: 1, outcome: "paid" }],
    });
    const { needs } = await app.assembly.biller();
    const between = listings();
    expect(between - before).toBeLessThanOrEqual(24);
    expect(await checkNotRestored(needs)).toBe("checked");
    expect(listings() - between).toBeLessThanOrEqual(12);
  });

  test("a reference that was given twice is found out", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    app.sandbox.inject({ kind: "429", call: "POST /orders" });
    await app.runOnce();
    await app.backUp();
    app.clock.advance(60 * MINUTE_MS);
    expect((await app.runOnce()).outcomes.paid).toBe(1);
    await app.putBack();

    const { needs } = await app.assembly.biller();
    const blind = await blindBiller(app);
    app.sandbox.inject({ kind: "429", call: "POST /orders" });
    const { summary } = await blind.tick(new AbortController().signal);
    expect(summary).toMatchObject({ haltReason: null, outcomes: { not_sent: 1 } });
    const references = (await app.list("attempts")).map(({ reference }) => reference);
    expect(references).toContain(app.sandbox.ledger()[0]?.referenceId);

    expect(await checkNotRestored(needs)).toBe("checked");
    expect(await installation()).toMatchObject({ haltKind: "restored" });
    expect((await sweepOf(app, (await installation()).haltReconcileSince ?? START)).chargingResumed).toBe(true);
    app.clock.advance(60 * MINUTE_MS);
    await app.runOnce();
    expect(app.sandbox.ledger()).toHaveLength(1);
    expect(await checkNotRestored(needs)).toBe("checked");
    expect(await installation()).toMatchObject({ haltKind: null });
  });

  test("an order without a place in them keeps charging halted, until it has one or a person sets it aside", async () => {
    await restoreBackup((opened) => opened.subscribeWithCard("beto"));
    await app.runOnce();
    const since = (await installation()).haltReconcileSince ?? START;
    const report = await sweepOf(app, since);
    expect(report).toMatchObject({ chargingResumed: false, unmatched: 1 });
    expect(report.mismatched[0]?.because).toContain("no subscription beto");
    expect(await app.list("invoices", { subscriptionId: "ana" })).toHaveLength(2);

    const orderId = report.mismatched[0]?.orderId ?? "";
    await setAsideOrders(await sweepNeedsOf(app), [orderId], { why: "beto was a test", by: "maria" });
    expect(await sweepOf(app, since)).toMatchObject({ chargingResumed: true, unmatched: 0 });
    expect((await app.runOnce()).haltReason).toBeNull();
    expect(await app.list("events", { type: "order.set_aside" })).toMatchObject([
      { data: { orderId, why: "beto was a test", by: "maria" } },
    ]);
  });

  test("books in order pass the fence, also the very first ones", async () => {
    app = await openSweptApp();
    expect((await app.runOnce()).haltReason).toBeNull();
    await app.subscribeWithCard("ana", "tok_test_card_declined");
    await app.runOnce();
    await app.backUp();
    expect((await app.runOnce()).haltReason).toBeNull();
    expect(app.sandbox.ledger()).toMatchObject([{ status: "declined", amountCents: AMOUNT_CENTS }]);
  });

  test.each<[metadata: Record<string, string>, because: string]>([
    [{ puntual_installation: "ins_other", puntual_attempt: "inv_other-1" }, "another installation's, of its own books"],
    [{ puntual_attempt: "inv_other-1" }, "nobody says whose it is"],
    [{}, "made in the panel"],
  ])("orders in the account that are not of these books halt nobody: %j (%s)", async (metadata) => {
    app = await openSweptApp();
    const customerId = await app.subscribeWithCard("ana");
    await placeOrder(customerId, { ...metadata, puntual_subscription: "other", puntual_cycle: "0" });
    expect(await app.runOnce()).toMatchObject({ haltReason: null, outcomes: { paid: 1 } });
    expect(await installation()).toMatchObject({ haltKind: null });
  });

  test.each<[cycle: string, because: string]>([
    ["0", "the same cycle"],
    ["1", "a change of plan there numbered the same days anew"],
  ])(
    "an empty database charges nobody whom another installation bills, cycle %s, until a person says go (%s)",
    async (number) => {
      app = await openSweptApp();
      const customerId = await app.subscribeWithCard("ana");
      const cycle = { puntual_installation: "ins_lost", puntual_subscription: "ana", puntual_cycle: number };
      await placeOrder(customerId, { ...cycle, puntual_attempt: "inv_lost-1" });
      expect((await app.runOnce()).haltReason).toContain(
        `of another installation (ins_lost) for cycle ${number} of ana`,
      );
      // Nor in another process.
      expect(await app.runOnce()).toMatchObject({ outcomes: { paid: 0 } });
      await app.store.resumeCharging({ kind: "charged_elsewhere", by: "maria" }, app.clock.now());
      expect(await app.runOnce()).toMatchObject({ haltReason: null, outcomes: { paid: 1 } });
    },
  );

  test("but is not stopped by another subscription", async () => {
    app = await openSweptApp();
    const customerId = await app.subscribeWithCard("ana");
    const cycle = { puntual_installation: "ins_lost", puntual_subscription: "beto", puntual_cycle: "0" };
    await placeOrder(customerId, { ...cycle, puntual_attempt: "inv_lost-1" });
    expect(await app.runOnce()).toMatchObject({ haltReason: null, outcomes: { paid: 1 } });
  });

  test("nor charges anybody while the orders cannot be read", async () => {
    app = await openSweptApp();
    await app.subscribeWithCard("ana");
    const { needs, owner, limits } = await app.assembly.biller();
    let calls = 0;
    const lister: OrderLister = {
      // oxlint-disable-next-line require-yield
      async *listOrders() {
        // The restore fence has read them; then they are away.
        if (++calls > 1) throw new GatewayUnavailable("away");
      },
    };
    const biller = createBiller({ ...needs, sweep: { ...needs.sweep, lister } }, owner, limits);
    const tick = await biller.tick(new AbortController().signal);
    expect(tick).toMatchObject({ fence: "unread", summary: { outcomes: { paid: 0 } } });
    expect(tick.incompleteBecause).toContain("orders cannot be listed");
  });

  test("control: the same order under their own installation does halt", async () => {
    app = await openSweptApp();
    const customerId = await app.subscribeWithCard("ana");
    await placeOrder(customerId, { puntual_installation: (await installation()).id, puntual_attempt: "inv_other-1" });
    expect((await app.runOnce()).haltReason).not.toBeNull();
  });
});

/** Paid, in the same account, whoever made it. */
async function placeOrder(customerId: string, metadata: Record<string, string>): Promise<void> {
  const headers = { authorization: "Bearer key_other", "content-type": "application/json" };
  const body = {
    ...{ currency: "MXN", customer_info: { customer_id: customerId }, metadata },
    line_items: [{ name: "Plan", unit_price: AMOUNT_CENTS, quantity: 1 }],
    charges: [{ payment_method: { type: "default" } }],
  };
  const answer = await fetch(`${app.sandbox.url}/orders`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

describe("what was compared is remembered", () => {
  /** A shop beside ours in the same account. */
  async function foreignOrders(count: number): Promise<void> {
    const customerId = await customerWith(app.call, "tok_test_visa_4242");
    for (let each = 0; each < count; each++)
      await app.call("POST", "/orders", {
        currency: "MXN",
        customer_info: { customer_id: customerId },
        line_items: [{ name: "Otra tienda", unit_price: 30000, quantity: 1 }],
      });
  }

  test("orders of others cost time once: a restart lists none of those before, and says how far it came", async () => {
    app = await openSweptApp();
    await foreignOrders(30);
    app.clock.advance(30 * DAY_MS);
    await foreignOrders(1);
    await app.backUp();
    await app.runOnce();
    expect(app.logged.some((line) => line.includes("orders.compared"))).toBe(true);
    const until = await app.store.sweep.comparedUntil();
    expect(until?.getTime()).toBeGreaterThan(START.getTime() + 29 * DAY_MS);
    await app.backUp();
    const seen: Date[] = [];
    const { needs } = await app.assembly.biller();
    const lister: OrderLister = {
      listOrders: (window) => {
        seen.push(window.from);
        return needs.sweep.lister.listOrders(window);
      },
    };
    expect(await checkNotRestored({ ...needs, sweep: { ...needs.sweep, lister } })).toBe("checked");
    expect(seen[0]?.getTime()).toBeGreaterThan(START.getTime() + 29 * DAY_MS);
  });

  test("a backup goes back in what it remembers, too: what it lacks is found", async () => {
    await restoreBackup();
    expect((await app.runOnce()).haltReason).toContain("these books are older");
  });
});
