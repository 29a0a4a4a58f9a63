/** A plan: what is sold and how often. A customer: who pays, and what we know of the default card. */
import { localDayOf, localInstant, type Interval } from "./calendar/calendar.ts";
import type { CatchUp } from "./calendar/catch-up.ts";
import { dateOfText, dayNumberOf, daysBetween } from "./calendar/local-date.ts";
import { amountsOf, type LineItem } from "./money.ts";
import type { Tax } from "./tax.ts";

/** Where an entry came from. `plans apply` touches only what came from a file. */
export type Source = "file" | "cli" | "code";

export const EXPIRY_COUNTS = ["charges", "cycles"] as const;
export type ExpiryCounts = (typeof EXPIRY_COUNTS)[number];

export type Plan = {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly interval: Interval;
  readonly frequency: number;
  readonly trialPeriodDays: number;
  /** Number of charges, then the subscription is completed; null: no end. */
  readonly expiryCount: number | null;
  /** `charges`, as where it is left out: a cycle that is void uses none of them up. `cycles`: each cycle does. */
  readonly expiryCounts?: ExpiryCounts | undefined;
  readonly lineItems: readonly LineItem[];
  /** Lines that hold from a day on, ascending; none: `lineItems` hold for ever. */
  readonly prices?: readonly DatedPrice[] | null | undefined;
  /** Of lines that say none of their own; null: nothing is told of it. */
  readonly tax?: Tax | null | undefined;
  /** The name of a policy of dunning.yaml. */
  readonly dunning: string;
  readonly catchUp: CatchUp;
  readonly source: Source;
  /** From then on it takes no new subscription; who is on it stays. */
  readonly archivedAt?: Date | null | undefined;
};

/** What is no JSON in the database comes as its text: nobody can be put on such a plan. */
export function isDamaged({ lineItems, prices, tax }: Pick<Plan, "lineItems" | "prices" | "tax">): boolean {
  return [lineItems, prices, tax].some((part: unknown) => typeof part === "string");
}

export function isArchived({ archivedAt = null }: Pick<Plan, "archivedAt">): boolean {
  return archivedAt !== null;
}

/** @property from the first local day, in the subscription's zone, whose cycles cost this: "2027-01-01" */
export type DatedPrice = { readonly from: string; readonly lineItems: readonly LineItem[] };

/** What a cycle that begins at this instant is charged by: the last price that holds on its local day. */
export function linesAt(
  { lineItems, prices }: Pick<Plan, "lineItems" | "prices">,
  at: Date,
  timeZone: string,
): readonly LineItem[] {
  const day = localDayOf(at, timeZone);
  const [last] = (prices ?? [])
    .filter(({ from }) => dayNumberOf(dateOfText(from)) <= day)
    .toSorted((a, b) => daysBetween(a.from, b.from));
  return last?.lineItems ?? lineItems;
}

/** What one charge comes to before a subscription's quantity and discount. @param lineItems others than today's */
export function priceCentsOf(plan: Pick<Plan, "lineItems" | "tax">, lineItems = plan.lineItems): number {
  return amountsOf(lineItems, 1, null, plan.tax ?? null).amountCents;
}

/** The default card as Conekta last told us; all null when the customer has none. */
export type Card = {
  readonly paymentSourceId: string | null;
  readonly cardBrand: string | null;
  readonly cardLast4: string | null;
  /** 1 to 12. */
  readonly cardExpMonth: number | null;
  /** Four digits. */
  readonly cardExpYear: number | null;
};

export type Customer = Card & {
  /** Conekta's id, `cus_…`. */
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
};

/** Taken on trust, without a read: nothing is known of the card, and the first charge reads it. Its name is its id. */
export function trustedCustomer(id: string): Customer {
  const card = { paymentSourceId: null, cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null };
  return { id, name: id, email: null, phone: null, ...card };
}

export function isTakenOnTrust({ id, name }: Pick<Customer, "id" | "name">): boolean {
  return name === id;
}

/** Conekta charges cards of Mexican banks: their clocks say when a month is over, wherever the subscription is billed. */
const CARD_TIME_ZONE = "America/Mexico_City";

/** A card is good until the last moment of its month of expiry. */
export function isExpired(
  { cardExpMonth, cardExpYear }: Pick<Card, "cardExpMonth" | "cardExpYear">,
  at: Date,
): boolean {
  if (cardExpMonth === null || cardExpYear === null) return false;
  // The zone is behind UTC, by less than a day: mostly it need not be asked.
  if (at.getTime() < Date.UTC(cardExpYear, cardExpMonth, 1)) return false;
  return at >= expiresAt({ expMonth: cardExpMonth, expYear: cardExpYear });
}

/** The first moment at which the card is not good any more. */
export function expiresAt({ expMonth, expYear }: { readonly expMonth: number; readonly expYear: number }): Date {
  const isDecember = expMonth === 12;
  const monthAfter = { year: isDecember ? expYear + 1 : expYear, month: isDecember ? 1 : expMonth + 1, day: 1 };
  return localInstant(dayNumberOf(monthAfter), "00:00", CARD_TIME_ZONE);
}

/** "every month", "every 3 weeks", "every half month" */
export function rhythmOf({ interval, frequency }: Pick<Plan, "interval" | "frequency">): string {
  const unit = interval.replace("_", " ");
  return frequency === 1 ? `every ${unit}` : `every ${frequency} ${unit}s`;
}
