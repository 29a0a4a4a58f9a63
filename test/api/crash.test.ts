/**
 * A process that dies at each commit of a request, before it and after it, and the same request again: one effect, and from
 * then on the same answer.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import type { Assembly } from "../../src/assemble.ts";
import { MINUTE_MS } from "../../src/domain/duration.ts";
import { callerOf } from "../sandbox/caller.ts";
import { customerAt } from "../support/command-fixture.ts";
import { type ApiFixture, openApi } from "./api-fixture.ts";

let api: ApiFixture;
let invoiceId = "";
beforeAll(async () => {
  api = await openApi();
  await api.app.subscribeWithCard("ana");
  await api.app.run();
  const [invoice] = await api.app.invoices("ana");
  invoiceId = invoice?.invoiceId ?? "";
});
afterAll(async () => await api[Symbol.asyncDispose]());

const WHY = "she asked for it at the counter";

type Store = Assembly["store"];
type Method = (...given: readonly unknown[]) => Promise<unknown>;

/** Of the store, what commits. */
const COMMITS: readonly string[] = [
  "write",
  "together",
  "settle",
  "claimLink",
  "haltCharging",
  "resumeCharging",
  "confirmMode",
];
const COMMITS_OF_PARTS: Readonly<Record<string, readonly string[]>> = {
  refunds: ["request", "settle"],
  keys: ["add", "revoke"],
  requests: ["claim", "keep"],
};

/** Dies at the nth commit: nothing of the request goes on. */
function dyingAt(assembly: Assembly, nth: number, when: "before" | "after"): { app: Assembly; died: () => boolean } {
  let commits = 0;
  let isDead = false;
  const dying = (method: Method): Method => {
    return async (...given) => {
      if (isDead) throw new Error("dead");
      const isLast = (commits += 1) === nth;
      if (isLast && when === "before") isDead = true;
      if (isDead) throw new Error("died before a commit");
      const result = await method(...given);
      if (isLast) isDead = true;
      if (isDead) throw new Error("died after a commit");
      return result;
    };
  };
  function mortal(store: Store): Store {
    const methods = Object.entries(store).map(([name, value]: [string, unknown]) => {
      if (COMMITS.includes(name)) return [name, dying(value as Method)];
      const commitsOf = COMMITS_OF_PARTS[name] ?? [];
      if (commitsOf.length === 0) return [name, value];
      const part = Object.entries(value as object).map(([key, each]: [string, unknown]) => {
        if (name === "requests" && key === "release")
          return [key, async (id: unknown) => (isDead ? undefined : await (each as Method)(id))];
        return [key, commitsOf.includes(key) ? dying(each as Method) : each];
      });
      return [name, Object.fromEntries(part) as unknown];
    });
    return {
      ...(Object.fromEntries(methods) as Store),
      onBehalf: (behalf) => mortal(store.onBehalf(behalf)) as OpenedStore,
    };
  }
  return { app: { ...assembly, store: mortal(assembly.store) }, died: () => isDead };
}

const events = async (type: string) => (await api.app.list("events")).filter((event) => event.type === type).length;
const post = (path: string, body: unknown = {}) => api.post(path, body);
const refundedCents = () => api.app.sandbox.ledger().reduce((sum, charge) => sum + charge.refundedCents, 0);

type Row = {
  readonly name: string;
  readonly path: () => string;
  readonly body: (round: string) => unknown;
  /** How often it took effect. */
  readonly count: () => Promise<number>;
  /** So that it can be asked for once more. */
  readonly before?: () => Promise<unknown>;
  readonly because: string;
};

