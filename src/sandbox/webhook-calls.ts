/**
 * `/webhooks` and `/webhook_keys`.
 *
 * Unlike the real service, a URL may be on this machine: that is where a test's receiver is.
 *
 * @see Conekta API 2.3.0 specification, schemas `webhook_request`, `webhook_response`, `webhook_key_response`
 */
import { z } from "zod";
import { invalidParameter, notFound } from "./api-error.ts";
import { type Answer, type Call, ok, param } from "./call.ts";
import { timedId } from "./id.ts";
import { cutPage, listBody, pageRequest } from "./page.ts";
import { checked } from "./validation.ts";
import type { Webhook } from "./webhook.ts";
import { newKeyPair, type WebhookKey } from "./webhook-key.ts";
import { nowSeconds, type World } from "./world.ts";

/** Per environment, as the specification says. */
const WEBHOOKS_MAX = 10;

const webhookSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  subscribed_events: z.array(z.string().min(1)).optional(),
  description: z.string().optional(),
});

const webhookChangeSchema = webhookSchema.partial().extend({ active: z.boolean().optional() });

const keySchema = z.strictObject({ active: z.boolean().default(true) });

export function createWebhook(world: World, call: Call): Answer {
  const request = checked(webhookSchema, call.body);
  if (world.webhooks.size >= WEBHOOKS_MAX) {
    const en = `At most ${WEBHOOKS_MAX} webhooks per environment.`;
    throw invalidParameter("webhooks.maximum", "url", `Máximo ${WEBHOOKS_MAX} webhooks por ambiente.`, en);
  }
  const webhook: Webhook = {
    id: timedId(world.random, nowSeconds(world)),
    url: request.url,
    subscribedEvents: request.subscribed_events ?? [],
    active: true,
    description: request.description ?? "",
  };
  world.webhooks.set(webhook.id, webhook);
  return ok(webhookView(webhook, world.livemode));
}

export function listWebhooks(world: World, call: Call): Answer {
  const page = cutPage([...world.webhooks.values()].toReversed(), pageRequest(call.query));
  return ok(listBody(page, call.address, (webhook) => webhookView(webhook, world.livemode)));
}

export function getWebhook(world: World, call: Call): Answer {
  return ok(webhookView(findWebhook(world, param(call, 0)), world.livemode));
}

export function updateWebhook(world: World, call: Call): Answer {
  const webhook = findWebhook(world, param(call, 0));
  const change = checked(webhookChangeSchema, call.body);
  const changed: Webhook = {
    ...webhook,
    url: change.url ?? webhook.url,
    subscribedEvents: change.subscribed_events ?? webhook.subscribedEvents,
    active: change.active ?? webhook.active,
    description: change.description ?? webhook.description,
  };
  world.webhooks.set(changed.id, changed);
  return ok(webhookView(changed, world.livemode));
}

export function deleteWebhook(world: World, call: Call): Answer {
  const webhook = findWebhook(world, param(call, 0));
  world.webhooks.delete(webhook.id);
  return ok({ ...webhookView(webhook, world.livemode), deleted: true });
}

/** `POST /webhooks/{id}/test`: a ping, whose data has no `object`. */
export function testWebhook(world: World, call: Call): Answer {
  const webhook = findWebhook(world, param(call, 0));
  const data = { livemode: world.livemode, action: "ping" };
  world.events.record("webhook_ping", () => data, [webhook.id]);
  return ok(webhookView(webhook, world.livemode));
}

export async function createWebhookKey(world: World, call: Call): Promise<Answer> {
  const { active } = checked(keySchema, call.body);
  const pair = await newKeyPair();
  const key: WebhookKey = {
    id: timedId(world.random, nowSeconds(world)),
    createdAtSeconds: nowSeconds(world),
    active,
    ...pair,
  };
  world.webhookKeys.set(key.id, key);
  return ok(keyView(key, world.livemode));
}

export function listWebhookKeys(world: World, call: Call): Answer {
  const page = cutPage([...world.webhookKeys.values()].toReversed(), pageRequest(call.query));
  return ok(listBody(page, call.address, (key) => keyView(key, world.livemode)));
}

export function getWebhookKey(world: World, call: Call): Answer {
  return ok(keyView(findKey(world, param(call, 0)), world.livemode));
}

export function updateWebhookKey(world: World, call: Call): Answer {
  const key = { ...findKey(world, param(call, 0)), ...checked(keySchema, call.body) };
  world.webhookKeys.set(key.id, key);
  return ok(keyView(key, world.livemode));
}

export function deleteWebhookKey(world: World, call: Call): Answer {
  const key = findKey(world, param(call, 0));
  world.webhookKeys.delete(key.id);
  return ok({ ...keyView(key, world.livemode), deleted: true });
}

function findWebhook(world: World, id: string): Webhook {
  const webhook = world.webhooks.get(id);
  if (webhook === undefined) throw notFound("Webhook", id);
  return webhook;
}

function findKey(world: World, id: string): WebhookKey {
  const key = world.webhookKeys.get(id);
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
