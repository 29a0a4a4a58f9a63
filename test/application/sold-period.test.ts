/** A change in mid-period gives back what the running period was sold for, whatever its plan says since. */
import { describe, expect, test } from "@jest/globals";
import { addItem, type ItemRequest } from "../../src/application/items/add-item.ts";
import { giveCoupon, takeCoupon } from "../../src/application/coupons/coupons.ts";
import {
  changeSubscription,
  previewChange,
  type WantedChange,
} from "../../src/application/subscriptions/change-subscription.ts";
import type { Coupon } from "../../src/domain/coupon.ts";
import type { Mutable } from "../../src/application/ports/records.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Subscription, SubscriptionOrder } from "../../src/domain/subscription.ts";
import type { Tax } from "../../src/domain/tax.ts";
import { digestOf } from "../../src/entrypoints/digest.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { DAY_MS, planOf } from "../support/records.ts";

const line = (name: string, unitPriceCents: number) => [{ name, unitPriceCents, quantity: 1 }];
const PLATINUM = planOf({ id: "platino", name: "Plan Platino", lineItems: line("Plan Platino", 29900) });
const SILVER = planOf({ id: "plata", name: "Plan Plata", lineItems: line("Plan Plata", 9900) });
const RAISED = line("Plan Oro", 30015);
const LOCKER: ItemRequest = {
  ...{ key: "locker", customerId: null, subscriptionId: "a", name: "Locker", amountCents: 15000, currency: null },
  ...{ tax: null, now: false, by: "eva" },
};
const HALF: Coupon = {
  ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 1, redeemBy: null },
  ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
};

/** Billed on the first of each month; November is paid, and half of it is over. */
async function halfPaid(
  before: (app: AppFixture) => Promise<void> = async () => {},
  subscription: Partial<SubscriptionOrder> = {},
  plan: Partial<Plan> = {},
): Promise<AppFixture> {
  const app = await openApp({ now: "2026-11-01T15:00:00Z" });
  await app.subscribe("a", { startLocal: "2026-11-01T09:00", ...subscription }, plan);
  await app.store.write(app.clock.now(), async (records) => {
    for (const each of [PLATINUM, SILVER]) records.addPlan({ ...each, tax: plan.tax ?? null });
    records.addCoupon(HALF);
  });
  await before(app);
  await app.run();
  app.clock.advance(15 * DAY_MS);
  return app;
}

const edit = async (app: AppFixture, planId: string, change: Partial<Plan>) =>
  await app.store.write(app.clock.now(), async (records) => {
    Object.assign((await records.plan(planId))!, change);
  });
const editSubscription = async (app: AppFixture, change: Partial<Mutable<Subscription>>) =>
  await app.store.write(app.clock.now(), async (records) => {
    Object.assign((await records.subscription("a"))!, change);
  });

const needsOf = (app: AppFixture) => ({ ...app.needs, digest: digestOf });
const wants = (change: Partial<WantedChange>): WantedChange => ({
  ...{ planId: null, quantity: null, apply: null, on: null },
  ...change,
});

/** Previews, changes, bills till the next month is paid. @returns what was given back, and what was charged since */
async function changed(app: AppFixture, wanted: Partial<WantedChange>) {
  const before = app.gateway.charges.length;
  const seen = await previewChange(needsOf(app), "a", wants(wanted));
  expect(await changeSubscription(needsOf(app), "a", wants(wanted), { token: seen.token, by: "eva" })).toEqual(seen);
  await app.run();
  const now = app.gateway.charges.slice(before).map(({ intent }) => intent.amountCents);
  expect(now).toEqual(seen.chargedNowCents === 0 ? [] : [seen.chargedNowCents]);
  app.clock.advance(15 * DAY_MS);
  await app.run();
  const charged = app.gateway.charges.slice(before).map(({ intent }) => intent.amountCents);
  // The preview is what is charged.
  expect(charged.slice(now.length)).toEqual([seen.nextAmountCents]);
  const [credit] = seen.lines;
  return { name: credit?.name, creditCents: credit?.amountCents, netCents: seen.netCents, charged };
}

