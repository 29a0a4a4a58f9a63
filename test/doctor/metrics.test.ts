/** `/metrics`, read the way Prometheus reads it, from the daemon's HTTP side. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { startHttp, type HttpSide } from "../../src/entrypoints/http/server.ts";
import { noWebhooksYet } from "../../src/entrypoints/http/webhook-counts.ts";
import { HOUR_MS } from "../support/records.ts";
import { type BilledAppOptions, openBilledApp } from "./billed-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";

let app: AppFixture;
let http: HttpSide;
const breaker = { isOpen: false };

async function open(options: BilledAppOptions = {}): Promise<void> {
  app = await openBilledApp({ ...options, env: { HTTP_PORT: "0", ...options.env } });
  breaker.isOpen = false;
  const webhooks = { ...noWebhooksYet(), forged: 2 };
  const at = app.clock.now();
  const state = { startedAt: at, lastTickAt: at, nextTickAt: null, lastTickError: null, webhooks, breaker };
  http = await startHttp(app.assembly, state, { counts: webhooks, onAccepted: () => undefined });
}

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${http.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  return parsed(await response.text());
}

/** Strict: what is not of the format is a failure, and so is a sample whose type was not declared. */
function parsed(text: string): ReadonlyMap<string, number> {
  expect(text.endsWith("\n")).toBe(true);
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_]+) (gauge|counter)$/.exec(line)?.[1];
    if (type !== undefined) typed.add(type);
    if (line.startsWith("# ")) continue;
    const [, name = "", labels = "", value = ""] =
      /^([a-z_]+)(\{[a-z_]+="[a-z_A-Z]+"\})? (\d+(?:\.\d+)?)$/.exec(line) ?? [];
    expect({ line, isTyped: typed.has(name) }).toEqual({ line, isTyped: true });
    samples.set(name + labels, Number(value));
  }
  return samples;
}

beforeEach(async () => await open());
afterEach(async () => {
  await http[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

describe("/metrics", () => {
  test.each(["deploy/prometheus-rules.yaml", "deploy/grafana-dashboard.json"])(
    "%s asks only for what is told, with its words",
    async (file) => {
      const text = readFileSync(path.join(import.meta.dirname, "..", "..", file), "utf8").replaceAll('\\"', '"');
      const asked = [...text.matchAll(/(puntual_[a-z_]+)(?:\{([a-z_]+)="([^"]+)")?/g)];
      expect(asked.length).toBeGreaterThan(10);
      const told = [...(await scrape()).keys()];
      const isTold = (name = "", label = "", word = ""): boolean =>
        told.some(
          (one) => one === name || (label === "" ? one.startsWith(`${name}{`) : one === `${name}{${label}="${word}"}`),
        );
      expect(asked.filter(([, name, label, word]) => !isTold(name, label, word)).map(([whole]) => whole)).toEqual([]);
    },
  );

  test("counts what the books hold, with every state also at 0", async () => {
    const samples = await scrape();
    expect(Object.fromEntries(samples)).toMatchObject({
      'puntual_attempts{state="paid"}': 3,
      'puntual_attempts{state="unknown"}': 0,
      'puntual_invoices{status="paid"}': 3,
      'puntual_subscriptions{status="active"}': 1,
      puntual_due_subscriptions: 0,
      puntual_due_invoices: 0,
      puntual_unknown: 0,
      puntual_unknown_oldest_age_seconds: 0,
      puntual_held: 0,
      puntual_paid_again: 0,
      puntual_events_pending: 0,
      puntual_events_oldest_age_seconds: 0,
      puntual_events_dead: 0,
      puntual_webhooks_failed: 0,
      puntual_charging_halted: 0,
      puntual_breaker_open: 0,
      puntual_last_tick_time_seconds: Date.parse("2026-04-30T15:10:00Z") / 1000,
      'puntual_webhooks_total{result="forged"}': 2,
      'puntual_webhooks_total{result="accepted"}': 0,
    });
  });

  test("shows what needs somebody, with its age", async () => {
    app.sql(`update invoice set status = 'open', paid_at = null where cycle = 3;
      update attempt set state = 'unknown', settled_at = null where invoice_id = (select id from invoice where cycle = 3);
      update attempt set state = 'paid_again' where invoice_id = (select id from invoice where cycle = 2);
      update invoice set status = 'held', status_reason = 'refused', paid_at = null where cycle = 1;
      insert into event_delivery (event_id, state, tries, next_try_at, created_at)
        select id, 'pending', 1, 1, 1 from event where sequence = (select max(sequence) from event);
      insert into event_delivery (event_id, state, tries, last_error, created_at)
        select id, 'dead', 10, 'answered 500', 1 from event where sequence = 1;
      insert into webhook_event (id, type, received_at, payload, state, processed_at, tries, because)
        values ('e1', 'order.paid', 1, '{}', 'failed', 1, 1, 'a bug')`);
    await app.store.haltCharging({ kind: "unauthorized", because: "the key" }, app.clock.now());
    breaker.isOpen = true;
    app.clock.set(new Date(Date.parse("2026-04-30T15:00:00Z") + 2 * HOUR_MS));
    expect(Object.fromEntries(await scrape())).toMatchObject({
      puntual_unknown: 1,
      puntual_unknown_oldest_age_seconds: 7200,
      puntual_held: 1,
      puntual_paid_again: 1,
      puntual_events_pending: 1,
      puntual_events_oldest_age_seconds: 7200,
      puntual_events_dead: 1,
      puntual_webhooks_failed: 1,
      puntual_charging_halted: 1,
      puntual_breaker_open: 1,
    });
  });

  test("a database that cannot be read is a scrape that fails, with one sentence", async () => {
    app.sql("alter table attempt rename to attempt_x");
    const response = await fetch(`${http.url}/metrics`);
    app.sql("alter table attempt_x rename to attempt");
    expect([response.status, response.headers.get("content-type")]).toEqual([503, "text/plain; charset=utf-8"]);
    expect(await response.text()).toMatch(/^the database cannot be read: .*no such table.*\n$/);
  });

  test("says nothing of anybody", async () => {
    const text = await (await fetch(`${http.url}/metrics`)).text();
    expect(text).not.toMatch(/Jorge|cus_|ord_|inv_|@|4242/);
  });

  test("off loopback wants the ADMIN_TOKEN", async () => {
    await http[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
    await open({ env: { HTTP_HOST: "0.0.0.0", ADMIN_TOKEN: "correct-horse" } });
    expect((await fetch(`${http.url}/metrics`)).status).toBe(401);
    const headers = { authorization: "Bearer correct-horse" };
    expect((await fetch(`${http.url}/metrics`, { headers })).status).toBe(200);
  });
});
