/**
 * What the checkers read of the books: the rows that were written since the last inquiry. SQLite holds the same ones where
 * both stores are lived in lockstep.
 */
import type { AttemptState } from "../../src/domain/attempt.ts";
import type { AttemptFlow } from "../../src/domain/ways-to-pay.ts";
import type { DunningStep } from "../../src/domain/dunning/dunning.ts";
import type { InvoiceStatus } from "../../src/domain/invoice.ts";
import type { InvoiceDiscount, LineItem } from "../../src/domain/money.ts";
import type { TaxAmount } from "../../src/domain/tax.ts";
import type { SubscriptionStatus } from "../../src/domain/subscription.ts";
import type { MemoryStore } from "./memory-store/memory-store.ts";

export type InvoiceSeen = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly customerId: string;
  /** No number where it is of none: it is before no other, and after none. */
  readonly cycle: number;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly amountCents: number;
  readonly currency: string;
  readonly status: InvoiceStatus;
  readonly statusReason: string | null;
  readonly nextAttemptAt: Date | null;
  readonly openedAt: Date;
  readonly missed: boolean;
  readonly paidAt?: Date | null;
  readonly firstDeclinedAt?: Date | null;
  readonly dunningStep?: DunningStep | null;
  readonly dunningDueAt?: Date | null;
  readonly lineItems?: readonly LineItem[];
  readonly discountCents?: number;
  readonly discounts?: readonly InvoiceDiscount[] | null;
  readonly balanceCents?: number;
  readonly taxes?: readonly TaxAmount[] | null;
};

export type AttemptSeen = {
  readonly id: string;
  readonly invoiceId: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  readonly reference: string;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly amountCents: number;
  readonly sentAt: Date | null;
  readonly nextInquiryAt: Date | null;
  readonly claimedAt: Date;
  /** Until then whoever claimed it may still be at it, and nobody else touches it. */
  readonly claimedUntil: Date;
  readonly settledAt: Date | null;
  readonly paymentSourceId: string | null;
};

export type SubscriptionSeen = {
  readonly id: string;
  readonly customerId: string;
  readonly planId: string;
  readonly timeZone: string;
  readonly anchorLocal: string;
  readonly firstCycle: number;
  readonly status: SubscriptionStatus;
  readonly nextCycle: number;
  readonly nextBillingAt: Date | null;
  readonly cancelAt: Date | null;
};

export type EventSeen = {
  readonly type: string;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  readonly attemptId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly customerId?: string | null;
  readonly at?: Date;
};

export type BooksView = {
  /** Taken out of the books: a cycle that was skipped is billed after all. */
  readonly removedInvoices: readonly string[];
  readonly invoices: readonly InvoiceSeen[];
  readonly attempts: readonly AttemptSeen[];
  readonly subscriptions: readonly SubscriptionSeen[];
  readonly events: readonly EventSeen[];
};

export type BooksNews = {
  /** What was written since it was called last. */
  read(): Promise<BooksView>;
  /** A backup was put back: the next reading is of everything. */
  forget(): void;
};

export function newsOf(store: MemoryStore): BooksNews {
  const { invoices, attempts, subscriptions, events } = store.tables;
  let eventsSeen = 0;
  const changedIn = <Row>(table: { changed: Set<string>; get(id: string): Row | undefined }): Row[] => {
    const rows: Row[] = [];
    for (const id of table.changed) {
      const row = table.get(id);
      if (row !== undefined) rows.push(row);
    }
    table.changed.clear();
    return rows;
  };
  return {
    read: async () => {
      const firstNew = eventsSeen;
      eventsSeen = events.length;
      const removedInvoices = [...invoices.changed].filter((id) => invoices.get(id) === undefined);
      return {
        removedInvoices,
        invoices: changedIn(invoices).map(asSeen),
        attempts: changedIn(attempts),
        subscriptions: changedIn(subscriptions),
        events: events.slice(firstNew),
      };
    },
    forget: () => {
      eventsSeen = 0;
      for (const table of [invoices, attempts, subscriptions])
        for (const id of table.rows.keys()) table.changed.add(id);
    },
  };
}

/** As the checks see it; a row is never changed, so it need not be copied. */
export function asSeen<Row extends { readonly cycle: number | null }>(row: Row): Row & { readonly cycle: number } {
  return hasCycle(row) ? row : { ...row, cycle: Number.NaN };
}

function hasCycle<Row extends { readonly cycle: number | null }>(row: Row): row is Row & { readonly cycle: number } {
  return row.cycle !== null;
}
