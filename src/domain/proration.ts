/**
 * A change of plan or quantity in the middle of a period: what is given back for the days that are left, what they cost by the
 * new terms, and whether it may be.
 *
 * Pure. Days are local ones of the subscription's zone, the period is half-open, and the day of the change is the first of the
 * new terms. Old and new are what the whole running period comes to, after the discounts of its cycle: what was charged last
 * says nothing, since it may have been a part. No time is charged twice, and nothing is given back that was not paid.
 */
import {
  billingAt,
  instantOfLocal,
  localDateTextOf,
  localDayOf,
  type Period,
  type Schedule,
} from "./calendar/calendar.ts";
import { dateOfText, dayNumberOf, daysInMonth, type LocalDate, localDateOf } from "./calendar/local-date.ts";
import type { SubscriptionStatus } from "./subscription.ts";
import type { Plan } from "./plan.ts";
import { roundedRatio } from "./rounding.ts";

/**
 * `period_end`: the next cycle is of the new terms. `next_invoice`: so is the rest of this one, and the next invoice has the
 * difference. `now`: an invoice of its own has it. `none`: from now on, and nobody pays for the rest.
 */
export const APPLIES = ["period_end", "next_invoice", "now", "none"] as const;
export type Apply = (typeof APPLIES)[number];

export type Proration = {
  /** Of the period, and from the day of the change to its end. */
  readonly days: number;
  readonly daysLeft: number;
  /** What is given back of each part that is left, by the terms in force on it; together `creditCents`. */
  readonly credits: readonly { readonly from: string; readonly amountCents: number }[];
  readonly creditCents: number;
  readonly debitCents: number;
  /** Below 0: to the customer's balance. */
  readonly netCents: number;
};

/** What the running period is of from a local day on; null: from its beginning. */
export type PricedPart = {
  readonly from: string | null;
  /** What the whole period comes to by these terms. */
  readonly valueCents: number;
};

/**
 * @param on the local day of the change, inside the period: "2026-11-16"
 * @example two pieces from the 14th of December on, one before; one again from the 1st on: of the days before the 14th the
 * price of one is given back, of the days after it that of two
 */
export function prorationOf(
  { start, end }: Period,
  { on, timeZone }: { readonly on: string; readonly timeZone: string },
  {
    held,
    newCents,
    paidCents,
  }: {
    /** By their days, which differ. */
    readonly held: readonly PricedPart[];
    readonly newCents: number;
    /** For the period, and not given back yet. */
    readonly paidCents: number;
  },
): Proration {
  const last = localDayOf(end, timeZone);
  const days = last - localDayOf(start, timeZone);
  const daysLeft = last - dayNumberOf(dateOfText(on));
  let creditCents = 0;
  let value = 0;
  const credits = partsFrom(on, held).map(({ from, valueCents }, index, parts) => {
    const next = parts[index + 1];
    value +=
      valueCents * ((next === undefined ? last : dayNumberOf(dateOfText(next.from))) - dayNumberOf(dateOfText(from)));
    const upTo = Math.max(0, Math.min(roundedRatio(value, 1, days), paidCents));
    const amountCents = upTo - creditCents;
    creditCents = upTo;
    return { from, amountCents };
  });
  const debitCents = roundedRatio(newCents, daysLeft, days);
  return { days, daysLeft, credits, creditCents, debitCents, netCents: debitCents - creditCents };
}

/**
 * What the whole period comes to by terms that an earlier change charged for its rest: as they are priced, where that gives what
 * was charged; else, since the price is another one by now, as they were charged.
 */
export function chargedValueCents(
  { start, end }: Period,
  { from, timeZone }: { readonly from: string; readonly timeZone: string },
  { pricedCents, chargedCents }: { readonly pricedCents: number; readonly chargedCents: number },
): number {
  const last = localDayOf(end, timeZone);
  const days = last - localDayOf(start, timeZone);
  const daysLeft = last - dayNumberOf(dateOfText(from));
  const isAsPriced = roundedRatio(pricedCents, daysLeft, days) === chargedCents;
  return isAsPriced ? pricedCents : roundedRatio(chargedCents, days, daysLeft);
}

/** What is left of a period from a day on, which is the first of its first part. */
export function partsFrom<Part extends { readonly from: string | null }>(
  on: string,
  held: readonly Part[],
): readonly (Part & { readonly from: string })[] {
  return held
    .filter((_, index) => (held[index + 1]?.from ?? "9999") > on)
    .map((part) => ({ ...part, from: part.from === null || part.from < on ? on : part.from }));
}

/** Where nobody says how: what costs less waits for the end of what is paid, what costs more is charged with the next invoice. */
export function defaultApply(oldCents: number, newCents: number, isPeriodPaid: boolean): Apply {
  return newCents > oldCents && isPeriodPaid ? "next_invoice" : "period_end";
}

type Terms = Pick<Plan, "id" | "currency" | "interval" | "frequency" | "expiryCount" | "expiryCounts">;

