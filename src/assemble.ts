/**
 * The one place that knows which adapter fills which port.
 *
 * Daemon, commands, demo and end-to-end tests all call it; a test hands in its own clock, chance or gateway.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { BillLimits, BillNeeds } from "./application/bill-due.ts";
import { CircuitBreaker } from "./application/circuit-breaker.ts";
import type { Clock, Gateway, Log, Owner, Random, Store } from "./application/ports.ts";
import { systemClock } from "./adapters/clock.ts";
import { createLog } from "./adapters/log.ts";
import { systemRandom } from "./adapters/random.ts";
import { openSqliteStore } from "./adapters/store/sqlite-store.ts";
import { requireApiKey, type Config } from "./config.ts";
import type { DunningPolicy } from "./domain/dunning.ts";
import { ConfigurationInvalid } from "./domain/errors.ts";

export type AssembleOptions = {
  /** Where config/dunning.yaml is looked for. */
  readonly cwd: string;
  /** Holds the exclusive right to charge from this database until it is disposed of. */
  readonly charging: boolean;
  /** Receives each line of the log. */
  readonly writeLog: (line: string) => void;
};

export type Overrides = {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly gateway?: Gateway;
};

export type Assembly = AsyncDisposable & {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Store & { readonly appliedMigrations: readonly string[] };
  readonly policies: ReadonlyMap<string, DunningPolicy>;
  /** Conekta, connected when it is first asked for. @throws {ConfigurationInvalid} there is no key */
  gateway(): Promise<Gateway>;
  /** What a run needs. @throws {ConfigurationInvalid} no key, or a plan names a policy that does not exist */
  billing(): Promise<{ readonly needs: BillNeeds; readonly owner: Owner; readonly limits: BillLimits }>;
};

/**
 * @throws {DatabaseUnusable} the database cannot be opened
 * @throws {AlreadyRunning} `charging`, and another process charges from it
 */
export async function assemble(config: Config, options: AssembleOptions, overrides: Overrides = {}): Promise<Assembly> {
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? systemRandom();
  const log = overrides.log ?? createLog({ ...config.log, write: options.writeLog });
  const policies = await readPolicies(options.cwd);
  const store = await openSqliteStore({
    databasePath: config.database.path,
    random,
    now: clock.now(),
    exclusive: options.charging,
  });
  for (const warning of config.warnings) log.warn("configuration.doubtful", { because: warning });

  let connected: (Gateway & Partial<AsyncDisposable>) | null = overrides.gateway ?? null;
  async function gateway(): Promise<Gateway> {
    if (connected !== null) return connected;
    const apiKey = requireApiKey(config).reveal();
    const { conektaGateway } = await import("./adapters/conekta/gateway.ts");
    const { baseUrl, chargeFlow, timeoutMs, pciDssLevel1 } = config.conekta;
    const { concurrency } = config.charging;
    const made = conektaGateway({
      ...{ baseUrl, apiKey, timeoutMs, pciDssLevel1, clock, random, log },
      flow: chargeFlow,
      connections: concurrency,
    });
    connected = made;
    return made;
  }

  return {
    config,
    clock,
    random,
    log,
    store,
    policies,
    gateway,
    async billing() {
      const needed = new Set((await store.list("plans", {})).map((row) => String(row["dunning"])));
      const missing = [...needed].filter((name) => !policies.has(name));
      if (missing.length > 0)
        throw new ConfigurationInvalid("config/dunning.yaml", [
          { where: "policies", what: `plans use ${missing.join(", ")}, which it does not define; add it` },
        ]);
      const { charging, conekta } = config;
      return {
        needs: {
          ...{ store, clock, random, log, policies, gateway: await gateway() },
          looks: { offsetsMs: charging.reconcileOffsetsMs, rechargeQuietMs: charging.rechargeQuietMs },
          backoffMs: charging.backoffMs,
          breaker: new CircuitBreaker(),
        },
        owner: await store.takeOver(random.newId("own", clock.now())),
        limits: {
          flow: conekta.chargeFlow,
          concurrency: charging.concurrency,
          ratePerSecond: charging.ratePerSecond,
          leaseMs: charging.leaseMs,
          maxCharges: charging.maxChargesPerRun,
          maxAmountCents: charging.maxAmountCentsPerRun,
          maxChargesPerCustomerPerDay: charging.maxChargesPerCustomerPerDay,
          timeoutMs: conekta.timeoutMs,
          pendingMaxHours: charging.pendingMaxHours,
        },
      };
    },
    async [Symbol.asyncDispose]() {
      if (overrides.gateway === undefined) await connected?.[Symbol.asyncDispose]?.();
      await store.close();
    },
  };
}

/** The merchant's config/dunning.yaml, or the one that Puntual brings along. */
async function readPolicies(cwd: string): Promise<ReadonlyMap<string, DunningPolicy>> {
  const { parseDunningFile } = await import("./adapters/files/dunning-file.ts");
  const own = path.join(cwd, "config", "dunning.yaml");
  const file = existsSync(own) ? own : path.join(import.meta.dirname, "..", "config", "dunning.yaml");
  return parseDunningFile(readFileSync(file, "utf8"), { fileName: "config/dunning.yaml" });
}
