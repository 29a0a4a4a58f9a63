/** The rows that explain a subscription, as values. */
import { cardOf } from "../billing/card-facts.ts";
import type {
  InvoiceStory,
  EventFacts,
  Learned,
  WebhookStory,
  RefundFacts,
  SubscriptionFacts,
  AttemptStory,
} from "../../../explain/facts.ts";
import {
  flag,
  instant,
  instantOrNull,
  jsonShown,
  jsonShownOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
  wordOrNull,
} from "../dialect/codec.ts";
import { shownContent } from "../../../domain/shown-content.ts";
import type { RawRow } from "../dialect/sql.ts";

export function subscriptionOf(row: RawRow): SubscriptionFacts {
  return {
    id: text(row, "id"),
    status: word(row, "status"),
    timeZone: text(row, "time_zone"),
    planId: text(row, "plan_id"),
    planName: text(row, "plan_name"),
    dunning: text(row, "dunning"),
    nextCycle: whole(row, "next_cycle"),
    nextBillingAt: instantOrNull(row, "next_billing_at"),
    cancelAt: instantOrNull(row, "cancel_at"),
    pauseFrom: instantOrNull(row, "pause_from"),
    pauseUntil: instantOrNull(row, "pause_until"),
    customer: {
      id: text(row, "customer_id"),
      name: text(row, "customer_name"),
      card: cardOf(row),
    },
  };
}

export function invoiceStoryOf(row: RawRow): InvoiceStory {
  return {
    id: text(row, "id"),
    cycle: wholeOrNull(row, "cycle"),
    periodStart: instant(row, "period_start"),
    periodEnd: instant(row, "period_end"),
    amountCents: whole(row, "amount_cents"),
    currency: text(row, "currency"),
    status: word(row, "status"),
    statusReason: wordOrNull(row, "status_reason"),
    missed: flag(row, "missed"),
    nextAttemptAt: instantOrNull(row, "next_attempt_at"),
    faults: whole(row, "faults"),
    voidWhenSettled: wordOrNull(row, "void_when_settled"),
    dunningStep: wordOrNull(row, "dunning_step"),
    dunningClass: wordOrNull(row, "dunning_class"),
    dunningDueAt: instantOrNull(row, "dunning_due_at"),
    retryRequestedAt: instantOrNull(row, "retry_requested_at"),
    firstDeclinedAt: instantOrNull(row, "first_declined_at"),
    reopenedFrom: wordOrNull(row, "reopened_from"),
    content: shownContent({
      lineItems: jsonShown(row, "line_items", []),
      discounts: jsonShownOrNull(row, "discounts"),
      taxes: jsonShownOrNull(row, "taxes"),
      discountCents: whole(row, "discount_cents"),
      taxCents: wholeOrNull(row, "tax_cents"),
      balanceCents: whole(row, "balance_cents"),
      amountCents: whole(row, "amount_cents"),
      currency: text(row, "currency"),
    }),
  };
}

export function attemptStoryOf(row: RawRow): AttemptStory {
  return {
    id: text(row, "id"),
    invoiceId: text(row, "invoice_id"),
    number: whole(row, "number"),
    state: word(row, "state"),
    flow: word(row, "flow"),
    amountCents: whole(row, "amount_cents"),
    currency: text(row, "currency"),
    orderId: textOrNull(row, "order_id"),
    chargeId: textOrNull(row, "charge_id"),
    cardBrand: textOrNull(row, "card_brand"),
    cardLast4: textOrNull(row, "card_last4"),
    claimedAt: instant(row, "claimed_at"),
    sentAt: instantOrNull(row, "sent_at"),
    nextInquiryAt: instantOrNull(row, "next_inquiry_at"),
    paymentMethod: wordOrNull(row, "payment_method"),
    evidence: jsonShown<readonly EvidenceJson[]>(row, "evidence", []).map(learnedOf),
    link:
      row["link_id"] === null
        ? null
        : {
            url: textOrNull(row, "url"),
            methods: jsonShown(row, "methods", []),
            requestedBy: text(row, "requested_by"),
            expiresAt: instant(row, "expires_at"),
            cancelBecause: wordOrNull(row, "cancel_because"),
          },
  };
}

type EvidenceJson = Omit<Learned, "at"> & { readonly at: string };

function learnedOf({ at, because, httpStatus, logId }: EvidenceJson): Learned {
  return { at: new Date(at), because, httpStatus: httpStatus ?? null, logId: logId ?? null };
}

export function refundOf(row: RawRow): RefundFacts {
  return {
    id: text(row, "id"),
    invoiceId: text(row, "invoice_id"),
    amountCents: whole(row, "amount_cents"),
    currency: text(row, "currency"),
    state: word(row, "state"),
    reason: text(row, "reason"),
    note: textOrNull(row, "note"),
    requestedBy: text(row, "requested_by"),
    createdAt: instant(row, "created_at"),
  };
}

export function eventOf(row: RawRow): EventFacts {
  return {
    id: text(row, "id"),
    at: instant(row, "at"),
    type: text(row, "type"),
    invoiceId: textOrNull(row, "invoice_id"),
    attemptId: textOrNull(row, "attempt_id"),
    data: jsonShown(row, "data", {}),
  };
}

export function webhookStoryOf(row: RawRow): WebhookStory {
  return {
    id: text(row, "id"),
    type: text(row, "type"),
    orderId: textOrNull(row, "order_id"),
    receivedAt: instant(row, "received_at"),
    processedAt: instantOrNull(row, "processed_at"),
  };
}
