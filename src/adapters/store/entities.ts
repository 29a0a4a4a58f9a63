/**
 * The tables, once, for the mapper. The migrations build them; a test holds the two together.
 *
 * The money rules live here as UNIQUE and CHECK: what they forbid cannot be written by any code path, nor by hand.
 */
import type { Scope } from "../../domain/api-key.ts";
import { HALT_KINDS } from "../../domain/halt.ts";
import { defineEntity, type EntitySchema, p } from "@mikro-orm/core";
import { BALANCE_KINDS } from "../../domain/balance.ts";
import { ATTEMPT_FLOWS, ATTEMPT_STATES, CARD_KINDS, PAYMENT_METHODS } from "../../domain/attempt.ts";
import { INTERVALS } from "../../domain/calendar/calendar.ts";
import { CATCH_UPS } from "../../domain/calendar/catch-up.ts";
import { CFDI_STATUSES } from "../../domain/cfdi.ts";
import { DECLINE_CLASSES } from "../../domain/decline.ts";
import { DELIVERY_STATES } from "../../domain/delivery.ts";
import { DUNNING_STEPS } from "../../domain/dunning/dunning.ts";
import { DISPUTE_OUTCOMES } from "../../domain/dispute.ts";
import { GUARD_RESULTS, type ProbeStep } from "../../domain/guard-probe.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../domain/invoice.ts";
import type { Discount, InvoiceDiscount, InvoiceLine, LineItem } from "../../domain/money.ts";
import { LINK_ENDS } from "../../domain/payment-link.ts";
import { EXPIRY_COUNTS, type DatedPrice } from "../../domain/plan.ts";
import { APPLIES } from "../../domain/proration.ts";
import { REFUND_REASONS, REFUND_STATES } from "../../domain/refund.ts";
import type { LineTax, PartTax, Tax, TaxAmount } from "../../domain/tax.ts";
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts";
import { WEBHOOK_STATES } from "../../domain/webhook-event.ts";
import { OWNS_ORDER, SHARES_ORDER } from "./billing/attempt-flows.ts";
import { DECLINED, IN_DOUBT, IN_FLIGHT, OPEN, PAID, PENDING, SENDING, UNCERTAIN } from "./billing/attempt-states.ts";

const SOURCES = ["file", "cli", "code"] as const;
/** One row: who this database is, and whether anybody may be charged. */
export const InstallationEntity = defineEntity({
  name: "Installation",
  tableName: "installation",
  properties: {
    id: p.text().primary(),
    livemode: p.boolean().nullable(),
    /** Counts the takeovers: a process with an older number writes nothing. */
    epoch: p.integer(),
    ownerId: p.text().nullable(),
    createdAt: p.datetime(3),
    /** The place in the sequence of events up to which deliveries were made; null: nobody was ever told. */
    notifiedThrough: p.integer().nullable(),
    /** Since when charges count for the limits of an hour: a person lifted the halt of one. */
    limitsCountFrom: p.datetime(3).nullable(),
    /** A person said that what another installation charged may be charged from here, too. */
    mayRepeatOthersSince: p.datetime(3).nullable(),
    /** Orders made until then, by the gateway's clock, were compared with these books. */
    ordersComparedUntil: p.datetime(3).nullable(),
    /** PostgreSQL, with CHARGE_RATE_PER_SECOND: when the next charge of any node may begin. By the clock of the database. */
    nextSendAt: p.datetime(3).nullable(),
    /** PostgreSQL: a node found that the gateway fails; until then no other begins a charge. By the clock of the database. */
    gatewayFailingUntil: p.datetime(3).nullable(),
    /** Where what this database held is now; it charges nobody any more. Null: it was never moved. */
    movedTo: p.text().nullable(),
  },
});

/** A process that may charge: @see records/nodes.ts */
export const NodeEntity = defineEntity({
  name: "Node",
  tableName: "node",
  properties: {
    id: p.text().primary(),
    epoch: p.integer(),
    host: p.text(),
    pid: p.integer(),
    startedAt: p.datetime(3),
    /** By the clock of the database. */
    heartbeatAt: p.datetime(3),
    /** Null: for as long as it holds the lock of the file. */
    aliveUntil: p.datetime(3).nullable(),
  },
  uniques: [{ name: "node_epoch", properties: ["epoch"] }],
});

