/**
 * The one place that knows which adapter fills which port.
 *
 * Daemon, commands, demo and end-to-end tests all call it; a test hands in its own clock, chance or gateway.
 */
import type { BillLimits, BillNeeds } from "./application/run/bill-due.ts";
import type { Biller } from "./application/run/biller.ts";
import type { OutlookNeeds } from "./application/charging/outlook-rules.ts";
import type { GuardProber } from "./application/ports/doctor.ts";
import type { Gateway } from "./application/ports/gateway.ts";
import type { Clock, Log, Random } from "./application/ports/runtime.ts";
import type { OrderLister } from "./application/ports/reconcile.ts";
import type { DeliverNeeds } from "./application/notify/deliver-events.ts";
import type { Refunder } from "./application/ports/refunds.ts";
import type { SettleNeeds } from "./application/settling/settle-attempts.ts";
import type { OrderReader, WebhookSetup } from "./application/ports/webhooks.ts";
import { createBankCalendar } from "./adapters/bank-holidays.ts";
import { type ServerClock, serverClock, systemClock } from "./adapters/clock.ts";
import type { DunningSettings } from "./adapters/files/dunning-file.ts";
import { createLog } from "./adapters/log.ts";
import { systemRandom } from "./adapters/random.ts";
import type { DatabaseAccess } from "./adapters/store/dialect/database-access.ts";
import type { OpenTransaction } from "./adapters/store/dialect/postgres/open-transaction.ts";
import type { OpenedStore, StoreOptions } from "./adapters/store/store.ts";
import type { SyncFile } from "./adapters/store/dialect/late-sync.ts";
import { openSqliteStore } from "./adapters/store/sqlite-store.ts";
import { requireApiKey, type Config } from "./config.ts";
import type { DunningPolicy } from "./domain/dunning/dunning.ts";
import { ConfigurationInvalid, UsageInvalid } from "./domain/errors.ts";
import type { Text } from "./domain/language.ts";
import { said } from "./domain/refusals.ts";

export type AssembleOptions = {
  /** The folder that config/dunning.yaml is searched in. */
  readonly cwd: string;
  /** Holds the exclusive right to charge from this database until it is disposed of. */
  readonly charging: boolean;
  /** On PostgreSQL others may hold that right, too. */
  readonly besideOthers?: boolean;
  /** Whether the database may be made, changed, or only read. */
  readonly database: DatabaseAccess;
  /** On PostgreSQL: a transaction of the program's own, in which all of it happens; Conekta is not called from it. */
  readonly within?: OpenTransaction;
  /** Aborted when the process ends: what waits for Conekta to answer better is given up. */
  readonly stopping?: AbortSignal;
  /** Receives each line of the log. */
  readonly writeLog: (line: string) => void;
};

/** All that is asked of Conekta: no ability is optional, or an absent one could read as "safe". */
export type Conekta = Gateway & OrderReader & OrderLister & Refunder & WebhookSetup & GuardProber;

/** Most reads are over long before; those that hang take CONEKTA_TIMEOUT_MS. */
const READ_PATIENCE_MS = 2_000;
/** So that who is due does not wait for them. */
const REREADS_AT_A_TICK = 20;

export type Overrides = {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly gateway?: Conekta;
  /** How a read that is repeated waits; absent: by the machine's own time. */
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** How SQLite's log reaches the disk. */
  readonly syncFile?: SyncFile;
  /** Instead of config/dunning.yaml. */
  readonly dunning?: DunningSettings;
};

export type Assembly = AsyncDisposable & {
  readonly config: Config;
  /** Where its files are. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Omit<OpenedStore, "close">;
  readonly policies: ReadonlyMap<string, DunningPolicy>;
  /** Conekta, connected when it is first asked for. @throws {ConfigurationInvalid} there is no key */
  gateway(): Promise<Conekta>;
  /** What booking an outcome needs, for those who do not charge. */
  readonly settling: SettleNeeds;
  /** What saying when somebody is charged next needs. */
  readonly foreseeing: OutlookNeeds;
  /** What sending events needs, in the process that charges; null: events are not sent. */
  notifying(): Promise<DeliverNeeds | null>;
  /**
   * Takes the right to charge; whoever had it before charges nobody any more.
   * @param change of the configured limits, for this run
   * @throws {ConfigurationInvalid} no key, or a plan names a policy that does not exist
   */
  biller(change?: Partial<BillLimits>): Promise<Biller>;
};

/**
 * @throws {DatabaseUnusable} the database cannot be opened
 * @throws {AlreadyRunning} `charging`, and another process charges from it
 */
