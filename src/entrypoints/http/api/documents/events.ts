/** What happened, who did it, and what Conekta said of it. */
import { z } from "zod";
import type { AuditRow, EventRow, WebhookRow } from "../../../../application/ports/listings/events.ts";
import { WEBHOOK_STATES } from "../../../../domain/webhook-event.ts";
import { rowOf } from "../row-schema.ts";
import { instant, instantOrNull, oneOf, text, textOrNull, whole } from "./values.ts";

export const eventRow = rowOf<EventRow>("Event")({
  eventId: text,
  at: instant,
  // Not listed: types are added, and who reads them must not stumble.
  type: text,
  customerId: textOrNull,
  subscriptionId: textOrNull,
  invoiceId: textOrNull,
  attemptId: textOrNull,
  data: z.record(z.string(), z.unknown()),
});

export const auditRow = rowOf<AuditRow>("AuditEntry")({
  eventId: text,
  at: instant,
  actor: text,
  reason: textOrNull,
  type: text,
  customerId: textOrNull,
  subscriptionId: textOrNull,
  invoiceId: textOrNull,
  attemptId: textOrNull,
});

export const webhookRow = rowOf<WebhookRow>("Webhook")({
  eventId: text,
  type: text,
  receivedAt: instant,
  state: oneOf(WEBHOOK_STATES),
  because: textOrNull,
  orderId: textOrNull,
  customerId: textOrNull,
  livemode: z.boolean().nullable(),
  tries: whole,
  nextTryAt: instantOrNull,
  processedAt: instantOrNull,
  payload: z.record(z.string(), z.unknown()),
});
