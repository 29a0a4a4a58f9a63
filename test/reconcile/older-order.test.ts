/** Flow order_first: an order that is older than everything that is listed, charged since the backup was made. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { voidInvoice } from "../../src/application/invoices/change-invoice.ts";
import { checkNotRestored } from "../../src/application/run/restore-fence.ts";
import { GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { START, openSweptApp, sweepOf } from "./swept-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { MINUTE_MS } from "../support/records.ts";

const DAY_MS = 24 * 60 * MINUTE_MS;

let app: AppFixture;
beforeEach(async () => {
  app = await openSweptApp({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
});
afterEach(async () => await app[Symbol.asyncDispose]());

async function anasInvoice() {
  const [invoice] = await app.list("invoices", { subscriptionId: "ana" });
  return { status: invoice?.["status"], dueAt: new Date(String(invoice?.["nextAttemptAt"])) };
}

/** Two declines on one order; a backup after somebody else's charge, days later; the third try pays the old order. */
async function paidSinceBackup(): Promise<void> {
  await app.subscribeWithCard("ana", "tok_sandbox_declines_2_then_pays");
  await app.subscribeWithCard("beto", "tok_test_visa_4242", "2026-12-04T09:00");
  await app.runOnce();
  app.clock.set((await anasInvoice()).dueAt);
  expect((await app.runOnce()).outcomes.declined).toBe(1);
  app.clock.set(new Date(START.getTime() + 3 * DAY_MS));
  expect((await app.runOnce()).outcomes.paid).toBe(1);
  await app.backUp();
  app.clock.set((await anasInvoice()).dueAt);
  expect((await app.runOnce()).outcomes.paid).toBe(1);
  expect((await anasInvoice()).status).toBe("paid");
  app.clock.advance(MINUTE_MS);
}

function movedOnce(): void {
  expect(app.sandbox.ledger().filter(({ status }) => status === "paid")).toHaveLength(2);
}

test("its invoice is due in the old books, so the fence reads it, and the sweep takes the payment back", async () => {
  await paidSinceBackup();
  await app.putBack();
  const summary = await app.runOnce();
  expect(summary.haltReason).toContain("these books are older");
  expect(summary.outcomes).toMatchObject({ paid: 0, refused: 0 });
  const { haltReconcileSince } = await app.store.installation();
  const report = await sweepOf(app, haltReconcileSince ?? START);
  expect(report).toMatchObject({ chargingResumed: true, unmatched: 0, mismatched: [], missingAtGateway: [] });
  expect(report.adopted).toMatchObject([{ subscriptionId: "ana", cycle: 0, outcome: "paid", amountCents: 20015 }]);
  expect((await anasInvoice()).status).toBe("paid");
  expect((await app.list("attempts")).map(({ number, state }) => `${number} ${state}`)).toEqual(
    expect.arrayContaining(["1 declined", "2 declined", "3 paid"]),
  );
  const imported = await app.list("events", { type: "attempt.imported" });
  expect(new Set(imported.map(({ attemptId }) => attemptId)).size).toBe(imported.length);
  expect(imported.map(({ data }) => data?.["because"])).toContain(
    "the gateway shows an order of this attempt, which the books lacked",
  );
  app.clock.advance(9 * DAY_MS);
  await app.runOnce();
  movedOnce();
});

test("a sweep reads it whatever its window, and nothing of an order that it cannot read", async () => {
  await paidSinceBackup();
  await app.putBack();
  const late = new Date(app.clock.now().getTime() - MINUTE_MS);
  const [order] = (await app.list("invoices", { subscriptionId: "ana" })).map(({ orderId }) => orderId);
  app.sandbox.inject({ kind: "503_before", call: `GET /orders/${String(order)}`, always: true });
  expect((await sweepOf(app, late)).unread).toMatchObject([{ orderId: order }]);
  expect((await anasInvoice()).status).toBe("open");
  app.sandbox.clearFaults();
  expect((await sweepOf(app, late)).adopted).toMatchObject([{ subscriptionId: "ana", outcome: "paid" }]);
  expect(await sweepOf(app, late)).toMatchObject({ adopted: [], mismatched: [] });
  movedOnce();
});

