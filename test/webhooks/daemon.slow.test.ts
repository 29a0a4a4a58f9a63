/** Webhooks and the real daemon, as processes: set up by command, verified, followed up at once, kept through a kill. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import Database from "better-sqlite3";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { type RunningProcess, startPuntual, until } from "../daemon/real-process.ts";
import { pemOf } from "../support/key-pair.ts";
import { KEY_PAIR, eventOf, signed } from "./webhook-intake.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { puntual } from "../support/command.ts";

/** No tick but the first, and no inquiry: what happens afterwards is the webhooks' doing. */
const ASLEEP = { BILLING_CRON: "0 0 1 1 *", RECONCILE_SCHEDULE: "20d,21d" };

let sandbox: Sandbox;
let folder: string;
let port: string;
let daemon: RunningProcess | null;

beforeEach(async () => {
  daemon = null;
  folder = temporaryFolder();
  sandbox = await startSandbox({ webhookDelayMs: 1000, webhookKeyPair: KEY_PAIR });
  port = await freePort();
});
afterEach(async () => {
  daemon?.process.kill("SIGKILL");
  await daemon?.ended;
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address !== "string" ? String(address.port) : "";
}

const url = () => `http://127.0.0.1:${port}/webhooks/conekta`;

function begin(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningProcess {
  return startPuntual(args, { cwd: folder, env: { CONEKTA_API_KEY: "key_w", CONEKTA_BASE_URL: sandbox.url, ...env } });
}

/** In this process. */
async function command(args: readonly string[]): Promise<string> {
  const env = { CONEKTA_API_KEY: "key_w", CONEKTA_BASE_URL: sandbox.url };
  const { exitCode, stdout, stderr } = await puntual(args, { cwd: folder, env });
  expect([args, exitCode, exitCode === 0 ? "" : stderr]).toEqual([args, 0, ""]);
  return stdout;
}

function query<Row>(sql: string): Row[] {
  const database = new Database(path.join(folder, "data", "puntual.db"), { readonly: true });
  try {
    return database.prepare(sql).all() as Row[];
  } finally {
    database.close();
  }
}

test("a webhook settles a lost answer while cron sleeps; the key came from `webhooks setup`, by a file", async () => {
  await command(["migrate"]);
  const person = ["--name", "Jorge Martínez", "--email", "jorge@example.mx", "--phone", "+525512345678"];
  const added = await command(["customers", "add", ...person, "--token", "tok_test_visa_4242", "--json"]);
  const customer = /cus_\w+/.exec(added)?.[0];
  writeFileSync(
    path.join(folder, "plans.yaml"),
    `plans: [{ id: oro, name: Plan Oro, interval: month, line_items: [{ name: Plan Oro, unit_price: 20015 }] }]
subscriptions: [{ id: jorge, plan: oro, customer: ${customer}, start: 2020-01-31T09:00 }]\n`,
  );
  await command(["plans", "apply", "plans.yaml"]);
  const setUp = JSON.parse(await command(["webhooks", "setup", "--url", url(), "--json"])) as {
    webhookKey: { publicKeyPem: string };
  };
  writeFileSync(path.join(folder, "webhook-key.pem"), setUp.webhookKey.publicKeyPem);

  sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  daemon = begin(["start"], { ...ASLEEP, HTTP_PORT: port, CONEKTA_WEBHOOK_PUBLIC_KEY: "webhook-key.pem" });
  await until(() => query<{ state: string }>("select state from attempt")[0]?.state === "paid", "the webhook's work");
  expect(daemon.output()).toContain('"event":"attempt.unknown"');
  expect(sandbox.ledger()).toHaveLength(1);
  const processed = "select type from webhook_event where state = 'processed' order by type";
  await until(() => query(processed).length === 2, "both events");

  daemon.process.kill("SIGTERM");
  const { code, output } = await daemon.ended;
  expect(code).toBe(0);
  expect(output).toContain('"accepted":2,');
  expect(await command(["webhooks", "list", "--type", "order.paid"])).toContain("processed");
});

test("what was answered 200 is there after kill -9", async () => {
  daemon = begin(["start"], { ...ASLEEP, HTTP_PORT: port, CONEKTA_WEBHOOK_PUBLIC_KEY: pemOf(KEY_PAIR.publicKey) });
  const running = daemon;
  await until(() => running.output().includes("daemon.ready"), "the daemon");
  const answered: string[] = [];
  const bodies = Array.from({ length: 200 }, () => eventOf("order.paid", { object: "order", id: "ord_1" }));
  await Promise.all(
    bodies.map(async (body) => {
      const answer = await fetch(url(), { method: "POST", body, headers: signed(body) }).catch(() => null);
      if (answer?.status !== 200) return;
      answered.push((JSON.parse(body) as { id: string }).id);
      running.process.kill("SIGKILL");
    }),
  );
  expect((await running.ended).signal).toBe("SIGKILL");
  const kept = new Set(query<{ id: string }>("select id from webhook_event").map(({ id }) => id));
  expect(answered.length).toBeGreaterThan(0);
  expect(answered.filter((id) => !kept.has(id))).toEqual([]);
});
