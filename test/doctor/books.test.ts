/** Cycles, cursors and the comparison with Conekta: each fault planted, and found. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { exitCodeOfFindings } from "../../src/entrypoints/cli/doctor.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { fill, planOf, subscriptionOf } from "../support/records.ts";
import { conektaOf, findingOf, findingsOf, openBilledApp } from "./billed-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";

// oxlint-disable-next-line require-yield -- it fails before its first order
async function* listOrders(): AsyncGenerator<never> {
  throw new GatewayUnavailable("Conekta did not answer");
}

let app: AppFixture;
beforeEach(async () => {
  app = await openBilledApp();
});
afterEach(async () => await app[Symbol.asyncDispose]());

/** Without its events and attempts, as if it had never been. */
function forgetCycle(cycle: number): void {
  app.sql(`pragma foreign_keys = off;
    delete from attempt where invoice_id = (select id from invoice where cycle = ${cycle});
    delete from invoice where cycle = ${cycle}`);
}

describe("cycles", () => {
  test("an invoice that is gone is missed, though the cursor passed it", async () => {
    forgetCycle(2);
    const finding = await findingOf(app, "cycles");
    expect(finding).toMatchObject({ state: "bad", mend: { do: "restore_or_decide" } });
    expect(finding.found).toBe("1 cycle of 3 expected have no invoice and will get none: jorge 2");
  });

  test("a cursor that jumped does not hide what it jumped over", async () => {
    // In a month: cycle 4 was due on the last of May, and the cursor says 5.
    app.clock.set(new Date("2026-05-31T15:10:00Z"));
    app.sql("update subscription set next_cycle = 5, next_billing_at = unixepoch('2026-06-30 15:00') * 1000");
    expect(await findingOf(app, "cycles")).toMatchObject({ state: "bad", found: expect.stringContaining("jorge 4") });
    expect(await findingOf(app, "cursors")).toMatchObject({ state: "bad" });
    expect(exitCodeOfFindings(await findingsOf(app))).toBe(3);
  });

  test.each([
    // time, state, because
    ["2026-05-31T15:04:00Z", "ok", "the tick that opens it may be under way"],
    ["2026-05-31T16:00:00Z", "warn", "nobody opens it"],
    ["2026-06-01T16:00:00Z", "bad", "nobody opens it for a day"],
  ])("a cycle due on 31 May at 15:00 and not opened at %s: %s (%s)", async (now, state) => {
    app.clock.set(new Date(now));
    expect((await findingOf(app, "cycles")).state).toBe(state);
    expect((await findingOf(app, "cursors")).state).toBe("ok");
    await app.run();
    expect((await findingOf(app, "cycles")).state).toBe("ok");
  });

  test("what was canceled or completed owes no more cycles, and every one until then", async () => {
    const twice = planOf({ id: "twice", expiryCount: 2 });
    const customerId = String((await app.subscription("jorge")).customerId);
    await fill(app.store, {
      plans: [twice],
      subscriptions: [
        subscriptionOf("ends", { customerId, firstCycle: 0, nextCycle: 0, billPast: true }, twice),
        subscriptionOf("leaves", { customerId, firstCycle: 1, cancelAt: new Date("2026-03-31T15:00:00Z") }),
      ],
    });
    await app.run();
    expect(await findingOf(app, "cycles")).toMatchObject({ state: "ok", found: expect.stringContaining("6 expected") });
    expect((await findingOf(app, "cursors")).state).toBe("ok");

    app.clock.set(new Date("2027-01-01T00:00:00Z"));
    await app.run();
    expect((await findingOf(app, "cycles")).state).toBe("ok");
    app.sql("pragma foreign_keys = off; delete from invoice where subscription_id = 'ends' and cycle = 0");
    expect(await findingOf(app, "cycles")).toMatchObject({ state: "bad", found: expect.stringContaining("ends 0") });
  });

  test("one that its policy's final action canceled owes no cycle after that", async () => {
    app.sql(`update subscription set status = 'canceled', next_billing_at = null,
               given_up_at = ${Date.parse("2026-05-15T15:00:00Z")} where id = 'jorge'`);
    app.clock.set(new Date("2026-09-01T00:00:00Z"));

    expect(await findingOf(app, "cycles")).toMatchObject({ state: "ok", found: expect.stringContaining("3 expected") });
  });

  test("a calendar that cannot be read is told, by its subscription", async () => {
    app.sql("update subscription set time_zone = 'Mars/Olympus'");
    expect(await findingOf(app, "cycles")).toMatchObject({
      state: "bad",
      found: expect.stringMatching(/cannot be read: jorge$/),
    });
    expect((await findingOf(app, "cursors")).state).toBe("bad");
  });
});

describe("cursors", () => {
  test.each([
    // statement, found, because
    ["update subscription set next_cycle = 3", "next cycle 3, by its invoices 4", "it would open a cycle twice"],
    ["update subscription set next_cycle = 6", "next cycle 6, by its invoices 4", "it would leave two out"],
    [
      "update subscription set next_billing_at = next_billing_at + 86400000",
      "due 2026-06-01T15:00:00.000Z",
      "a day late",
    ],
    ["update subscription set next_billing_at = null", "due never", "it would never be billed again"],
  ])("%s: %s (%s)", async (statement, found) => {
    app.sql(statement);
    const finding = await findingOf(app, "cursors");
    expect(finding).toMatchObject({ state: "bad", found: expect.stringContaining(found) });
  });

  test("a skipped cycle is a cursor ahead of its time, with an invoice that says why", async () => {
    const { skipCycle } = await import("../../src/application/subscriptions/skip-cycle.ts");
    await skipCycle(app.assembly, "jorge");
    expect((await findingOf(app, "cursors")).state).toBe("ok");
    expect((await findingOf(app, "cycles")).state).toBe("ok");
  });
});

