/**
 * The daemon's HTTP side with a real database and real HTTP, and a sandbox that signs and delivers webhooks to it, with
 * a key whose private half the tests hold. Time is turned by hand.
 */
import { createSign, type KeyObject } from "node:crypto";
import type { BillNeeds } from "../../src/application/run/bill-due.ts";
import type { WebhookRow } from "../../src/application/ports/listings/events.ts";
import type { InvoiceRow } from "../../src/application/ports/listings/invoices.ts";
import { emptyRunSummary, type RunSummary } from "../../src/application/settling/run-summary.ts";
import { processWebhooks } from "../../src/application/webhooks/process-webhooks.ts";
import type { WebhookNeeds } from "../../src/application/webhooks/webhook-verdict.ts";
import { startHttp } from "../../src/entrypoints/http/server.ts";
import { noWebhooksYet, type WebhookCounts } from "../../src/entrypoints/http/webhook-counts.ts";
import type { SandboxOptions } from "../../src/sandbox/server.ts";
import { type AppFixture, type Environment, openApp } from "../support/app-fixture.ts";
import { NOW } from "../support/records.ts";
import { keyPairOf, pemOf } from "../support/key-pair.ts";

/** Of the sandbox, whose private half the tests hold. */
export const KEY_PAIR = keyPairOf("OURS");

export type WebhookIntake = Pick<AppFixture, "sandbox" | "clock" | "logged" | "call" | "store"> & {
  readonly app: AppFixture;
  /** Of the daemon's HTTP side. */
  readonly url: string;
  readonly needs: BillNeeds & WebhookNeeds;
  readonly customerId: string;
  readonly counts: WebhookCounts;
  /** How often the intake has woken the daemon. */
  readonly wakes: () => number;
  /** One tick. */
  run(): Promise<RunSummary>;
  /** What the daemon does when it is woken by an event. */
  process(change?: Partial<WebhookNeeds>): Promise<RunSummary>;
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<number>;
  inbox(): Promise<readonly WebhookRow[]>;
  /** The row of this event. */
  inboxRow(body: string): Promise<WebhookRow | undefined>;
  attempts: AppFixture["attempts"];
  invoice(): Promise<Partial<InvoiceRow>>;
  close(): Promise<void>;
};

export function signed(body: string | Buffer, privateKey: KeyObject = KEY_PAIR.privateKey): Record<string, string> {
  return { digest: createSign("RSA-SHA256").update(body).sign(privateKey, "base64") };
}

let events = 0;

export function eventOf(type: string, object: object | undefined, change: object = {}): string {
  events += 1;
  const id = events.toString(16).padStart(24, "0");
  return JSON.stringify({ id, object: "event", type, livemode: false, created_at: 1, data: { object }, ...change });
}

type Options = {
  readonly sandbox?: SandboxOptions;
  readonly env?: Environment;
  readonly token?: string;
};

export async function openWebhookIntake({ sandbox = {}, env = {}, token }: Options = {}): Promise<WebhookIntake> {
  const app = await openApp({
    now: NOW,
    sandbox: { holdWebhooks: true, webhookKeyPair: KEY_PAIR, ...sandbox },
    env: {
      ...{ CONEKTA_WEBHOOK_PUBLIC_KEY: pemOf(KEY_PAIR.publicKey), HTTP_PORT: "0" },
      ...{ LOG_LEVEL: "debug", LOG_FORMAT: "json" },
      ...env,
    },
  });
  const { call, clock, logged, store } = app;
  const counts = noWebhooksYet();
  let wakes = 0;
  const state = {
    startedAt: clock.now(),
    lastTickAt: null,
    nextTickAt: null,
    lastTickError: null,
    webhooks: counts,
    breaker: { isOpen: false },
  };
  const http = await startHttp(app.assembly, state, { counts, onAccepted: () => void (wakes += 1) });
  await call("POST", "/webhook_keys", { active: true });
  await call("POST", "/webhooks", { url: `${http.url}/webhooks/conekta` });
  const { needs, limits } = await app.biller();
  const customerId = await app.subscribeWithCard("jorge", token, "2026-01-31T09:00");
  await app.sandbox.flushWebhooks();

  return {
    ...{ app, sandbox: app.sandbox, clock, logged, call, store, needs, customerId, counts, url: http.url ?? "" },
    wakes: () => wakes,
    run: () => app.run(),
    async process(change = {}) {
      const summary = emptyRunSummary();
      await processWebhooks({ ...needs, ...change }, limits, summary, new AbortController().signal);
      return summary;
    },
    async post(body, headers = {}) {
      const response = await fetch(`${http.url}/webhooks/conekta`, {
        method: "POST",
        body: new Uint8Array(Buffer.from(body)),
        headers,
      });
      await response.body?.cancel();
      return response.status;
    },
    inbox: () => app.list("webhooks"),
    async inboxRow(body) {
      const { id } = JSON.parse(body) as { id: string };
      return (await app.list("webhooks", { eventId: id }))[0];
    },
    attempts: () => app.attempts(),
    async invoice() {
      const [row] = await app.invoices();
      if (row === undefined) throw new Error("there is no invoice yet");
      return row;
    },
    async close() {
      await http[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}
