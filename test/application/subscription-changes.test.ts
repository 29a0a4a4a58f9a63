/** Another plan or quantity: what the preview says, what it does, and what is refused. */
import { describe, expect, test } from "@jest/globals";
import { applyPlans } from "../../src/application/plans/apply-plans.ts";
import { cancelSubscription, type HowToCancel } from "../../src/application/subscriptions/cancel-subscription.ts";
import {
  changeSubscription,
  previewChange,
  type WantedChange,
} from "../../src/application/subscriptions/change-subscription.ts";
import { previewUndo, undoChange } from "../../src/application/subscriptions/undo-change.ts";
import { addItem, type ItemRequest } from "../../src/application/items/add-item.ts";
import { removeItem } from "../../src/application/items/remove-item.ts";
import { voidInvoice } from "../../src/application/invoices/change-invoice.ts";
import { addCoupon, giveCoupon } from "../../src/application/coupons/coupons.ts";
import { changeBalance } from "../../src/application/balance/change-balance.ts";
import { skipCycle } from "../../src/application/subscriptions/skip-cycle.ts";
import { unskipCycle } from "../../src/application/subscriptions/take-back.ts";
import { checkCursors, checkCycles } from "../../src/application/doctor/check-cycles.ts";
import { digestOf } from "../../src/entrypoints/digest.ts";
import type { Coupon } from "../../src/domain/coupon.ts";
import type { Apply } from "../../src/domain/proration.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { puntual } from "../support/command.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { customerOf, DAY_MS, planOf } from "../support/records.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import { policyOf } from "../support/policy.ts";
import { declined, paid as pays } from "../support/scripted-gateway.ts";

const line = (name: string, unitPriceCents: number) => [{ name, unitPriceCents, quantity: 1 }];
const KEYS = { claveProdServ: "86121700", claveUnidad: "E48" };
const PLATINUM = planOf({
  ...{ id: "platino", name: "Plan Platino" },
  lineItems: line("Plan Platino", 29900).map((each) => ({ ...each, ...KEYS })),
});
const SILVER = planOf({ id: "plata", name: "Plan Plata", lineItems: line("Plan Plata", 9900) });
const HALF_MONTHLY = planOf({ id: "quincenal", interval: "half_month", lineItems: line("Quincena", 12000) });
const YEARLY = planOf({ id: "anual", name: "Plan Anual", interval: "year", lineItems: line("Plan Anual", 199900) });

/** Billed at 09:00 in Mexico City on the first of each month; November is paid. */
async function paidApp(policy: Partial<DunningPolicy> = {}): Promise<AppFixture> {
  const app = await openApp({ now: "2026-11-01T15:00:00Z", policies: [policyOf(policy)] });
  await app.subscribe("a", { startLocal: "2026-11-01T09:00" });
  await withPlans(app, [PLATINUM, SILVER, YEARLY]);
  await app.run();
  app.clock.advance(15 * DAY_MS);
  return app;
}

const HALF: Coupon = {
  ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 1, redeemBy: null },
  ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
};
const CREDIT = { customerId: "cus_a", currency: "MXN", reason: "a gift", by: "eva" };
const LOCKER: ItemRequest = {
  ...{ key: "", customerId: null, subscriptionId: null, name: "Locker", amountCents: 15000, currency: null, tax: null },
  ...{ now: false, by: "eva" },
};

async function stateOfItems(app: AppFixture): Promise<Record<string, string>> {
  return Object.fromEntries((await app.list("items")).map(({ key, state }) => [key, state]));
}

async function withPlans(app: AppFixture, plans: readonly Plan[]): Promise<void> {
  await app.store.write(app.clock.now(), async (records) => {
    for (const plan of plans) records.addPlan(plan);
  });
}

const needsOf = (app: AppFixture) => ({ ...app.needs, digest: digestOf });
const wants = (change: Partial<WantedChange>): WantedChange => ({
  ...{ planId: null, quantity: null, apply: null, on: null },
  ...change,
});
const preview = (app: AppFixture, change: Partial<WantedChange>) => previewChange(needsOf(app), "a", wants(change));
const change = (app: AppFixture, wanted: Partial<WantedChange>, token: string | null = null) =>
  changeSubscription(needsOf(app), "a", wants(wanted), { token, by: "eva" });

async function charged(app: AppFixture): Promise<readonly number[]> {
  return (await app.invoices("a")).map(({ amountCents }) => amountCents);
}

