/**
 * What waits for a subscription's next invoice, and what an invoice makes of it: items become its lines, coupons and the
 * subscription's discount lower its own lines, the customer's balance pays of what is left.
 *
 * Pure, and the one home of what an invoice comes to: the run opens by it, the preview and the next charge are told by it.
 */
import {
  type Balance,
  entryAfter,
  LEAST_CHARGE_CENTS,
  type NewBalanceEntry,
  NO_BALANCE,
  paidByBalance,
} from "./balance.ts";
import { couponsIn, discountOfCoupon, type GivenCoupon } from "./coupon.ts";
import type { Invoice } from "./invoice.ts";
import { lineOfItem, type PendingItem, ridesOn } from "./item.ts";
import { type Amounts, amountsOf, type LineBeside, type NamedDiscount, OWN_DISCOUNT_CODE } from "./money.ts";
import { linesAt, type Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";

export type Waiting = {
  /** Of the subscription, or of its customer, the oldest first. */
  readonly items: readonly PendingItem[];
  /** All that the subscription was ever given. */
  readonly coupons: readonly GivenCoupon[];
  /** Of the customer, in the plan's currency. */
  readonly balance: Balance;
  /** The least that Conekta charges: a rest below it joins the next invoice. */
  readonly leastCents: number;
};

/** Whether another subscription of the customer may use some of it. */
export function isShared({ items, balance }: Waiting): boolean {
  return balance.balanceCents !== 0 || items.some(({ subscriptionId }) => subscriptionId === null);
}

export const NOTHING_WAITS: Waiting = {
  items: [],
  coupons: [],
  balance: NO_BALANCE,
  leastCents: LEAST_CHARGE_CENTS,
};

/** What invoices use of what waits. */
export type Uses = {
  /** How many coupons the subscription was given by then: one that was given since lowers these invoices, too. */
  readonly coupons: number;
  readonly items: readonly { readonly itemId: string; readonly invoiceId: string }[];
  readonly entries: readonly NewBalanceEntry[];
};

export const NO_USES: Uses = { coupons: 0, items: [], entries: [] };

export function usesAnything({ items, entries }: Uses): boolean {
  return items.length > 0 || entries.length > 0;
}

export type Content = {
  /** As it is frozen on the invoice. */
  readonly frozen: Amounts & Pick<Invoice, "balanceCents">;
  readonly uses: Uses;
};

type Billed = Pick<Subscription, "customerId" | "lineItems" | "quantity" | "discount" | "timeZone"> & {
  readonly plan: Pick<Plan, "lineItems" | "prices" | "tax" | "currency">;
};

type Opened = { readonly invoiceId: string; readonly cycle: number; readonly at: Date };

/** What the invoice of a cycle that begins at `at` comes to. */
export function contentOf(subscription: Billed, { invoiceId, cycle, at }: Opened, waiting: Waiting): Content {
  const { customerId, plan, lineItems, quantity, discount, timeZone } = subscription;
  const own = lineItems ?? linesAt(plan, at, timeZone);
  const tax = plan.tax ?? null;
  const beside = { currency: plan.currency, lineItems: own, tax };
  const riding = waiting.items.filter((item) => ridesOn(item, beside));
  const named: readonly NamedDiscount[] = [
    ...(discount === null ? [] : [{ code: OWN_DISCOUNT_CODE, type: "campaign", discount } as const]),
    ...couponsIn(waiting.coupons, cycle, plan.currency).map(
      (coupon) => ({ code: coupon.couponCode, type: "coupon", discount: discountOfCoupon(coupon) }) as const,
    ),
  ];
  const amounts = amountsOf(
    own,
    quantity,
    named,
    tax,
    riding.map((item) => lineBeside(item, lineOfItem(item, beside))),
  );
  return paid({ amounts, riding, customerId, currency: plan.currency, invoiceId }, waiting);
}

/** What an invoice of these items alone comes to. */
export function contentOfItems(
  { customerId, plan, lineItems, timeZone }: Billed,
  { invoiceId, at }: Pick<Opened, "invoiceId" | "at">,
  items: readonly PendingItem[],
  waiting: Waiting,
): Content {
  const own = lineItems ?? linesAt(plan, at, timeZone);
  const beside = { currency: plan.currency, lineItems: own, tax: plan.tax ?? null };
  const lines = items.map((item) => lineBeside(item, lineOfItem(item, beside)));
  const amounts = amountsOf([], 1, null, null, lines);
  return paid({ amounts, riding: items, customerId, currency: plan.currency, invoiceId }, waiting);
}

/** What a change of plan gives back stands on Conekta's order with this code. */
const GIVEN_BACK_CODE = "prorrateo";

function lineBeside({ discountCents }: PendingItem, line: LineBeside["line"]): LineBeside {
  if (discountCents === 0) return { line, discount: null };
  return { line, discount: { code: GIVEN_BACK_CODE, type: "campaign", amountCents: discountCents } };
}

function paid(
  {
    amounts,
    riding,
    invoiceId,
    ...whose
  }: {
    readonly amounts: Amounts;
    readonly riding: readonly PendingItem[];
    readonly customerId: string;
    readonly currency: string;
    readonly invoiceId: string;
  },
  { balance, leastCents, coupons }: Waiting,
): Content {
  const { appliedCents, amountCents } = paidByBalance(amounts.amountCents, balance, leastCents);
  const applied = { ...whose, kind: "applied", amountCents: -appliedCents, invoiceId } as const;
  return {
    frozen: { ...amounts, amountCents, balanceCents: appliedCents },
    uses: {
      coupons: coupons.length,
      items: riding.map(({ id: itemId }) => ({ itemId, invoiceId })),
      entries: appliedCents === 0 ? [] : [entryAfter(balance, { ...applied, reason: "invoice", actor: "puntual" })],
    },
  };
}

/** What is left for the invoices to come. */
export function afterUses(waiting: Waiting, { items, entries }: Uses): Waiting {
  const used = new Set(items.map(({ itemId }) => itemId));
  const last = entries.at(-1);
  return {
    ...waiting,
    items: waiting.items.filter(({ id }) => !used.has(id)),
    balance: last === undefined ? waiting.balance : { number: last.number, balanceCents: last.balanceCents },
  };
}

/**
 * What of it a void invoice gives back: its items ride on the next one, the balance has its cents again, once. What was to be
 * charged once, by an invoice of its own, waits for nothing more.
 */
export function givesBack(
  { cycle, balanceCents }: { readonly cycle: number | null; readonly balanceCents: number },
  { isReturned }: { readonly isReturned: boolean },
): { readonly items: boolean; readonly balance: boolean } {
  return { items: cycle !== null, balance: balanceCents !== 0 && !isReturned };
}
