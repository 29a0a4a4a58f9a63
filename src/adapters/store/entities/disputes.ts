/** What cardholders ask their banks to take back. */
import { defineEntity, p } from "@mikro-orm/core";
import { DISPUTE_OUTCOMES } from "../../../domain/dispute.ts";
import { AttemptEntity } from "./attempts.ts";
import { CustomerEntity } from "./customers.ts";
import { InvoiceEntity } from "./invoices.ts";
import { SubscriptionEntity } from "./subscriptions.ts";

/** A payment that its cardholder disputes, as its order shows; the invoice stays paid. */
export const DisputeEntity = defineEntity({
  name: "Dispute",
  tableName: "dispute",
  properties: {
    id: p.text().primary(),
    chargeId: p.text(),
    gatewayDisputeId: p.text().nullable(),
    orderId: p.text(),
    attemptId: () => p.manyToOne(AttemptEntity).mapToPk().joinColumn("attempt_id"),
    invoiceId: () => p.manyToOne(InvoiceEntity).mapToPk().joinColumn("invoice_id"),
    subscriptionId: () => p.manyToOne(SubscriptionEntity).mapToPk().joinColumn("subscription_id"),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    amountCents: p.integer().check("amount_cents > 0"),
    currency: p.text().check("length(currency) = 3"),
    /** Conekta's word. */
    status: p.text(),
    outcome: p.enum(DISPUTE_OUTCOMES),
    reason: p.text().nullable(),
    evidenceDueBy: p.datetime(3).nullable(),
    disputedAt: p.datetime(3).nullable(),
    openedAt: p.datetime(3),
    closedAt: p.datetime(3).nullable(),
    closedBy: p.text().nullable(),
    why: p.text().nullable(),
    nextReadAt: p.datetime(3).nullable(),
  },
  checks: [
    { name: "dispute_closed", expression: "(outcome = 'open') = (closed_at is null)" },
    { name: "dispute_read", expression: "next_read_at is null or outcome = 'open'" },
  ],
  uniques: [{ name: "dispute_charge", properties: ["chargeId"] }],
  indexes: [
    { name: "dispute_order", properties: ["orderId"] },
    {
      name: "dispute_due",
      expression: "create index `dispute_due` on `dispute` (`next_read_at`) where next_read_at is not null",
    },
    {
      name: "dispute_open",
      expression: "create index `dispute_open` on `dispute` (`opened_at`) where outcome = 'open'",
    },
  ],
});

/** Up to which charge the orders were read for disputes so many days after it. */
export const DisputeReadingEntity = defineEntity({
  name: "DisputeReading",
  tableName: "dispute_reading",
  properties: {
    days: p.integer().primary().autoincrement(false),
    chargedAt: p.datetime(3),
    attemptId: p.text(),
  },
});
