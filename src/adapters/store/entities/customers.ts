/** Who pays, and by which card. */
import { defineEntity, p } from "@mikro-orm/core";
import { LANGUAGES } from "../../../domain/language.ts";

export const CustomerEntity = defineEntity({
  name: "Customer",
  tableName: "customer",
  properties: {
    id: p.text().primary(),
    name: p.text(),
    email: p.text().nullable(),
    phone: p.text().nullable(),
    paymentSourceId: p.text().nullable(),
    cardBrand: p.text().nullable(),
    cardLast4: p.text().nullable().check("length(card_last4) <= 4"),
    cardExpMonth: p.integer().nullable().check("card_exp_month between 1 and 12"),
    cardExpYear: p.integer().nullable(),
    /** When it was last read at the gateway; null: taken on trust. */
    readAt: p.datetime(3).nullable(),
    /** Conekta no longer knows this customer. */
    deletedAt: p.datetime(3).nullable(),
    /** The card and notice that was told last: "src_…:30". */
    cardNotice: p.text().nullable(),
    /** The merchant's: the language that the customer is written to in. */
    language: p.enum(LANGUAGES).nullable(),
    /** The merchant's own data, by name. */
    metadata: p.json<Readonly<Record<string, string>>>().nullable(),
  },
  indexes: [
    { name: "customer_email", expression: "create index `customer_email` on `customer` (lower(email))" },
    {
      name: "customer_card_month",
      expression:
        "create index `customer_card_month` on `customer` ((card_exp_year * 12 + card_exp_month)) " +
        "where payment_source_id is not null and card_exp_month is not null",
    },
  ],
});
