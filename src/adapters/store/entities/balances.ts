/** Customers' balances. */
import { defineEntity, p } from "@mikro-orm/core";
import { BALANCE_KINDS } from "../../../domain/balance.ts";
import { CustomerEntity } from "./customers.ts";
import { InvoiceEntity } from "./invoices.ts";

/** Append-only: a customer's balance in one currency, entry by entry. */
export const BalanceEntryEntity = defineEntity({
  name: "BalanceEntry",
  tableName: "balance_entry",
  properties: {
    id: p.text().primary(),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    currency: p.text().check("length(currency) = 3"),
    number: p.integer().check("number >= 1"),
    kind: p.enum(BALANCE_KINDS),
    amountCents: p.integer().check("amount_cents <> 0"),
    balanceCents: p.integer(),
    invoiceId: () =>
      p
        .manyToOne(InvoiceEntity)
        .mapToPk()
        .joinColumn("invoice_id")
        .nullable()
        .updateRule("no action")
        .deleteRule("no action"),
    reason: p.text(),
    actor: p.text(),
    at: p.datetime(3),
  },
  checks: [
    { name: "balance_entry_grant", expression: "kind <> 'grant' or amount_cents > 0" },
    { name: "balance_entry_take", expression: "kind <> 'take' or amount_cents < 0" },
    { name: "balance_entry_invoice", expression: "(kind in ('applied', 'returned')) = (invoice_id is not null)" },
  ],
  uniques: [
    // An entry made from an older balance has a number that is taken: no cent is spent twice.
    { name: "balance_entry_number", properties: ["customerId", "currency", "number"] },
    { name: "balance_entry_once", properties: ["invoiceId", "kind"] },
  ],
});