/** What one node does at a time, on PostgreSQL: @see records/duties.ts */
export const DutyEntity = defineEntity({
  name: "Duty",
  tableName: "duty",
  properties: { name: p.text().primary(), nodeId: p.text(), epoch: p.integer() },
});

export const HaltEntity = defineEntity({
  name: "Halt",
  tableName: "halt",
  properties: {
    kind: p.enum(HALT_KINDS).primary(),
    haltedAt: p.datetime(3),
    reason: p.text(),
    /** What a sweep must cover before a halt of the kind `restored` is lifted. */
    reconcileSince: p.datetime(3).nullable(),
  },
  checks: [{ name: "halt_restored", expression: "(reconcile_since is not null) = (kind = 'restored')" }],
});

/** What cannot be read at the gateway: a customer, or the order of an attempt; or a customer whose charges it refuses. */
export const ReadFailureEntity = defineEntity({
  name: "ReadFailure",
  tableName: "read_failure",
  properties: {
    id: p.text().primary(),
    kind: p.enum(["customer", "attempt", "charge"] as const),
    /** In a row. */
    failures: p.integer().check("failures >= 1"),
    failedSince: p.datetime(3),
    failedAt: p.datetime(3),
    nextReadAt: p.datetime(3),
    because: p.text(),
  },
});

/** What is told of a tax is told whole: base and tax are the amount; of an invoice, with what the balance paid of it. */
const TAXES =
  "(taxes is null and base_cents is null and tax_cents is null) or (taxes is not null and base_cents is not null and tax_cents is not null and base_cents >= 0 and tax_cents >= 0 and base_cents + tax_cents = amount_cents)";
const INVOICE_TAXES = TAXES.replace("= amount_cents", "= amount_cents + balance_cents");

export const PlanEntity = defineEntity({
  name: "Plan",
  tableName: "plan",
  properties: {
    id: p.text().primary(),
    name: p.text(),
    currency: p.text().check("length(currency) = 3"),
    interval: p.enum(INTERVALS),
    frequency: p.integer().check("frequency >= 1"),
    trialPeriodDays: p.integer().check("trial_period_days >= 0"),
    expiryCount: p.integer().nullable().check("expiry_count >= 1"),
    lineItems: p.json<readonly LineItem[]>(),
    dunning: p.text(),
    catchUp: p.enum(CATCH_UPS),
    source: p.enum(SOURCES),
    /** Null: the line items hold for ever. */
    prices: p.json<readonly DatedPrice[]>().nullable(),
    /** Null: nothing is told of its tax. */
    tax: p.json<Tax>().nullable(),
    expiryCounts: p.enum(EXPIRY_COUNTS).default("charges"),
  },
});

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
  },
  indexes: [{ name: "customer_email", expression: "create index `customer_email` on `customer` (lower(email))" }],
});

export const SubscriptionEntity = defineEntity({
  name: "Subscription",
  tableName: "subscription",
  properties: {
    id: p.text().primary(),
    planId: () => p.manyToOne(PlanEntity).mapToPk().joinColumn("plan_id"),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    status: p.enum(SUBSCRIPTION_STATUSES),
    timeZone: p.text(),
    startLocal: p.text(),
    anchorLocal: p.text(),
    quantity: p.integer().check("quantity >= 1"),
    lineItems: p.json<readonly LineItem[]>().nullable(),
    discount: p.json<Discount>().nullable(),
    billPast: p.boolean(),
    firstCycle: p.integer().check("first_cycle >= 0"),
    nextCycle: p.integer(),
    nextBillingAt: p.datetime(3).nullable(),
    cancelAt: p.datetime(3).nullable(),
    pauseFrom: p.datetime(3).nullable(),
    pauseUntil: p.datetime(3).nullable(),
    source: p.enum(SOURCES),
  },
  checks: [
    { name: "subscription_cursor", expression: "next_cycle >= first_cycle" },
    {
      name: "subscription_pause",
      expression: "(pause_from is null) = (pause_until is null) and (pause_from is null or pause_from < pause_until)",
    },
    {
      name: "subscription_ended",
      expression: "status not in ('canceled', 'completed') or next_billing_at is null",
    },
  ],
  indexes: [
    {
      name: "subscription_due",
      expression:
        "create index `subscription_due` on `subscription` (`next_billing_at`, `id`) where next_billing_at is not null",
    },
    {
      name: "subscription_ending",
      expression:
        "create index `subscription_ending` on `subscription` (`cancel_at`, `id`) where cancel_at is not null and next_billing_at is not null",
    },
    { name: "subscription_status", properties: ["status"] },
    { name: "subscription_plan", properties: ["planId"] },
    { name: "subscription_customer", properties: ["customerId"] },
  ],
});

