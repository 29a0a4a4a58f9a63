/** What people add to the next invoices: items, coupons, money to the good. Its chance is its own, so that all else stays as drawn. */
import { changeBalance } from "../../../src/application/balance/change-balance.ts";
import { addCoupon, giveCoupon, takeCoupon } from "../../../src/application/coupons/coupons.ts";
import { addItem, type ItemRequest } from "../../../src/application/items/add-item.ts";
import type { Coupon } from "../../../src/domain/coupon.ts";
import { BillingError } from "../../../src/domain/errors.ts";
import type { Chance } from "../chance.ts";
import type { Report } from "../checks/violation.ts";
import type { MemoryTables } from "../memory-store/tables.ts";
import type { Merchant } from "../merchant.ts";
import { fileCouponsAsPerson, type FileCouponsDone } from "./people-coupons.ts";
import type { PersonNeeds } from "./person-needs.ts";

/** By what it takes off: the checks read it there. */
const COUPONS = [10, 25, 33, 100] as const;

/** Names of lines that are no plan's. */
export const EXTRA = "Extra ";

/** What was answered, so that it may be asked for again, or taken back. */
export type ExtrasDone = {
  items: ItemRequest[];
  coupons: { readonly code: string; readonly subscriptionId: string }[];
  readonly ofFile: FileCouponsDone;
};

export function nothingDone(): ExtrasDone {
  return { items: [], coupons: [], ofFile: { archived: new Set(), unsure: new Set(), given: new Map() } };
}

/**
 * A backup was put back: what was added since is lost, and the merchant's file is made what the books know again.
 */
export function forgetExtras(
  done: ExtrasDone,
  merchant: Merchant,
  { items, coupons, couponGrants, subscriptions }: MemoryTables,
) {
  const keys = new Set([...items.rows.values()].map(({ key }) => key));
  done.items = done.items.filter(({ key }) => keys.has(key));
  done.coupons = done.coupons.filter(({ code, subscriptionId }) =>
    couponGrants.inGroup("subscription", subscriptionId).some(({ couponCode }) => couponCode === code),
  );
  if (merchant.coupons !== undefined)
    merchant.coupons = merchant.coupons.filter(({ code }) => coupons.get(code) !== undefined);
  done.ofFile.archived.clear();
  done.ofFile.unsure.clear();
  done.ofFile.given.clear();
  for (const order of merchant.subscriptions) {
    const known = subscriptions.get(order.id);
    if (known !== undefined) Object.assign(order, { planId: known.planId, quantity: known.quantity });
  }
}

/** @returns what was done, for the trace */
export async function extrasAsPerson(
  needs: PersonNeeds,
  chance: Chance,
  { merchant, done, report }: { readonly merchant: Merchant; readonly done: ExtrasDone; readonly report: Report },
): Promise<string> {
  if (chance.happens(0.25)) return await fileCouponsAsPerson(needs, chance, { merchant, done: done.ofFile, report });
  const { id: subscriptionId, customerId } = chance.pick(merchant.subscriptions);
  const what = chance.pick(["item", "item", "item", "again", "balance", "coupon", "coupon", "take"] as const);
  if (what === "again") return await addAgain(needs, chance, done.items, report);
  if (what === "take") return await takeBack(needs, chance, done.coupons);
  if (what === "item") {
    const key = `k${chance.between(1, 1_000_000)}`;
    const request = { key, customerId: null, subscriptionId, name: `${EXTRA}${key}`, currency: null, tax: null };
    const amountCents = chance.pick([1, 150, chance.between(300, 50_000)]);
    const now = chance.happens(0.4);
    const item = { ...request, amountCents, now, by: "somebody" };
    await addItem(needs, item);
    done.items.push(item);
    return `item ${key} of ${amountCents} for ${subscriptionId}${now ? ", now" : ""}`;
  }
  if (what === "balance") {
    const amountCents = chance.pick([chance.between(1, 300), chance.between(300, 60_000)]);
    const change = { customerId, currency: "MXN", amountCents, reason: "simulated", by: "somebody" };
    await changeBalance(needs, chance.happens(0.8) ? "grant" : "take", change);
    return `balance of ${customerId} by ${amountCents}`;
  }
  const percent = chance.pick(COUPONS);
  const code = `P${percent}`;
  const coupon: Coupon = {
    ...{ code, percentHundredths: percent * 100, amountCents: null, currency: null, cycles: 2, redeemBy: null },
    ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
  };
  try {
    await addCoupon(needs, coupon);
  } catch (error) {
    // It is there already.
    if (!(error instanceof BillingError)) throw error;
  }
  await giveCoupon(needs, subscriptionId, { code, by: "somebody" });
  done.coupons.push({ code, subscriptionId });
  return `coupon ${code} for ${subscriptionId}`;
}

/** The same key once more, with the same content or another: nothing is added. */
async function addAgain(
  needs: PersonNeeds,
  chance: Chance,
  items: readonly ItemRequest[],
  report: Report,
): Promise<string> {
  if (items.length === 0) return "no item again";
  const item = chance.pick(items);
  const isOther = chance.happens(0.4);
  const { isNew } = await addItem(needs, isOther ? { ...item, amountCents: item.amountCents + 1 } : item);
  if (isOther || isNew) report("item", `${item.key} was there, and was taken in again${isOther ? " as another" : ""}`);
  return `item ${item.key} again`;
}

async function takeBack(needs: PersonNeeds, chance: Chance, coupons: ExtrasDone["coupons"]): Promise<string> {
  if (coupons.length === 0) return "no coupon back";
  const { code, subscriptionId } = chance.pick(coupons);
  await takeCoupon(needs, subscriptionId, code);
  return `coupon ${code} of ${subscriptionId} back`;
}
