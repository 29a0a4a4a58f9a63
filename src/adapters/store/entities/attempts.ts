/** Each try to collect an invoice. */
import { defineEntity, p } from "@mikro-orm/core";
import {
  AFTER_CANCEL,
  ATTEMPT_STATES,
  type AttemptState,
  CARD_KINDS,
  OPEN_ATTEMPT_STATES,
  PAYMENT_METHODS,
  type PaymentMethod,
} from "../../../domain/attempt.ts";
import { ATTEMPT_FLOWS, type AttemptFlow } from "../../../domain/ways-to-pay.ts";
import { DECLINE_CLASSES, type DeclineClass } from "../../../domain/decline.ts";
import { OWNS_ORDER, SHARES_ORDER } from "../billing/attempt-flows.ts";
import { DECLINED, IN_DOUBT, IN_FLIGHT, OPEN, PAID, UNCERTAIN } from "../billing/attempt-states.ts";
import { anyOf, noneOf } from "../dialect/sql.ts";
import { CustomerEntity } from "./customers.ts";
import { InvoiceEntity } from "./invoices.ts";
import { oneOf } from "./words.ts";

export const AttemptEntity = defineEntity({
  name: "Attempt",
  tableName: "attempt",
  properties: {
    id: p.text().primary(),
    invoiceId: () => p.manyToOne(InvoiceEntity).mapToPk().joinColumn("invoice_id").index(false),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    number: p.integer().check("number >= 1"),
    state: p.text().$type<AttemptState>(),
    reference: p.text(),
    flow: p.text().$type<AttemptFlow>(),
    amountCents: p.integer().check("amount_cents > 0"),
    currency: p.text(),
    orderId: p.text().nullable(),
    chargeId: p.text().nullable(),
    paymentSourceId: p.text().nullable(),
    cardBrand: p.text().nullable(),
    cardLast4: p.text().nullable().check("length(card_last4) <= 4"),
    claimedBy: p.text(),
    claimEpoch: p.integer(),
    claimedAt: p.datetime(3),
    claimedUntil: p.datetime(3),
    sentAt: p.datetime(3).nullable(),
    settledAt: p.datetime(3).nullable(),
    paidAt: p.datetime(3).nullable(),
    inquiries: p.integer().check("inquiries >= 0"),
    nextInquiryAt: p.datetime(3).nullable(),
    httpStatus: p.integer().nullable(),
    declineClass: p.text().$type<DeclineClass>().nullable(),
    failureCode: p.text().nullable(),
    failureMessage: p.text().nullable(),
    authCode: p.text().nullable(),
    feeCents: p.integer().nullable(),
    logId: p.text().nullable(),
    /** What really moved, where it differs from what was asked for. */
    movedCents: p.integer().nullable().check("moved_cents >= 0"),
    /** How it was paid: card, cash or bank_transfer; null: not known, or not paid. */
    paymentMethod: p.text().$type<PaymentMethod>().nullable(),
    /** What was learned, in order: [{ at, because, httpStatus, logId }]. */
    evidence: p.json<readonly unknown[]>(),
    /** What this decline says of its card holds no more from then on: it was renewed, or a person allowed it. */
    cardClearedAt: p.datetime(3).nullable(),
    /** Of the card that paid: credit or debit; null: not told, or no card. */
    cardKind: p.enum(CARD_KINDS).nullable(),
    /** It paid what was canceled: a person is asked whether it is given back, or kept it; null: it did not. */
    afterCancel: p.enum(AFTER_CANCEL).nullable(),
  },
  checks: [
    oneOf("attempt", "state", ATTEMPT_STATES, "always"),
    oneOf("attempt", "flow", ATTEMPT_FLOWS, "always"),
    oneOf("attempt", "decline_class", DECLINE_CLASSES),
    oneOf("attempt", "payment_method", PAYMENT_METHODS),
    { name: "attempt_settled", expression: `${anyOf("state", OPEN_ATTEMPT_STATES)} = (settled_at is null)` },
    {
      name: "attempt_sent",
      expression: `${noneOf("state", ["sending", "pending", "declined"] satisfies AttemptState[])} or sent_at is not null`,
    },
    { name: "attempt_declined", expression: `state <> ${DECLINED} or decline_class is not null` },
    { name: "attempt_look", expression: `next_inquiry_at is null or state in ${UNCERTAIN}` },
  ],
  uniques: [
    { name: "attempt_number", properties: ["invoiceId", "number"] },
    { name: "attempt_reference", properties: ["reference"] },
    { name: "attempt_charge", properties: ["chargeId"] },
  ],
  indexes: [
    {
      name: "attempt_in_doubt",
      expression: `create index \`attempt_in_doubt\` on \`attempt\` (\`state\`, \`invoice_id\`) where state in ${IN_DOUBT}`,
    },
    {
      name: "attempt_not_paid",
      expression: `create index \`attempt_not_paid\` on \`attempt\` (\`state\`) where state <> ${PAID}`,
    },
    {
      name: "attempt_history",
      expression:
        "create index `attempt_history` on `attempt` (strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(sent_at, claimed_at) / 1000.0, 'unixepoch'), invoice_id, number)",
    },
    {
      name: "attempt_own_order",
      expression: `create unique index \`attempt_own_order\` on \`attempt\` (\`order_id\`) where ${OWNS_ORDER}`,
    },
    {
      name: "attempt_shared_order",
      expression: `create index \`attempt_shared_order\` on \`attempt\` (\`order_id\`) where ${SHARES_ORDER}`,
    },
    {
      name: "attempt_one_open",
      expression: `create unique index "attempt_one_open" on "attempt" ("invoice_id") where state in ${OPEN}`,
    },
    {
      name: "attempt_one_paid",
      expression: `create unique index "attempt_one_paid" on "attempt" ("invoice_id") where state = ${PAID}`,
    },
    {
      name: "attempt_one_in_flight",
      expression: `create unique index "attempt_one_in_flight" on "attempt" ("customer_id") where state in ${IN_FLIGHT}`,
    },
    {
      name: "attempt_inquiry_due",
      expression:
        "create index `attempt_inquiry_due` on `attempt` (`next_inquiry_at`, `id`) where next_inquiry_at is not null",
    },
    {
      name: "attempt_asked",
      expression:
        "create index `attempt_asked` on `attempt` (`after_cancel`, `invoice_id`) where after_cancel = 'asked'",
    },
    { name: "attempt_claimed_at", properties: ["claimedAt"] },
    {
      name: "attempt_card_declines",
      expression:
        "create index `attempt_card_declines` on `attempt` (`payment_source_id`, `sent_at`) where decline_class is not null",
    },
  ],
});

/** A person said that nothing was charged. The attempt has ended, and is asked about for some days all the same. */
export const DeniedChargeEntity = defineEntity({
  name: "DeniedCharge",
  tableName: "denied_charge",
  properties: {
    attemptId: () => p.oneToOne(AttemptEntity).mapToPk().primary().joinColumn("attempt_id"),
    deniedAt: p.datetime(3),
    rechecks: p.integer().check("rechecks >= 0"),
    recheckAt: p.datetime(3).nullable(),
  },
  indexes: [
    {
      name: "denied_charge_recheck",
      expression: "create index `denied_charge_recheck` on `denied_charge` (`recheck_at`) where recheck_at is not null",
    },
  ],
});
