/**
 * The application in this process, on a database of its own, with a clock that is turned by hand.
 *
 * It charges at a gateway that does as it is told (`gateway`), or at a real sandbox over HTTP where one is asked for
 * (`sandbox`). Each suite opens its own, and nothing outlives it.
 */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { DateTime } from "luxon";
import { addCard, createCustomer } from "../../src/application/customers/customers.ts";
import { openDue } from "../../src/application/charging/open-due.ts";
import type { ListingName, Listings, Where } from "../../src/application/ports/listings.ts";
import type { SubscriptionRow } from "../../src/application/ports/listings/subscriptions.ts";
import type { AttemptRow, InvoiceRow } from "../../src/application/ports/listings/invoices.ts";
import type { Biller } from "../../src/application/run/biller.ts";
import type { RunSummary } from "../../src/application/settling/run-summary.ts";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { handClock, type HandClock } from "../../src/adapters/clock.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { assemble, type Assembly, type AssembleOptions, type Overrides } from "../../src/assemble.ts";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import type { Customer, Plan } from "../../src/domain/plan.ts";
import type { Subscription, SubscriptionOrder } from "../../src/domain/subscription.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/server.ts";
import { type Caller, callerOf } from "../sandbox/caller.ts";
import { customerOf, planOf } from "./records.ts";
import { putNewDatabase, temporaryFolder } from "./new-database.ts";
import { dunningOf } from "./policy.ts";
import { ScriptedGateway } from "./scripted-gateway.ts";

const TIME_ZONE = "America/Mexico_City";
/** Ids of a second application on the same database must differ from those of the first. */
let seed = 0;
let webhooks = 0;

export type Environment = Readonly<Record<string, string>>;

export type AppOptions = {
  /** The default is the first billing date of a monthly subscription that began on 31 January 2026, 09:00. */
  readonly now?: string | Date;
  readonly clock?: HandClock;
  readonly env?: Environment;
  /** A new one where none is given. */
  readonly databasePath?: string;
  readonly gateway?: ScriptedGateway;
  /** Charges at this sandbox, instead of at a scripted gateway, and holds the exclusive right to charge. */
  readonly sandbox?: SandboxOptions;
  /** Instead of those that Puntual brings along. */
  readonly policies?: readonly DunningPolicy[];
  readonly syncFile?: Overrides["syncFile"];
};

/** The application as `env` alone makes it: nothing of the machine's own environment takes part. */
export async function assembleWith(
  env: Environment,
  options: Pick<AssembleOptions, "cwd" | "charging"> & Partial<AssembleOptions>,
  overrides: Overrides = {},
): Promise<Assembly> {
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: options.cwd, isTerminal: false },
  );
  return await assemble(config, { database: "make", writeLog: () => {}, ...options }, overrides);
}

export async function openApp(options: AppOptions = {}): Promise<AppFixture> {
  const clock = options.clock ?? handClock(new Date(options.now ?? "2026-01-31T15:00:00Z"));
  const isOwnFolder = options.databasePath === undefined;
  const databasePath = options.databasePath ?? path.join(temporaryFolder(), "books.db");
  if (isOwnFolder) await putNewDatabase(databasePath);
  const sandbox = options.sandbox && (await startSandbox({ now: () => clock.now(), ...options.sandbox }));
  const gateway = sandbox === undefined ? (options.gateway ?? new ScriptedGateway()) : null;
  if (gateway !== null) {
    gateway.now = () => clock.now();
    gateway.monotonicMs = () => clock.monotonicMs();
  }
  const env = {
    CONEKTA_API_KEY: "key_test",
    ...(sandbox && { CONEKTA_BASE_URL: sandbox.url }),
    DATABASE_URL: `sqlite:${databasePath}`,
    LOG_LEVEL: "info",
    ...options.env,
  };
  const logged: string[] = [];
  const assembly = () =>
    assembleWith(
      env,
      {
        ...{ cwd: path.dirname(databasePath), charging: sandbox !== undefined },
        writeLog: (line) => void logged.push(line),
      },
      {
        // Nobody waits for a clock that is turned by hand.
        ...{ clock, random: seededRandom((seed += 1)), sleep: async () => {} },
        ...(gateway && { gateway }),
        ...(options.syncFile && { syncFile: options.syncFile }),
        ...(options.policies && { dunning: dunningOf(options.policies) }),
      },
    );
  const parts = { clock, databasePath, isOwnFolder, logged, sandbox: sandbox ?? null, gateway, assemble: assembly };
  return new AppFixture(parts, await assembly());
}

