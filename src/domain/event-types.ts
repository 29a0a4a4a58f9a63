/**
 * Every type of event that is written to the history, stated once: a typo does not compile, and a type without a sentence
 * in `explain/event-sentences.ts` does not either. Names are past tense and never change: merchants store them.
 */
export const EVENT_TYPES = [
  "invoice.opened",
  "invoice.paid",
  "invoice.paid_after_cancel",
  "invoice.payment_failed",
  "invoice.uncollectible",
  "invoice.held",
  "invoice.voided",
  "invoice.retry_requested",
  "invoice.retry_scheduled",
  "invoice.postponed",
  "invoice.kept_waiting",
  "invoice.grace_started",
  "invoice.payment_link_requested",
  "invoice.payment_link_created",
  "invoice.payment_link_lapsed",
  "invoice.payment_link_closing",
  "invoice.payment_link_cancel_requested",
  "invoice.refunded",
  "invoice.refund_refused",
  "invoice.refund_not_sent",
  "invoice.refund_unknown",
  "invoice.cfdi_noted",
  "attempt.declined",
  "attempt.refused",
  "attempt.pending",
  "attempt.unknown",
  "attempt.inquiry_made",
  "attempt.not_sent",
  "attempt.released",
  "attempt.paid_again",
  "attempt.resolved",
  "attempt.imported",
  "subscription.created",
  "subscription.changed",
  "subscription.activated",
  "subscription.past_due",
  "subscription.recovered",
  "subscription.unpaid",
  "subscription.paused",
  "subscription.resumed",
  "subscription.cancel_scheduled",
  "subscription.uncanceled",
  "subscription.unskipped",
  "subscription.canceled",
  "subscription.completed",
  "plan.created",
  "plan.changed",
  "customer.created",
  "customer.updated",
  "customer.deleted",
  "customer.tax_data_changed",
  "card.added",
  "card.changed",
  "card.default_changed",
  "card.removed",
  "card.allowed",
  "card.expiring",
  "charging.halted",
  "charging.resumed",
  "order.refunded",
  "order.partially_refunded",
  "order.charged_back",
  "order.fraudulent",
  "order.chargeback.created",
  "order.chargeback.updated",
  "order.chargeback.under_review",
  "order.chargeback.lost",
  "order.chargeback.won",
  "order.set_aside",
  "dispute.opened",
  "dispute.updated",
  "dispute.closed",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** An event to be written; the ids of what it is about. */
export type NewEvent = {
  readonly type: EventType;
  readonly customerId?: string | null;
  readonly subscriptionId?: string | null;
  readonly invoiceId?: string | null;
  readonly attemptId?: string | null;
  readonly data?: Record<string, unknown>;
};
