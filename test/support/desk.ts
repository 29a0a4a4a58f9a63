/** A whole Puntual in this process: the real store, a clock turned by hand, a gateway that does what it is told. */
import { rmSync } from "node:fs";
import path from "node:path";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { openDue } from "../../src/application/charging/open-due.ts";
import type { AttemptRow, InvoiceRow, SubscriptionRow } from "../../src/application/ports/listings.ts";
import type { RunSummary } from "../../src/application/settling/run-summary.ts";
import { handClock, type HandClock } from "../../src/adapters/clock.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { Biller } from "../../src/application/run/biller.ts";
import { assemble, type Assembly } from "../../src/assemble.ts";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Subscription, SubscriptionOrder } from "../../src/domain/subscription.ts";
import { customerOf, planOf } from "./books.ts";
import { putNewBooks, temporaryFolder } from "./new-books.ts";
import { dunningOf } from "./policy.ts";
import { ScriptedGateway } from "./scripted-gateway.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
/** Ids of a second desk on the same books must differ from those of the first. */
let seed = 0;
let webhooks = 0;

export type DeskOptions = {
  readonly now?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** New ones where none is given. */
  readonly databasePath?: string;
  readonly gateway?: ScriptedGateway;
  readonly clock?: HandClock;
  /** Instead of those that Puntual brings along. */
  readonly policies?: readonly DunningPolicy[];
};

export class Desk {
  readonly app: Assembly;
  readonly clock: HandClock;
  readonly gateway: ScriptedGateway;
  readonly logged: string[];
  #biller: Biller | null = null;

  readonly #folder: string | null;

  constructor(
    app: Assembly,
    clock: HandClock,
    gateway: ScriptedGateway,
    { logged, folder }: { readonly logged: string[]; readonly folder: string | null },
  ) {
    this.app = app;
    this.clock = clock;
    this.gateway = gateway;
    this.logged = logged;
    this.#folder = folder;
  }

  /** What commands need. */
  get needs() {
    const { store, log, random } = this.app;
    return { store, log, random, clock: this.clock, gateway: this.gateway, minChargeCents: 300 };
  }

  /** Puts a customer of its own on a plan, both made as they are needed. */
  async subscribe(
    id: string,
    order: Partial<SubscriptionOrder> = {},
    planChange: Partial<Plan> = {},
  ): Promise<Subscription> {
    const plan = planOf(planChange);
    const customerId = order.customerId ?? `cus_${id}`;
    await this.app.store.write(this.clock.now(), async (books) => {
      if ((await books.plan(plan.id)) === null) books.addPlan(plan);
      await books.putCustomer(customerOf(customerId));
    });
    return await addSubscription(
      this.needs,
      {
        id,
        planId: plan.id,
        customerId,
        startLocal: "2026-01-31T09:00",
        timeZone: "America/Mexico_City",
        quantity: 1,
        lineItems: null,
        discount: null,
        billPast: false,
        ...order,
      },
      "code",
    );
  }

  async biller(): Promise<Biller> {
    this.#biller ??= await this.app.biller();
    return this.#biller;
  }

  /** One tick, as the daemon does it. */
  async run(signal: AbortSignal = new AbortController().signal): Promise<RunSummary> {
    const biller = await this.biller();
    return (await biller.tick(signal)).summary;
  }

  async open(): Promise<{ opened: number; setAside: readonly string[] }> {
    const { opened, setAside } = await openDue(this.needs, new AbortController().signal);
    return { opened, setAside };
  }

  /** What the next run follows up. */
  async takeWebhook(type: string, orderId: string): Promise<void> {
    const id = `whe_${(webhooks += 1)}`;
    const event = { id, type, livemode: false, orderId, customerId: null, payload: {} };
    await this.app.store.inbox.receive([{ event, ignoredBecause: null }], this.clock.now());
  }

  /** In the order of their cycles. */
  async invoices(subscriptionId?: string): Promise<readonly InvoiceRow[]> {
    const rows = await this.app.store.list("invoices", { where: { subscriptionId } });
    return rows.toSorted((a, b) => a.cycle - b.cycle);
  }

  /** "0 paid, 1 void skipped": each invoice of a subscription in a word or two. */
  async invoiceWords(subscriptionId?: string): Promise<string> {
    const rows = await this.invoices(subscriptionId);
    return rows
      .map(({ cycle, status, statusReason }) => [cycle, status, statusReason ?? ""].map(String).join(" ").trim())
      .join(", ");
  }

  async attempts(): Promise<readonly AttemptRow[]> {
    return await this.app.store.list("attempts", {});
  }

  async attemptStates(): Promise<string> {
    return (await this.attempts()).map((row) => row.state).join(" ");
  }

  async subscription(subscriptionId: string): Promise<Partial<SubscriptionRow>> {
    return (await this.app.store.list("subscriptions", { where: { subscriptionId } }))[0] ?? {};
  }

  async eventTypes(): Promise<string[]> {
    return (await this.app.store.list("events", {})).map((row) => row.type);
  }

  async changeInvoice(id: unknown, change: Partial<Invoice>): Promise<void> {
    await this.app.store.write(this.clock.now(), async (books) => {
      const invoice = await books.invoice(String(id));
      if (invoice !== null) Object.assign(invoice, change);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Monthly subscriptions that began on 31 January are due at the default time for the first time. */
export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const clock = options.clock ?? handClock(new Date(options.now ?? "2026-01-31T15:00:00Z"));
  const gateway = options.gateway ?? new ScriptedGateway();
  gateway.now = () => clock.now();
  const logged: string[] = [];
  const folder = options.databasePath === undefined ? temporaryFolder() : null;
  const databasePath = options.databasePath ?? path.join(folder ?? "", "books.db");
  if (folder !== null) await putNewBooks(databasePath);
  const env = {
    CONEKTA_API_KEY: "key_test",
    DATABASE_URL: `sqlite:${databasePath}`,
    LOG_LEVEL: "info",
    ...options.env,
  };
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: ROOT, isTerminal: false },
  );
  const app = await assemble(
    config,
    { cwd: ROOT, charging: false, database: "make", writeLog: (line) => void logged.push(line) },
    {
      ...{ clock, gateway, random: seededRandom((seed += 1)) },
      ...(options.policies && { dunning: dunningOf(options.policies) }),
    },
  );
  return new Desk(app, clock, gateway, { logged, folder });
}
