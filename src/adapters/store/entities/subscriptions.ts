/** Who is on which plan, where its cycles stand, and how that was changed. */
import { defineEntity, p } from "@mikro-orm/core";
import type { Discount, LineItem } from "../../../domain/money.ts";
import { APPLIES } from "../../../domain/proration.ts";
import { SUBSCRIPTION_STATUSES } from "../../../domain/subscription.ts";
import { CustomerEntity } from "./customers.ts";
import { PlanEntity, SOURCES } from "./plans.ts";

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
    /** Null: of before it was kept. */
    createdAt: p.datetime(3).nullable().lazy(),
    /** When dunning ended it; null: it did not. */
    givenUpAt: p.datetime(3).nullable().lazy(),
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
