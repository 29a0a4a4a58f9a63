/** What is owed for one cycle, or once. */
import { defineEntity, p } from "@mikro-orm/core";
import { PAYMENT_FORMS, type PaymentForm } from "../../../domain/cfdi/payment-form.ts";
import { DECLINE_CLASSES, type DeclineClass } from "../../../domain/decline.ts";
import { DUNNING_STEPS, type DunningStep } from "../../../domain/dunning/dunning.ts";
import { INVOICE_STATUSES, type InvoiceStatus, STATUS_REASONS, type StatusReason } from "../../../domain/invoice.ts";
import type { InvoiceDiscount, InvoiceLine } from "../../../domain/money.ts";
import type { TaxAmount } from "../../../domain/tax.ts";
import { anyOf } from "../dialect/sql.ts";
import { CustomerEntity } from "./customers.ts";
import { SubscriptionEntity } from "./subscriptions.ts";
import { oneOf } from "./words.ts";

/** What is told of a tax is told whole: base and tax are the amount; of an invoice, with what the balance paid of it. */
export const TAXES =
  "(taxes is null and base_cents is null and tax_cents is null) or (taxes is not null and base_cents is not null and tax_cents is not null and base_cents >= 0 and tax_cents >= 0 and base_cents + tax_cents = amount_cents)";
const INVOICE_TAXES = TAXES.replace("= amount_cents", "= amount_cents + balance_cents");

export const InvoiceEntity = defineEntity({
  name: "Invoice",
  tableName: "invoice",
  properties: {
    id: p.text().primary(),
    subscriptionId: () => p.manyToOne(SubscriptionEntity).mapToPk().joinColumn("subscription_id").index(false),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    /** Null: charged once, and unique by its own key. */
    cycle: p.integer().nullable().check("cycle >= 0"),
    periodStart: p.datetime(3),
    periodEnd: p.datetime(3),
    amountCents: p.integer().check("amount_cents >= 0"),
    discountCents: p.integer().check("discount_cents >= 0"),
    currency: p.text().check("length(currency) = 3"),
    lineItems: p.json<readonly InvoiceLine[]>(),
    status: p.text().$type<InvoiceStatus>(),
    statusReason: p.text().$type<StatusReason>().nullable(),
    missed: p.boolean(),
    nextAttemptAt: p.datetime(3).nullable(),
    orderId: p.text().nullable(),
    declines: p.integer().check("declines >= 0"),
    faults: p.integer().check("faults >= 0"),
    voidWhenSettled: p.text().$type<StatusReason>().nullable(),
    openedAt: p.datetime(3),
    paidAt: p.datetime(3).nullable(),
    firstDeclinedAt: p.datetime(3).nullable(),
    dunningStep: p.text().$type<DunningStep>().nullable(),
    dunningClass: p.text().$type<DeclineClass>().nullable(),
    dunningDueAt: p.datetime(3).nullable(),
    retryRequestedAt: p.datetime(3).nullable(),
    /** That it waits behind a held one was told then. */
    waitsToldAt: p.datetime(3).nullable(),
    /** Why it was held or written off before a person had it collected. */
    reopenedFrom: p.text().$type<StatusReason>().nullable(),
    /** Base and tax by rate; null: its lines tell no tax. */
    taxes: p.json<readonly TaxAmount[]>().nullable(),
    baseCents: p.integer().nullable(),
    taxCents: p.integer().nullable(),
    /** Each with its code; null: of before they were kept. */
    discounts: p.json<readonly InvoiceDiscount[]>().nullable(),
    /** What the balance paid. */
    balanceCents: p.integer().default(0),
    oneOffKey: p.text().nullable(),
    /** How it was paid by other means, by the SAT's catalogue; null: it was not, or nobody said. */
    paymentForm: p.text().$type<PaymentForm>().nullable(),
  },
  checks: [
    oneOf("invoice", "status", INVOICE_STATUSES, "always"),
    oneOf("invoice", "status_reason", STATUS_REASONS),
    oneOf("invoice", "void_when_settled", STATUS_REASONS),
    oneOf("invoice", "dunning_step", DUNNING_STEPS),
    oneOf("invoice", "dunning_class", DECLINE_CLASSES),
    oneOf("invoice", "reopened_from", STATUS_REASONS),
    oneOf("invoice", "payment_form", PAYMENT_FORMS),
    { name: "invoice_cycle", expression: "(cycle is null) = (one_off_key is not null)" },
    { name: "invoice_taxes", expression: INVOICE_TAXES },
    { name: "invoice_dunning", expression: "dunning_step is null or status = 'open'" },
    { name: "invoice_dunning_class", expression: "(dunning_step is null) = (dunning_class is null)" },
    { name: "invoice_dunning_due", expression: "dunning_due_at is null or dunning_step is not null" },
    { name: "invoice_period", expression: "period_end >= period_start" },
    { name: "invoice_paid", expression: "(status = 'paid') = (paid_at is not null)" },
    { name: "invoice_due", expression: "next_attempt_at is null or status = 'open'" },
    { name: "invoice_retry_requested", expression: "retry_requested_at is null or status in ('open', 'held')" },
    { name: "invoice_reopened", expression: "reopened_from is null or status in ('open', 'held')" },
    {
      name: "invoice_reason",
      expression: `${anyOf("status", ["void", "held", "uncollectible"] satisfies InvoiceStatus[])} = (status_reason is not null)`,
    },
  ],
  uniques: [
    { name: "invoice_once_a_cycle", properties: ["subscriptionId", "cycle"] },
    { name: "invoice_order", properties: ["orderId"] },
    { name: "invoice_one_off", properties: ["oneOffKey"] },
  ],
  indexes: [
    {
      name: "invoice_due",
      expression: "create index `invoice_due` on `invoice` (`next_attempt_at`, `id`) where next_attempt_at is not null",
    },
    { name: "invoice_opened", properties: ["openedAt", "id"] },
    {
      name: "invoice_waits",
      expression:
        "create index `invoice_waits` on `invoice` (`id`) where waits_told_at is not null and next_attempt_at is not null",
    },
    {
      name: "invoice_held",
      expression: "create index `invoice_held` on `invoice` (`opened_at`, `id`) where status = 'held'",
    },
    {
      name: "invoice_unpaid_order",
      expression:
        "create index `invoice_unpaid_order` on `invoice` (`order_id`) where order_id is not null and status in ('open', 'held', 'uncollectible')",
    },
    {
      name: "invoice_not_paid",
      expression: "create index `invoice_not_paid` on `invoice` (`status`) where status <> 'paid'",
    },
    {
      name: "invoice_dunning_due_index",
      expression:
        "create index `invoice_dunning_due_index` on `invoice` (`dunning_due_at`, `id`) where dunning_due_at is not null",
    },
    {
      name: "invoice_unsettled",
      expression:
        "create index `invoice_unsettled` on `invoice` (`subscription_id`) where status in ('open', 'held', 'uncollectible')",
    },
    { name: "invoice_customer", properties: ["customerId"] },
    {
      name: "invoice_dunned",
      expression: "create index `invoice_dunned` on `invoice` (`customer_id`) where dunning_step is not null",
    },
  ],
});
