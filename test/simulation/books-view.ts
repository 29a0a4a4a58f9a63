/**
 * What the checkers read of the books, from either store: the rows that were written since the last look.
 *
 * The store in memory knows them; SQLite is read whole, so it is looked at less often.
 */
import type { ListRow, Store } from "../../src/application/ports.ts";
import type { AttemptState, ChargeFlow } from "../../src/domain/attempt.ts";
import type { InvoiceStatus } from "../../src/domain/invoice.ts";
import type { SubscriptionStatus } from "../../src/domain/subscription.ts";
import type { MemoryStore } from "./memory-store.ts";

export type InvoiceSeen = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly cycle: number;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly amountCents: number;
  readonly currency: string;
  readonly status: InvoiceStatus;
  readonly statusReason: string | null;
  readonly nextAttemptAt: Date | null;
  readonly openedAt: Date;
};

export type AttemptSeen = {
  readonly id: string;
  readonly invoiceId: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly flow: ChargeFlow;
  readonly reference: string;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly amountCents: number;
  readonly sentAt: Date | null;
  readonly nextLookAt: Date | null;
};

export type SubscriptionSeen = {
  readonly id: string;
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
};

export type BooksView = {
  readonly invoices: readonly InvoiceSeen[];
  readonly attempts: readonly AttemptSeen[];
  readonly subscriptions: readonly SubscriptionSeen[];
  readonly events: readonly EventSeen[];
  /** Whether the events stand in the order they were committed in; SQLite's stand in the order of the clock. */
  readonly isInOrder: boolean;
};

/** @returns a function that returns what was written since it was called last */
export function newsOf(store: MemoryStore): () => Promise<BooksView> {
  const { invoices, attempts, subscriptions, events } = store.tables;
  let eventsSeen = 0;
  const changedIn = <Row>(table: { changed: Set<string>; get(id: string): Row | undefined }): Row[] => {
    const rows = [...table.changed].flatMap((id) => table.get(id) ?? []);
    table.changed.clear();
    return rows;
  };
  return async () => {
    // A backup that was restored has fewer events than were seen.
    const firstNew = Math.min(eventsSeen, events.length);
    eventsSeen = events.length;
    return {
      invoices: changedIn(invoices),
      attempts: changedIn(attempts),
      subscriptions: changedIn(subscriptions),
      events: events.slice(firstNew),
      isInOrder: true,
    };
  };
}

/** The same over any store, which is read whole. */
export function wholeBooks(store: Store): () => Promise<BooksView> {
  const seenIds = new Set<unknown>();
  return async () => {
    // A clock that was set back puts new events between old ones.
    const fresh = (await store.list("events", {})).filter(({ eventId }) => !seenIds.has(eventId));
    for (const { eventId } of fresh) seenIds.add(eventId);
    return {
      invoices: (await store.list("invoices", {})).map(seen<InvoiceSeen>("invoiceId")),
      attempts: (await store.list("attempts", {})).map(seen<AttemptSeen>("attemptId")),
      subscriptions: (await store.list("subscriptions", {})).map(seen<SubscriptionSeen>("subscriptionId")),
      events: fresh.map(seen<EventSeen>("eventId")),
      isInOrder: false,
    };
  };
}

function seen<Row>(idName: string): (row: ListRow) => Row {
  return (row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key === idName ? "id" : key,
        typeof value === "string" && /(At|Start|End)$/.test(key) ? new Date(value) : value,
      ]),
    ) as Row;
}
