/** Customers who are read at the gateway in one run: who is read, what is written, and what a failure leaves. */
import { getEventListeners } from "node:events";
import { expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { customerOf, NOW, subscriptionOf } from "../../../test/support/records.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { CircuitBreaker } from "../settling/circuit-breaker.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { type CustomersRead, readCustomers } from "./read-customers.ts";

async function worldOf() {
  const app = await memoryApp({ subscriptions: [subscriptionOf("ana"), subscriptionOf("berta")] });
  for (const id of ["cus_ana", "cus_berta"])
    app.gateway.customers.set(id, { ...customerOf(id, { cardLast4: "1111" }), livemode: false });
  const [breaker, summary, read] = [new CircuitBreaker(), emptyRunSummary(), new Map() as CustomersRead];
  const stop = new AbortController();
  const needs = { ...app.needs, breaker, backoffMs: 60_000 };
  const readAll = (ids = ["cus_ana", "cus_berta"], over?: AbortSignal) =>
    readCustomers(needs, new Set(ids), summary, read, stop.signal, over);
  return { ...app, needs, breaker, summary, read, stop, readAll };
}

test("who is read is written and told, and nobody twice in one run", async () => {
  const { readAll, read, told, gateway, tables, summary } = await worldOf();
  await readAll();
  expect([...read]).toEqual([
    ["cus_ana", "read"],
    ["cus_berta", "read"],
  ]);
  expect(told()).toMatchObject([
    { type: "card.changed", customerId: "cus_ana" },
    { type: "card.changed", customerId: "cus_berta" },
  ]);
  expect(tables.customers.get("cus_ana")).toMatchObject({ cardLast4: "1111", readAt: NOW });
  await readAll();
  expect(gateway.readCustomers).toEqual(["cus_ana", "cus_berta"]);
  expect(summary.failedReads).toBe(0);
});

test("an answer says that the gateway answers", async () => {
  const { readAll, breaker } = await worldOf();
  for (let n = 0; n < 4; n++) breaker.readFailed(`cus_${n}`);
  await readAll(["cus_ana"]);
  expect(breaker.readFailed("cus_5")).toBe(false);
});

test.each<[what: string, set: (world: Awaited<ReturnType<typeof worldOf>>) => void]>([
  ["charging is halted", ({ summary }) => void (summary.haltReason = "the key")],
  ["the breaker is open", ({ breaker }) => breaker.probeFailed(NOW)],
])("while %s nobody is read, and each stays unread", async (_what, set) => {
  const world = await worldOf();
  set(world);
  await world.readAll();
  expect([...world.read.values()]).toEqual(["unread", "unread"]);
  expect(world.gateway.readCustomers).toEqual([]);
});

test("once the run is over nobody else is read, and nobody was to be", async () => {
  const { readAll, read, gateway } = await worldOf();
  await readAll(["cus_ana"], AbortSignal.abort());
  expect([read.size, gateway.readCustomers]).toEqual([0, []]);
});

test("who is gone from Conekta is gone", async () => {
  const { readAll, read, told, gateway, tables, summary } = await worldOf();
  gateway.customers.delete("cus_ana");
  await readAll(["cus_ana"]);
  expect([...read]).toEqual([["cus_ana", "gone"]]);
  expect(told()).toEqual([{ type: "customer.deleted", customerId: "cus_ana", data: {} }]);
  expect([tables.readFailures.rows.size, summary.failedReads]).toEqual([0, 0]);
});

test.each<[error: Error, level: string, because: string]>([
  [new GatewayUnavailable("status 500"), "warn", "status 500"],
  [new GatewayRefused("no", { httpStatus: 422, code: null }), "warn", "no"],
  [new Error("a slip"), "error", "a bug: Error: a slip"],
])(
  "who cannot be read, as %p says, is put aside and logged as %s, and the other one is read",
  async (error, level, because) => {
    const { readAll, read, told, gateway, tables, summary, logged } = await worldOf();
    gateway.sick.set("cus_ana", error);
    await readAll();
    expect([...read.values()]).toEqual(["unread", "read"]);
    expect([...tables.readFailures.rows.values()]).toMatchObject([
      { kind: "customer", of: "cus_ana", because, failures: 1, nextReadAt: new Date(NOW.getTime() + 60_000) },
    ]);
    expect(logged).toEqual([[level, "customer.not_read", { customerId: "cus_ana", error }]]);
    expect(summary.failedReads).toBe(1);
    expect(told().map(({ type }) => type)).toEqual(["card.changed"]);
  },
);

test("a process that ends waits for no answer, and blames nobody", async () => {
  const { needs, readAll, read, told, stop, tables } = await worldOf();
  const answer = Promise.withResolvers<never>();
  Object.assign(needs.gateway, { readCustomer: () => answer.promise });
  const reading = readAll(["cus_ana"], new AbortController().signal);
  expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
  stop.abort();
  await reading;
  answer.reject(new Error("too late"));
  expect([...read]).toEqual([["cus_ana", "unread"]]);
  expect([told(), tables.readFailures.rows.size]).toEqual([[], 0]);
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
});

test("an answer leaves nobody waiting for the end", async () => {
  const { readAll, stop } = await worldOf();
  await readAll();
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
});

test("eight are read at once", async () => {
  const { needs, readAll } = await worldOf();
  let [now, most] = [0, 0];
  const readCustomer = async (id: string) => {
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    return { ...customerOf(id), livemode: false };
  };
  Object.assign(needs.gateway, { readCustomer });
  await readAll(Array.from({ length: 20 }, (_, n) => `cus_${n}`));
  expect(most).toBe(8);
});