describe("the books against Conekta", () => {
  let customerId: string | undefined;
  let installationId: string;
  beforeEach(async () => {
    ({ customerId } = await app.subscription("jorge"));
    ({ id: installationId } = await app.store.installation());
  });

  const ours = (reference: string) => ({
    puntual_installation: installationId,
    puntual_subscription: "jorge",
    puntual_invoice: "inv_lost",
    puntual_cycle: 3,
    puntual_attempt: reference,
  });
  const charged = (metadata: object, reference: string) => ({
    currency: "MXN",
    customer_info: { customer_id: customerId },
    line_items: [{ name: "Plan Oro", unit_price: 20_015, quantity: 1 }],
    metadata,
    charges: [{ reference_id: reference, payment_method: { type: "default" } }],
  });

  test("a paid charge that only Conekta has is found; another program's is not ours to judge", async () => {
    await app.call("POST", "/orders", charged({ shop: "another" }, "theirs"));
    expect((await findingOf(app, "books")).state).toBe("ok");
    const { body } = await app.call("POST", "/orders", charged(ours("inv_lost-1"), "inv_lost-1"));
    const finding = await findingOf(app, "books");
    expect(finding).toMatchObject({
      state: "bad",
      found: expect.stringContaining(`${body.id} is paid at Conekta, and the books have no attempt of it`),
      mend: { do: "sweep_since", since: "2026-04-28T15:10:00.000Z" },
    });
  });

  test.each([
    // statement, found, because
    [
      "update attempt set state = 'declined', decline_class = 'retry_later' where invoice_id = (select id from invoice where cycle = 3)",
      "is declined in the books",
      "a payment that was booked as a decline",
    ],
    [
      "update attempt set amount_cents = 20000 where invoice_id = (select id from invoice where cycle = 3)",
      "with 20015 MXN cents, in the books with 20000 MXN",
      "another amount",
    ],
    [
      "delete from attempt where invoice_id = (select id from invoice where cycle = 3)",
      "the books have no attempt of it",
      "an attempt that was removed",
    ],
  ])("%s: %s (%s)", async (statement, found) => {
    app.sql(statement);
    expect(await findingOf(app, "books")).toMatchObject({ state: "bad", found: expect.stringContaining(found) });
  });

  test.each([
    [
      "update attempt set order_id = 'ord_2tUigJ8DgBhbp6w5D', charge_id = null",
      "Conekta knows no order",
      "it never existed",
    ],
    ["update attempt set order_id = null, charge_id = null", "holds no order", "nothing proves it"],
  ])("paid in the books, and not at Conekta: %s (%s)", async (change, found) => {
    // Its own order is another installation's by now, so that only the books speak of it.
    app.sql(
      `update installation set id = 'ins_other'; ${change} where invoice_id = (select id from invoice where cycle = 3)`,
    );
    expect(await findingOf(app, "books")).toMatchObject({ state: "bad", found: expect.stringContaining(found) });
  });

  test("an outcome that is still open is no difference: it will be looked at", async () => {
    app.sql("update invoice set status = 'open', paid_at = null where cycle = 3");
    app.sql(
      "update attempt set state = 'unknown', settled_at = null where invoice_id = (select id from invoice where cycle = 3)",
    );
    expect((await findingOf(app, "books")).state).toBe("ok");
  });

  test.each([20_015, 5_000])(
    "an order of which %i cents were given back was paid all the same, and counts",
    async (amount) => {
      const order = app.sandbox.orders().at(-1);
      const [before] = /\d+ payments?/.exec((await findingOf(app, "books")).found) ?? [];
      await app.call("POST", `/orders/${order?.orderId}/refunds`, { amount, reason: "requested_by_client" });
      const { state, found } = await findingOf(app, "books");
      expect([state, /\d+ payments?/.exec(found)?.[0]]).toEqual(["ok", before]);
      expect(found).toContain("(1 given back, in part or whole)");
    },
  );

  test("an order older than the window, charged within it, is read by itself", async () => {
    const since = new Date("2026-04-30T15:07:00Z");
    const examine = async () => (await findingsOf(app, {}, { since })).find(({ check }) => check === "books");
    app.sql(
      "update attempt set sent_at = unixepoch('2026-04-30 15:08') * 1000 where claimed_at = (select max(claimed_at) from attempt)",
    );
    const order = app.sandbox.orders().at(-1)?.orderId;
    expect(await examine()).toMatchObject({ state: "ok", found: expect.stringContaining("0 payments at Conekta") });
    expect(app.sandbox.requests().at(-1)?.path).toBe(`/orders/${order}`);
    app.sql(`update attempt set order_id = 'ord_2tUigJ8DgBhbp6w5D' where order_id = '${order}'`);
    expect((await examine())?.found).toContain("Conekta knows no order ord_2tUigJ8DgBhbp6w5D");
  });

  test("a list that does not come to its end is no verdict, and costs no other check", async () => {
    const gateway = await conektaOf(app);
    const findings = await findingsOf(app, { gateway: async () => ({ ...gateway, listOrders }) });
    expect(findings.find(({ check }) => check === "books")).toMatchObject({ state: "warn" });
    expect(findings.filter(({ state }) => state === "ok")).toHaveLength(findings.length - 1);
  });
});
