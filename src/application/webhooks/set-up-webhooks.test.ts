/** Webhooks that are set up at Conekta: what is made, what is there already, and which addresses can never be reached. */
import { describe, expect, test } from "@jest/globals";
import { UsageInvalid } from "../../domain/errors.ts";
import { SUBSCRIBED_EVENTS } from "../../domain/webhook-event.ts";
import type { RegisteredWebhook, WebhookSetup } from "../ports/webhooks.ts";
import { eventsMissing, setUpWebhooks } from "./set-up-webhooks.ts";

describe("set up at Conekta", () => {
  const URL = "https://billing.example.mx/webhooks/conekta";
  const webhookOf = (change: Partial<RegisteredWebhook> = {}): RegisteredWebhook => ({
    ...{ id: "wbh_1", url: URL, isActive: true, status: "listening", events: [...SUBSCRIBED_EVENTS] },
    ...change,
  });
  function setupOf(known: readonly RegisteredWebhook[]) {
    const calls: unknown[] = [];
    const key = { id: "key_1", publicKeyPem: "pem", livemode: false };
    const setup: WebhookSetup = {
      listWebhooks: async () => known,
      createWebhookKey: async () => {
        calls.push("key");
        return key;
      },
      createWebhook: async (...asked) => {
        calls.push(asked);
        return webhookOf({ id: "wbh_new" });
      },
    };
    return { setup, calls, key };
  }
  const wish = { url: URL, mayBeLocal: false, needsKey: true };

  test("the key comes first, and the webhook asks for all that is followed", async () => {
    const { setup, calls, key } = setupOf([webhookOf({ url: `${URL}/other` }), webhookOf({ isActive: false })]);
    expect(await setUpWebhooks(setup, wish)).toEqual({ webhook: webhookOf({ id: "wbh_new" }), isNew: true, key });
    expect(calls).toEqual(["key", [URL, SUBSCRIBED_EVENTS]]);
  });

  test("what is there is not made twice", async () => {
    const { setup, calls } = setupOf([
      webhookOf({ isActive: false, id: "wbh_0" }),
      webhookOf(),
      webhookOf({ id: "wbh_2" }),
    ]);
    expect(await setUpWebhooks(setup, { ...wish, needsKey: false })).toEqual({
      ...{ webhook: webhookOf(), isNew: false, key: null },
    });
    expect(calls).toEqual([]);
  });

  test.each([
    [SUBSCRIBED_EVENTS, []],
    [[], []],
    [SUBSCRIBED_EVENTS.slice(1), SUBSCRIBED_EVENTS.slice(0, 1)],
  ])("%j lacks %j", (events, missing) => {
    expect(eventsMissing(webhookOf({ events }))).toEqual(missing);
  });

  test.each([
    ["https://billing.example.mx/x", false],
    ["http://localhost:3000/x", true],
    ["http://billing.example.mx/x", true],
  ])("at %s, which may be local: %p", async (url, mayBeLocal) => {
    const { setup, calls } = setupOf([]);
    expect(await setUpWebhooks(setup, { url, mayBeLocal, needsKey: false })).toMatchObject({ isNew: true });
    expect(calls).toEqual([[url, SUBSCRIBED_EVENTS]]);
  });

  test.each<[url: string, mayBeLocal: boolean, fault: RegExp]>([
    ["not an address", true, /is not an address/],
    ["ftp://billing.example.mx/x", true, /is not an address/],
    ["https://eva@billing.example.mx/x", true, /leave out user and password/],
    ["https://:secret@billing.example.mx/x", true, /leave out user and password/],
    ["https://localhost/x", false, /on this machine/],
    ["https://127.0.0.1/x", false, /on this machine/],
    ["http://billing.example.mx/x", false, /is not encrypted/],
  ])("at %s, which may be local: %p, it is refused: %p", async (url, mayBeLocal, fault) => {
    const { setup, calls } = setupOf([]);
    const done = setUpWebhooks(setup, { url, mayBeLocal, needsKey: false });
    await expect(done).rejects.toThrow(fault);
    await expect(done).rejects.toBeInstanceOf(UsageInvalid);
    expect(calls).toEqual([]);
  });
});
