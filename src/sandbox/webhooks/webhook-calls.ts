/**
 * `/webhooks` and `/webhook_keys`.
 *
 * Unlike the real service, a URL may be on this machine: that is where a test's receiver is.
 *
 * @see Conekta API 2.3.0 specification, schemas `webhook_request`, `webhook_response`, `webhook_key_response`
 */
import { z } from "zod";
import { invalidParameter, notFound } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import { timedId } from "../id.ts";
import { cutPage, listBody, pageRequest } from "../api/list-page.ts";
import { checked } from "../api/validation.ts";
import type { Webhook } from "./webhook.ts";
import { newKeyPair, type WebhookKey } from "./webhook-key.ts";
import { nowSeconds, type State } from "../state.ts";

/** Per environment, as the specification says. */
const WEBHOOKS_MAX = 10;

const webhookSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  subscribed_events: z.array(z.string().min(1)).optional(),
  description: z.string().optional(),
});

const webhookChangeSchema = webhookSchema.partial().extend({ active: z.boolean().optional() });

const keySchema = z.strictObject({ active: z.boolean().default(true) });

export function createWebhook(state: State, call: Call): Answer {
  const request = checked(webhookSchema, call.body);
  if (state.webhooks.size >= WEBHOOKS_MAX) {
    const en = `At most ${WEBHOOKS_MAX} webhooks per environment.`;
    throw invalidParameter("webhooks.maximum", "url", `Máximo ${WEBHOOKS_MAX} webhooks por ambiente.`, en);
  }
  const webhook: Webhook = {
    id: timedId(state.random, nowSeconds(state)),
    url: request.url,
    subscribedEvents: request.subscribed_events ?? [],
    active: true,
    description: request.description ?? "",
  };
  state.webhooks.set(webhook.id, webhook);
  return ok(webhookView(webhook, state.livemode));
}

export function listWebhooks(state: State, call: Call): Answer {
  const page = cutPage([...state.webhooks.values()].toReversed(), pageRequest(call.query));
  return ok(listBody(page, call.address, (webhook) => webhookView(webhook, state.livemode)));
}

export function getWebhook(state: State, call: Call): Answer {
  return ok(webhookView(findWebhook(state, param(call, 0)), state.livemode));
}

export function updateWebhook(state: State, call: Call): Answer {
  const webhook = findWebhook(state, param(call, 0));
  const change = checked(webhookChangeSchema, call.body);
  const changed: Webhook = {
    ...webhook,
    url: change.url ?? webhook.url,
    subscribedEvents: change.subscribed_events ?? webhook.subscribedEvents,
    active: change.active ?? webhook.active,
    description: change.description ?? webhook.description,
  };
  state.webhooks.set(changed.id, changed);
  return ok(webhookView(changed, state.livemode));
}

export function deleteWebhook(state: State, call: Call): Answer {
  const webhook = findWebhook(state, param(call, 0));
  state.webhooks.delete(webhook.id);
  return ok({ ...webhookView(webhook, state.livemode), deleted: true });
}

/** `POST /webhooks/{id}/test`: a ping, whose data has no `object`. */
export function testWebhook(state: State, call: Call): Answer {
  const webhook = findWebhook(state, param(call, 0));
  const data = { livemode: state.livemode, action: "ping" };
  state.events.record("webhook_ping", () => data, [webhook.id]);
  return ok(webhookView(webhook, state.livemode));
}

export async function createWebhookKey(state: State, call: Call): Promise<Answer> {
  const { active } = checked(keySchema, call.body);
  const { publicKey, privateKey } = state.webhookKeyPair ?? (await newKeyPair());
  const key: WebhookKey = {
    id: timedId(state.random, nowSeconds(state)),
    createdAtSeconds: nowSeconds(state),
    active,
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey,
  };
  state.webhookKeys.set(key.id, key);
  return ok(keyView(key, state.livemode));
}

export function listWebhookKeys(state: State, call: Call): Answer {
  const page = cutPage([...state.webhookKeys.values()].toReversed(), pageRequest(call.query));
  return ok(listBody(page, call.address, (key) => keyView(key, state.livemode)));
}

export function getWebhookKey(state: State, call: Call): Answer {
  return ok(keyView(findKey(state, param(call, 0)), state.livemode));
}

export function updateWebhookKey(state: State, call: Call): Answer {
  const key = { ...findKey(state, param(call, 0)), ...checked(keySchema, call.body) };
  state.webhookKeys.set(key.id, key);
  return ok(keyView(key, state.livemode));
}

export function deleteWebhookKey(state: State, call: Call): Answer {
  const key = findKey(state, param(call, 0));
  state.webhookKeys.delete(key.id);
  return ok({ ...keyView(key, state.livemode), deleted: true });
}

function findWebhook(state: State, id: string): Webhook {
  const webhook = state.webhooks.get(id);
  if (webhook === undefined) throw notFound("Webhook", id);
  return webhook;
}

function findKey(state: State, id: string): WebhookKey {
  const key = state.webhookKeys.get(id);
  if (key === undefined) throw notFound("WebhookKey", id);
  return key;
}

function webhookView(webhook: Webhook, livemode: boolean): object {
  return {
    id: webhook.id,
    object: "webhook",
    livemode,
    url: webhook.url,
    description: webhook.description,
    active: webhook.active,
    status: "listening",
    subscribed_events: webhook.subscribedEvents,
  };
}

function keyView(key: WebhookKey, livemode: boolean): object {
  return {
    id: key.id,
    object: "webhook_key",
    livemode,
    active: key.active,
    created_at: key.createdAtSeconds,
    public_key: key.publicKeyPem,
  };
}
