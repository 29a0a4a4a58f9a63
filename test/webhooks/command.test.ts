/** `puntual webhooks …`, against a sandbox. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture } from "../support/command-fixture.ts";
import { publicKeysIn } from "../../src/adapters/conekta/signature.ts";
import { setUpWebhooks } from "../../src/application/webhooks/set-up-webhooks.ts";
import { SUBSCRIBED_EVENTS } from "../../src/domain/webhook-event.ts";

const URL = "http://127.0.0.1:9999/webhooks/conekta";

let fixture: CommandFixture;

beforeAll(async () => {
  fixture = await newCommandFixture();
  await fixture.run(["migrate"]);
});
afterAll(() => fixture.close());

test("setup creates key and webhook, and prints a line for .env that the daemon understands", async () => {
  const { exitCode, stdout } = await fixture.run(["webhooks", "setup", "--url", URL]);
  expect(exitCode).toBe(0);
  const line = /^CONEKTA_WEBHOOK_PUBLIC_KEY="(.+)"$/m.exec(stdout)?.[1] ?? "";
  expect(publicKeysIn(line)).toHaveLength(1);

  fixture.write(".env", /^CONEKTA_WEBHOOK_PUBLIC_KEY=.+$/m.exec(stdout)?.[0] ?? "");
  const again = documentOf(await fixture.run(["webhooks", "setup", "--url", URL, "--json"]));
  expect(again).toMatchObject({ isNew: false, webhookKey: null, environment: null });
  expect(again).toMatchObject({ webhook: { url: URL, isActive: true, events: SUBSCRIBED_EVENTS } });
  const renewed = documentOf(await fixture.run(["webhooks", "setup", "--url", URL, "--new-key", "--json"]));
  expect(renewed).toMatchObject({ isNew: false, environment: expect.stringContaining("BEGIN PUBLIC KEY") });
});

test("list and replay, where nothing has come yet", async () => {
  expect(documentOf(await fixture.run(["webhooks", "list", "--state", "failed", "--json"]))).toEqual({ webhooks: [] });
  expect(documentOf(await fixture.run(["webhooks", "replay", "--failed", "--json"]))).toEqual({ replayed: [] });
  expect(await fixture.run(["webhooks", "replay", "abc"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("there is no event abc"),
  });
  expect(await fixture.run(["webhooks", "replay"])).toMatchObject({ exitCode: 64 });
});

const notCalled = () => Promise.reject(new Error("nothing is asked before the address is right"));

test.each([
  ["http://localhost:8080/webhooks/conekta", "on this machine"],
  ["https://127.0.0.1/webhooks/conekta", "on this machine"],
  ["http://billing.example.mx/webhooks/conekta", "not encrypted"],
  ["https://user:secret@billing.example.mx/webhooks/conekta", "leave out user and password"],
  ["billing.example.mx", "is not an address"],
])("Conekta proper could not deliver to %s", async (url, because) => {
  const setup = { createWebhookKey: notCalled, createWebhook: notCalled, listWebhooks: notCalled };
  await expect(setUpWebhooks(setup, { url, mayBeLocal: false, needsKey: true })).rejects.toThrow(because);
});