describe("at the end of the period", () => {
  test("what costs less waits for it; the next cycle is of the new plan, and the running one as it was", async () => {
    await using app = await paidApp();
    expect(await preview(app, { planId: "plata" })).toEqual({
      ...{ subscriptionId: "a", apply: "period_end", on: "2026-12-01", lines: [], netCents: 0, chargedNowCents: 0 },
      ...{
        grantedCents: 0,
        nextAmountCents: 9900,
        nextBillingAt: "2026-12-01T15:00:00.000Z",
        token: expect.any(String),
      },
    });
    expect(await app.subscription("a")).toMatchObject({ planId: "oro" });
    await change(app, { planId: "plata" });
    app.clock.advance(15 * DAY_MS);
    await app.run();
    expect(await charged(app)).toEqual([20015, 9900]);
    expect((await app.list("events", { type: "subscription.plan_changed" })).map(({ data }) => data)).toMatchObject([
      { apply: "period_end", on: "2026-12-01", fromPlanId: "oro", toPlanId: "plata", by: "eva" },
    ]);
  });

  test("a change is held to its preview: a token of before something else changed is refused", async () => {
    await using app = await paidApp();
    const { token } = await preview(app, { quantity: 2, apply: "period_end" });
    await change(app, { quantity: 3, apply: "period_end" });
    await expect(change(app, { quantity: 2, apply: "period_end" }, token)).rejects.toThrow("Nothing was changed");
    expect(await app.subscription("a")).toMatchObject({ quantity: 3 });
    const fresh = await preview(app, { quantity: 2, apply: "period_end" });
    expect(await change(app, { quantity: 2, apply: "period_end" }, fresh.token)).toEqual(fresh);
  });

  test("another interval begins there: no day is charged twice, and none is left out", async () => {
    await using app = await paidApp();
    expect(await change(app, { planId: "anual" })).toMatchObject({
      ...{ apply: "period_end", nextAmountCents: 199900, nextBillingAt: "2026-12-01T15:00:00.000Z" },
    });
    app.clock.advance(15 * DAY_MS);
    await app.run();
    app.clock.advance(366 * DAY_MS);
    await app.run();
    const periods = (await app.invoices("a")).map(({ periodStart, periodEnd }) => [periodStart, periodEnd]);
    expect(periods).toEqual([
      ["2026-11-01T15:00:00.000Z", "2026-12-01T15:00:00.000Z"],
      ["2026-12-01T15:00:00.000Z", "2027-12-01T15:00:00.000Z"],
      ["2027-12-01T15:00:00.000Z", "2028-12-01T15:00:00.000Z"],
    ]);
    const rows = await app.store.inspection.calendar();
    expect(checkCursors(rows)).toMatchObject({ state: "ok" });
    expect(await checkCycles(app.store.inspection, rows, app.clock.now())).toMatchObject({ state: "ok" });
  });

  test("a failed invoice keeps nobody from it", async () => {
    await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
    await app.subscribe("a", { startLocal: "2026-11-01T09:00" });
    await withPlans(app, [PLATINUM]);
    app.gateway.next.push(declined("retry_later"));
    await app.run();
    expect(await preview(app, { planId: "platino" })).toMatchObject({ apply: "period_end", nextAmountCents: 29900 });
    await expect(preview(app, { planId: "platino", apply: "now" })).rejects.toThrow("it owes an invoice that failed");
  });
});