/** Changes of plan and quantity: each keeps what was before it. */
export const SubscriptionChangeEntity = defineEntity({
  name: "SubscriptionChange",
  tableName: "subscription_change",
  properties: {
    id: p.text().primary(),
    subscriptionId: () => p.manyToOne(SubscriptionEntity).mapToPk().joinColumn("subscription_id"),
    number: p.integer().check("number >= 1"),
    fromPlanId: p.text(),
    toPlanId: p.text(),
    fromQuantity: p.integer().check("from_quantity >= 1"),
    toQuantity: p.integer().check("to_quantity >= 1"),
    apply: p.enum(APPLIES),
    onDate: p.text().check("length(on_date) = 10"),
    creditCents: p.integer().check("credit_cents >= 0"),
    debitCents: p.integer().check("debit_cents >= 0"),
    grantedCents: p.integer().check("granted_cents >= 0"),
    nextCycle: p.integer(),
    fromAnchorLocal: p.text(),
    fromNextBillingAt: p.datetime(3).nullable(),
    itemKey: p.text().nullable(),
    invoiceId: p.text().nullable(),
    madeAt: p.datetime(3),
    madeBy: p.text(),
    undoneAt: p.datetime(3).nullable(),
    undoneBy: p.text().nullable(),
  },
  checks: [
    {
      name: "subscription_change_prorated",
      expression: "(credit_cents = 0 and debit_cents = 0) or apply in ('now', 'next_invoice')",
    },
    { name: "subscription_change_undone", expression: "(undone_at is null) = (undone_by is null)" },
  ],
  uniques: [{ name: "subscription_change_number", properties: ["subscriptionId", "number"] }],
});

