/** What is owed, what was tried, and what went back. */
import { z } from "zod";
import type { AttemptRow, DisputeRow, InvoiceRow, RefundRow } from "../../../../application/ports/listings/invoices.ts";
import { ATTEMPT_STATES, PAYMENT_METHODS } from "../../../../domain/attempt.ts";
import { ATTEMPT_FLOWS } from "../../../../domain/ways-to-pay.ts";
import { DISPUTE_OUTCOMES } from "../../../../domain/dispute.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../../../domain/invoice.ts";
import { type RefundReason, REFUND_REASONS, REFUND_STATES } from "../../../../domain/refund.ts";
import { documentOf } from "../documents.ts";
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
  partTax,
  taxRate,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "./values.ts";

export const invoiceRow = rowOf<InvoiceRow>("Invoice")({
  invoiceId: text,
  subscriptionId: text,
  planId: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  periodStart: instant,
  periodEnd: instant,
  amountCents: cents,
  discountCents: cents,
  currency: text,
  status: oneOf(INVOICE_STATUSES),
  statusReason: oneOfOrNull(STATUS_REASONS),
  missed: z.boolean(),
  declines: whole,
  faults: whole,
  nextAttemptAt: instantOrNull,
  openedAt: instant,
  paidAt: instantOrNull,
  orderId: textOrNull,
  lineItems: z.array(
    z.strictObject({
      ...{ name: text, unit_price_cents: cents, quantity: whole, sku: text.optional(), description: text.optional() },
      ...{ clave_prod_serv: text.optional(), clave_unidad: text.optional() },
      ...{ discount_cents: cents, tax_rate: taxRate.nullable(), tax_included: z.boolean().nullable() },
    }),
  ),
  subtotalCents: cents,
  discounts: z.array(z.strictObject({ code: text, type: oneOf(["campaign", "coupon"]), amount_cents: cents })),
  balanceCents: cents,
  taxCents: centsOrNull,
  taxes: z.array(partTax),
  refundedCents: cents,
});

export const attemptRow = rowOf<AttemptRow>("Attempt")({
  attemptId: text,
  invoiceId: text,
  number: whole,
  state: oneOf(ATTEMPT_STATES),
  reference: text,
  flow: oneOf(ATTEMPT_FLOWS),
  amountCents: cents,
  movedCents: centsOrNull,
  currency: text,
  orderId: textOrNull,
  chargeId: textOrNull,
  paymentSourceId: textOrNull,
  ...card,
  claimedAt: instant,
  sentAt: instantOrNull,
  settledAt: instantOrNull,
  paidAt: instantOrNull,
  inquiries: whole,
  nextInquiryAt: instantOrNull,
  httpStatus: wholeOrNull,
  ...failure,
  authCode: textOrNull,
  feeCents: centsOrNull,
  logId: textOrNull,
  paymentMethod: oneOfOrNull(PAYMENT_METHODS),
  evidence: z.array(z.strictObject({ at: instant, http_status: wholeOrNull, log_id: textOrNull, because: text })),
});

/** Who asks says a reason in their own words, and Conekta's word for it: as they are asked for, they come out. */
type RefundOut = Omit<RefundRow, "id" | "note" | "reason"> & {
  readonly reason: string | null;
  readonly gatewayReason: RefundReason;
};

export const refundRow = rowOf<RefundOut>("Refund")({
  refundId: text,
  invoiceId: text,
  attemptId: text,
  orderId: text,
  state: oneOf(REFUND_STATES),
  createdAt: instant,
  amountCents: cents,
  currency: text,
  subscriptionId: text,
  customerId: text,
  customerName: text,
  reason: textOrNull,
  gatewayReason: oneOf(REFUND_REASONS),
  requestedBy: text,
  gatewayRefundId: textOrNull,
  failureCode: textOrNull,
  failureMessage: textOrNull,
  because: textOrNull,
  settledAt: instantOrNull,
  baseCents: centsOrNull,
  taxCents: centsOrNull,
  taxes: z.array(partTax),
});

/** Its id stands there once. */
export function refundDocument({ id: _id, reason: gatewayReason, note: reason, ...row }: RefundRow): never {
  return documentOf({ ...row, reason, gatewayReason } satisfies RefundOut);
}

export const disputeRow = rowOf<DisputeRow>("Dispute")({
  disputeId: text,
  invoiceId: text,
  attemptId: text,
  subscriptionId: text,
  planId: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  amountCents: cents,
  currency: text,
  orderId: text,
  chargeId: text,
  gatewayDisputeId: textOrNull,
  status: text,
  outcome: oneOf(DISPUTE_OUTCOMES),
  reason: textOrNull,
  evidenceDueBy: instantOrNull,
  disputedAt: instantOrNull,
  openedAt: instant,
  closedAt: instantOrNull,
  closedBy: textOrNull,
  why: textOrNull,
  nextReadAt: instantOrNull,
});