describe("for the rest of the period", () => {
  test("V1: what costs more joins the next invoice, with what is given back taken off", async () => {
    await using app = await paidApp();
    const seen = await preview(app, { planId: "platino" });
    expect(seen).toEqual({
      ...{ subscriptionId: "a", apply: "next_invoice", on: "2026-11-16", netCents: 4942, chargedNowCents: 0 },
      lines: [
        { kind: "credit", name: "Plan Oro", from: "2026-11-16", to: "2026-12-01", amountCents: 10008 },
        { kind: "debit", name: "Plan Platino", from: "2026-11-16", to: "2026-12-01", amountCents: 14950 },
      ],
      ...{
        grantedCents: 0,
        nextAmountCents: 34842,
        nextBillingAt: "2026-12-01T15:00:00.000Z",
        token: expect.any(String),
      },
    });
    await change(app, { planId: "platino" }, seen.token);
    await expect(change(app, { quantity: 2, apply: "now" })).rejects.toThrow("an earlier change waits");
    app.clock.advance(15 * DAY_MS);
    await app.run();
    expect(await charged(app)).toEqual([20015, 34842]);
    expect((await app.invoices("a"))[1]?.lineItems).toMatchObject([
      { name: "Plan Platino", unitPriceCents: 29900 },
      { name: "Plan Platino (2026-11-16 – 2026-12-01)", unitPriceCents: 14950, discountCents: 10008, ...KEYS },
    ]);
    app.clock.advance(31 * DAY_MS);
    await app.run();
    expect(await charged(app)).toEqual([20015, 34842, 29900]);
  });

  test("now: an invoice of its own, charged by the next run; the next one is of the new plan alone", async () => {
    await using app = await paidApp();
    const seen = await preview(app, { planId: "platino", apply: "now" });
    expect(seen).toMatchObject({ netCents: 4942, chargedNowCents: 4942, nextAmountCents: 29900 });
    expect(await charged(app)).toEqual([20015]);
    await change(app, { planId: "platino", apply: "now" }, seen.token);
    await app.run();
    const once = (await app.list("invoices", { subscriptionId: "a" })).find(({ cycle }) => cycle === null);
    expect(once).toMatchObject({ status: "paid", amountCents: 4942, discountCents: 10008 });
    // Paid: what is left of it may be given back, to the cent that it cost.
    expect(await change(app, { planId: "oro", apply: "now" })).toMatchObject({ netCents: -4942, chargedNowCents: 0 });
    app.clock.advance(15 * DAY_MS);
    await app.run();
    expect(app.gateway.charges.map(({ intent }) => intent.amountCents)).toEqual([20015, 4942, 20015 - 4942]);
  });

  test("V3: what costs less goes to the balance, and pays of the next invoice", async () => {
    await using app = await paidApp();
    await change(app, { planId: "platino", apply: "none" });
    app.clock.advance(15 * DAY_MS);
    await app.run();
    app.clock.advance(20 * DAY_MS);
    // Of 31 days 11 are left: 29900 × 11 ÷ 31 are given back, 9900 × 11 ÷ 31 are owed.
    expect(await change(app, { planId: "plata", apply: "next_invoice" })).toMatchObject({
      ...{ on: "2026-12-21", netCents: 3513 - 10610, grantedCents: 7097, nextAmountCents: 9900 - 7097 },
    });
    app.clock.advance(11 * DAY_MS);
    await app.run();
    expect(await charged(app)).toEqual([20015, 29900, 9900 - 7097]);
  });

  test("a difference too small to charge is carried to the next invoice, and charged with it", async () => {
    await using app = await paidApp();
    await withPlans(app, [planOf({ id: "oro2", name: "Plan Oro 2", lineItems: line("Plan Oro 2", 20415) })]);
    expect(await change(app, { planId: "oro2", apply: "now" })).toMatchObject({
      ...{ netCents: 200, chargedNowCents: 0, nextAmountCents: 20615 },
    });
    await app.run();
    app.clock.advance(15 * DAY_MS);
    await app.run();
    expect(app.gateway.charges.map(({ intent }) => intent.amountCents)).toEqual([20015, 20615]);
  });

  test("V7, V8: pieces and discounts; a day that is named", async () => {
    await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
    await app.subscribe("a", { startLocal: "2026-11-01T09:00", quantity: 3 });
    await app.subscribe("b", { startLocal: "2026-11-01T09:00", discount: { percent: 10 } });
    await withPlans(app, [PLATINUM]);
    await app.run();
    const half = { apply: "next_invoice", on: "2026-11-16" } as const;
    expect(await preview(app, { quantity: 5, ...half })).toMatchObject({
      netCents: 20015,
      lines: [
        { name: "Plan Oro × 3", amountCents: 30023 },
        { name: "Plan Oro × 5", amountCents: 50038 },
      ],
    });
    expect(await previewChange(needsOf(app), "b", wants({ planId: "platino", ...half }))).toMatchObject({
      netCents: 4448,
      lines: [{ amountCents: 9007 }, { amountCents: 13455 }],
    });
    await expect(preview(app, { quantity: 5, ...half, on: "2026-12-01" })).rejects.toThrow(
      "is no day of the running period",
    );
  });

  test("another interval, now: a new period begins, and the rest of the old one pays of it", async () => {
    await using app = await paidApp();
    const done = await change(app, { planId: "anual", apply: "now" });
    expect(done).toMatchObject({
      ...{ on: "2026-11-16", netCents: 199900 - 10008, chargedNowCents: 199900 - 10008, nextAmountCents: 199900 },
      nextBillingAt: "2027-11-16T15:00:00.000Z",
    });
    await app.run();
    expect(await charged(app)).toEqual([20015, 199900 - 10008]);
    const [, year] = await app.invoices("a");
    expect([year?.periodStart, year?.periodEnd]).toEqual(["2026-11-16T15:00:00.000Z", "2027-11-16T15:00:00.000Z"]);
    const rows = await app.store.inspection.calendar();
    expect(checkCursors(rows)).toMatchObject({ state: "ok" });
  });

  test("a day before that of an earlier change: each part is given back by the terms that hold on it", async () => {
    await using app = await paidApp();
    // Of 30 days one is left: 667 a piece.
    expect(await change(app, { quantity: 2, apply: "now", on: "2026-11-30" })).toMatchObject({ netCents: 667 });
    await app.run();
    expect(await change(app, { quantity: 1, apply: "now" })).toMatchObject({
      netCents: -667,
      lines: [
        { name: "Plan Oro", from: "2026-11-16", to: "2026-11-30", amountCents: 9340 },
        { name: "Plan Oro × 2", from: "2026-11-30", to: "2026-12-01", amountCents: 1335 },
        { kind: "debit", name: "Plan Oro", amountCents: 10008 },
      ],
    });
  });

  test("what was paid stays what was paid after the next cycle is skipped", async () => {
    await using app = await paidApp();
    await change(app, { planId: "platino", apply: "period_end" });
    await skipCycle(app.needs, "a");
    expect(await change(app, { planId: "plata", apply: "next_invoice" })).toMatchObject({ netCents: 4950 - 10008 });
  });

  test("another interval, now: its first period is shown as it is charged, without a coupon that was of the one before", async () => {
    await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
    await app.subscribe("a", { startLocal: "2026-11-01T09:00" });
    await withPlans(app, [YEARLY]);
    await addCoupon(app.needs, HALF);
    await giveCoupon(app.needs, "a", { code: "MITAD", by: "eva" });
    await app.run();
    app.clock.advance(15 * DAY_MS);
    const done = await change(app, { planId: "anual", apply: "now" });
    expect(done.lines.map(({ kind, amountCents }) => [kind, amountCents])).toEqual([
      ["credit", 5004],
      ["debit", 199900],
    ]);
    expect([done.netCents, done.chargedNowCents]).toEqual([199900 - 5004, 199900 - 5004]);
    await app.run();
    expect(await charged(app)).toEqual([10007, 199900 - 5004]);
  });

  test("another interval, now: what the balance holds beyond the first period pays of the next", async () => {
    await using app = await paidApp();
    await changeBalance(app.needs, "grant", {
      ...{ customerId: "cus_a", currency: "MXN", amountCents: 200000, reason: "de regalo", by: "eva" },
    });
    expect(await change(app, { planId: "anual", apply: "now" })).toMatchObject({
      ...{ grantedCents: 10008, chargedNowCents: 0, nextAmountCents: 199900 - (200000 + 10008 - 199900) },
    });
  });

  test("money that went back is given back once", async () => {
    await using app = await paidApp();
    const [paid] = await app.invoices("a");
    const wanted = { invoiceId: paid?.invoiceId ?? "", attemptId: null, shownCents: null, amountCents: 15000 };
    await app.store.refunds.request({ ...wanted, reason: "other", note: null, by: "eva" }, app.clock.now());
    expect(await preview(app, { planId: "platino" })).toMatchObject({ netCents: 14950 - 5015 });
  });
});

