/**
 * What people read of the books: rows of each listing, a page at a time or whole. What a row has stands in listings/.
 *
 * A row goes out as it is, to a table or as JSON: instants are ISO-8601 text in UTC, money stands in cents (and in units
 * beside it), a column without a value is null.
 */
import type { HistoryRow, DunningRow, AttentionRow, RevenueRow } from "./listings/billing-views.ts";
import type { InvoiceRow, AttemptRow, DisputeRow } from "./listings/invoices.ts";
import type { SubscriptionRow, CustomerRow, PlanRow } from "./listings/subscriptions.ts";
import type { ItemRow, BalanceEntryRow, ConsentRow, CouponRow, CouponGrantRow } from "./listings/extras.ts";
import type { EventRow, AuditRow, WebhookRow } from "./listings/events.ts";

/** The rows of each listing, in the order that is said. */
export type Listings = {
  /** Every attempt; the latest first. */
  readonly history: HistoryRow;
  /** By id. */
  readonly subscriptions: SubscriptionRow;
  /** Invoices that failed and are not given up; the next one to be tried first. */
  readonly dunning: DunningRow;
  /** What waits for a person or for certainty; the oldest first. */
  readonly attention: AttentionRow;
  /** Paid invoices by day (UTC), plan and currency. */
  readonly revenue: RevenueRow;
  /** The latest first. */
  readonly invoices: InvoiceRow;
  /** By invoice and number. */
  readonly attempts: AttemptRow;
  /** By id. */
  readonly customers: CustomerRow;
  /** By id. */
  readonly plans: PlanRow;
  /** The oldest first. */
  readonly events: EventRow;
  /** The latest first. */
  readonly webhooks: WebhookRow;
  /** Open ones first, by when evidence is due; then the others, the latest first. */
  readonly disputes: DisputeRow;
  /** Lines that wait for an invoice, or have one; the latest first. */
  readonly items: ItemRow;
  /** Each customer's ledger, entry by entry. */
  readonly balanceEntries: BalanceEntryRow;
  /** By code. */
  readonly coupons: CouponRow;
  /** Coupons that subscriptions have, or had, in the order in which they were given. */
  readonly couponGrants: CouponGrantRow;
  /** What customers agreed to; recorded last first. */
  readonly consents: ConsentRow;
  /** What persons and programs asked for; the latest first. */
  readonly audit: AuditRow;
};

export type ListingName = keyof Listings;

/** Columns that must equal the value; undefined ones are left out. */
export type Where<Row> = {
  readonly [Column in keyof Row as Row[Column] extends string | number | boolean | null ? Column : never]?:
    Row[Column] | undefined;
};

export type Listing<Name extends ListingName> = {
  readonly where?: Where<Listings[Name]>;
  /** Rows from this instant on, where the listing has one. */
  readonly since?: Date;
  /** Columns that hold an instant within the window; one that is null is in none. */
  readonly within?: { readonly [Column in keyof Listings[Name]]?: Window | undefined };
  /** A page is filled with the rows that it keeps of those that fit all the rest. */
  readonly sieve?: Sieve<Listings[Name]>;
  readonly limit?: number;
};

/** What no database can be asked, of every row: read of each is what it is told by, and the whole row of those that it keeps. */
export type Sieve<Row> = { readonly by: readonly (keyof Row)[]; readonly keeps: (row: Row) => boolean };

/** @property before is not in it */
export type Window = { readonly from?: Date | undefined; readonly before?: Date | undefined };

/** Where a page begins: after the last row of the one that gave this cursor. */
export type PageOf<Request> = Request & { readonly limit: number; readonly cursor?: string };

/**
 * `nextCursor` is null on the last page. It holds the last row's place in the order, not a count: rows that come in
 * between are neither shown twice nor push another one out.
 */
export type Page<Row> = { readonly rows: readonly Row[]; readonly nextCursor: string | null };
