/**
 * What people do to invoices in the demo's year: a coupon for two cycles, an extra on the next charge, and more of a plan in the
 * middle of a period. Told with what each made of the invoice.
 */
import type { Assembly } from "../../assemble.ts";
import { giveCoupon, addCoupon } from "../../application/coupons/coupons.ts";
import { addItem } from "../../application/items/add-item.ts";
import { changeSubscription } from "../../application/subscriptions/change-subscription.ts";
import { formatMoney } from "../../domain/money.ts";
import { rateText } from "../../domain/tax.ts";
import { digestOf } from "../digest.ts";

const MEMBER = "jorge-oro";
const WITH_COUPON = "lucia-oro";
const COUPON = "BIENVENIDA";

/** 16 March, 10:00 in Mexico City: the period began on 28 February, its 31st. */
const UPGRADE_AT = new Date("2026-03-16T16:00:00Z");

export type Changes = {
  /** Does what is due by now. @returns when the next is due; null: nothing is left */
  act(): Promise<Date | null>;
};

export async function beginChanges(app: Assembly, say: (text: string) => void): Promise<Changes> {
  await addCoupon(app, {
    ...{ code: COUPON, percentHundredths: 5_000, amountCents: null, currency: null, cycles: 2 },
    ...{ redeemBy: null, maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
  });
  const grant = await giveCoupon(app, WITH_COUPON, { code: COUPON, by: "demo" });
  say(`   ${WITH_COUPON}: coupon ${COUPON}, 50 % off cycles ${grant.fromCycle} and ${grant.fromCycle + 1}`);
  await addItem(app, {
    ...{ key: "demo-llavero", customerId: null, subscriptionId: MEMBER, name: "Llavero de acceso", amountCents: 4_900 },
    ...{ currency: null, tax: null, now: false, by: "demo" },
  });
  say(`   ${MEMBER}: an extra of ${formatMoney(4_900, "MXN")} on the next charge`);
  say(`   ${MEMBER}: two instead of one from 16 March on, the difference charged at once`);
  let isDone = false;
  return {
    async act() {
      if (isDone) return null;
      if (app.clock.now() < UPGRADE_AT) return UPGRADE_AT;
      isDone = true;
      const wanted = { planId: null, quantity: 2, apply: "now", on: null } as const;
      await changeSubscription({ ...app, digest: digestOf }, MEMBER, wanted, { token: null, by: "demo" });
      return null;
    },
  };
}

/** The invoices that say something of it, and the year's IVA. */
export async function tellChanges(app: Assembly, say: (text: string) => void): Promise<void> {
  const invoices = (await app.store.list("invoices", {})).toReversed();
  const told = [
    invoices.filter(({ subscriptionId }) => subscriptionId === WITH_COUPON).slice(0, 3),
    invoices.filter(({ subscriptionId }) => subscriptionId === MEMBER).slice(0, 5),
  ].flat();
  for (const { subscriptionId, openedAt, lineItems, discountCents, taxCents, amountCents, currency } of told) {
    const money = (cents: number): string => formatMoney(cents, currency);
    const lines = lineItems.map(({ name, quantity }) => (quantity === 1 ? name : `${quantity} × ${name}`)).join(" + ");
    const off = discountCents === 0 ? "" : `, ${money(discountCents)} off`;
    say(
      `   ${openedAt.slice(0, 10)}  ${subscriptionId}: ${money(amountCents)} (IVA ${money(taxCents ?? 0)})  ${lines}${off}`,
    );
  }
  const year = { from: new Date("2026-01-01T06:00:00Z"), until: new Date("2027-01-01T06:00:00Z") };
  for (const { rate, baseCents, taxCents, currency } of await app.store.explaining.taxes(year))
    say(
      `   Collected in 2026 at ${rateText(rate)}: ${formatMoney(baseCents, currency)} and ${formatMoney(taxCents, currency)} of IVA, ` +
        `${formatMoney(baseCents + taxCents, currency)} together.`,
    );
}