describe("taken back", () => {
  test("a line that waits, and a grant that is unspent, are gone", async () => {
    await using app = await paidApp();
    await change(app, { planId: "platino" });
    await undoChange(app.needs, "a", "eva");
    await change(app, { planId: "plata", apply: "next_invoice" });
    await undoChange(app.needs, "a", "eva");
    app.clock.advance(15 * DAY_MS);
    await app.run();
    expect(await charged(app)).toEqual([20015, 20015]);
  });

  test.each([
    ["another quantity", { quantity: 2, apply: "period_end" }],
    ["another interval", { planId: "anual" }],
  ] as const)("%s: refused once the subscription has ended, in one sentence", async (_case, wanted) => {
    await using app = await paidApp();
    await change(app, wanted);
    await cancelSubscription(app.needs, "a", { atOnce: true });
    await expect(undoChange(app.needs, "a", "eva")).rejects.toThrow("it has ended; add one with a new id");
    expect(await app.list("events", { type: "subscription.change_undone" })).toEqual([]);
  });

  test("before it takes effect everything is as before, the anchor too; afterwards it is refused", async () => {
    await using app = await paidApp();
    await change(app, { planId: "anual" });
    await undoChange(app.needs, "a", "eva");
    expect(await app.subscription("a")).toMatchObject({ planId: "oro", anchorLocal: "2026-11-01T09:00", quantity: 1 });
    await expect(undoChange(app.needs, "a", "eva")).rejects.toThrow("nothing was changed that could be taken back");
    await change(app, { quantity: 2, apply: "period_end" });
    app.clock.advance(15 * DAY_MS);
    await app.run();
    await expect(undoChange(app.needs, "a", "eva")).rejects.toThrow("the last change has taken effect");
    expect(await charged(app)).toEqual([20015, 40030]);
  });
});

