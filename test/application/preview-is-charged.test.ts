/** What the preview of a change announces is what is charged: now, and with the next invoice. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { giveCoupon } from "../../src/application/coupons/coupons.ts";
import { addItem } from "../../src/application/items/add-item.ts";
import { changeSubscription, previewChange } from "../../src/application/subscriptions/change-subscription.ts";
import { Refused } from "../../src/domain/errors.ts";
import type { Tax } from "../../src/domain/tax.ts";
import { digestOf } from "../../src/entrypoints/digest.ts";
import { openApp } from "../support/app-fixture.ts";
import { DAY_MS, planOf } from "../support/records.ts";

const DAYS_OF_NOVEMBER = 30;

const sold = fc.record({
  unitPriceCents: fc.integer({ min: 300, max: 300_000 }),
  quantity: fc.integer({ min: 1, max: 4 }),
});
const cases = fc.record({
  old: sold,
  new: sold,
  raisedCents: fc.option(fc.integer({ min: 300, max: 300_000 })),
  tax: fc.constantFrom<Tax | null>(null, { rate: 16, included: true }, { rate: 16, included: false }),
  coupon: fc.option(
    fc.record({ percentHundredths: fc.integer({ min: 1, max: 9000 }), cycles: fc.integer({ min: 1, max: 2 }) }),
  ),
  itemCents: fc.option(fc.integer({ min: 300, max: 50_000 })),
  day: fc.integer({ min: 1, max: DAYS_OF_NOVEMBER - 1 }),
  apply: fc.constantFrom("now", "next_invoice", "period_end", "none"),
});

test("whatever is sold, and on whichever day it changes", async () => {
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      const lines = (unitPriceCents: number) => [{ name: "Plan", unitPriceCents, quantity: 1 }];
      await using app = await openApp({ now: "2026-11-01T15:00:00Z" });
      const terms = { lineItems: lines(drawn.old.unitPriceCents), tax: drawn.tax };
      await app.subscribe("a", { startLocal: "2026-11-01T09:00", quantity: drawn.old.quantity }, terms);
      await app.store.write(app.clock.now(), async (records) => {
        records.addPlan(
          planOf({ id: "platino", name: "Plan Platino", lineItems: lines(drawn.new.unitPriceCents), tax: drawn.tax }),
        );
        if (drawn.coupon !== null)
          records.addCoupon({
            ...{ code: "C", amountCents: null, currency: null, redeemBy: null, maxRedemptions: null, planIds: null },
            ...{ archivedAt: null, source: "cli" as const, ...drawn.coupon },
          });
      });
      if (drawn.coupon !== null) await giveCoupon(app.needs, "a", { code: "C", by: "eva" });
      await app.run();
      app.clock.advance(drawn.day * DAY_MS);
      if (drawn.raisedCents !== null) {
        const { raisedCents } = drawn;
        await app.store.write(app.clock.now(), async (records) => {
          Object.assign((await records.plan("oro"))!, { lineItems: lines(raisedCents) });
        });
      }
      if (drawn.itemCents !== null)
        await addItem(app.needs, {
          ...{ key: "extra", customerId: null, subscriptionId: "a", name: "Extra", amountCents: drawn.itemCents },
          ...{ currency: null, tax: null, now: false, by: "eva" },
        });

      const before = app.gateway.charges.length;
      const charged = (): number[] => app.gateway.charges.slice(before).map(({ intent }) => intent.amountCents);
      const needs = { ...app.needs, digest: digestOf };
      const wanted = { planId: "platino", quantity: drawn.new.quantity, apply: drawn.apply, on: null } as const;
      const seen = await previewChange(needs, "a", wanted).catch((error: unknown) => {
        if (error instanceof Refused) return null;
        throw error;
      });
      if (seen === null) return;
      changes += 1;
      await changeSubscription(needs, "a", wanted, { token: seen.token, by: "eva" });
      await app.run();
      expect(charged()).toEqual(seen.chargedNowCents === 0 ? [] : [seen.chargedNowCents]);
      const { length: now } = charged();
      app.clock.advance((DAYS_OF_NOVEMBER - drawn.day) * DAY_MS);
      await app.run();
      expect(charged().slice(now)).toEqual(seen.nextAmountCents === 0 ? [] : [seen.nextAmountCents]);
    }),
    { seed: 1, numRuns: 60 },
  );
  expect(changes).toBeGreaterThan(40);
});
