/**
 * The daemon's HTTP side with real books and real HTTP, a sandbox that signs and delivers webhooks to it, and a second
 * key whose private half the tests hold. Time is turned by hand.
 */
import { createSign, type KeyObject } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";
import type { BillNeeds } from "../../src/application/run/bill-due.ts";
import { addCard, createCustomer } from "../../src/application/customers/customers.ts";
import type { AttemptRow, InvoiceRow, WebhookRow } from "../../src/application/ports/listings.ts";
import { emptyRunSummary, type RunSummary } from "../../src/application/settling/run-summary.ts";
import { processWebhooks } from "../../src/application/webhooks/process-webhooks.ts";
import type { WebhookNeeds } from "../../src/application/webhooks/webhook-verdict.ts";
import { handClock, type HandClock } from "../../src/adapters/clock.ts";
import { assemble, type Assembly } from "../../src/assemble.ts";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { startHttp } from "../../src/entrypoints/http/server.ts";
import { noWebhooksYet, type WebhookCounts } from "../../src/entrypoints/http/webhook-counts.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf } from "../sandbox/caller.ts";
import { keyPairOf, pemOf } from "../support/key-pair.ts";
import { fill, NOW, subscriptionOf } from "../support/books.ts";
import { putNewBooks, temporaryFolder } from "../support/new-books.ts";

export type Desk = {
  readonly sandbox: Sandbox;
  /** Of the daemon's HTTP side. */
  readonly url: string;
  /** Calls the sandbox, behind Puntual's back. */
  readonly call: Caller;
  readonly app: Assembly;
  readonly clock: HandClock;
  readonly needs: BillNeeds & WebhookNeeds;
  readonly customerId: string;
  readonly counts: WebhookCounts;
  readonly logged: string[];
  /** Times the intake woke whoever follows events up. */
  readonly wakes: () => number;
  /** One tick. */
  run(): Promise<RunSummary>;
  /** What the daemon does when it is woken by an event. */
  process(change?: Partial<WebhookNeeds>): Promise<RunSummary>;
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<number>;
  inbox(): Promise<readonly WebhookRow[]>;
  /** The row of this event. */
  inboxRow(body: string): Promise<WebhookRow | undefined>;
  attempts(): Promise<readonly AttemptRow[]>;
  invoice(): Promise<Partial<InvoiceRow>>;
  close(): Promise<void>;
};

export const OWN_KEY = keyPairOf("OURS");

export function signed(body: string | Buffer, privateKey: KeyObject = OWN_KEY.privateKey): Record<string, string> {
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
  readonly env?: Readonly<Record<string, string>>;
  readonly token?: string;
};

export async function newDesk({
  sandbox: options = {},
  env = {},
  token = "tok_test_visa_4242",
}: Options = {}): Promise<Desk> {
  const folder = temporaryFolder();
  await putNewBooks(path.join(folder, "books.db"));
  const clock = handClock(NOW);
  const sandbox = await startSandbox({
    now: () => clock.now(),
    holdWebhooks: true,
    webhookKeyPair: keyPairOf("SANDBOXS"),
    ...options,
  });
  const call = callerOf(sandbox);
  const { body: key } = await call("POST", "/webhook_keys", { active: true });
  const config = envToConfig(
    readEnv(
      {
        CONEKTA_API_KEY: "key_webhooks",
        CONEKTA_BASE_URL: sandbox.url,
        CONEKTA_WEBHOOK_PUBLIC_KEY: `${key.public_key}${pemOf(OWN_KEY.publicKey)}`,
        DATABASE_URL: `sqlite:${path.join(folder, "books.db")}`,
        HTTP_PORT: "0",
        LOG_LEVEL: "debug",
        LOG_FORMAT: "json",
        ...env,
      },
      null,
      () => "",
    ),
    { cwd: folder, isTerminal: false },
  );
  const logged: string[] = [];
  const app = await assemble(
    config,
    { cwd: folder, charging: true, database: "make", writeLog: (line) => void logged.push(line) },
    { clock },
  );
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
  const http = await startHttp(app, state, { counts, onAccepted: () => void (wakes += 1) });
  await call("POST", "/webhooks", { url: `${http.url}/webhooks/conekta` });

  const biller = await app.biller();
  const { needs, limits } = biller;
  const person = { name: "Jorge Martínez", email: "jorge@example.mx", phone: "+525512345678" };
  const { id: customerId } = await createCustomer(needs, person);
  await addCard(needs, customerId, { tokenId: token });
  await sandbox.flushWebhooks();
  await fill(app.store, { subscriptions: [subscriptionOf("jorge", { customerId })] });
  await app.store.write(NOW, async (books) => books.putCustomer(await needs.gateway.readCustomer(customerId)));

  return {
    sandbox,
    url: http.url ?? "",
    call,
    app,
    clock,
    needs,
    customerId,
    counts,
    logged,
    wakes: () => wakes,
    run: async () => (await biller.tick(new AbortController().signal)).summary,
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
    inbox: () => app.store.list("webhooks", {}),
    async inboxRow(body) {
      const { id } = JSON.parse(body) as { id: string };
      return (await app.store.list("webhooks", { where: { eventId: id } }))[0];
    },
    attempts: () => app.store.list("attempts", {}),
    async invoice() {
      const [row] = await app.store.list("invoices", {});
      if (row === undefined) throw new Error("there is no invoice yet");
      return row;
    },
    async close() {
      await http[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
