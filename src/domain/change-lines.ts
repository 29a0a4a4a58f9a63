/**
 * The lines of a change of plan or quantity, as a person reads them, and what a period is worth by the one plan and the other.
 * Pure; what of it is charged is said in proration.ts.
 *
 * The running period is worth what its invoice sold it for: what plan, coupons and discount say since is of periods to come.
 */
import { billingAt, localDateTextOf, type Period } from "./calendar/calendar.ts";
import type { Invoice } from "./invoice.ts";
import type { Plan } from "./plan.ts";
import { contentOf, type Waiting } from "./invoice-content.ts";
import { type InvoiceLine, LINE_NAME_LENGTH, subtotalCentsOf, withDiscounts } from "./money.ts";
import { chargedValueCents, partsFrom, type PricedPart, type Proration } from "./proration.ts";
import { scheduleOf, type Subscription } from "./subscription.ts";
import type { HeldTerms } from "./subscription-change.ts";
import { type Tax, taxOfLine } from "./tax.ts";
import { isSameContent } from "./same-content.ts";

export type ChangeLine = {
  readonly kind: "credit" | "debit";
  readonly name: string;
  /** Local days; the last one is not in it. */
  readonly from: string;
  readonly to: string;
  readonly amountCents: number;
};

export type HeldPart = PricedPart & {
  readonly plan: Plan;
  readonly quantity: number;
  /** Of its lines. */
  readonly taxes: readonly (Tax | null)[];
};

/** What an invoice says of its period alone. */
export type Sold = {
  readonly period: Period;
  readonly lines: readonly InvoiceLine[];
  /** What they come to after discounts, without a tax that is added. */
  readonly soldCents: number;
};

/** @param itemLines how many of its lines are items, or of an earlier change: they come last */
export function soldBy(
  {
    periodStart: start,
    periodEnd: end,
    lineItems,
    discountCents,
  }: Pick<Invoice, "periodStart" | "periodEnd" | "lineItems" | "discountCents">,
  itemLines: number,
): Sold {
  const lines = withDiscounts(lineItems, discountCents).slice(0, lineItems.length - itemLines);
  const soldCents = lines.reduce((cents, line) => cents - line.discountCents, subtotalCentsOf(lines));
  return { period: { start, end }, lines, soldCents };
}

/** @param sold null: no period is running, so nothing was sold but what is priced by now */
export function heldPart(
  terms: HeldTerms,
  {
    subscription,
    plan,
    pricedCents,
  }: { readonly subscription: Subscription; readonly plan: Plan; readonly pricedCents: number },
  sold: Sold | null,
): HeldPart {
  const { from, quantity } = terms;
  const priced = { from, plan, quantity, valueCents: pricedCents, taxes: linesOf(subscription, plan) };
  if (sold === null) return priced;
  if (from !== null) {
    const { chargedCents } = terms;
    const day = { from, timeZone: subscription.timeZone };
    return { ...priced, valueCents: chargedValueCents(sold.period, day, { pricedCents, chargedCents }) };
  }
  const { lines, soldCents } = sold;
  // A plans file changes the quantity without a change that tells it.
  const pieces = (lines[0]?.quantity ?? 0) / ((subscription.lineItems ?? plan.lineItems)[0]?.quantity ?? 1);
  return {
    ...{ from, plan, quantity: Number.isInteger(pieces) && pieces > 0 ? pieces : quantity },
    valueCents: soldCents,
    taxes: lines.map(({ tax }) => taxOfLine(tax, null)),
  };
}

/** Each with its days. Of another interval the whole first period is charged. */
export function linesFor(
  rest: Proration,
  {
    subscription,
    held,
    to,
    quantity,
    on,
    isOther,
    newCents,
    running,
  }: {
    readonly subscription: Subscription;
    readonly held: readonly HeldPart[];
    readonly to: Plan;
    readonly quantity: number;
    readonly on: string;
    readonly isOther: boolean;
    readonly newCents: number;
    /** Null: none is running. */
    readonly running: { readonly periodEnd: Date } | null;
  },
): readonly ChangeLine[] {
  const { timeZone, nextCycle: cycle } = subscription;
  const end = localDateTextOf(running?.periodEnd ?? new Date(0), timeZone);
  const until = isOther ? localDateTextOf(billingAt(scheduleOf(subscription, to), cycle + 1), timeZone) : end;
  const named = (name: string, pieces: number) => (pieces === 1 ? name : `${name} × ${pieces}`);
  return [
    ...partsFrom(on, held).map(({ from, plan, quantity: pieces }, index, parts): ChangeLine => ({
      ...{ kind: "credit", name: named(plan.name, pieces), from, to: parts[index + 1]?.from ?? end },
      amountCents: rest.credits[index]?.amountCents ?? 0,
    })),
    {
      ...{ kind: "debit", name: named(to.name, quantity), from: on, to: until },
      amountCents: isOther ? newCents : rest.debitCents,
    },
  ];
}

/** "Plan Platino (2026-11-16 – 2026-12-01)" */
export function nameOf(line: ChangeLine | undefined, { name }: Plan): string {
  return line === undefined ? name : `${line.name} (${line.from} – ${line.to})`.slice(0, LINE_NAME_LENGTH.most);
}

/** What a whole period comes to after the discounts of its cycle, without a tax that is added to it. */
export function valueCents(
  subscription: BilledTerms,
  { cycle, at }: { readonly cycle: number; readonly at: Date },
  waiting: Waiting,
): number {
  const alone = { ...waiting, items: [] };
  const { lineItems, discountCents } = contentOf(subscription, { invoiceId: "", cycle, at }, alone).frozen;
  return subtotalCentsOf(lineItems) - discountCents;
}

type BilledTerms = Parameters<typeof contentOf>[0];

export function linesOf({ lineItems }: Pick<Subscription, "lineItems">, plan: Plan) {
  return (lineItems ?? plan.lineItems).map(({ tax }) => taxOfLine(tax, plan.tax ?? null));
}

export function isTaxedAlike(taxes: readonly unknown[]): boolean {
  return taxes.every((tax) => isSameContent(tax, taxes[0]));
}