export const InvoiceEntity = defineEntity({
  name: "Invoice",
  tableName: "invoice",
  properties: {
    id: p.text().primary(),
    subscriptionId: () => p.manyToOne(SubscriptionEntity).mapToPk().joinColumn("subscription_id"),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    /** Null: charged once, and unique by its own key. */
    cycle: p.integer().nullable().check("cycle >= 0"),
    periodStart: p.datetime(3),
    periodEnd: p.datetime(3),
    amountCents: p.integer().check("amount_cents >= 0"),
    discountCents: p.integer().check("discount_cents >= 0"),
    currency: p.text().check("length(currency) = 3"),
    lineItems: p.json<readonly InvoiceLine[]>(),
    status: p.enum(INVOICE_STATUSES),
    statusReason: p.enum(STATUS_REASONS).nullable(),
    missed: p.boolean(),
    nextAttemptAt: p.datetime(3).nullable(),
    orderId: p.text().nullable(),
    declines: p.integer().check("declines >= 0"),
    faults: p.integer().check("faults >= 0"),
    voidWhenSettled: p.enum(STATUS_REASONS).nullable(),
    openedAt: p.datetime(3),
    paidAt: p.datetime(3).nullable(),
    firstDeclinedAt: p.datetime(3).nullable(),
    dunningStep: p.enum(DUNNING_STEPS).nullable(),
    dunningClass: p.enum(DECLINE_CLASSES).nullable(),
    dunningDueAt: p.datetime(3).nullable(),
    retryRequestedAt: p.datetime(3).nullable(),
    /** That it waits behind a held one was told then. */
    waitsToldAt: p.datetime(3).nullable(),
    /** Why it was held or written off before a person had it collected. */
    reopenedFrom: p.enum(STATUS_REASONS).nullable(),
    /** Base and tax by rate; null: its lines tell no tax. */
    taxes: p.json<readonly TaxAmount[]>().nullable(),
    baseCents: p.integer().nullable(),
    taxCents: p.integer().nullable(),
    /** Each with its code; null: of before they were kept. */
    discounts: p.json<readonly InvoiceDiscount[]>().nullable(),
    /** What the balance paid. */
    balanceCents: p.integer().default(0),
    oneOffKey: p.text().nullable(),
  },
  checks: [
    { name: "invoice_cycle", expression: "(cycle is null) = (one_off_key is not null)" },
    { name: "invoice_taxes", expression: INVOICE_TAXES },
    { name: "invoice_dunning", expression: "dunning_step is null or status = 'open'" },
    { name: "invoice_dunning_class", expression: "(dunning_step is null) = (dunning_class is null)" },
    { name: "invoice_dunning_due", expression: "dunning_due_at is null or dunning_step is not null" },
    { name: "invoice_period", expression: "period_end >= period_start" },
    { name: "invoice_paid", expression: "(status = 'paid') = (paid_at is not null)" },
    { name: "invoice_due", expression: "next_attempt_at is null or status = 'open'" },
    { name: "invoice_reopened", expression: "reopened_from is null or status in ('open', 'held')" },
    {
      name: "invoice_reason",
      expression: "(status in ('void', 'held', 'uncollectible')) = (status_reason is not null)",
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
      name: "invoice_paid_day",
      expression:
        "create index `invoice_paid_day` on `invoice` (strftime('%Y-%m-%d', paid_at / 1000.0, 'unixepoch')) where status = 'paid'",
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

export const AttemptEntity = defineEntity({
  name: "Attempt",
  tableName: "attempt",
  properties: {
    id: p.text().primary(),
    invoiceId: () => p.manyToOne(InvoiceEntity).mapToPk().joinColumn("invoice_id"),
    customerId: () => p.manyToOne(CustomerEntity).mapToPk().joinColumn("customer_id"),
    number: p.integer().check("number >= 1"),
    state: p.enum(ATTEMPT_STATES),
    reference: p.text(),
    flow: p.enum(ATTEMPT_FLOWS),
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
    declineClass: p.enum(DECLINE_CLASSES).nullable(),
    failureCode: p.text().nullable(),
    failureMessage: p.text().nullable(),
    authCode: p.text().nullable(),
    feeCents: p.integer().nullable(),
    logId: p.text().nullable(),
    /** What really moved, where it differs from what was asked for. */
    movedCents: p.integer().nullable().check("moved_cents >= 0"),
    /** How it was paid: card, cash or bank_transfer; null: not known, or not paid. */
    paymentMethod: p.enum(PAYMENT_METHODS).nullable(),
    /** What was learned, in order: [{ at, because, httpStatus, logId }]. */
    evidence: p.json<readonly unknown[]>(),
    /** What this decline says of its card holds no more from then on: it was renewed, or a person allowed it. */
    cardClearedAt: p.datetime(3).nullable(),
    /** Of the card that paid: credit or debit; null: not told, or no card. */
    cardKind: p.enum(CARD_KINDS).nullable(),
  },
  checks: [
    { name: "attempt_settled", expression: `(state in ${OPEN}) = (settled_at is null)` },
    { name: "attempt_sent", expression: `state not in (${SENDING}, ${PENDING}, ${DECLINED}) or sent_at is not null` },
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
    { name: "attempt_claimed_at", properties: ["claimedAt"] },
    {
      name: "attempt_card_declines",
      expression:
        "create index `attempt_card_declines` on `attempt` (`payment_source_id`, `sent_at`) where decline_class is not null",
    },
  ],
});

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

/** Append-only: what happened, to whom, when, why; written in the transaction of the change. */
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

export const EventEntity = defineEntity({
  name: "Event",
  tableName: "event",
  properties: {
    id: p.text().primary(),
    at: p.datetime(3),
    type: p.text(),
    customerId: p.text().nullable(),
    subscriptionId: p.text().nullable(),
    invoiceId: p.text().nullable(),
    attemptId: p.text().nullable(),
    data: p.json<Record<string, unknown>>(),
    /** Rises with every event that is written, whatever the clock says. */
    sequence: p.integer().nullable(),
  },
  uniques: [{ name: "event_sequence", properties: ["sequence"] }],
  indexes: [
    { name: "event_subscription", properties: ["subscriptionId", "id"] },
    { name: "event_invoice", properties: ["invoiceId", "id"] },
  ],
});

/** What became of telling one event to NOTIFY_URL. An event without one is not told, or not yet. */
export const EventDeliveryEntity = defineEntity({
  name: "EventDelivery",
  tableName: "event_delivery",
  properties: {
    eventId: () =>
      p
        .oneToOne(EventEntity)
        .mapToPk()
        .joinColumn("event_id")
        .primary()
        .updateRule("no action")
        .deleteRule("no action"),
    state: p.enum(DELIVERY_STATES),
    tries: p.integer().check("tries >= 0"),
    nextTryAt: p.datetime(3).nullable(),
    lastHttpStatus: p.integer().nullable(),
    lastError: p.text().nullable(),
    createdAt: p.datetime(3),
    deliveredAt: p.datetime(3).nullable(),
  },
  checks: [
    { name: "event_delivery_turn", expression: "(state = 'pending') = (next_try_at is not null)" },
    { name: "event_delivery_done", expression: "(state = 'delivered') = (delivered_at is not null)" },
    { name: "event_delivery_reason", expression: "state <> 'dead' or last_error is not null" },
  ],
  indexes: [
    {
      name: "event_delivery_due",
      expression:
        "create index `event_delivery_due` on `event_delivery` (`next_try_at`, `event_id`) where next_try_at is not null",
    },
    {
      name: "event_delivery_dead",
      expression: "create index `event_delivery_dead` on `event_delivery` (`event_id`) where state = 'dead'",
    },
  ],
});

/** The inbox, by Conekta's own ids: what was taken once is known for ever. */
export const WebhookEventEntity = defineEntity({
  name: "WebhookEvent",
  tableName: "webhook_event",
  properties: {
    id: p.text().primary(),
    type: p.text(),
    receivedAt: p.datetime(3),
    livemode: p.boolean().nullable(),
    orderId: p.text().nullable(),
    customerId: p.text().nullable(),
    payload: p.json<object>(),
    state: p.enum(WEBHOOK_STATES),
    processedAt: p.datetime(3).nullable(),
    tries: p.integer().check("tries >= 0"),
    nextTryAt: p.datetime(3).nullable(),
    because: p.text().nullable(),
  },
  checks: [
    { name: "webhook_event_turn", expression: "(state = 'received') = (next_try_at is not null)" },
    { name: "webhook_event_done", expression: "(state = 'received') = (processed_at is null)" },
    { name: "webhook_event_reason", expression: "state not in ('ignored', 'failed') or because is not null" },
  ],
  indexes: [
    {
      name: "webhook_event_due",
      expression:
        "create index `webhook_event_due` on `webhook_event` (`next_try_at`, `id`) where next_try_at is not null",
    },
    {
      name: "webhook_event_order",
      expression: "create index `webhook_event_order` on `webhook_event` (`order_id`) where order_id is not null",
    },
    {
      name: "webhook_event_failed",
      expression: "create index `webhook_event_failed` on `webhook_event` (`received_at`) where state = 'failed'",
    },
  ],
});

/** What `doctor --probe-guard` found, and when. */
export const GuardProbeEntity = defineEntity({
  name: "GuardProbe",
  tableName: "guard_probe",
  properties: {
    id: p.text().primary(),
    at: p.datetime(3),
    livemode: p.boolean(),
    sequential: p.enum(GUARD_RESULTS),
    concurrent: p.enum(GUARD_RESULTS),
    evidence: p.json<readonly ProbeStep[]>(),
  },
});

/** A person looked at this order of the gateway: it is not to be booked, and keeps no restored books from charging. */
export const OrderSetAsideEntity = defineEntity({
  name: "OrderSetAside",
  tableName: "order_set_aside",
  properties: {
    orderId: p.text().primary(),
    at: p.datetime(3),
    why: p.text(),
    setAsideBy: p.text(),
  },
});

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
    {
      name: "refund_done_day",
      expression:
        "create index `refund_done_day` on `refund` (strftime('%Y-%m-%d', settled_at / 1000.0, 'unixepoch')) where state = 'done'",
    },
  ],
});

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
    {
      name: "dispute_lost_day",
      expression:
        "create index `dispute_lost_day` on `dispute` (strftime('%Y-%m-%d', closed_at / 1000.0, 'unixepoch')) where outcome = 'lost'",
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

/** A key of the HTTP API. */
export const ApiKeyEntity = defineEntity({
  name: "ApiKey",
  tableName: "api_key",
  properties: {
    id: p.text().primary(),
    name: p.text(),
    /** SHA-256 of the key, which is kept nowhere. */
    hash: p.text().check("length(hash) = 64"),
    scopes: p.json<readonly Scope[]>(),
    last4: p.text(),
    createdAt: p.datetime(3),
    createdBy: p.text(),
    lastUsedAt: p.datetime(3).nullable(),
    revokedAt: p.datetime(3).nullable(),
    revokedBy: p.text().nullable(),
  },
  checks: [{ name: "api_key_revoked", expression: "(revoked_at is null) = (revoked_by is null)" }],
  uniques: [
    { name: "api_key_name", properties: ["name"] },
    { name: "api_key_hash", properties: ["hash"] },
  ],
});

/** What was answered to a request of the HTTP API, written with what it changed: @see records/requests.ts */
export const IdempotencyEntity = defineEntity({
  name: "Idempotency",
  tableName: "idempotency",
  properties: {
    /** Of the request that was the first with this key. */
    id: p.text().primary(),
    method: p.text(),
    path: p.text(),
    key: p.text(),
    /** SHA-256. */
    bodyHash: p.text().check("length(body_hash) = 64"),
    createdAt: p.datetime(3),
    /** Not answered yet: nobody else begins it before then. */
    claimedUntil: p.datetime(3).nullable(),
    status: p.integer().nullable(),
    /** As it was sent. */
    answer: p.text().nullable(),
  },
  checks: [
    {
      name: "idempotency_answered",
      expression: "(claimed_until is null) = (status is not null) and (status is null) = (answer is null)",
    },
  ],
  uniques: [{ name: "idempotency_once", properties: ["method", "path", "key"] }],
  indexes: [{ name: "idempotency_age", properties: ["createdAt"] }],
});

/** What a customer's CFDI says of the receiver. */
export const CustomerTaxEntity = defineEntity({
  name: "CustomerTax",
  tableName: "customer_tax",
  properties: {
    customerId: p.text().primary(),
    rfc: p.text().check("length(rfc) in (12, 13)"),
    name: p.text(),
    postalCode: p.text().check("length(postal_code) = 5"),
    regime: p.text().check("length(regime) = 3"),
    cfdiUse: p.text().check("length(cfdi_use) in (3, 4)"),
    updatedAt: p.datetime(3),
  },
});

/** A document for the accountant: that it was handed out, and its stamp. Its id is an invoice's, a refund's, or a name of its own. */
export const CfdiEntity = defineEntity({
  name: "Cfdi",
  tableName: "cfdi",
  properties: {
    id: p.text().primary(),
    exports: p.integer().check("exports >= 0"),
    /** The last time. */
    exportedAt: p.datetime(3).nullable(),
    uuid: p.text().nullable().check("length(uuid) = 36"),
    status: p.enum(CFDI_STATUSES).nullable(),
    /** When the stamp, or its end, was told. */
    stampedAt: p.datetime(3).nullable(),
  },
  checks: [
    { name: "cfdi_stamp", expression: "(uuid is null) = (status is null) and (uuid is null) = (stamped_at is null)" },
    { name: "cfdi_exported", expression: "(exports = 0) = (exported_at is null)" },
  ],
  indexes: [{ name: "cfdi_uuid", expression: "create unique index `cfdi_uuid` on `cfdi` (lower(uuid))" }],
});

/** An invoice or a refund is in one document. */
export const CfdiPartEntity = defineEntity({
  name: "CfdiPart",
  tableName: "cfdi_part",
  properties: {
    subjectId: p.text().primary(),
    cfdiId: () => p.manyToOne(CfdiEntity).mapToPk().joinColumn("cfdi_id"),
  },
  indexes: [{ name: "cfdi_part_of", properties: ["cfdiId"] }],
});

export const CouponEntity = defineEntity({
  name: "Coupon",
  tableName: "coupon",
  properties: {
    code: p.text().primary(),
    percentHundredths: p.integer().nullable().check("percent_hundredths between 1 and 10000"),
    amountCents: p.integer().nullable().check("amount_cents > 0"),
    currency: p.text().nullable().check("length(currency) = 3"),
    cycles: p.integer().nullable().check("cycles >= 1"),
    /** A local day: "2026-12-31" */
    redeemBy: p.text().nullable().check("length(redeem_by) = 10"),
    maxRedemptions: p.integer().nullable().check("max_redemptions >= 1"),
    planIds: p.json<readonly string[]>().nullable(),
    archivedAt: p.datetime(3).nullable(),
    source: p.enum(SOURCES),
  },
  checks: [
    { name: "coupon_worth", expression: "(percent_hundredths is null) <> (amount_cents is null)" },
    { name: "coupon_currency", expression: "(amount_cents is null) = (currency is null)" },
  ],
});

/** A coupon that a subscription has, or had: once, whatever becomes of it. */
export const CouponGrantEntity = defineEntity({
  name: "CouponGrant",
  tableName: "coupon_grant",
  properties: {
    id: p.text().primary(),
    subscriptionId: () => p.manyToOne(SubscriptionEntity).mapToPk().joinColumn("subscription_id"),
    couponCode: () => p.manyToOne(CouponEntity).mapToPk().joinColumn("coupon_code"),
    number: p.integer().check("number >= 1"),
    fromCycle: p.integer().check("from_cycle >= 0"),
    untilCycle: p.integer().nullable(),
    grantedAt: p.datetime(3),
    grantedBy: p.text(),
    takenAt: p.datetime(3).nullable(),
  },
  checks: [
    { name: "coupon_grant_cycles", expression: "until_cycle is null or until_cycle >= from_cycle" },
    { name: "coupon_grant_taken", expression: "taken_at is null or until_cycle is not null" },
  ],
  uniques: [
    { name: "coupon_grant_once", properties: ["subscriptionId", "couponCode"] },
    { name: "coupon_grant_order", properties: ["subscriptionId", "number"] },
  ],
});

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

export const entities: readonly EntitySchema[] = [
  InstallationEntity,
  NodeEntity,
  DutyEntity,
  HaltEntity,
  ReadFailureEntity,
  PlanEntity,
  CustomerEntity,
  SubscriptionEntity,
  SubscriptionChangeEntity,
  InvoiceEntity,
  AttemptEntity,
  EventEntity,
  EventDeliveryEntity,
  WebhookEventEntity,
  RefundEntity,
  GuardProbeEntity,
  PaymentLinkEntity,
  DeniedChargeEntity,
  OrderSetAsideEntity,
  DisputeEntity,
  DisputeReadingEntity,
  ApiKeyEntity,
  IdempotencyEntity,
  CustomerTaxEntity,
  CfdiEntity,
  CfdiPartEntity,
  CouponEntity,
  CouponGrantEntity,
  ItemEntity,
  BalanceEntryEntity,
];
