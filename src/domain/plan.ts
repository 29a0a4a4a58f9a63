/** A plan: what is sold and how often. A customer: who pays, and what we know of the default card. */
import type { Interval } from "./calendar/calendar.ts";
import type { CatchUp } from "./calendar/catch-up.ts";
import type { LineItem } from "./money.ts";

/** Where an entry came from. `plans apply` touches only what came from a file. */
export type Source = "file" | "cli" | "code";

export type Plan = {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly interval: Interval;
  readonly frequency: number;
  readonly trialPeriodDays: number;
  /** Number of charges, then the subscription is completed; null: no end. */
  readonly expiryCount: number | null;
  readonly lineItems: readonly LineItem[];
  /** The name of a policy of dunning.yaml. */
  readonly dunning: string;
  readonly catchUp: CatchUp;
  readonly source: Source;
};

/** What may never change once a plan has subscriptions: their calendar is computed from it. */
export const FIXED_PLAN_FIELDS = ["currency", "interval", "frequency", "trialPeriodDays", "expiryCount"] as const;

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

/** A card is good until the last moment of its month of expiry. */
export function isExpired(card: Pick<Card, "cardExpMonth" | "cardExpYear">, now: Date): boolean {
  if (card.cardExpMonth === null || card.cardExpYear === null) return false;
  return cardMonthAt(now).getTime() >= Date.UTC(card.cardExpYear, card.cardExpMonth, 1);
}

/** A month ends later where its bank is than in UTC: twelve hours, and it is over everywhere in the Americas. */
export function cardMonthAt(now: Date): Date {
  return new Date(now.getTime() - 12 * 3_600_000);
}
