/**
 * Webhooks at Conekta: where it sends its events, and the key it signs them with. For people's commands only.
 */
import type { WebhookSetup } from "../../application/ports/webhooks.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";
import type { Caller } from "./api-client.ts";
import { wireWebhook } from "./wire-webhook.ts";

/** Conekta allows ten. */
const PAGE = 50;

export function conektaWebhooks(caller: Caller): WebhookSetup {
  return {
    async createWebhookKey() {
      const operation = { what: "create a webhook key", repeatable: "if-not-sent" } as const;
      return await caller.call(
        { method: "POST", path: "/webhook_keys", body: { active: true } },
        operation,
        wireWebhook.key,
      );
    },

    async createWebhook(url, events) {
      const operation = { what: "create the webhook", repeatable: "if-not-sent" } as const;
      const body = { url, subscribed_events: [...events] };
      return await caller.call({ method: "POST", path: "/webhooks", body }, operation, wireWebhook.webhook);
    },

    async listWebhooks() {
      const operation = { what: "list the webhooks", repeatable: "always" } as const;
      const call = { method: "GET", path: "/webhooks", query: { limit: String(PAGE) } } as const;
      const { data, hasMore } = await caller.call(call, operation, wireWebhook.webhooks);
      if (hasMore) throw new GatewayUnavailable("Conekta lists more webhooks than an account may have.");
      return data;
    },
  };
}
