/**
 * What the rest of a running period costs more, or less, after a change: a line on the next invoice, an invoice of its own, or a
 * grant to the customer's balance; and taking that back.
 *
 * Inside the transaction of the change. A debt too small to charge is carried by the balance, like any other.
 */
import { entryAfter } from "../../domain/balance.ts";
import type { Invoice } from "../../domain/invoice.ts";
import type { Item } from "../../domain/item.ts";
import { amountsOf, type LineItem } from "../../domain/money.ts";
import { openOnce } from "../../domain/opening.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Apply, Proration } from "../../domain/proration.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { SubscriptionChange } from "../../domain/subscription-change.ts";
import { taxOfLine } from "../../domain/tax.ts";
import type { Random } from "../ports/runtime.ts";
import type { Records } from "../ports/records.ts";

type Within = { readonly records: Records; readonly random: Random; readonly now: Date; readonly by: string };

type Rest = {
  /** The item's, and the invoice's of its own. */
  readonly key: string;
  readonly apply: Apply;
  /** Its first whole period is charged like any other; only what is left of the old one is given back. */
  readonly isOther: boolean;
  readonly rest: Proration;
  readonly subscription: Subscription;
  /** The new one. */
  readonly plan: Plan;
  readonly name: string;
};

export type RestCharged = {
  readonly itemKey: string | null;
  readonly invoice: Pick<Invoice, "id" | "amountCents"> | null;
  readonly grantedCents: number;
};

export const NO_MONEY: RestCharged = { itemKey: null, invoice: null, grantedCents: 0 };

export async function chargeRest(
  { records, random, now, by }: Within,
  { key, apply, isOther, rest, subscription, plan, name }: Rest,
): Promise<RestCharged> {
  const netCents = isOther ? -rest.creditCents : rest.netCents;
  if (netCents === 0) return NO_MONEY;
  if (netCents < 0) return await giveBack(records, subscription, plan, -netCents, { key, by });
  const { id: subscriptionId, customerId } = subscription;
  const lines = subscription.lineItems ?? plan.lineItems;
  const item: Item = {
    ...{ claveProdServ: keyOfAll(lines, "claveProdServ"), claveUnidad: keyOfAll(lines, "claveUnidad") },
    ...{ id: random.newId("itm", now), key, customerId, subscriptionId, name, currency: plan.currency, tax: null },
    ...{ amountCents: rest.debitCents, discountCents: rest.creditCents, createdAt: now, createdBy: by },
    ...{ removedAt: null, invoiceId: null, lastInvoiceId: null },
  };
  records.addItem(item);
  if (apply !== "now") return { ...NO_MONEY, itemKey: key };
  const waiting = await records.waitingFor(subscription, plan.currency);
  const due = { ...subscription, plan, waiting };
  const { invoice, uses, events } = openOnce(due, { key, items: [item], now }, (at) => random.newId("inv", at));
  records.addInvoice(invoice);
  await records.use(uses);
  for (const event of events) records.record(event);
  return { ...NO_MONEY, itemKey: key, invoice };
}

/** Of what is sold; null: its lines differ, or tell none. */
function keyOfAll(lines: readonly LineItem[], key: "claveProdServ" | "claveUnidad"): string | null {
  const [first] = lines;
  return lines.every((line) => line[key] === first?.[key]) ? (first?.[key] ?? null) : null;
}

/** With the tax that is added to such lines, as it was paid. */
async function giveBack(
  records: Records,
  { customerId, lineItems }: Subscription,
  { currency, tax, lineItems: ofPlan, name }: Plan,
  netCents: number,
  { key, by }: { readonly key: string; readonly by: string },
): Promise<RestCharged> {
  const ofLines = taxOfLine((lineItems ?? ofPlan)[0]?.tax, tax ?? null);
  const line = { name, unitPriceCents: netCents, quantity: 1 };
  const { amountCents } = amountsOf([line], 1, null, ofLines);
  const entry = { customerId, currency, kind: "grant", amountCents, invoiceId: null, reason: key, actor: by } as const;
  await records.addBalanceEntry(entryAfter(await records.balance(customerId, currency), entry));
  return { ...NO_MONEY, grantedCents: amountCents };
}

/** @returns false: what was given back is spent */
export async function takeRestBack(
  records: Records,
  { customerId }: Subscription,
  { currency }: Plan,
  { id, itemKey, grantedCents }: SubscriptionChange,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<boolean> {
  const item = itemKey === null ? null : await records.item(itemKey);
  if (item !== null) {
    if (item.invoiceId !== null) return false;
    item.removedAt = now;
  }
  if (grantedCents === 0) return true;
  const balance = await records.balance(customerId, currency);
  if (balance.balanceCents < grantedCents) return false;
  const taken = { customerId, currency, kind: "take", amountCents: -grantedCents, invoiceId: null } as const;
  await records.addBalanceEntry(entryAfter(balance, { ...taken, reason: `change:${id} undone`, actor: by }));
  return true;
}
