/** What the oracle remembers of the tables, as people may look them up, and since when each thing was as it is. */
import type { AttemptSeen, BooksView, EventSeen, InvoiceSeen, SubscriptionSeen } from "../books-view.ts";
import { placeOf } from "./debts.ts";

export type Changed<Row> = { readonly row: Row; readonly was: Row | undefined };

export type Book = {
  readonly invoices: ReadonlyMap<string, InvoiceSeen>;
  /** By subscription, then by `placeOf`. */
  readonly cycles: ReadonlyMap<string, ReadonlyMap<number | string, InvoiceSeen>>;
  readonly subscriptions: ReadonlyMap<string, SubscriptionSeen>;
  readonly byReference: ReadonlyMap<string, AttemptSeen>;
  /** Open or held. */
  readonly unsettled: ReadonlySet<string>;
  attemptsOf(invoiceId: string): Iterable<AttemptSeen>;
  eventsOf(invoiceId: string): readonly EventSeen[];
  /** When it was first seen failing: in dunning, or declined. */
  failedSinceMs(invoiceId: string): number | null;
  /** When the subscription was first seen in the status that it has. */
  statusSinceMs(subscriptionId: string): number;
  /** When the customer's card last changed, as the books tell it. */
  cardChangedMs(customerId: string): number;
  note(news: BooksView, nowMs: number): News;
  forget(): void;
};

export type News = {
  readonly invoices: readonly Changed<InvoiceSeen>[];
  readonly subscriptions: readonly Changed<SubscriptionSeen>[];
  readonly events: readonly EventSeen[];
};

export function newBook(): Book {
  const invoices = new Map<string, InvoiceSeen>();
  const cycles = new Map<string, Map<number | string, InvoiceSeen>>();
  const subscriptions = new Map<string, SubscriptionSeen>();
  const attempts = new Map<string, Map<string, AttemptSeen>>();
  const byReference = new Map<string, AttemptSeen>();
  const unsettled = new Set<string>();
  const events = new Map<string, EventSeen[]>();
  const failedSince = new Map<string, number>();
  const statusSince = new Map<string, number>();
  const cardChanged = new Map<string, number>();

  function noteInvoice(row: InvoiceSeen, nowMs: number): Changed<InvoiceSeen> {
    const was = invoices.get(row.id);
    invoices.set(row.id, row);
    if (was === undefined && !cycles.has(row.subscriptionId)) cycles.set(row.subscriptionId, new Map());
    cycles.get(row.subscriptionId)?.set(placeOf(row), row);
    if (row.status === "open" || row.status === "held") unsettled.add(row.id);
    else unsettled.delete(row.id);
    if (isFailing(row) && !failedSince.has(row.id))
      failedSince.set(row.id, Math.min(nowMs, row.firstDeclinedAt?.getTime() ?? nowMs));
    return { row, was };
  }

  return {
    ...{ invoices, cycles, subscriptions, byReference, unsettled },
    attemptsOf: (invoiceId) => attempts.get(invoiceId)?.values() ?? [],
    eventsOf: (invoiceId) => events.get(invoiceId) ?? [],
    failedSinceMs: (invoiceId) => failedSince.get(invoiceId) ?? null,
    statusSinceMs: (subscriptionId) => statusSince.get(subscriptionId) ?? 0,
    cardChangedMs: (customerId) => cardChanged.get(customerId) ?? 0,
    note: (news, nowMs) => {
      for (const id of news.removedInvoices) {
        const gone = invoices.get(id);
        if (gone !== undefined) cycles.get(gone.subscriptionId)?.delete(placeOf(gone));
        invoices.delete(id);
      }
      for (const event of news.events) {
        const { invoiceId, customerId = null, type, at } = event;
        if (invoiceId !== null) {
          const known = events.get(invoiceId);
          if (known === undefined) events.set(invoiceId, [event]);
          else known.push(event);
        }
        // That one ends soon changes none.
        if (type.startsWith("card.") && type !== "card.expiring" && customerId !== null)
          cardChanged.set(customerId, at?.getTime() ?? nowMs);
      }
      for (const attempt of news.attempts) {
        const siblings = attempts.get(attempt.invoiceId) ?? new Map<string, AttemptSeen>();
        attempts.set(attempt.invoiceId, siblings.set(attempt.id, attempt));
        byReference.set(attempt.reference, attempt);
      }
      return {
        invoices: news.invoices.map((row) => noteInvoice(row, nowMs)),
        subscriptions: news.subscriptions.map((row) => {
          const was = subscriptions.get(row.id);
          subscriptions.set(row.id, row);
          if (was?.status !== row.status) statusSince.set(row.id, nowMs);
          return { row, was };
        }),
        events: news.events,
      };
    },
    forget: () => {
      for (const memory of [
        invoices,
        cycles,
        subscriptions,
        attempts,
        byReference,
        unsettled,
        events,
        failedSince,
        statusSince,
      ])
        memory.clear();
    },
  };
}

export function isFailing({ dunningStep }: InvoiceSeen): boolean {
  return (dunningStep ?? null) !== null;
}
