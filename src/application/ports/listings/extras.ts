/** Rows of what waits for an invoice, and of what lowers it. */
import type { BalanceKind } from "../../../domain/balance.ts";
import type { Interval } from "../../../domain/calendar/calendar.ts";
import type { ConsentChannel } from "../../../domain/consent.ts";
import type { Source } from "../../../domain/plan.ts";
import type { TaxRate } from "../../../domain/tax.ts";
import type { Amount } from "./row-parts.ts";

export type ItemRow = Amount & {
  readonly key: string;
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly name: string;
  readonly discountCents: number;
  readonly taxRate: TaxRate | null;
  readonly state: "pending" | "consumed" | "removed";
  readonly invoiceId: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
};

export type BalanceEntryRow = Amount & {
  readonly customerId: string;
  readonly number: number;
  readonly kind: BalanceKind;
  /** After it. */
  readonly balanceCents: number;
  readonly invoiceId: string | null;
  readonly reason: string;
  readonly actor: string;
  readonly at: string;
};

export type CouponRow = {
  readonly code: string;
  readonly percent: number | null;
  readonly amountCents: number | null;
  readonly currency: string | null;
  /** Null: for ever. */
  readonly cycles: number | null;
  readonly redeemBy: string | null;
  readonly maxRedemptions: number | null;
  readonly redemptions: number;
  readonly plans: readonly string[] | null;
  readonly archivedAt: string | null;
  readonly source: Source;
};

export type CouponGrantRow = {
  readonly subscriptionId: string;
  readonly code: string;
  readonly number: number;
  readonly fromCycle: number;
  /** The first cycle that it does not lower any more; null: none. */
  readonly untilCycle: number | null;
  readonly grantedAt: string;
  readonly grantedBy: string;
  readonly takenAt: string | null;
};

export type ConsentRow = Amount & {
  readonly consentId: string;
  readonly subscriptionId: string;
  readonly version: string;
  /** All that was shown. */
  readonly text: string;
  readonly interval: Interval;
  readonly frequency: number;
  readonly consentedAt: string;
  readonly channel: ConsentChannel;
  readonly recordedBy: string;
  readonly addressHash: string | null;
  readonly createdAt: string;
};
