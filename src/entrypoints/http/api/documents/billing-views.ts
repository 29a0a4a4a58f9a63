/** The rows of the public views. */
import { z } from "zod";
import type {
  AttentionRow,
  DunningRow,
  HistoryRow,
  RevenueRow,
} from "../../../../application/ports/listings/billing-views.ts";
import { ATTEMPT_STATES } from "../../../../domain/attempt.ts";
import { DECLINE_CLASSES } from "../../../../domain/decline.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../../../domain/invoice.ts";
import { rowOf } from "../row-schema.ts";
import {
  card,
  cents,
  centsOrNull,
  failure,
  instant,
  instantOrNull,
  oneOf,
  oneOfOrNull,
  party,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "./values.ts";

export const historyRow = rowOf<HistoryRow>("HistoryEntry")({
  attemptedAt: instant,
  settledAt: instantOrNull,
  ...party,
  periodStart: instant,
  periodEnd: instant,
  amountCents: cents,
  currency: text,
  attempt: whole,
  outcome: oneOf(ATTEMPT_STATES),
  ...failure,
  orderId: textOrNull,
  chargeId: textOrNull,
  ...card,
  nextAttemptAt: instantOrNull,
  baseCents: centsOrNull,
  taxCents: centsOrNull,
  refundedCents: cents,
});

export const dunningRow = rowOf<DunningRow>("DunnedInvoice")({
  ...party,
  amountCents: cents,
  currency: text,
  declines: whole,
  lastAttemptedAt: instantOrNull,
  lastDeclineClass: oneOfOrNull(DECLINE_CLASSES),
  lastFailureCode: textOrNull,
  lastFailureMessage: textOrNull,
  nextAttemptAt: instantOrNull,
  waitsFor: z.enum(["retry", "card", "payment_link", "grace", "outcome"]),
  firstDeclinedAt: instantOrNull,
  waitsUntil: instantOrNull,
  paymentLink: textOrNull,
});

export const attentionRow = rowOf<AttentionRow>("Attention")({
  kind: z.enum(["paid_again", "held", "unknown", "paid_after_cancel", "unreadable", "waiting", "disputed"]),
  since: instant,
  invoiceId: text,
  subscriptionId: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  amountCents: cents,
  currency: text,
  invoiceStatus: oneOf(INVOICE_STATUSES),
  reason: oneOfOrNull(STATUS_REASONS),
  attempt: wholeOrNull,
  outcome: oneOfOrNull(ATTEMPT_STATES),
  reference: textOrNull,
  ...failure,
  orderId: textOrNull,
  chargeId: textOrNull,
  nextLookAt: instantOrNull,
  because: textOrNull,
  disputeId: textOrNull,
  disputeStatus: textOrNull,
  disputeReason: textOrNull,
  evidenceDueBy: instantOrNull,
});

export const revenueRow = rowOf<RevenueRow>("Revenue")({
  day: text,
  planId: text,
  planName: text,
  currency: text,
  invoices: whole,
  amountCents: cents,
  refundedCents: cents,
  lostCents: cents,
  netCents: cents,
});
