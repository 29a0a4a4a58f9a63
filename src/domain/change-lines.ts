/**
 * The lines of a change of plan or quantity, as a person reads them, and what a period is worth by the one plan and the other.
 * Pure; what of it is charged is said in proration.ts.
 */
import { billingAt, localDateTextOf } from "./calendar/calendar.ts";
import type { Plan } from "./plan.ts";
import { contentOf, type Waiting } from "./invoice-content.ts";
import { NO_BALANCE } from "./balance.ts";
import { subtotalCentsOf } from "./money.ts";
import { partsFrom, type PricedPart, type Proration } from "./proration.ts";
import { scheduleOf, type Subscription } from "./subscription.ts";
import { taxOfLine } from "./tax.ts";
import { isSameContent } from "./same-content.ts";

export type ChangeLine = {
  readonly kind: "credit" | "debit";
  readonly name: string;
  /** Local days; the last one is not in it. */
  readonly from: string;
  readonly to: string;
  readonly amountCents: number;
};

export type HeldPart = PricedPart & { readonly plan: Plan; readonly quantity: number };

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
  return line === undefined ? name : `${line.name} (${line.from} – ${line.to})`.slice(0, 249);
}

/** What a whole period comes to after the discounts of its cycle, without a tax that is added to it. */
export function valueCents(
  subscription: BilledTerms,
  { cycle, at }: { readonly cycle: number; readonly at: Date },
  waiting: Waiting,
): number {
  const alone = { ...waiting, items: [], balance: NO_BALANCE, leastCents: 0 };
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
