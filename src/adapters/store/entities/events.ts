/** What happened, and what became of telling it. */
import { defineEntity, p } from "@mikro-orm/core";
import { DELIVERY_STATES } from "../../../domain/delivery.ts";

/** Append-only: what happened, to whom, when, why; written in the transaction of the change. */
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
    {
      name: "event_of_person",
      properties: ["id"],
      where: "iif(json_valid(data), data, null) -> 'actor' is not null",
    },
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
