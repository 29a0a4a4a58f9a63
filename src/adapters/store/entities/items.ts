/** Lines that wait for the next invoice. */
import { defineEntity, p } from "@mikro-orm/core";
import type { LineTax } from "../../../domain/tax.ts";
import { CustomerEntity } from "./customers.ts";
import { InvoiceEntity } from "./invoices.ts";
import { SubscriptionEntity } from "./subscriptions.ts";

/** A line that waits for an invoice, and is of one at most. */
export const ItemEntity = defineEntity({
  name: "Item",
  tableName: "item",
  properties: {
    id: p.text().primary(),
    key: p.text(),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    subscriptionId: () =>
      p
        .manyToOne(SubscriptionEntity)
        .mapToPk()
        .joinColumn("subscription_id")
        .nullable()
        .updateRule("no action")
        .deleteRule("no action"),
    name: p.text(),
    amountCents: p.integer().check("amount_cents > 0"),
    discountCents: p.integer().check("discount_cents >= 0"),
    currency: p.text().check("length(currency) = 3"),
    tax: p.json<LineTax>().nullable(),
    createdAt: p.datetime(3),
    createdBy: p.text(),
    removedAt: p.datetime(3).nullable(),
    invoiceId: () =>
      p
        .manyToOne(InvoiceEntity)
        .mapToPk()
        .joinColumn("invoice_id")
        .nullable()
        .updateRule("no action")
        .deleteRule("no action"),
    /** The invoice that it was of, which became void. */
    lastInvoiceId: p.text().nullable(),
    claveProdServ: p.text().nullable(),
    claveUnidad: p.text().nullable(),
  },
  checks: [
    { name: "item_discount", expression: "discount_cents <= amount_cents" },
    { name: "item_once", expression: "removed_at is null or invoice_id is null" },
  ],
  uniques: [{ name: "item_key", properties: ["key"] }],
  indexes: [
    { name: "item_customer", properties: ["customerId"] },
    {
      name: "item_pending",
      expression:
        "create index `item_pending` on `item` (`customer_id`, `id`) where invoice_id is null and removed_at is null",
    },
    {
      name: "item_returned",
      expression: "create index `item_returned` on `item` (`last_invoice_id`) where last_invoice_id is not null",
    },
  ],
});