// prettier-ignore
const ROWS: readonly Row[] = [
  { name: "pause", path: () => "/v1/subscriptions/ana/pause", body: () => ({}), count: () => events("subscription.paused"), before: () => post("/v1/subscriptions/ana/resume"), because: "one transaction" },
  { name: "skip", path: () => "/v1/subscriptions/ana/skip", body: () => ({}), count: async () => Number((await api.app.subscription("ana")).nextCycle), because: "twice it would be two cycles" },
  { name: "refund", path: () => `/v1/invoices/${invoiceId}/refunds`, body: () => ({ amount_cents: 100, reason: WHY }), count: async () => (await api.app.store.refunds.list({ invoiceId })).length, because: "twice it would be money" },
  { name: "make a key", path: () => "/v1/keys", body: (round) => ({ name: `till-${round}`, scopes: ["read"] }), count: async () => (await api.app.store.keys.list()).length, because: "no event tells of it" },
  { name: "halt", path: () => "/v1/halt", body: () => ({ reason: WHY }), count: () => events("charging.halted"), before: () => post("/v1/go"), because: "of another transaction than `write`" },
  { name: "go", path: () => "/v1/go", body: () => ({}), count: () => events("charging.resumed"), before: () => post("/v1/halt", { reason: WHY }), because: "it asks, and then lifts" },
  { name: "resolve an unknown outcome", path: () => `/v1/attempts/${unknownId}/resolve`, body: () => ({ as: "not_charged", reason: WHY }), count: () => events("attempt.resolved"), before: loseOne, because: "it is booked, then noted who said so" },
  { name: "take a customer into the books", path: () => "/v1/customers", body: (round) => ({ customer_id: strangers.get(round) }), count: async () => (await api.app.list("customers")).length, because: "Conekta is asked first" },
  { name: "make a customer", path: () => "/v1/customers", body: (round) => ({ name: "Luz Paz", email: `${round}@example.mx`, phone: "+525512345679", token_id: "tok_test_visa_4242" }), count: madeCustomers, because: "a second one would be charged, too" },
];

/** At Conekta, known to the books or not. */
async function madeCustomers(): Promise<number> {
  const { body } = await callerOf(api.app.sandbox)("GET", "/customers?search=make-a-customer&limit=250");
  return (body.data as unknown[]).length;
}

let lost = 0;
let unknownId = "";
/** A charge that never reached Conekta, for all we know. */
async function loseOne(): Promise<void> {
  await api.app.subscribeWithCard(`lost-${(lost += 1)}`);
  api.app.sandbox.inject({ kind: "reset_before", call: "POST /orders" });
  await api.app.run();
  api.app.clock.advance(16 * MINUTE_MS);
  const [attempt] = await api.app.list("attempts", { state: "unknown" });
  unknownId = String(attempt?.attemptId);
}

const strangers = new Map<string, string>();

describe.each(ROWS)("$name ($because)", ({ name, path, body, count, before }) => {
  test.each(["before", "after"] as const)("died %s each of its commits", async (when) => {
    for (let nth = 1; ; nth++) {
      const round = `${name.replaceAll(" ", "-")}-${when}-${nth}`;
      strangers.set(round, await customerAt(api.app.sandbox.url, "Ana", "tok_test_visa_4242"));
      await before?.();
      const [counted, refunded] = [await count(), refundedCents()];
      const { app, died } = dyingAt(api.app.assembly, nth, when);
      await api.restart(app);
      const first = await api.post(path(), body(round), { key: round });
      await api.restart();
      // What a dead process answers nobody hears; but it is never that it was done.
      expect([first.status < 300, nth > 1 || died()]).toEqual([!died(), true]);
      if (!died()) break;
      // What was claimed is free again in time.
      api.app.clock.advance(6 * MINUTE_MS);
      const second = await api.post(path(), body(round), { key: round });
      const third = await api.post(path(), body(round), { key: round });
      // A key is shown once.
      const again = second.text.replace(/"key":"pk_[\w-]+"/, '"key":null');
      expect([second.status < 300, third.status, third.text]).toEqual([true, second.status, again]);
      expect([round, await count()]).toEqual([round, counted + 1]);
      expect(refundedCents() - refunded).toBeLessThanOrEqual(100);
    }
  });
});
