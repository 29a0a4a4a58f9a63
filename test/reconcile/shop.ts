/** A merchant with a sandbox, a database file and a clock driven by hand: books that can be put back. */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import path from "node:path";
import { addPlan } from "../../src/application/subscriptions/add-plan.ts";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { addCard, createCustomer } from "../../src/application/customers/customers.ts";
import type { ListingName, Listings, Where } from "../../src/application/ports/listings.ts";
import { sweepOrders, type SweepNeeds } from "../../src/application/reconcile/sweep-orders.ts";
import type { SweepReport } from "../../src/application/reconcile/sweep-report.ts";
import type { RunSummary } from "../../src/application/settling/run-summary.ts";
import { handClock } from "../../src/adapters/clock.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import { type Biller, createBiller } from "../../src/application/run/biller.ts";
import { assemble, type Assembly } from "../../src/assemble.ts";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/server.ts";
import { putNewBooks, temporaryFolder } from "../support/new-books.ts";

export const START = new Date("2026-12-01T15:00:00Z");
export const AMOUNT_CENTS = 20015;
export const MINUTE_MS = 60_000;

export type Shop = AsyncDisposable & {
  readonly sandbox: Sandbox;
  readonly clock: ReturnType<typeof handClock>;
  /** Of the open books. */
  readonly app: () => Assembly;
  /** A customer with a card, and a monthly subscription due at START, or later. */
  subscribe(id: string, token?: string, startLocal?: string): Promise<string>;
  /** As `puntual run` does it, in a process of its own. */
  run(): Promise<RunSummary>;
  sweep(since?: Date): Promise<SweepReport>;
  sweepNeeds(): Promise<SweepNeeds>;
  rows<Name extends ListingName>(name: Name, where?: Where<Listings[Name]>): Promise<readonly Listings[Name][]>;
  backUp(): Promise<void>;
  putBack(): Promise<void>;
};

export async function openShop(
  options: SandboxOptions & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Shop> {
  const { env = {}, ...sandboxOptions } = options;
  const folder = temporaryFolder();
  const file = path.join(folder, "books.db");
  const backup = path.join(folder, "backup.db");
  await putNewBooks(file);
  const clock = handClock(START);
  const sandbox = await startSandbox({ now: () => clock.now(), ...sandboxOptions });
  let seed = 0;
  let app = await open();

  async function open(): Promise<Assembly> {
    seed += 1;
    const variables = {
      CONEKTA_API_KEY: "key_shop",
      CONEKTA_BASE_URL: sandbox.url,
      DATABASE_URL: `sqlite:${file}`,
      ...env,
    };
    const config = envToConfig(
      readEnv(variables, null, () => ""),
      { cwd: folder, isTerminal: false },
    );
    const overrides = { clock, random: seededRandom(seed) };
    return await assemble(config, { cwd: folder, charging: true, database: "make", writeLog: () => {} }, overrides);
  }

  async function reopen(change: () => void = () => {}): Promise<void> {
    await app[Symbol.asyncDispose]();
    change();
    app = await open();
  }

  async function sweepNeeds(): Promise<SweepNeeds> {
    const { needs } = await app.biller();
    return { ...needs, orders: needs.webhooks.orders };
  }

  return {
    sandbox,
    clock,
    app: () => app,
    sweepNeeds,
    async subscribe(id, token = "tok_test_visa_4242", startLocal = "2026-12-01T09:00") {
      const needs = { ...app, gateway: await app.gateway() };
      const { id: customerId } = await createCustomer(needs, {
        name: "Ana",
        email: "a@example.mx",
        phone: "+525512345678",
      });
      await addCard(needs, customerId, { tokenId: token });
      const plans = await app.store.list("plans", {});
      if (plans.length === 0) await addPlan({ ...app, minChargeCents: 300 }, PLAN);
      const order = { id, planId: "oro", customerId, startLocal, timeZone: "America/Mexico_City" };
      await addSubscription(
        { ...app, minChargeCents: 300 },
        { ...order, quantity: 1, lineItems: null, discount: null, billPast: false },
        "code",
      );
      return customerId;
    },
    async run() {
      const biller = await app.biller();
      return (await biller.tick(new AbortController().signal)).summary;
    },
    async sweep(since = new Date(START.getTime() - MINUTE_MS)) {
      return await sweepOrders(await sweepNeeds(), { since });
    },
    rows: (name, where = {}) => app.store.list(name, { where }),
    backUp: () => reopen(() => replace(file, backup)),
    putBack: () => reopen(() => replace(backup, file)),
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function replace(from: string, to: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(to + end, { force: true });
  for (const end of ["", "-wal"]) if (existsSync(from + end)) copyFileSync(from + end, to + end);
}

const PLAN: Plan = {
  id: "oro",
  name: "Plan Oro",
  currency: "MXN",
  interval: "month",
  frequency: 1,
  trialPeriodDays: 0,
  expiryCount: null,
  lineItems: [{ name: "Plan Oro", unitPriceCents: AMOUNT_CENTS, quantity: 1 }],
  dunning: "standard",
  catchUp: "oldest_first",
  source: "code",
};

/** Whose gateway's list shows nothing yet, so that the restore fence lets it pass. */
export async function blindBiller(app: Assembly): Promise<Biller> {
  const { needs, owner, limits } = await app.biller();
  const lister: OrderLister = { listOrders: async function* () {} };
  return createBiller({ ...needs, sweep: { ...needs.sweep, lister } }, owner, limits);
}
