/**
 * What every crash in this process begins with: two customers, four subscriptions, and a gateway that loses two answers.
 *
 * Ana pays: two cycles of one plan and one of another are due. Beto's card is declined first; a plan that costs
 * nothing is his as well. Of the charges, the second is made and its answer lost, the fourth is lost before it is made.
 */
import { copyFileSync, rmSync } from "node:fs";
import path from "node:path";
import { addPlan } from "../../src/application/plans/add-plan.ts";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { handClock, type HandClock } from "../../src/adapters/clock.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { Assembly } from "../../src/assemble.ts";
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { assembleWith } from "../support/app-fixture.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import type { Place } from "../support/raw-tables.ts";
import { planOf } from "../support/records.ts";
import { dunningOf, policyOf } from "../support/policy.ts";
import { API_KEY, createCustomers } from "./customers.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";

/** 09:00 in Mexico City. */
export const START = new Date("2026-12-01T15:00:00Z");
const CHARGE = { single: "POST /orders", order_first: "POST /orders/*/charges" } as const;

export type CrashFixture = AsyncDisposable & {
  readonly place: Place;
  /** Of a file. */
  readonly databasePath: string;
  readonly clock: HandClock;
  readonly sandbox: Sandbox;
  readonly customerIds: readonly string[];
  /** A process on these records; `charging`: with the exclusive right. */
  open(options: { readonly charging: boolean; readonly concurrency?: number }): Promise<Assembly>;
};

export type CrashTemplate = Disposable & { copy(): Promise<CrashFixture> };

/**
 * Makes the database once; each crash is on a copy of it, with a gateway of its own.
 * @param server null: on files of SQLite
 */
export async function buildTemplate(flow: ChargeFlow, server: PostgresServer | null = null): Promise<CrashTemplate> {
  const folder = temporaryFolder();
  const template = server === null ? path.join(folder, "template.db") : await server.newDatabase();
  let copies = 0;
  if (typeof template === "string") await putNewDatabase(template);
  {
    await using fixture = await openFixture(flow, template, { server, folder, close: async () => {} });
    await fill(fixture);
  }
  return {
    async copy() {
      copies += 1;
      const place = typeof template === "string" ? path.join(folder, `${copies}.db`) : await server!.copyOf(template);
      if (typeof template === "string" && typeof place === "string") copyFileSync(template, place);
      const close = async () => (typeof place === "string" ? undefined : await server?.drop(place));
      const copied = await openFixture(flow, place, { server, folder, close });
      const lost = [
        { call: CHARGE[flow], kind: "reset_after", nth: 2 },
        { call: CHARGE[flow], kind: "500_before", nth: 4 },
      ] as const;
      for (const rule of lost) copied.sandbox.inject(rule);
      return copied;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

type Around = {
  readonly server: PostgresServer | null;
  readonly folder: string;
  readonly close: () => Promise<void>;
};

async function openFixture(flow: ChargeFlow, place: Place, { server, folder, close }: Around): Promise<CrashFixture> {
  const clock = handClock(START);
  const sandbox = await startSandbox({ now: () => clock.now() });
  // The sandbox's seed gives the same customers the same ids each time.
  const customerIds = await createCustomers(sandbox.url, TOKENS);
  const databasePath = typeof place === "string" ? place : "";
  const url = typeof place === "string" ? `sqlite:${place}` : (server?.url(place) ?? "");
  let processes = 0;

  return {
    ...{ place, databasePath, clock, sandbox, customerIds },
    async open({ charging, concurrency = 1 }) {
      processes += 1;
      // Two processes never draw the same ids.
      // The system outlives the process, and with it what was written: points are counted without waiting for a disk.
      const syncFile = (): Promise<void> => Promise.resolve();
      const overrides = { clock, random: seededRandom(processes), dunning: POLICIES, syncFile };
      return await assembleWith(
        { ...environment(flow, sandbox.url, concurrency), DATABASE_URL: url },
        { cwd: folder, charging },
        overrides,
      );
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await close();
      if (databasePath !== "")
        for (const end of ["-wal", "-shm", ".lock", ".pid"]) rmSync(databasePath + end, { force: true });
    },
  };
}

function environment(flow: ChargeFlow, url: string, concurrency: number) {
  return {
    CONEKTA_API_KEY: API_KEY,
    CONEKTA_BASE_URL: url,
    CONEKTA_CHARGE_FLOW: flow,
    CHARGE_CONCURRENCY: String(concurrency),
    LOG_LEVEL: "error",
    RECONCILE_SCHEDULE: "15s,1m,5m",
    RECHARGE_QUIET_MS: "60000",
    MAX_CHARGES_PER_CUSTOMER_PER_DAY: "100",
  };
}

const TOKENS = ["tok_test_visa_4242", "tok_sandbox_insufficient_funds_1_then_pays", "tok_test_insufficient_funds"];

/** Caro's card never pays: she is given a page, and pays there in cash. */
const POLICIES = dunningOf([
  policyOf(),
  policyOf({ name: "cash", retryAfterDays: [], paymentLink: { methods: ["cash"], expiresAfterDays: 5 } }),
]);

async function fill(fixture: CrashFixture): Promise<void> {
  await using app = await fixture.open({ charging: false });
  const gateway = await app.gateway();
  const [ana, beto, caro] = await Promise.all(fixture.customerIds.map((id) => gateway.readCustomer(id)));
  if (ana === undefined || beto === undefined || caro === undefined) throw new Error("the fixture has three customers");
  const needs = { ...app, minChargeCents: 300 };
  const free = [{ name: "Cortesía", unitPriceCents: 0, quantity: 1 }];
  for (const plan of [
    planOf({ catchUp: "all" }),
    planOf({ id: "cortesia", lineItems: free }),
    planOf({ id: "efectivo", dunning: "cash" }),
  ])
    await addPlan(needs, plan);
  await app.store.write(START, async (records) => {
    for (const { livemode: _, ...customer } of [ana, beto, caro]) await records.putCustomer(customer);
  });
  for (const [id, planId, customerId, startLocal] of [
    ["ana-oro", "oro", ana.id, "2026-11-01T09:00"],
    ["ana-dos", "oro", ana.id, "2026-12-01T09:00"],
    ["beto-oro", "oro", beto.id, "2026-12-01T09:00"],
    ["caro-efectivo", "efectivo", caro.id, "2026-12-01T09:00"],
    ["beto-cortesia", "cortesia", beto.id, "2026-12-01T09:00"],
  ] as const)
    await addSubscription(
      needs,
      {
        ...{ id, planId, customerId, startLocal, timeZone: "America/Mexico_City" },
        ...{ quantity: 1, lineItems: null, discount: null, billPast: true },
      },
      "code",
      { confirmed: true },
    );
}
