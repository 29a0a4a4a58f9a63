/** Conekta's events as they came in. */
import { defineEntity, p } from "@mikro-orm/core";
import { WEBHOOK_STATES } from "../../../domain/webhook-event.ts";

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
