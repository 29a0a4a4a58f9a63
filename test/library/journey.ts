/** Puntual inside another program, on either database: it charges, reads and changes, and touches nothing of the process. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import {
  connect,
  migrate,
  NeedsConfirmation,
  NotFound,
  type Puntual,
  run,
  runOnce,
} from "../../src/entrypoints/library.ts";
import { shop as fastifyShop } from "../../docs/examples/fastify-shop.ts";
import { shop as nodeShop } from "../../docs/examples/node-shop.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { temporaryFolder } from "../support/new-database.ts";

const PLAN = {
  id: "oro",
  name: "Plan Oro",
  interval: "month",
  lineItems: [{ name: "Plan Oro", unitPriceCents: 20015 }],
} as const;
const JORGE = { name: "Jorge Martínez", email: "jorge@example.mx", phone: "+525512345678" };

/** @param newDatabase its URL @param isShared several may charge from one */
export function libraryWorks(
  newDatabase: (folder: string, name: string) => Promise<string>,
  { isShared }: { readonly isShared: boolean },
): void {
  let folder = "";
  let databaseUrl = "";
  let sandbox: Sandbox;
  let puntual: Puntual;

  const settings = () => ({
    databaseUrl,
    conektaApiKey: "key_test",
    conektaBaseUrl: sandbox.url,
    cwd: folder,
    logger: SILENT,
  });
  const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

  beforeAll(async () => {
    folder = temporaryFolder();
    databaseUrl = await newDatabase(folder, "books");
    sandbox = await startSandbox();
    await migrate(settings());
    puntual = await connect(settings());
  });

  afterAll(async () => {
    await puntual.close();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Somebody who owes one charge now. */
  async function subscribe(name: string, tokenId = "tok_test_visa_4242"): Promise<string> {
    await puntual.plans.put(PLAN);
    const person = { name, email: `${name.toLowerCase()}@example.mx`, phone: "+525512345678" };
    const { customerId } = await puntual.customers.create({ ...person, card: { tokenId } });
    const start = "2026-01-31T09:00";
    return (await puntual.subscriptions.create({ plan: "oro", customer: customerId, start })).subscriptionId;
  }

  describe("several instances in one process", () => {
    test("that write at the same moment wait for each other, and keep neither the process nor each other waiting", async () => {
      await using other = await connect(settings());
      const began = performance.now();
      await Promise.all(
        Array.from({ length: 12 }, (_none, at) =>
          (at % 2 === 0 ? puntual : other).plans.put({ ...PLAN, id: `plan-${at}` }),
        ),
      );
      expect(await puntual.plans.list()).toHaveLength(12);
      // One that waits for the lock of a database while the other, kept waiting by it, has it, waits for 5 seconds.
      expect(performance.now() - began).toBeLessThan(4000);
    });

    test("that ask for the same thing with one key at the same moment are all given the one answer", async () => {
      await using other = await connect(settings());
      await puntual.plans.put(PLAN);
      const { customerId } = await puntual.customers.create({ ...JORGE, email: "juntos@example.mx" });
      const wanted = { plan: "oro", customer: customerId, start: "2040-01-31T09:00" };
      const given = await Promise.all(
        [puntual, other, puntual, other].map((each) =>
          each.subscriptions.create(wanted, { idempotencyKey: "together" }),
        ),
      );
      expect(new Set(given.map((row) => JSON.stringify(row))).size).toBe(1);
    });
  });

  describe("connect", () => {
    test("migrate made the database, and has nothing left to do", async () => {
      expect(await migrate(settings())).toEqual({ made: false, migrations: [] });
    });

    test("the same key changes nothing a second time, and is given the same answer", async () => {
      await puntual.plans.put(PLAN);
      const options = { idempotencyKey: "sign-up-1" };
      const first = await puntual.customers.create({ ...JORGE, card: { tokenId: "tok_test_visa_4242" } }, options);
      expect(await puntual.customers.create({ ...JORGE, card: { tokenId: "tok_test_visa_4242" } }, options)).toEqual(
        first,
      );
      expect(await puntual.customers.list({ where: { email: JORGE.email } })).toHaveLength(1);

      const wish = { plan: "oro", customer: first.customerId, start: "2090-01-31T09:00" };
      const subscription = await puntual.subscriptions.create(wish, options);
      expect(await puntual.subscriptions.create(wish, options)).toEqual(subscription);
      await expect(puntual.subscriptions.create({ ...wish, quantity: 2 }, options)).rejects.toThrow(
        "was used for another",
      );
      await expect(puntual.customers.create(JORGE)).rejects.toThrow(NeedsConfirmation);
    });

    test("who did it and why stands in the history", async () => {
      const id = await subscribe("Ana");
      await puntual.subscriptions.pause(id, { by: "sign-up page", reason: "she travels" });
      const [event] = await puntual.events.list({ where: { type: "subscription.paused", subscriptionId: id } });
      expect(event?.data).toMatchObject({ actor: { name: "sign-up page", reason: "she travels" } });
      expect((await puntual.subscriptions.resume(id)).status).toBe("active");
      expect((await puntual.subscriptions.cancel(id, { atOnce: true })).status).toBe("canceled");
    });

    test("items wait for the next invoice, and money to the good is granted once for one key", async () => {
      const subscription = await subscribe("Eva");
      const { customerId } = await puntual.subscriptions.get(subscription);
      const item = { key: "locker-1", name: "Locker", amountCents: 5000, subscription };
      expect(await puntual.items.add(item)).toMatchObject({ key: "locker-1", amountCents: 5000 });
      await puntual.items.remove("locker-1");
      const options = { idempotencyKey: "grant-1", reason: "the class was cancelled" };
      for (let time = 0; time < 2; time++) {
        const entry = await puntual.balance.grant(customerId, { amountCents: 5000 }, options);
        expect(entry).toMatchObject({ amountCents: 5000, balanceCents: 5000 });
      }
      expect(await puntual.balance.list(customerId)).toHaveLength(1);
      await expect(puntual.balance.take(customerId, { amountCents: 0.5 }, options)).rejects.toThrow("whole cents");
      await puntual.subscriptions.cancel(subscription, { atOnce: true });
    });

    test("a consent is recorded once for one key, and listed", async () => {
      const subscriptionId = await subscribe("Sol");
      const consent = { version: "1", text: "Acepto $200.15 cada mes.", channel: "web", address: "10.0.0.1" } as const;
      const add = () => puntual.subscriptions.consents.add(subscriptionId, consent, { idempotencyKey: "sol-1" });
      const first = await add();
      expect(first).toMatchObject({ text: consent.text, amountCents: 20015, recordedBy: "library" });
      expect(await add()).toEqual(first);
      expect(await puntual.subscriptions.consents.list(subscriptionId)).toEqual([first]);
      expect((await puntual.subscriptions.evidence(subscriptionId)).consents).toEqual([first]);
      await expect(puntual.subscriptions.consents.list("nowhere")).rejects.toThrow(NotFound);
      await puntual.subscriptions.cancel(subscriptionId, { atOnce: true });
    });

    test("every fault of a wish is said under the name that the program wrote", async () => {
      const wish = { ...PLAN, lineItems: [{ name: "Plan Oro", unitPriceCents: 1.5 }], trialPeriodDays: -1 };
      await expect(puntual.plans.put(wish)).rejects.toMatchObject({
        name: "InputInvalid",
        faults: [{ where: "trialPeriodDays" }, { where: "lineItems.0.unitPriceCents" }],
      });
      await expect(puntual.plans.put({ ...PLAN, name: "Oro\u0000" })).rejects.toMatchObject({
        message: expect.stringContaining("name: holds the character U+0000"),
      });
      await expect(puntual.plans.get("nowhere")).rejects.toThrow(NotFound);
    });

    test.each<[of: string, message: string, read: () => Promise<unknown>]>([
      ["a text that is found", "holds the character U+0000", () => puntual.find("x\u0000")],
      ["an id", "holds the character U+0000", () => puntual.invoices.get("inv_\u0000")],
      ["a filter", "where.planId: holds", () => puntual.plans.list({ where: { planId: "oro\u0000" } })],
      ["a limit below 1", "limit: -1 given, expected 1 or more", () => puntual.events.list({ limit: -1 })],
      ["a part of a row", "limit: 1.5 given", () => puntual.history.list({ limit: 1.5 })],
    ])(
      "a wrong question is refused by what is wrong with it, and not in the words of a database: %s",
      async (_of, message, read) => {
        await expect(read()).rejects.toMatchObject({ name: "UsageInvalid", message: expect.stringContaining(message) });
      },
    );

    test("what it does not know among its settings is refused", async () => {
      const wrong = { ...settings(), conektaKey: "key_x" } as Parameters<typeof connect>[0];
      await expect(connect(wrong)).rejects.toThrow("there is no setting conektaKey");
      await expect(connect({ ...settings(), chargeConcurrency: 0 })).rejects.toThrow("CHARGE_CONCURRENCY");
    });
  });

  describe("docs/examples", () => {
    const member = (id: string) => ({
      ...{ id, name: `Member ${id}`, email: `${id}@example.mx`, phone: "+525598765432" },
      ...{ tokenId: "tok_test_visa_4242", start: "2090-01-31T09:00" },
    });

    test("the shop on Fastify signs a member up once, however often it is asked", async () => {
      await puntual.plans.put(PLAN);
      const server = await fastifyShop(settings());
      const ask = () => server.inject({ method: "POST", url: "/members", payload: member("m1") });
      const [first, again] = [await ask(), await ask()];
      expect([first.statusCode, again.statusCode]).toEqual([201, 201]);
      expect(again.json()).toEqual(first.json());
      await server.close();
      expect(await puntual.customers.list({ where: { email: "m1@example.mx" } })).toHaveLength(1);
    });

    test("the shop on node:http does the same", async () => {
      await puntual.plans.put(PLAN);
      const server = nodeShop(puntual).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const body = JSON.stringify(member("m2"));
      const answer = await fetch(`http://127.0.0.1:${port}/members`, { method: "POST", body });
      expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([201, ["subscriptionId"]]);
      server.close();
    });
  });

  describe("run and runOnce", () => {
    test("charge what is due; money is given back once for one key", async () => {
      const id = await subscribe("Luz");
      expect(await runOnce(settings())).toMatchObject({ paid: 1 });
      const [invoice] = await puntual.invoices.list({ where: { subscriptionId: id } });
      expect(invoice?.status).toBe("paid");

      const options = { idempotencyKey: "refund-1", reason: "the shop was closed" };
      const refund = await puntual.invoices.refund(invoice?.invoiceId ?? "", { why: "requested_by_client" }, options);
      expect(refund).toMatchObject({ state: "done", amountCents: 20015, note: "the shop was closed" });
      const again = await puntual.invoices.refund(invoice?.invoiceId ?? "", { why: "requested_by_client" }, options);
      expect(again.refundId).toBe(refund.refundId);
    });

    test("when an invoice was paid is a part of what a key stands for", async () => {
      const id = await subscribe("Eli", "tok_test_insufficient_funds");
      expect(await runOnce(settings())).toMatchObject({ declined: 1 });
      const [invoice] = await puntual.invoices.list({ where: { subscriptionId: id } });
      const paid = (paidAt: string) =>
        puntual.invoices.markPaid(invoice?.invoiceId ?? "", {
          ...{ idempotencyKey: "cash-1", reason: "paid at the counter", paidAt: new Date(paidAt) },
        });
      const first = await paid("2026-02-01T16:00:00Z");
      expect(await paid("2026-02-01T16:00:00Z")).toEqual(first);
      await expect(paid("2026-02-02T16:00:00Z")).rejects.toThrow("was used for another");
    });

    test("several live in one process, listen to no signal, and answer over HTTP where it is asked for", async () => {
      const listeners = () => ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => process.listenerCount(signal));
      const before = listeners();
      const logged: string[] = [];
      const logger = {
        ...SILENT,
        info: (event: string) => void logged.push(event),
        warn() {
          throw new Error("a logger that breaks");
        },
      };
      const [one, other] = [await newDatabase(folder, "first"), await newDatabase(folder, "second")];
      await using first = await run({ ...settings(), databaseUrl: one, logger, http: { port: 0 } });
      const second = await run({ ...settings(), databaseUrl: other, logger, billingCron: "0 0 1 1 *" });
      expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
      expect(second.url).toBeNull();
      expect(listeners()).toEqual(before);
      const beside = run({ ...settings(), databaseUrl: one });
      const became = await beside.then(
        (runner) => runner.stop(),
        (error: unknown) => String(error),
      );
      expect(became).toMatch(isShared ? /^stopped$/ : /another process|already/);
      expect(await second.stop()).toBe("stopped");
      expect(await second.ended).toBe("stopped");
      expect(logged.filter((event) => event === "daemon.ready")).toHaveLength(2);
    });

    test("a signal stops it where that was asked for", async () => {
      const before = process.rawListeners("SIGHUP");
      const runner = await run({
        ...settings(),
        databaseUrl: await newDatabase(folder, "signal"),
        handleSignals: true,
      });
      // The signal itself would reach listeners of others as well, of which some end this process.
      const [own] = process.rawListeners("SIGHUP").filter((listener) => !before.includes(listener));
      own?.call(process, "SIGHUP");
      expect(await runner.ended).toBe("stopped");
      expect(process.rawListeners("SIGHUP")).toEqual(before);
    });
  });
}
