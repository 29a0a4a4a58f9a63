/**
 * Conekta's JSON of events, webhooks and their keys, and what of it we read and keep.
 *
 * What is kept of an event is a list of what we want, never the rest: ids, states and amounts. No name, no e-mail, no
 * card can get into the inbox that way, whatever Conekta adds to its resources.
 * @see "Eventos", developers.conekta.com/v2.0/reference/eventos; Conekta API 2.3.0 specification: webhook_response,
 *   webhook_key_create_response (read 2026-11-23)
 */
import { z } from "zod";
import type { WebhookEvent } from "../../application/ports/webhooks.ts";
import { label, listOf, readJson } from "./wire.ts";

/** An id or a word of Conekta's: printed and stored, so it must be one. */
const word = z.string().regex(/^[A-Za-z0-9_.:-]{1,120}$/);
const mark = word.nullish().catch(null);
const cents = z.int().nullish().catch(null);

const resource = z.object({
  object: mark,
  id: mark,
  status: mark,
  payment_status: mark,
  amount: cents,
  currency: mark,
  failure_code: mark,
  order_id: mark,
  charge_id: mark,
  customer_id: mark,
  parent_id: mark,
  reference_id: mark,
  customer_info: z.object({ customer_id: mark }).nullish().catch(null),
  metadata: z.object({ puntual_installation: mark, puntual_attempt: mark }).nullish().catch(null),
});

const event = z.object({
  object: z.literal("event"),
  id: word,
  type: word,
  livemode: z.boolean().nullish().catch(null),
  created_at: z.int().nullish().catch(null),
  data: z
    .object({ object: resource.nullish().catch(null) })
    .nullish()
    .catch(null),
});

/** @returns null when the body is no event, JSON or not */
export function readWebhookEvent(rawBody: Buffer): WebhookEvent | null {
  const read = event.safeParse(readJson(rawBody.toString("utf8")));
  if (!read.success) return null;
  const { id, type, livemode, data } = read.data;
  const about = data?.object ?? null;
  return {
    id,
    type,
    livemode: livemode ?? null,
    orderId: about?.object === "order" ? (about.id ?? null) : (about?.order_id ?? null),
    customerId: customerIn(about),
    payload: JSON.parse(JSON.stringify(read.data, (_key, value: unknown) => value ?? undefined)) as object,
  };
}

function customerIn(about: z.output<typeof resource> | null): string | null {
  if (about === null) return null;
  const isOwn = about.object === "customer";
  const named = [isOwn ? about.id : null, about.customer_id, about.customer_info?.customer_id, about.parent_id];
  return named.find((id) => id?.startsWith("cus_")) ?? null;
}

const webhook = z
  .object({
    id: z.string().min(1),
    url: z.string(),
    status: label,
    active: z.boolean().nullish().catch(null),
    subscribed_events: z.array(z.string()).nullish().catch(null),
  })
  .transform((seen) => ({
    id: seen.id,
    url: seen.url,
    isActive: seen.active ?? true,
    status: seen.status,
    events: seen.subscribed_events ?? [],
  }));

export const wireWebhook = {
  webhook,
  webhooks: listOf(webhook),
  key: z
    .object({ id: z.string().min(1), public_key: z.string().min(1), livemode: z.boolean().nullish().catch(null) })
    .transform((seen) => ({ id: seen.id, publicKeyPem: seen.public_key, livemode: seen.livemode ?? null })),
} as const;
