/** How many there are of what, and since when: for `status`, metrics and the doctor. */

export type StatusCounts = {
  readonly subscriptions: Readonly<Record<string, number>>;
  readonly invoices: Readonly<Record<string, number>>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly dueSubscriptions: number;
  readonly dueInvoices: number;
  /** When a cycle is next billed. */
  readonly nextBillingAt: Date | null;
  /** When a cycle next falls due, billed or void, or a subscription ends: what the next run has to open. */
  readonly nextOpeningAt: Date | null;
  /** Since when the oldest of what is due could have been opened: not before its subscription was made. Null: nothing is due. */
  readonly openableSince: Date | null;
  readonly nextAttemptAt: Date | null;
  /** When the gateway is next asked about an uncertain attempt. */
  readonly nextInquiryAt: Date | null;
  /** When the next wait of dunning is over, or the next payment link is to be made. */
  readonly nextStepAt: Date | null;
  readonly unknown: { readonly count: number; readonly oldestAt: Date | null };
  readonly held: { readonly count: number; readonly oldestAt: Date | null };
  /** Customers and orders that cannot be read or charged at the gateway, and for which something waits. */
  readonly unreadable: { readonly count: number; readonly oldestAt: Date | null };
  readonly paidAgain: number;
  /** Payments of what was canceled, of which a person has not said whether they go back. */
  readonly paidAfterCancel: number;
  /** Payments that are disputed at the bank, and not decided. */
  readonly disputes: { readonly count: number; readonly oldestAt: Date | null };
  /** When the last event was written; null: none yet. */
  readonly lastEventAt: Date | null;
};