test("P7: what is given to the balance has the IVA that was added to the price", async () => {
  await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
  const tax = { rate: 16, included: false };
  await app.subscribe("a", { startLocal: "2026-11-01T09:00" }, { tax });
  await withPlans(app, [{ ...SILVER, tax }]);
  await app.run();
  app.clock.advance(15 * DAY_MS);
  const made = await change(app, { planId: "plata", apply: "next_invoice" });
  // 10008 go back and 4950 are owed: 5058, and 809 of IVA.
  expect(made).toMatchObject({ netCents: -5058, grantedCents: 5867 });
  expect((await app.list("balanceEntries", { customerId: "cus_a" })).at(-1)).toMatchObject({ balanceCents: 5867 });
  app.clock.advance(15 * DAY_MS);
  await app.run();
  expect(await charged(app)).toEqual([23217, 11484 - 5867]);
});

test("what the preview says comes next leaves to the customer's other subscription what that one uses before", async () => {
  await using app = await paidApp();
  await app.subscribe("b", { customerId: "cus_a", startLocal: "2026-11-20T09:00" });
  await changeBalance(app.needs, "grant", { ...CREDIT, amountCents: 25000 });
  expect(await preview(app, { planId: "plata" })).toMatchObject({ nextAmountCents: 9900 - (25000 - 20015) });
  await change(app, { planId: "plata" });
  for (let day = 0; day < 15; day++) {
    app.clock.advance(DAY_MS);
    await app.run();
  }
  expect(await charged(app)).toEqual([20015, 4915]);
});

test("a skipped cycle counts as begun: the change is taken back once the cycle is billed after all", async () => {
  await using app = await paidApp();
  await change(app, { planId: "platino" });
  await skipCycle(app.needs, "a");
  await expect(undoChange(app.needs, "a", "eva")).rejects.toThrow("the last change has taken effect");
  await unskipCycle(app.needs, "a");
  await undoChange(app.needs, "a", "eva");
  app.clock.advance(15 * DAY_MS);
  await app.run();
  expect(await charged(app)).toEqual([20015, 20015]);
});

describe("a skip that is taken back after a change", () => {
  test.each(["now", "next_invoice"] as const)(
    "of the rest of the period (%s): as if nothing had been skipped",
    async (apply) => {
      const previewed: unknown[] = [];
      for (const isSkipped of [false, true]) {
        await using app = await paidApp();
        if (isSkipped) await skipCycle(app.needs, "a");
        await change(app, { planId: "platino", apply });
        if (isSkipped) await unskipCycle(app.needs, "a");
        app.clock.advance(15 * DAY_MS);
        await app.run();
        app.clock.advance(15 * DAY_MS);
        const { lines, netCents } = await preview(app, { planId: "oro", apply: "next_invoice" });
        previewed.push({ lines, netCents });
      }
      expect(previewed[1]).toEqual(previewed[0]);
    },
  );

  test.each([
    ["another interval", { planId: "quincenal" }],
    ["another plan", { planId: "plata" }],
    ["another quantity", { quantity: 3 }],
  ])("at the end of the period, %s: that is taken back first", async (_what, wanted) => {
    await using app = await paidApp();
    await withPlans(app, [HALF_MONTHLY]);
    await skipCycle(app.needs, "a");
    await change(app, { ...wanted, apply: "period_end" });
    await expect(unskipCycle(app.needs, "a")).rejects.toThrow("on 2027-01-01, after the cycle that was skipped, 1");
    await undoChange(app.needs, "a", "eva");
    expect(await unskipCycle(app.needs, "a")).toMatchObject({ nextBillingAt: new Date("2026-12-01T15:00:00Z") });
    app.clock.advance(15 * DAY_MS);
    await app.run();
    expect(await charged(app)).toEqual([20015, 20015]);
  });

  test("at the end of the period, and then at once: the second one holds, and nothing waits", async () => {
    const charges: unknown[] = [];
    for (const isSkipped of [false, true]) {
      await using app = await paidApp();
      if (isSkipped) await skipCycle(app.needs, "a");
      await change(app, { planId: "plata", apply: "period_end" });
      await change(app, { planId: "platino", apply: "now" });
      if (isSkipped) await unskipCycle(app.needs, "a");
      await app.run();
      app.clock.advance(15 * DAY_MS);
      await app.run();
      charges.push(await charged(app));
    }
    expect(charges[1]).toEqual(charges[0]);
  });

  test("to another interval at the end of the period, and then at once: by that calendar it would begin on another day", async () => {
    await using app = await paidApp();
    await withPlans(app, [HALF_MONTHLY]);
    await skipCycle(app.needs, "a");
    await change(app, { planId: "quincenal", apply: "period_end" });
    await change(app, { quantity: 3, apply: "now" });
    await expect(unskipCycle(app.needs, "a")).rejects.toThrow("on 2027-01-01, after the cycle that was skipped, 1");
  });

  test("to another interval: a skipped cycle that runs has begun, whatever the new calendar says", async () => {
    await using app = await paidApp();
    await withPlans(app, [HALF_MONTHLY]);
    await skipCycle(app.needs, "a");
    app.clock.advance(20 * DAY_MS);
    await change(app, { planId: "quincenal", apply: "period_end" });
    await expect(unskipCycle(app.needs, "a")).rejects.toThrow("has begun on 2026-12-01");
  });
});

