/** Puntual inside another program, on a real PostgreSQL server; and inside a transaction of that program. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, migrate, type Puntual, runOnce } from "../../src/entrypoints/library.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { type PostgresClient, newClient, type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { libraryWorks } from "./journey.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => await server[Symbol.asyncDispose]());

describe("on PostgreSQL", () => {
  libraryWorks(async () => server.url(await server.newDatabase()), { isShared: true });
});

describe("in the merchant's transaction", () => {
  let sandbox: Sandbox;
  let url = "";
  let puntual: Puntual;
  let customer = "";
  let client: PostgresClient;
  const settings = () => ({
    ...{ databaseUrl: url, conektaApiKey: "key_test", conektaBaseUrl: sandbox.url },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const wish = (id: string) => ({ id, plan: "oro", customer, start: "2026-01-31T09:00" });
  const CONFIRMED = { confirmed: true };

  beforeAll(async () => {
    sandbox = await startSandbox();
    url = server.url(await server.newDatabase());
    await migrate(settings());
    puntual = await connect(settings());
    const lineItems = [{ name: "Plan Oro", unitPriceCents: 20015 }];
    await puntual.plans.put({ id: "oro", name: "Plan Oro", interval: "month", lineItems });
    const person = { name: "Ana", email: "ana@example.mx", phone: "+525512345678" };
    ({ customerId: customer } = await puntual.customers.create({ ...person, card: { tokenId: "tok_test_visa_4242" } }));
    client = newClient(url);
    await client.connect();
    await client.query("create table member (id text primary key)");
  });
  afterAll(async () => {
    await client.end();
    await puntual.close();
    await sandbox.close();
  });
  const members = async () => (await client.query("select id from member order by id")).rows.map(({ id }) => id);
  const subscriptions = async () =>
    (await puntual.subscriptions.list()).map(({ subscriptionId }) => subscriptionId).toSorted();
  beforeEach(async () => {
    await client.query("truncate member");
  });

  test("a sign-up and its subscription commit together, and the next run charges it", async () => {
    await client.query("begin");
    await client.query("insert into member values ('m1')");
    const within = await connect({ ...settings(), transaction: client });
    const made = await within.subscriptions.create(wish("m1"), { idempotencyKey: "m1" });
    expect(made).toMatchObject({ subscriptionId: "m1", status: "active" });
    expect(await subscriptions()).toEqual([]);
    await within.close();
    await client.query("commit");
    expect([await members(), await subscriptions()]).toEqual([["m1"], ["m1"]]);
    // The key is kept with it.
    expect(await puntual.subscriptions.create(wish("m1"), { idempotencyKey: "m1" })).toEqual(made);
    expect(await runOnce(settings())).toMatchObject({ paid: 1 });
  });

  test("and roll back together: neither is there, and the key is free", async () => {
    await client.query("begin");
    await client.query("insert into member values ('m2')");
    const within = await connect({ ...settings(), transaction: client });
    await within.subscriptions.create(wish("m2"), { idempotencyKey: "m2", ...CONFIRMED });
    await client.query("rollback");
    await within.close();
    expect([await members(), await subscriptions()]).toEqual([[], ["m1"]]);
    expect((await puntual.events.list({ where: { subscriptionId: "m2" } })).length).toBe(0);
    const again = await puntual.subscriptions.create(wish("m2"), { idempotencyKey: "m2", ...CONFIRMED });
    expect(again.subscriptionId).toBe("m2");
  });

  test("what is refused leaves the program's transaction whole", async () => {
    await client.query("begin");
    await client.query("insert into member values ('m3')");
    const within = await connect({ ...settings(), transaction: client });
    await expect(within.subscriptions.create(wish("m2"), CONFIRMED)).rejects.toThrow("m2");
    await expect(within.subscriptions.pause("nobody")).rejects.toThrow("nobody");
    // Two at once are done one after the other.
    const both = ["m3", "m4"].map((id) => within.subscriptions.create(wish(id), CONFIRMED));
    expect((await Promise.all(both)).map(({ subscriptionId }) => subscriptionId)).toEqual(["m3", "m4"]);
    await client.query("commit");
    expect([await members(), await subscriptions()]).toEqual([["m3"], ["m1", "m2", "m3", "m4"]]);
  });

  test("who writes waits for its end, and Conekta is not called meanwhile", async () => {
    await client.query("begin");
    const within = await connect({ ...settings(), transaction: client });
    const luz = { name: "Luz", email: "luz@example.mx", phone: "+525512345679" };
    await expect(within.customers.create(luz)).rejects.toThrow("Conekta is not called while a transaction is open");
    await within.subscriptions.pause("m1");
    let isDone = false;
    const beside = puntual.subscriptions.pause("m2").then(() => (isDone = true));
    await sleep(300);
    expect(isDone).toBe(false);
    await client.query("commit");
    expect(await beside).toBe(true);
  });

  test("what is no open transaction of this database is refused in one sentence", async () => {
    const connected = () => connect({ ...settings(), transaction: client });
    await expect(connected()).rejects.toThrow("is not open: send begin on it first");
    await client.query("begin isolation level repeatable read");
    await expect(connected()).rejects.toThrow("the transaction is repeatable read");
    await client.query("rollback");
    await client.query("begin");
    const other = server.url(await server.newDatabase());
    await expect(connect({ ...settings(), databaseUrl: other, transaction: client })).rejects.toThrow(
      "databaseUrl names",
    );
    await expect(connect({ ...settings(), databaseUrl: "sqlite:books.db", transaction: client })).rejects.toThrow(
      "on PostgreSQL alone",
    );
    await client.query("rollback");
  });
});
