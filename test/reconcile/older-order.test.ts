/** Flow order_first: an order that is older than everything that is listed, charged since the backup was made. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { checkNotRestored } from "../../src/application/run/restore-fence.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { MINUTE_MS, openShop, type Shop, START } from "./shop.ts";

const DAY_MS = 24 * 60 * MINUTE_MS;

let shop: Shop;
beforeEach(async () => {
  shop = await openShop({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
});
afterEach(async () => await shop[Symbol.asyncDispose]());

async function anasInvoice() {
  const [invoice] = await shop.rows("invoices", { subscriptionId: "ana" });
  return { status: invoice?.["status"], dueAt: new Date(String(invoice?.["nextAttemptAt"])) };
}

/** Two declines on one order; a backup after somebody else's charge, days later; the third try pays the old order. */
async function paidSinceBackup(): Promise<void> {
  await shop.subscribe("ana", "tok_sandbox_declines_2_then_pays");
  await shop.subscribe("beto", "tok_test_visa_4242", "2026-12-04T09:00");
  await shop.run();
  shop.clock.set((await anasInvoice()).dueAt);
  expect((await shop.run()).outcomes.declined).toBe(1);
  shop.clock.set(new Date(START.getTime() + 3 * DAY_MS));
  expect((await shop.run()).outcomes.paid).toBe(1);
  await shop.backUp();
  shop.clock.set((await anasInvoice()).dueAt);
  expect((await shop.run()).outcomes.paid).toBe(1);
  expect((await anasInvoice()).status).toBe("paid");
  shop.clock.advance(MINUTE_MS);
}

function movedOnce(): void {
  expect(shop.sandbox.ledger().filter(({ status }) => status === "paid")).toHaveLength(2);
}

test("its invoice is due in the old books, so the fence reads it, and the sweep takes the payment back", async () => {
  await paidSinceBackup();
  await shop.putBack();
  const summary = await shop.run();
  expect(summary.haltReason).toContain("reconcile --since");
  expect(summary.outcomes).toMatchObject({ paid: 0, refused: 0 });
  const { haltReconcileSince } = await shop.app().store.installation();
  const report = await shop.sweep(haltReconcileSince ?? START);
  expect(report).toMatchObject({ chargingResumed: true, unmatched: 0, mismatched: [], missingAtGateway: [] });
  expect(report.adopted).toMatchObject([{ subscriptionId: "ana", cycle: 0, outcome: "paid", amountCents: 20015 }]);
  expect((await anasInvoice()).status).toBe("paid");
  expect((await shop.rows("attempts")).map(({ number, state }) => `${number} ${state}`)).toEqual(
    expect.arrayContaining(["1 declined", "2 declined", "3 paid"]),
  );
  shop.clock.advance(9 * DAY_MS);
  await shop.run();
  movedOnce();
});

test("a sweep reads it whatever its window, and nothing of an order that it cannot read", async () => {
  await paidSinceBackup();
  await shop.putBack();
  const late = new Date(shop.clock.now().getTime() - MINUTE_MS);
  const [order] = (await shop.rows("invoices", { subscriptionId: "ana" })).map(({ orderId }) => orderId);
  shop.sandbox.inject({ kind: "503_before", call: `GET /orders/${String(order)}`, always: true });
  await expect(shop.sweep(late)).rejects.toMatchObject({ name: "GatewayUnavailable" });
  expect((await anasInvoice()).status).toBe("open");
  shop.sandbox.clearFaults();
  expect((await shop.sweep(late)).adopted).toMatchObject([{ subscriptionId: "ana", outcome: "paid" }]);
  expect(await shop.sweep(late)).toMatchObject({ adopted: [], mismatched: [] });
  movedOnce();
});

test("books in order pass: the order of what is unpaid is read once, due or not", async () => {
  await shop.subscribe("ana", "tok_sandbox_declines_2_then_pays");
  await shop.run();
  const { needs } = await shop.app().biller();
  const reads = () =>
    shop.sandbox.requests().filter(({ method, path }) => method === "GET" && /^\/orders\/./.test(path));
  expect(await checkNotRestored(needs)).toBe("checked");
  expect(reads()).toHaveLength(1);
  expect(await shop.app().store.installation()).toMatchObject({ haltKind: null });
});

test.each([
  // reached, the fence, because
  [true, "checked", "one order that cannot be read must not keep everybody from being charged"],
  [false, "unread", "nobody is there: ask again"],
])("an older order that cannot be read (Conekta was reached: %s): %s (%s)", async (wasReached, expected) => {
  await shop.subscribe("ana", "tok_sandbox_declines_2_then_pays");
  await shop.run();
  shop.clock.set((await anasInvoice()).dueAt);
  const { needs } = await shop.app().biller();
  const orders = { readOrder: () => Promise.reject(new GatewayUnavailable("no answer", { wasReached })) };
  expect(await checkNotRestored({ ...needs, webhooks: { orders } })).toBe(expected);
});