describe("what a change costs", () => {
  test("is not removed as an item: the new terms would be free", async () => {
    await using app = await paidApp();
    await change(app, { planId: "platino" });
    await expect(removeItem(app.needs, "change:a/1")).rejects.toThrow("take the change back instead");
    expect(await previewUndo(app.needs, "a")).toMatchObject({ number: 1, fromPlanId: "oro" });
    expect(await app.subscription("a")).toMatchObject({ planId: "platino" });
  });

  test("is void: the change is taken back, and it may be changed again", async () => {
    await using app = await paidApp();
    await change(app, { planId: "platino", apply: "now" });
    await expect(change(app, { planId: "oro", apply: "now" })).rejects.toThrow("is not paid yet");
    const once = (await app.list("invoices", { subscriptionId: "a" })).find(({ cycle }) => cycle === null);
    await voidInvoice(app.needs, once?.invoiceId ?? "", "by mistake");
    expect(await app.subscription("a")).toMatchObject({ planId: "oro" });
    expect(await change(app, { planId: "plata", apply: "now" })).toMatchObject({ netCents: 4950 - 10008 });
  });

  test("is void after another change: that one stays, and the rest is priced by what was paid", async () => {
    await using app = await paidApp();
    await change(app, { planId: "platino", apply: "now" });
    await change(app, { quantity: 2, apply: "period_end" });
    const once = (await app.list("invoices", { subscriptionId: "a" })).find(({ cycle }) => cycle === null);
    await voidInvoice(app.needs, once?.invoiceId ?? "", "by mistake");
    expect(await app.subscription("a")).toMatchObject({ planId: "platino", quantity: 2 });
    expect((await app.list("events", { type: "subscription.change_undone" })).map(({ data }) => data)).toEqual([
      { toPlanId: "platino", toQuantity: 2, by: `void ${once?.invoiceId}` },
    ]);
    expect(await change(app, { planId: "plata", quantity: 1, apply: "now" })).toMatchObject({ netCents: 4950 - 10008 });
  });
});

test.each<[string, Partial<WantedChange>, string]>([
  ["no such plan", { planId: "diamante" }, "there is no plan diamante"],
  ["the same", { planId: "oro", quantity: 1 }, "it is on this plan, in this quantity, already"],
  ["a day that is given already", { planId: "plata", apply: "period_end", on: "2026-11-20" }, "a day is for"],
])("%s: one sentence, and nothing is changed", async (_case, wanted, sentence) => {
  await using app = await paidApp();
  await expect(change(app, wanted)).rejects.toThrow(sentence);
  expect(await app.subscription("a")).toMatchObject({ planId: "oro", quantity: 1 });
  expect(await app.list("events", { type: "subscription.plan_changed" })).toEqual([]);
});