export type ChangeFacts = {
  readonly status: SubscriptionStatus;
  readonly cancelAt: Date | null;
  /** Not where the last cycle of its plan is opened. */
  readonly hasNextCycle: boolean;
  readonly hasOwnLines: boolean;
  readonly from: Terms;
  readonly to: Terms;
  readonly quantity: { readonly from: number; readonly to: number };
  readonly apply: Apply;
  /** The invoice of the running period is paid; null: no period is running. */
  readonly isPeriodPaid: boolean | null;
  /** An earlier change of which something waits for the next invoice. */
  readonly waits: boolean;
  /** An earlier one of this period has an invoice of its own, which is not paid. */
  readonly owes: boolean;
  /** All lines of both are taxed alike. */
  readonly isTaxedAlike: boolean;
};

export type ChangeFault =
  | "nothing_changes"
  | "ended"
  | "ending"
  | "no_next_cycle"
  | "own_lines"
  | "other_currency"
  | "other_expiry"
  | "other_interval"
  | "in_dunning"
  | "no_period"
  | "unpaid_period"
  | "earlier_change_waits"
  | "earlier_change_unpaid"
  | "taxed_otherwise";

/** @returns null: it may be changed so */
export function changeFaultOf(facts: ChangeFacts): ChangeFault | null {
  const { status, from, to, quantity, apply } = facts;
  if (status === "canceled" || status === "completed") return "ended";
  if (facts.cancelAt !== null) return "ending";
  if (!facts.hasNextCycle) return "no_next_cycle";
  if (from.id === to.id && quantity.from === quantity.to) return "nothing_changes";
  if (from.id !== to.id && facts.hasOwnLines) return "own_lines";
  if (from.currency !== to.currency) return "other_currency";
  if (from.expiryCount !== to.expiryCount || (from.expiryCounts ?? "charges") !== (to.expiryCounts ?? "charges"))
    return "other_expiry";
  if (isOtherInterval(from, to) && apply !== "now" && apply !== "period_end") return "other_interval";
  if (apply === "period_end") return null;
  if (status === "past_due" || status === "unpaid") return "in_dunning";
  if (!isProrated(apply)) return null;
  if (facts.isPeriodPaid === null) return "no_period";
  if (!facts.isPeriodPaid) return "unpaid_period";
  if (facts.waits) return "earlier_change_waits";
  if (facts.owes) return "earlier_change_unpaid";
  return facts.isTaxedAlike ? null : "taxed_otherwise";
}

/** Whether the rest of the running period is charged by the new terms. */
export function isProrated(apply: Apply): boolean {
  return apply === "now" || apply === "next_invoice";
}

export function isOtherInterval(from: Terms, to: Terms): boolean {
  return from.interval !== to.interval || from.frequency !== to.frequency;
}

/**
 * The anchor by which this cycle falls due on a day, and the later ones after it at another interval.
 *
 * @param at of the cycle, at its local time: "2027-01-31T09:00"
 * @returns null: so many cycles before it there is no such day, a 31st of February
 */
export function anchorFor(
  at: string,
  cycle: number,
  { interval, frequency, timeZone }: Omit<Schedule, "anchorLocal">,
): string | null {
  const [date = "", time = ""] = at.split("T");
  const anchorLocal = `${movedBack(date, cycle * frequency, interval)}T${time}`;
  const due = billingAt({ interval, frequency, anchorLocal, timeZone }, cycle);
  return due.getTime() === instantOfLocal(at, timeZone).getTime() ? anchorLocal : null;
}

function movedBack(date: string, steps: number, interval: Schedule["interval"]): string {
  const { year, month, day } = dateOfText(date);
  if (interval === "day" || interval === "week")
    return dateText(localDateOf(dayNumberOf(dateOfText(date)) - steps * (interval === "week" ? 7 : 1)));
  // Two halves a month: an odd number of them is a half that is moved by fifteen days.
  const halves = interval === "half_month" ? steps % 2 : 0;
  const months = interval === "year" ? steps * 12 : interval === "half_month" ? (steps - halves) / 2 : steps;
  const moved = monthsBack(year, month, months + (halves === 1 && day <= 15 ? 1 : 0));
  const dayThere = halves === 0 ? day : day <= 15 ? day + 15 : day - 15;
  return dateText({ ...moved, day: Math.min(dayThere, daysInMonth(moved.year, moved.month)) });
}

function monthsBack(year: number, month: number, months: number): { readonly year: number; readonly month: number } {
  const index = year * 12 + month - 1 - months;
  return { year: Math.floor(index / 12), month: (index % 12) + 1 };
}

function dateText({ year, month, day }: LocalDate): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** Whether the local day is one of the period. */
export function isInPeriod({ start, end }: Period, on: string, timeZone: string): boolean {
  return on >= localDateTextOf(start, timeZone) && on < localDateTextOf(end, timeZone);
}