type Parts = {
  readonly clock: HandClock;
  readonly databasePath: string;
  readonly isOwnFolder: boolean;
  readonly logged: string[];
  readonly sandbox: Sandbox | null;
  readonly gateway: ScriptedGateway | null;
  assemble(): Promise<Assembly>;
};

export class AppFixture {
  readonly clock: HandClock;
  readonly databasePath: string;
  readonly logged: string[];
  readonly #parts: Parts;
  readonly #startLocal: string;
  #assembly: Assembly;
  #biller: Biller | null = null;

  constructor(parts: Parts, assembly: Assembly) {
    this.#parts = parts;
    this.#assembly = assembly;
    this.clock = parts.clock;
    this.databasePath = parts.databasePath;
    this.logged = parts.logged;
    this.#startLocal = DateTime.fromJSDate(parts.clock.now(), { zone: TIME_ZONE }).toFormat("yyyy-MM-dd'T'HH:mm");
  }

  get assembly(): Assembly {
    return this.#assembly;
  }

  get store(): Assembly["store"] {
    return this.#assembly.store;
  }

  get folder(): string {
    return path.dirname(this.databasePath);
  }

  get gateway(): ScriptedGateway {
    assert(this.#parts.gateway !== null, "this application charges at a sandbox");
    return this.#parts.gateway;
  }

  get sandbox(): Sandbox {
    assert(this.#parts.sandbox !== null, "this application charges at a scripted gateway");
    return this.#parts.sandbox;
  }

  /** Calls the sandbox, behind Puntual's back. */
  get call(): Caller {
    return callerOf(this.sandbox);
  }

  /** What commands need, with the scripted gateway. */
  get needs() {
    const { store, log, random, foreseeing } = this.#assembly;
    return { store, log, random, foreseeing, clock: this.clock, gateway: this.gateway, minChargeCents: 300 };
  }

  /** Puts a customer of its own on a plan, both made as they are needed. */
  async subscribe(
    id: string,
    order: Partial<SubscriptionOrder> = {},
    planChange: Partial<Plan> = {},
  ): Promise<Subscription> {
    const customerId = order.customerId ?? `cus_${id}`;
    const atConekta = this.#parts.gateway?.customers;
    if (!atConekta?.has(customerId)) atConekta?.set(customerId, { ...customerOf(customerId), livemode: false });
    return await this.#addSubscription(
      { id, customerId, startLocal: "2026-01-31T09:00", ...order },
      planOf(planChange),
      customerOf(customerId),
    );
  }

  /** Makes a customer with a card at the sandbox, and puts it on a plan from the opening of this application on. */
  async subscribeWithCard(
    id: string,
    token = "tok_test_visa_4242",
    startLocal: string = this.#startLocal,
  ): Promise<string> {
    const needs = { ...this.#assembly, gateway: await this.#assembly.gateway() };
    const person = { name: "Jorge Martínez", email: "jorge@example.mx", phone: "+525512345678" };
    const { id: customerId } = await createCustomer(needs, person, { request: id, confirmed: true });
    await addCard(needs, customerId, { tokenId: token });
    await this.#addSubscription({ id, customerId, startLocal }, planOf());
    return customerId;
  }

  async #addSubscription(
    order: Pick<SubscriptionOrder, "id" | "customerId" | "startLocal"> & Partial<SubscriptionOrder>,
    plan: Plan,
    customer: Customer | null = null,
  ): Promise<Subscription> {
    const { minChargeCents } = this.#assembly.config.charging;
    await this.store.write(this.clock.now(), async (records) => {
      if (customer !== null) await records.putCustomer(customer);
      if ((await records.plan(plan.id)) === null) records.addPlan(plan);
    });
    return await addSubscription(
      { ...this.#assembly, minChargeCents },
      {
        ...{ planId: plan.id, timeZone: TIME_ZONE, quantity: 1, lineItems: null, discount: null, billPast: false },
        ...order,
      },
      "code",
      { confirmed: true },
    );
  }

  async biller(): Promise<Biller> {
    this.#biller ??= await this.#assembly.biller();
    return this.#biller;
  }

  /** One tick, as the daemon does it. */
  async run(signal: AbortSignal = new AbortController().signal): Promise<RunSummary> {
    const biller = await this.biller();
    return (await biller.tick(signal)).summary;
  }

  /** One tick, as `puntual run` does it: by a process of its own, that asks first whether the database was restored. */
  async runOnce(): Promise<RunSummary> {
    const biller = await this.#assembly.biller();
    return (await biller.tick(new AbortController().signal)).summary;
  }

  async open(): Promise<{ opened: number; setAside: readonly string[] }> {
    const { opened, setAside } = await openDue(this.needs, new AbortController().signal);
    return { opened, setAside };
  }

  /** What the next run follows up. */
  async takeWebhook(type: string, orderId: string): Promise<void> {
    const id = `whe_${(webhooks += 1)}`;
    const event = { id, type, livemode: false, orderId, customerId: null, payload: {} };
    await this.store.inbox.receive([{ event, ignoredBecause: null }], this.clock.now());
  }

  list<Name extends ListingName>(name: Name, where: Where<Listings[Name]> = {}): Promise<readonly Listings[Name][]> {
    return this.store.list(name, { where });
  }

  /** In the order of their cycles. */
  async invoices(subscriptionId?: string): Promise<readonly InvoiceRow[]> {
    const rows = await this.list("invoices", { subscriptionId });
    return rows.toSorted((a, b) => Number(a.cycle) - Number(b.cycle));
  }

  /** "0 paid, 1 void skipped": each invoice of a subscription in a word or two. */
  async invoiceWords(subscriptionId?: string): Promise<string> {
    const rows = await this.invoices(subscriptionId);
    return rows
      .map(({ cycle, status, statusReason }) => [cycle, status, statusReason ?? ""].map(String).join(" ").trim())
      .join(", ");
  }

  attempts(): Promise<readonly AttemptRow[]> {
    return this.list("attempts");
  }

  async attemptStates(): Promise<string> {
    return (await this.attempts()).map((row) => row.state).join(" ");
  }

  async subscription(subscriptionId: string): Promise<Partial<SubscriptionRow>> {
    return (await this.list("subscriptions", { subscriptionId }))[0] ?? {};
  }

  async eventTypes(): Promise<string[]> {
    return (await this.list("events")).map((row) => row.type);
  }

  async changeInvoice(id: unknown, change: Partial<Invoice>): Promise<void> {
    await this.store.write(this.clock.now(), async (records) => {
      const invoice = await records.invoice(String(id));
      if (invoice !== null) Object.assign(invoice, change);
    });
  }

  /** Writes what the program never would. */
  sql(statement: string): void {
    const database = new Database(this.databasePath);
    try {
      database.exec(statement);
    } finally {
      database.close();
    }
  }

  backUp(): Promise<void> {
    return this.#reopen(() => copyDatabase(this.databasePath, `${this.databasePath}.backup`));
  }

  putBack(): Promise<void> {
    return this.#reopen(() => copyDatabase(`${this.databasePath}.backup`, this.databasePath));
  }

  async #reopen(change: () => void): Promise<void> {
    await this.#assembly[Symbol.asyncDispose]();
    change();
    this.#biller = null;
    this.#assembly = await this.#parts.assemble();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#assembly[Symbol.asyncDispose]();
    await this.#parts.sandbox?.close();
    if (this.#parts.isOwnFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}

function copyDatabase(from: string, to: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(to + end, { force: true });
  for (const end of ["", "-wal"]) if (existsSync(from + end)) copyFileSync(from + end, to + end);
}