describe("what waits when it is canceled", () => {
  test.each<[string, HowToCancel, number[], string]>([
    ["with its period, it is charged by a last invoice", { atOnce: false }, [20015, 4942], ""],
    ["now, it is charged where a person says so", { atOnce: true, rest: "charge" }, [20015, 4942], ""],
    ["now, it is dropped where a person says so", { atOnce: true, rest: "drop" }, [20015], "change:a/1"],
  ])("%s", async (_case, how, charges, dropped) => {
    await using app = await paidApp();
    await change(app, { planId: "platino" });
    const { lastInvoice, droppedItems } = await cancelSubscription(app.needs, "a", how);
    expect([lastInvoice?.amountCents, droppedItems.join(" ")]).toEqual([charges[1], dropped]);
    await app.run();
    app.clock.advance(40 * DAY_MS);
    await app.run();
    expect(app.gateway.charges.map(({ intent }) => intent.amountCents)).toEqual(charges);
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
  });

  test("now, it is refused where nobody says so; a change that is taken back waits for nothing", async () => {
    await using app = await paidApp();
    await change(app, { planId: "platino" });
    await expect(cancelSubscription(app.needs, "a", { atOnce: true })).rejects.toThrow(
      /would never be charged: Plan Platino .*, \$49.42 MXN. Say what becomes of the rest, charge or drop/,
    );
    await undoChange(app.needs, "a", "eva");
    expect(await cancelSubscription(app.needs, "a", { atOnce: true })).toMatchObject({ lastInvoice: null });
  });

  test("below the least charge, its last invoice is paid by the ledger, and the debt joins what comes", async () => {
    await using app = await paidApp();
    await addItem(app.needs, { ...LOCKER, key: "sticker", subscriptionId: "a", amountCents: 200 });
    const { lastInvoice } = await cancelSubscription(app.needs, "a", { atOnce: false });
    expect(lastInvoice).toMatchObject({ amountCents: 0, balanceCents: 200 });
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    await app.subscribe("b", { customerId: "cus_a", startLocal: "2026-11-16T09:00" });
    await app.run();
    expect(await app.invoices("b")).toMatchObject([{ amountCents: 20215, balanceCents: -200 }]);
  });

  test("by dunning: nothing of it is charged, given away or lost; what is the customer's own rides on another subscription", async () => {
    await using app = await paidApp({ finalAction: "cancel", retryAfterDays: [], waitForCardDays: 3 });
    await changeBalance(app.needs, "grant", { ...CREDIT, amountCents: 5000 });
    await addItem(app.needs, { ...LOCKER, key: "own", subscriptionId: "a" });
    await addItem(app.needs, { ...LOCKER, key: "customer", customerId: "cus_a" });
    app.gateway.answer = declined("never_again");
    app.clock.advance(15 * DAY_MS);
    await app.run();
    // The items of December are its invoice's, and are owed with it: what comes later waits.
    await addItem(app.needs, { ...LOCKER, key: "later", subscriptionId: "a" });
    await addItem(app.needs, { ...LOCKER, key: "anywhere", customerId: "cus_a" });
    await changeBalance(app.needs, "grant", { ...CREDIT, amountCents: 700 });
    app.clock.advance(5 * DAY_MS);
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 uncollectible no_new_card");
    app.clock.advance(40 * DAY_MS);
    await app.run();
    expect(await stateOfItems(app)).toEqual({
      own: "consumed",
      customer: "consumed",
      later: "pending",
      anywhere: "pending",
    });
    await expect(addItem(app.needs, { ...LOCKER, key: "late", subscriptionId: "a" })).rejects.toThrow(
      "subscription a is canceled, and has no next invoice",
    );
    const told = async (...args: string[]) =>
      (await puntual(args, { cwd: app.folder, env: { DATABASE_URL: `sqlite:${app.databasePath}` } })).stdout;
    expect(await told("subscriptions", "show", "a")).toContain(
      "Locker, $150.00 MXN: charged to nobody; npx puntual items remove later",
    );
    const story = await told("explain", "a", "--lang", "en");
    expect(story).toContain("What waited for it is charged to nobody: Locker, $150.00 MXN.");
    expect(story).toContain("puntual items remove later");
    expect(await told("balance", "show", "cus_a")).toContain(
      "$7.00 MXN to the good; no invoice of the customer is to come, so it stays",
    );
    app.gateway.answer = pays;
    await app.subscribe("b", { customerId: "cus_a", startLocal: "2027-01-10T09:00" });
    await app.run();
    expect(await stateOfItems(app)).toMatchObject({ later: "pending", anywhere: "consumed" });
    expect(await app.invoices("b")).toMatchObject([{ amountCents: 20015 + 15000 - 700, balanceCents: 700 }]);
    await removeItem(app.needs, "later");
    expect(await stateOfItems(app)).toMatchObject({ later: "removed" });
  });
});

describe("what waits when its plan is over", () => {
  test("rides on the last invoice; after that nothing is taken in that would never be charged", async () => {
    await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
    await app.subscribe("a", { startLocal: "2026-11-01T09:00" }, { expiryCount: 2 });
    await withPlans(app, [planOf({ ...PLATINUM, expiryCount: 2 })]);
    await app.run();
    app.clock.advance(15 * DAY_MS);
    await addItem(app.needs, { ...LOCKER, key: "last", subscriptionId: "a" });
    await change(app, { planId: "platino" });
    app.gateway.answer = declined("retry_later");
    app.clock.advance(15 * DAY_MS);
    await app.run();
    // The last cycle is opened, and not paid yet.
    await expect(addItem(app.needs, { ...LOCKER, key: "late", subscriptionId: "a" })).rejects.toThrow(
      "charge the item now",
    );
    await expect(change(app, { planId: "oro", apply: "period_end" })).rejects.toThrow("no other one comes");
    expect(await charged(app)).toEqual([20015, 29900 + 15000 + 4942]);
    app.gateway.answer = pays;
    await addItem(app.needs, { ...LOCKER, key: "once", subscriptionId: "a", now: true });
    app.clock.advance(3 * DAY_MS);
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "completed" });
    expect(await stateOfItems(app)).toMatchObject({ last: "consumed", once: "consumed" });
  });

  test("what the last invoice leaves below the least charge is the customer's debt in the ledger, and joins what comes", async () => {
    await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
    await app.subscribe("a", { startLocal: "2026-11-01T09:00" }, { expiryCount: 1 });
    await changeBalance(app.needs, "grant", { ...CREDIT, amountCents: 20000 });
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "completed" });
    expect(app.gateway.charges).toEqual([]);
    expect((await app.list("balanceEntries", { customerId: "cus_a" })).at(-1)).toMatchObject({ balanceCents: -15 });
    await app.subscribe("b", { customerId: "cus_a", startLocal: "2026-11-01T09:00" });
    await app.run();
    expect(await app.invoices("b")).toMatchObject([{ amountCents: 20030, balanceCents: -15 }]);
  });
});

