/** What went back. */
import { defineEntity, p } from "@mikro-orm/core";
import { REFUND_REASONS, REFUND_STATES } from "../../../domain/refund.ts";
import type { PartTax } from "../../../domain/tax.ts";
import { AttemptEntity } from "./attempts.ts";
import { InvoiceEntity, TAXES } from "./invoices.ts";

/** Written before the gateway is asked; the invoice stays paid. */
export const RefundEntity = defineEntity({
  name: "Refund",
  tableName: "refund",
  properties: {
    id: p.text().primary(),
    invoiceId: () => p.manyToOne(InvoiceEntity).mapToPk().joinColumn("invoice_id"),
    attemptId: () => p.manyToOne(AttemptEntity).mapToPk().joinColumn("attempt_id"),
    orderId: p.text(),
    amountCents: p.integer().check("amount_cents > 0"),
    currency: p.text().check("length(currency) = 3"),
    reason: p.enum(REFUND_REASONS),
    note: p.text().nullable(),
    requestedBy: p.text(),
    state: p.enum(REFUND_STATES),
    gatewayRefundId: p.text().nullable(),
    failureCode: p.text().nullable(),
    failureMessage: p.text().nullable(),
    httpStatus: p.integer().nullable(),
    logId: p.text().nullable(),
    because: p.text().nullable(),
    createdAt: p.datetime(3),
    settledAt: p.datetime(3).nullable(),
    /** Base and tax of what went back; null: its invoice tells no tax, or the payment came a second time. */
    taxes: p.json<readonly PartTax[]>().nullable(),
    baseCents: p.integer().nullable(),
    taxCents: p.integer().nullable(),
  },
  checks: [
    { name: "refund_taxes", expression: TAXES },
    {
      name: "refund_settled",
      expression: "(state in ('done', 'refused', 'not_sent')) = (settled_at is not null)",
    },
  ],
  indexes: [
    {
      name: "refund_unsettled",
      expression: "create index `refund_unsettled` on `refund` (`created_at`) where settled_at is null",
    },
  ],
});
