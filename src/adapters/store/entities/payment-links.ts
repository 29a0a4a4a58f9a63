/** The hosted pages of attempts that wait for the customer. */
import { defineEntity, p } from "@mikro-orm/core";
import { LINK_ENDS } from "../../../domain/payment-link.ts";
import { AttemptEntity } from "./attempts.ts";
import { InvoiceEntity } from "./invoices.ts";

/** A hosted page where the customer pays one invoice; its attempt is `pending` while it may be paid. */
export const PaymentLinkEntity = defineEntity({
  name: "PaymentLink",
  tableName: "payment_link",
  properties: {
    id: p.text().primary(),
    attemptId: () => p.manyToOne(AttemptEntity).mapToPk().joinColumn("attempt_id").unique(),
    invoiceId: () => p.manyToOne(InvoiceEntity).mapToPk().joinColumn("invoice_id"),
    /** Null until Conekta answered. */
    url: p.text().nullable(),
    methods: p.json<readonly string[]>(),
    requestedBy: p.text(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    /** Somebody wants it closed before it expires, and why. */
    cancelRequestedAt: p.datetime(3).nullable(),
    cancelBecause: p.enum(LINK_ENDS).nullable(),
    /** Paid by a card since then, which is to become the default; null: there is none, or it is. */
    keepCardAt: p.datetime(3).nullable(),
    /** It is over; when its order is read again, for cash that was on its way. */
    recheckAt: p.datetime(3).nullable(),
    rechecks: p.integer().check("rechecks >= 0"),
  },
  checks: [
    {
      name: "payment_link_cancel",
      expression: "(cancel_requested_at is null) = (cancel_because is null)",
    },
  ],
  indexes: [
    {
      name: "payment_link_recheck",
      expression: "create index `payment_link_recheck` on `payment_link` (`recheck_at`) where recheck_at is not null",
    },
    {
      name: "payment_link_keep_card",
      expression:
        "create index `payment_link_keep_card` on `payment_link` (`keep_card_at`) where keep_card_at is not null",
    },
  ],
});