test("what ends is not changed before it ends", async () => {
  await using app = await paidApp();
  await cancelSubscription(app.needs, "a", { atOnce: false });
  await expect(change(app, { planId: "plata" })).rejects.toThrow("it is canceled at the end of its period");
});

/** As a plans file has them. */
const IN_FILE = {
  ...{ id: "a", customerId: "cus_a", startLocal: "2026-11-01T09:00", timeZone: "America/Mexico_City", quantity: 1 },
  ...{ lineItems: null, discount: null, billPast: false, where: "line 9" },
};
const { source: _ofGold, ...GOLD_IN_FILE } = planOf();
const { source: _ofSilver, ...SILVER_IN_FILE } = SILVER;

test("a plans file changes the plan of one that runs where it says how, once, and refuses it where it does not", async () => {
  await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
  app.gateway.customers.set("cus_a", { ...customerOf("cus_a"), livemode: false });
  const apply = (planId: string, more: { readonly change?: Apply } = {}) =>
    applyPlans(
      app.needs,
      { plans: [GOLD_IN_FILE, SILVER_IN_FILE], subscriptions: [{ ...IN_FILE, planId, ...more }] },
      { fileName: "plans.yaml", dryRun: false, prune: false, confirmed: true },
    );
  await apply("oro");
  await app.run();
  await expect(apply("plata")).rejects.toThrow("or say how it is to change: change: next_invoice");
  const { changes } = await apply("plata", { change: "period_end" });
  expect(changes.map(({ details }) => details)).toEqual([
    ["plan: oro × 1 -> plata × 1, period_end, from 2026-12-01 on"],
  ]);
  expect((await apply("plata", { change: "period_end" })).changes).toEqual([]);
  app.clock.advance(30 * DAY_MS);
  await app.run();
  expect(await charged(app)).toEqual([20015, 9900]);
  // Of 31 days 16 are left: 9900 × 16 ÷ 31 go back, 20015 × 16 ÷ 31 are owed.
  app.clock.advance(15 * DAY_MS);
  const { changes: back } = await apply("oro", { change: "next_invoice" });
  expect(back.map(({ details }) => details)).toEqual([
    ["plan: plata × 1 -> oro × 1, next_invoice, from 2026-12-16 on, $52.20 MXN for the rest of the period"],
  ]);
  app.clock.advance(16 * DAY_MS);
  await app.run();
  expect(await charged(app)).toEqual([20015, 9900, 20015 + 5220]);
});

test("a plan that a subscription came from stays when the file names it no more, so that the change can be taken back", async () => {
  await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
  app.gateway.customers.set("cus_a", { ...customerOf("cus_a"), livemode: false });
  const apply = (planId: string, plans: readonly Omit<Plan, "source">[]) =>
    applyPlans(
      app.needs,
      { plans, subscriptions: [{ ...IN_FILE, planId, change: "now" }] },
      { fileName: "plans.yaml", dryRun: false, prune: true, confirmed: true },
    );
  await apply("plata", [SILVER_IN_FILE]);
  await app.run();
  app.clock.advance(15 * DAY_MS);
  await apply("oro", [GOLD_IN_FILE, SILVER_IN_FILE]);
  const { changes } = await apply("oro", [GOLD_IN_FILE]);
  expect(changes.map(({ action, id, details }) => [action, id, ...details])).toEqual([
    ["gone", "plata", "is no longer in the file; kept, since subscriptions name it"],
  ]);
  const ofChange = (await app.invoices("a")).find(({ cycle }) => cycle === null);
  await voidInvoice(app.needs, String(ofChange?.invoiceId), "a mistake");
  expect((await app.subscription("a")).planId).toBe("plata");
});
