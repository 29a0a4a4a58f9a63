/** What explaining and reporting read of the books: everything at one moment, without writing anything. */
import type { RevenueRow } from "./listings/billing-views.ts";
import type { DuePlace } from "./charging.ts";
import type { Facts } from "../../explain/facts.ts";
import type { ChargeOutlook } from "../../domain/charging/invoice-outlook.ts";
import type { TaxRate } from "../../domain/tax.ts";
import type { RecoveryRow, RecoveryWindow } from "../../domain/recovery.ts";

/** IVA that was collected at one rate, and what of it went back. */
export type TaxReportRow = {
  readonly rate: TaxRate;
  readonly currency: string;
  readonly invoices: number;
  readonly refunds: number;
  readonly baseCents: number;
  readonly taxCents: number;
  readonly refundedBaseCents: number;
  readonly refundedTaxCents: number;
  readonly netBaseCents: number;
  readonly netTaxCents: number;
};

/** Days are those of `timeZone`. Absent: from the first on, to the last, of every plan. */
export type RevenueWindow = {
  readonly from?: Date;
  /** Not in it. */
  readonly until?: Date;
  readonly planId?: string;
  readonly timeZone: string;
};

export type PlannedInvoice = DuePlace & { readonly subscriptionId: string };

export interface StoryRecords {
  /** Null: there is no such subscription. @param now tries of the 24 hours before it count */
  factsOf(subscriptionId: string, now: Date): Promise<Facts | null>;
  /** By subscription: what says when each is charged next. Those that do not exist are left out. */
  outlooksOf(subscriptionIds: readonly string[], now: Date): Promise<ReadonlyMap<string, ChargeOutlook>>;
  /** Open invoices whose next try has a date, by that date; those after a place. */
  planned(after: DuePlace | null, limit: number): Promise<readonly PlannedInvoice[]>;
  /** One row for each currency, decline class, code and number of retries, so that every failed invoice is in one. */
  recovery(window: RecoveryWindow): Promise<readonly RecoveryRow[]>;
  /** One row a day, plan and currency; days on which no money moved are left out. */
  revenue(window: RevenueWindow): Promise<readonly RevenueRow[]>;
  /** One row a rate and currency; rates that nothing was collected at are left out. @param window the end is not in it */
  taxes(window: { readonly from: Date; readonly until: Date }): Promise<readonly TaxReportRow[]>;
}