test.each<[whose: "a sweep" | "a start", because: string]>([
  // whose read failed, because
  ["a sweep", "one order stops nobody: charging goes on, and the invoice may end meanwhile"],
  ["a start", "nothing else shows that the books are old"],
])("an order that %s cannot read is read until it answers, though its invoice is void (%s)", async (whose) => {
  await paidSinceBackup();
  await app.putBack();
  if (whose === "a sweep") await app.runOnce();
  const [{ orderId, invoiceId } = {}] = await app.list("invoices", { subscriptionId: "ana" });
  app.sandbox.inject({ kind: "503_before", call: `GET /orders/${String(orderId)}`, always: true });
  const { needs } = await app.assembly.biller();
  const { haltReconcileSince } = await app.store.installation();
  expect(haltReconcileSince !== null).toBe(whose === "a sweep");
  const goesOn =
    haltReconcileSince === null
      ? await checkNotRestored(needs)
      : (await sweepOf(app, haltReconcileSince)).chargingResumed;
  expect(goesOn).toBe(whose === "a sweep" || "checked");
  await voidInvoice(needs, String(invoiceId), "agreed on the phone");
  for (let reads = 0; reads < 5; reads++) {
    app.clock.advance(4 * DAY_MS);
    await app.runOnce();
  }
  expect((await anasInvoice()).status).toBe("void");
  expect(await app.list("attention")).toMatchObject([{ kind: "unreadable", invoiceId }]);
  app.sandbox.clearFaults();
  app.clock.advance(4 * DAY_MS);
  await app.runOnce();
  expect((await anasInvoice()).status).toBe("paid");
  expect(await app.list("attention")).toEqual([]);
  movedOnce();
});

test("books in order pass: the order of what is unpaid is read once, due or not", async () => {
  await app.subscribeWithCard("ana", "tok_sandbox_declines_2_then_pays");
  await app.runOnce();
  const { needs } = await app.assembly.biller();
  const reads = () =>
    app.sandbox.requests().filter(({ method, path }) => method === "GET" && /^\/orders\/./.test(path));
  expect(await checkNotRestored(needs)).toBe("checked");
  expect(reads()).toHaveLength(1);
  expect(await app.store.installation()).toMatchObject({ haltKind: null });
});

test.each<[fault: Error, expected: string, because: string]>([
  // fault, the fence, because
  [
    new GatewayUnavailable("status 500", { wasReached: true }),
    "checked",
    "one order that cannot be read must not keep everybody from being charged",
  ],
  [
    new GatewayUnauthorized("status 403"),
    "checked",
    "the key has just read the list: it is this order that is refused to it",
  ],
  [new GatewayUnavailable("no answer", { wasReached: false }), "unread", "nobody is there: ask again"],
])("an older order that cannot be read (%s): %s (%s)", async (fault, expected) => {
  await app.subscribeWithCard("ana", "tok_sandbox_declines_2_then_pays");
  await app.runOnce();
  app.clock.set((await anasInvoice()).dueAt);
  const { needs } = await app.assembly.biller();
  const orders = { readOrder: () => Promise.reject(fault) };
  expect(await checkNotRestored({ ...needs, webhooks: { orders } })).toBe(expected);
});

test.each<[maker: string | null, haltKind: string | null, because: string]>([
  // made by, halted, because
  ["ins_other", null, "its tries are in the books of the other installation"],
  [null, null, "nobody says whose it is"],
  ["own", "restored", "control: of these books themselves, they lack a try"],
])(
  "an older order that was made by %s, and paid by a try that the books lack: %s (%s)",
  async (maker, haltKind, _because) => {
    await paidSinceBackup();
    await app.putBack();
    const { needs } = await app.assembly.biller();
    const { id } = await app.store.installation();
    const orders = {
      readOrder: async (orderId: string) => ({
        ...(await needs.webhooks.orders.readOrder(orderId)),
        installationId: maker === "own" ? id : maker,
      }),
    };
    expect(await checkNotRestored({ ...needs, webhooks: { orders } })).toBe("checked");
    expect(await app.store.installation()).toMatchObject({ haltKind });
  },
);
