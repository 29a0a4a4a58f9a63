/** What people read of the books: lists of rows, and counts for `status`. */

export type ListingName =
  | "history"
  | "subscriptions"
  | "dunning"
  | "attention"
  | "revenue"
  | "invoices"
  | "attempts"
  | "customers"
  | "plans"
  | "events"
  | "webhooks";

export type Listing = {
  /** Columns in camelCase that must equal the value; undefined ones are left out. */
  readonly where?: Readonly<Record<string, string | number | undefined>>;
  /** Rows from this instant on, where the listing has one. */
  readonly since?: Date;
  readonly limit?: number;
};

/** One row for people: camelCase names, ISO-8601 instants in UTC, money in cents and in units. */
export type ListRow = Readonly<Record<string, unknown>>;

export type StatusCounts = {
  readonly subscriptions: Readonly<Record<string, number>>;
  readonly invoices: Readonly<Record<string, number>>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly dueSubscriptions: number;
  readonly dueInvoices: number;
  readonly nextBillingAt: Date | null;
  readonly nextAttemptAt: Date | null;
  /** When the gateway is next asked about an uncertain attempt. */
  readonly nextInquiryAt: Date | null;
  /** When the next wait of dunning is over, or the next payment link is to be made. */
  readonly nextStepAt: Date | null;
  readonly unknown: { readonly count: number; readonly oldestAt: Date | null };
  readonly held: { readonly count: number; readonly oldestAt: Date | null };
  readonly paidAgain: number;
  /** When the last event was written; null: none yet. */
  readonly lastEventAt: Date | null;
};
