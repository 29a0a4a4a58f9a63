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
import type { ChargeFlow } from "../../src/domain/attempt.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { assembleWith } from "../support/app-fixture.ts";
import { planOf } from "../support/records.ts";
import { dunningOf, policyOf } from "../support/policy.ts";
import { API_KEY, createCustomers } from "./customers.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";

/** 09:00 in Mexico City. */
export const START = new Date("2026-12-01T15:00:00Z");
const CHARGE = { single: "POST /orders", order_first: "POST /orders/*/charges" } as const;

export type CrashFixture = AsyncDisposable & {
  readonly databasePath: string;
  readonly clock: HandClock;
  readonly sandbox: Sandbox;
  readonly customerIds: readonly string[];
  /** A process on these records; `charging`: with the exclusive right. */
  open(options: { readonly charging: boolean; readonly concurrency?: number }): Promise<Assembly>;
};

export type CrashTemplate = Disposable & { copy(): Promise<CrashFixture> };

/** Makes the database once; each crash is on a copy of it, with a gateway of its own. */
export async function buildTemplate(flow: ChargeFlow): Promise<CrashTemplate> {
  const folder = temporaryFolder();
  const template = path.join(folder, "template.db");
  let copies = 0;
  await putNewDatabase(template);
  await using fixture = await openFixture(flow, template);
  await fill(fixture);
  return {
    async copy() {
      copies += 1;
      const databasePath = path.join(folder, `${copies}.db`);
      copyFileSync(template, databasePath);
      const copied = await openFixture(flow, databasePath);
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

async function openFixture(flow: ChargeFlow, databasePath: string): Promise<CrashFixture> {
  const clock = handClock(START);
  const sandbox = await startSandbox({ now: () => clock.now() });
  // The sandbox's seed gives the same customers the same ids each time.
  const customerIds = await createCustomers(sandbox.url, TOKENS);
  let processes = 0;

  return {
    ...{ databasePath, clock, sandbox, customerIds },
    async open({ charging, concurrency = 1 }) {
      processes += 1;
      // Two processes never draw the same ids.
      const overrides = { clock, random: seededRandom(processes), dunning: POLICIES };
      return await assembleWith(
        environment(flow, sandbox.url, databasePath, concurrency),
        { cwd: path.dirname(databasePath), charging },
        overrides,
      );
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      for (const end of ["-wal", "-shm", ".lock", ".pid"]) rmSync(databasePath + end, { force: true });
    },
  };
}

function environment(flow: ChargeFlow, url: string, databasePath: string, concurrency: number) {
  return {
    CONEKTA_API_KEY: API_KEY,
    CONEKTA_BASE_URL: url,
    CONEKTA_CHARGE_FLOW: flow,
    CHARGE_CONCURRENCY: String(concurrency),
    DATABASE_URL: `sqlite:${databasePath}`,
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
