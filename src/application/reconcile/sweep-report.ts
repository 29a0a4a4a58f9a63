/** What a sweep found, order by order. */
import type { Booked } from "./book-order.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";

export type SweptOrder = {
  readonly orderId: string;
  readonly createdAt: Date | null;
  readonly reference: string | null;
  readonly subscriptionId: string | null;
  readonly cycle: number | null;
  readonly invoiceId: string | null;
  readonly attemptId: string | null;
  readonly customerId: string | null;
  readonly amountCents: number | null;
  readonly currency: string | null;
  /** The attempt's state in the books by now; null: it has none there. */
  readonly outcome: KnownAttempt["state"] | null;
  /** What is wrong; null: nothing. */
  readonly because: string | null;
};

/** One that Conekta does not show, while it answers about others. Nothing is concluded of it. */
export type UnreadOrder = { readonly orderId: string; readonly invoiceId: string };

export type SweepReport = {
  readonly since: Date;
  readonly until: Date;
  readonly adopted: SweptOrder[];
  known: number;
  foreign: number;
  readonly orphan: SweptOrder[];
  readonly mismatched: SweptOrder[];
  readonly missingAtGateway: SweptOrder[];
  readonly unread: (UnreadOrder & { readonly because: string })[];
  /** Orders that match no invoice, and that no person has set aside. They stand in `mismatched`, too. */
  unmatched: number;
  chargingResumed: boolean;
};

export function emptyReport({ since, until }: { readonly since: Date; readonly until: Date }): SweepReport {
  return {
    since,
    until,
    adopted: [],
    known: 0,
    foreign: 0,
    orphan: [],
    mismatched: [],
    missingAtGateway: [],
    unread: [],
    unmatched: 0,
    chargingResumed: false,
  };
}

export function note(report: SweepReport, order: ListedOrder, booked: Booked): void {
  switch (booked.is) {
    case "known":
      report.known += 1;
      return;
    case "adopted":
      report.adopted.push(sweptOrder(order, booked.attempt, null));
      return;
    case "mismatched":
      report.mismatched.push(sweptOrder(order, booked.attempt, booked.because));
      return;
    case "unmatched":
      report.unmatched += 1;
      report.mismatched.push(sweptOrder(order, null, booked.because));
      return;
    default:
      booked satisfies never;
  }
}

export function sweptOrder(order: ListedOrder, attempt: KnownAttempt | null, because: string | null): SweptOrder {
  return {
    orderId: order.orderId,
    createdAt: order.createdAt,
    reference: attempt?.reference ?? order.references[0] ?? null,
    subscriptionId: attempt?.subscriptionId ?? order.subscriptionId,
    cycle: order.cycle,
    invoiceId: attempt?.invoiceId ?? order.invoiceId,
    attemptId: attempt?.attemptId ?? null,
    customerId: (order.shown ?? attempt)?.customerId ?? null,
    amountCents: (order.shown ?? attempt)?.amountCents ?? null,
    currency: (order.shown ?? attempt)?.currency ?? null,
    outcome: attempt?.state ?? null,
    because,
  };
}

export function sweptAttempt(attempt: KnownAttempt, because: string): SweptOrder {
  const { orderId, reference, subscriptionId, invoiceId, attemptId, customerId, amountCents, currency } = attempt;
  return {
    orderId: orderId ?? "",
    createdAt: null,
    reference,
    subscriptionId,
    cycle: null,
    invoiceId,
    attemptId,
    customerId,
    amountCents,
    currency,
    outcome: attempt.state,
    because,
  };
}