describe.each(["now", "next_invoice"] as const)(
  "what is given back, applied %s, is what the period was sold for",
  (apply) => {
    const nextOf = (restCents: number, monthCents: number) =>
      apply === "now" ? [restCents, monthCents] : [restCents + monthCents];

    test("though the price was raised since", async () => {
      await using app = await halfPaid();
      await edit(app, "oro", { lineItems: RAISED });
      expect(await changed(app, { planId: "platino", apply })).toEqual({
        ...{ name: "Plan Oro", creditCents: 10008, netCents: 4942 },
        charged: nextOf(4942, 29900),
      });
    });

    test("though the price was lowered since", async () => {
      await using app = await halfPaid();
      await edit(app, "oro", { lineItems: line("Plan Oro", 5015) });
      expect(await changed(app, { planId: "platino", apply })).toMatchObject({ creditCents: 10008 });
    });

    test("though it is of more pieces since, by a change that charged nothing for the rest", async () => {
      for (const free of ["none", "period_end"] as const) {
        await using app = await halfPaid();
        const three = wants({ quantity: 3, apply: free });
        await changeSubscription(needsOf(app), "a", three, { token: null, by: "eva" });
        await edit(app, "oro", { lineItems: RAISED });
        expect(await changed(app, { planId: "platino", quantity: 1, apply })).toEqual({
          ...{ name: "Plan Oro", creditCents: 10008, netCents: 4942 },
          charged: nextOf(4942, 29900),
        });
      }
    });

    test("though a plans file says more pieces since, and no change tells them", async () => {
      await using app = await halfPaid();
      await editSubscription(app, { quantity: 3 });
      expect(await changed(app, { planId: "platino", quantity: 1, apply })).toMatchObject({
        ...{ name: "Plan Oro", creditCents: 10008 },
      });
    });

    test("with its discount, though that ended since", async () => {
      await using app = await halfPaid(undefined, { discount: { percent: 50 } });
      await editSubscription(app, { discount: null });
      // Of 20015 half was taken off: 10007 were paid.
      expect(await changed(app, { planId: "platino", apply })).toMatchObject({ creditCents: 5004 });
    });

    test("without a discount that came since", async () => {
      await using app = await halfPaid();
      await editSubscription(app, { discount: { percent: 50 } });
      expect(await changed(app, { planId: "platino", apply })).toMatchObject({ creditCents: 10008 });
    });

    test("with its coupon, though that was taken back since", async () => {
      await using app = await halfPaid(async (each) => {
        await giveCoupon(each.needs, "a", { code: "MITAD", by: "eva" });
      });
      await takeCoupon(app.needs, "a", "MITAD");
      expect(await changed(app, { planId: "platino", apply })).toMatchObject({ creditCents: 5004 });
    });

    test("without a coupon that was given since", async () => {
      await using app = await halfPaid();
      await giveCoupon(app.needs, "a", { code: "MITAD", by: "eva" });
      expect(await changed(app, { planId: "platino", apply })).toMatchObject({ creditCents: 10008, netCents: 4942 });
    });

    test("without the extras that stood beside it", async () => {
      await using app = await halfPaid(async (each) => {
        await addItem(each.needs, LOCKER);
      });
      await edit(app, "oro", { lineItems: RAISED });
      expect(app.gateway.charges.map(({ intent }) => intent.amountCents)).toEqual([35015]);
      expect(await changed(app, { planId: "platino", apply })).toMatchObject({ creditCents: 10008, netCents: 4942 });
    });

    test("without what an earlier change charged on its invoice", async () => {
      await using app = await halfPaid();
      const earlier = wants({ planId: "platino", apply: "next_invoice" });
      await changeSubscription(needsOf(app), "a", earlier, { token: null, by: "eva" });
      app.clock.advance(15 * DAY_MS);
      await app.run();
      // December is paid, with the rest of November: 34842.
      app.clock.advance(15 * DAY_MS);
      await edit(app, "platino", { lineItems: line("Plan Platino", 99900) });
      const seen = await previewChange(needsOf(app), "a", wants({ planId: "plata", apply, on: "2026-12-16" }));
      // Of 31 days 16 are left.
      expect(seen.lines.map(({ amountCents }) => amountCents)).toEqual([15432, 5110]);
    });
  },
);

test("what an earlier change of the period was charged for is given back, though its price was raised since", async () => {
  await using app = await halfPaid();
  const up = wants({ planId: "platino", apply: "now" });
  await changeSubscription(needsOf(app), "a", up, { token: null, by: "eva" });
  await app.run();
  await edit(app, "platino", { lineItems: line("Plan Platino", 90000) });
  const seen = await previewChange(needsOf(app), "a", wants({ planId: "plata", apply: "now" }));
  expect(seen.lines.map(({ amountCents }) => amountCents)).toEqual([14950, 4950]);
  app.clock.advance(5 * DAY_MS);
  // Ten of the fifteen days that cost 14950.
  const later = await previewChange(needsOf(app), "a", wants({ planId: "plata", apply: "now" }));
  expect(later.lines.map(({ amountCents }) => amountCents)).toEqual([9967, 3300]);
});

test("a tax that the plan tells since was not paid, so it is not given back either", async () => {
  const added: Tax = { rate: 16, included: false };
  await using app = await halfPaid();
  for (const id of ["oro", "plata"]) await edit(app, id, { tax: added });
  const wanted = wants({ planId: "plata", apply: "now" });
  await expect(previewChange(needsOf(app), "a", wanted)).rejects.toThrow("apply it at period_end");
  expect(await previewChange(needsOf(app), "a", wants({ planId: "plata" }))).toMatchObject({ apply: "period_end" });
});

test("a refund is of the period before it is of what stood beside it: its money is not given back twice", async () => {
  await using app = await halfPaid(async (each) => {
    await addItem(each.needs, LOCKER);
  });
  const [paid] = await app.invoices("a");
  const wanted = { invoiceId: paid?.invoiceId ?? "", attemptId: null, shownCents: null, amountCents: 15000 };
  await app.store.refunds.request({ ...wanted, reason: "other", note: null, by: "eva" }, app.clock.now());
  const seen = await previewChange(needsOf(app), "a", wants({ planId: "platino", apply: "now" }));
  expect(seen.lines.map(({ amountCents }) => amountCents)).toEqual([5015, 14950]);
});