export async function assemble(config: Config, options: AssembleOptions, overrides: Overrides = {}): Promise<Assembly> {
  // Nodes on one server agree on the time: it is the server's.
  let onOff = (_byMs: number): void => {};
  const following = config.database.kind === "postgres" ? serverClock(systemClock, (byMs) => onOff(byMs)) : null;
  const clock = overrides.clock ?? following ?? systemClock;
  const random = overrides.random ?? systemRandom();
  const log = overrides.log ?? createLog({ ...config.log, write: options.writeLog });
  onOff = (byMs) =>
    log.warn("clock.follows_database", {
      byMs,
      because: "this machine's clock and the database's differ; what is due goes by the database's",
    });
  const { policies, bankHolidays, budgets } = overrides.dunning ?? (await dunningIn(options.cwd));
  const calendar = createBankCalendar(bankHolidays);
  const store = await openStore(config, {
    random,
    now: clock.now(),
    exclusive: options.charging && !(options.besideOthers === true && config.database.kind === "postgres"),
    access: options.database,
    leastCents: config.charging.minChargeCents,
    within: options.within,
    ...(overrides.syncFile && { syncFile: overrides.syncFile }),
    ...(following && { clock: following }),
  });
  for (const warning of config.warnings) log.warn("configuration.doubtful", { because: warning });

  let connected: (Conekta & Partial<AsyncDisposable>) | null = overrides.gateway ?? null;
  async function gateway(): Promise<Conekta> {
    if (options.within !== undefined) throw new UsageInvalid(said("no_call_within"));
    if (connected !== null) return connected;
    const apiKey = requireApiKey(config).reveal();
    const { conektaGateway } = await import("./adapters/conekta/gateway.ts");
    const { baseUrl, chargeFlow, timeoutMs, pciDssLevel1 } = config.conekta;
    const { concurrency } = config.charging;
    const made = conektaGateway({
      ...{ baseUrl, apiKey, timeoutMs, pciDssLevel1, proxy: config.proxy, clock, random, log },
      flow: chargeFlow,
      connections: concurrency,
      ...(options.stopping && { stopping: options.stopping }),
      ...(overrides.sleep && { sleep: overrides.sleep }),
    });
    connected = made;
    return made;
  }

  const { backoffMs, rechargeQuietMs, reconcileOffsetsMs: offsetsMs } = config.charging;
  const settling: SettleNeeds = {
    store,
    clock,
    random,
    log,
    policies,
    calendar,
    budgets,
    backoffMs,
    inquiries: { offsetsMs, rechargeQuietMs },
  };
  return {
    config,
    cwd: options.cwd,
    clock,
    random,
    log,
    store,
    policies,
    gateway,
    settling,
    foreseeing: {
      ...{ store, policies, budgets },
      limits: {
        maxCharges: config.charging.maxChargesPerRun,
        maxAmountCents: config.charging.maxAmountCentsPerRun,
        maxChargesPerCustomerPerDay: config.charging.maxChargesPerCustomerPerDay,
      },
    },
    async biller(change = {}) {
      const needed = new Set((await store.list("plans", {})).map(({ dunning }) => dunning));
      const missing = [...needed].filter((name) => !policies.has(name));
      if (missing.length > 0)
        throw new ConfigurationInvalid("config/dunning.yaml", [
          { where: "policies", what: `plans use ${missing.join(", ")}, which it does not define; add it` },
        ]);
      const { createBiller } = await import("./application/run/biller.ts");
      const { CircuitBreaker } = await import("./application/settling/circuit-breaker.ts");
      const { charging, conekta } = config;
      const conektaSide = await gateway();
      const needs: BillNeeds = {
        ...settling,
        gateway: conektaSide,
        webhooks: { inbox: store.inbox, orders: conektaSide },
        sweep: { lister: conektaSide, records: store.sweep, inbox: store.inbox, flow: conekta.chargeFlow },
        breaker: new CircuitBreaker(),
        duties: store.duties,
        shared: store.shared,
      };
      return createBiller(needs, await store.takeOver(random.newId("own", clock.now())), {
        flow: conekta.chargeFlow,
        concurrency: charging.concurrency,
        ratePerSecond: charging.ratePerSecond,
        leaseMs: charging.leaseMs,
        readPatienceMs: READ_PATIENCE_MS,
        askedCharges: null,
        maxCharges: charging.maxChargesPerRun,
        maxAmountCents: charging.maxAmountCentsPerRun,
        maxChargesPerCustomerPerDay: charging.maxChargesPerCustomerPerDay,
        timeoutMs: conekta.timeoutMs,
        pendingMaxHours: charging.pendingMaxHours,
        rereadsAtATick: REREADS_AT_A_TICK,
        ...change,
      });
    },
    async notifying() {
      if (config.notify === null) return null;
      const { standardWebhooks } = await import("./adapters/notifier/standard-webhooks.ts");
      const { rowOf } = await import("./adapters/conekta/declines.ts");
      const secrets = config.notify.secrets.map((secret) => secret.reveal());
      const notifier = standardWebhooks({ url: config.notify.url.reveal(), secrets, proxy: config.proxy });
      const { outbox, duties } = store;
      return { outbox, duties, notifier, declineText: (code) => textsOf(rowOf(code)), clock, random, log };
    },
    async [Symbol.asyncDispose]() {
      if (overrides.gateway === undefined) await connected?.[Symbol.asyncDispose]?.();
      await store.close();
    },
  };
}

async function openStore(
  { database, charging }: Config,
  {
    clock,
    within,
    syncFile,
    ...options
  }: StoreOptions &
    Pick<Overrides, "syncFile"> & { readonly clock?: ServerClock; readonly within: OpenTransaction | undefined },
): Promise<OpenedStore> {
  if (database.kind === "sqlite" && within !== undefined)
    throw new UsageInvalid("a transaction is taken on PostgreSQL alone; databaseUrl names a file of SQLite");
  if (database.kind === "sqlite") {
    return await openSqliteStore({ ...options, ...(syncFile && { syncFile }), databasePath: database.path });
  }
  const { openPostgresStore } = await import("./adapters/store/postgres-store.ts");
  return await openPostgresStore({ ...options, database, leaseMs: charging.leaseMs, within, ...(clock && { clock }) });
}

function textsOf(row: Text | null): Text | null {
  return row && { es: row.es, en: row.en };
}

async function dunningIn(cwd: string): Promise<DunningSettings> {
  const { readDunning } = await import("./adapters/files/find-dunning-file.ts");
  return readDunning(cwd);
}
