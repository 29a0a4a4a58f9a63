/** Rows of who is on which plan, and who pays. */
import type { CustomerProfile } from "../../../domain/customer-profile.ts";
import type { Interval } from "../../../domain/calendar/calendar.ts";
import type { CatchUp } from "../../../domain/calendar/catch-up.ts";
import type { Discount, LineItem } from "../../../domain/money.ts";
import type { Card, DatedPrice, Source, ExpiryCounts } from "../../../domain/plan.ts";
import type { Tax } from "../../../domain/tax.ts";
import type { SubscriptionStatus } from "../../../domain/subscription.ts";
import type { CardOf, Refunded } from "./row-parts.ts";

export type SubscriptionRow = Refunded &
  CardOf<"cardBrand" | "cardLast4" | "cardExpMonth" | "cardExpYear"> & {
    readonly subscriptionId: string;
    readonly planId: string;
    readonly planName: string;
    readonly customerId: string;
    readonly customerName: string;
    readonly status: SubscriptionStatus;
    readonly timeZone: string;
    readonly anchorLocal: string;
    readonly nextCycle: number;
    readonly nextBillingAt: string | null;
    readonly cancelAt: string | null;
    readonly pauseFrom: string | null;
    readonly pauseUntil: string | null;
    readonly currency: string;
    readonly paidInvoices: number;
    readonly paidCents: number;
    readonly paid: number;
    /** Open or held. */
    readonly unpaidInvoices: number;
    readonly owedCents: number;
    readonly owed: number;
    readonly lastPaidAt: string | null;
    readonly interval: Interval;
    readonly frequency: number;
    readonly expiryCount: number | null;
    readonly expiryCounts: ExpiryCounts;
    /** 0 for a plan without an end. */
    readonly voidCycles: number;
    readonly startLocal: string;
    readonly firstCycle: number;
    readonly quantity: number;
    readonly discount: Discount | null;
    readonly lineItems: readonly LineItem[] | null;
    readonly billPast: boolean;
    readonly source: Source;
  };

export type CustomerRow = Card & {
  readonly customerId: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  /** Of the tax data; null: none were given. */
  readonly rfc: string | null;
  readonly language: CustomerProfile["language"];
  readonly metadata: CustomerProfile["metadata"];
};

export type PlanRow = {
  readonly planId: string;
  readonly name: string;
  readonly currency: string;
  readonly interval: Interval;
  readonly frequency: number;
  readonly trialPeriodDays: number;
  readonly expiryCount: number | null;
  readonly expiryCounts: ExpiryCounts;
  readonly lineItems: readonly LineItem[];
  readonly dunning: string;
  readonly catchUp: CatchUp;
  readonly source: Source;
  /** How many are on it, ended ones included. */
  readonly subscriptions: number;
  readonly prices: readonly DatedPrice[] | null;
  readonly tax: Tax | null;
  readonly archivedAt: string | null;
};
