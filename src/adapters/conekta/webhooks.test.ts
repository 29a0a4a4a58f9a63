/** The calls about webhooks: what is asked for, and what is repeated. */
import { expect, test } from "@jest/globals";
import type { Caller } from "./api-client.ts";
import { conektaWebhooks } from "./webhooks.ts";

function webhooksWith(answer: object) {
  const calls: object[] = [];
  const caller: Caller = {
    call: async (call, { repeatable }, schema) => {
      calls.push({ ...call, repeatable });
      return schema.parse(answer);
    },
  };
  return { webhooks: conektaWebhooks(caller), calls };
}

const WEBHOOK = { id: "wh_1", url: "https://example.com", status: "listening", active: true, subscribed_events: [] };
const SEEN = { id: "wh_1", url: "https://example.com", isActive: true, status: "listening", events: [] };

test("a key is asked for that signs at once, and asked for once", async () => {
  const { webhooks, calls } = webhooksWith({ id: "key_1", public_key: "pem", livemode: false });
  expect(await webhooks.createWebhookKey()).toEqual({ id: "key_1", publicKeyPem: "pem", livemode: false });
  expect(calls).toEqual([{ method: "POST", path: "/webhook_keys", body: { active: true }, repeatable: "if-not-sent" }]);
});

test("a webhook is made for what it is to hear", async () => {
  const { webhooks, calls } = webhooksWith(WEBHOOK);
  expect(await webhooks.createWebhook("https://example.com", ["order.paid"])).toEqual(SEEN);
  const body = { url: "https://example.com", subscribed_events: ["order.paid"] };
  expect(calls).toEqual([{ method: "POST", path: "/webhooks", body, repeatable: "if-not-sent" }]);
});

test("all are listed, or none: more than an account may have is no list", async () => {
  const { webhooks, calls } = webhooksWith({ object: "list", has_more: false, data: [WEBHOOK] });
  expect(await webhooks.listWebhooks()).toEqual([SEEN]);
  expect(calls).toEqual([{ method: "GET", path: "/webhooks", query: { limit: "50" }, repeatable: "always" }]);
  const more = webhooksWith({ object: "list", has_more: true, data: [WEBHOOK] }).webhooks;
  await expect(more.listWebhooks()).rejects.toMatchObject({ name: "GatewayUnavailable" });
});
