/**
 * Configuration: the environment (process and `.env`) → Config, with every fault reported at once.
 *
 * `process.env` is read here and nowhere else. Reading is split from judging: `readEnv` collects texts,
 * `envToConfig` is pure. A secret's value never appears in a message.
 */
import type { KeyObject } from "node:crypto";

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { readTextFile, TextFileUnusable } from "./adapters/files/text-file.ts";
import { Complaint } from "./config/complaint.ts";
import type { PostgresDatabase } from "./adapters/store/dialect/postgres/server-settings.ts";
import type { Database, SqliteDatabase } from "./config/database-url.ts";
import { type Env, readEnv, warningsAbout } from "./config/environment.ts";
import { type Proxy, proxyFaults, proxyOf } from "./config/proxy.ts";
import type { Secret } from "./config/secret.ts";
import { isLoopback, MAKE_NOTIFY_SECRET, type Variable, type VariableName, VARIABLES } from "./config/variables.ts";
import type { ChargeFlow } from "./domain/ways-to-pay.ts";
import { ConfigurationInvalid, type InputFault } from "./domain/errors.ts";
import type { Language, Text } from "./domain/language.ts";

export type Config = {
  readonly conekta: {
    /** Null: not given; commands that never talk to the gateway work without. @see requireApiKey */
    readonly apiKey: Secret | null;
    /** Without a slash at its end. */
    readonly baseUrl: string;
    readonly chargeFlow: ChargeFlow;
    readonly timeoutMs: number;
    /** The merchant declares it, and only then raw card data is taken. */
    readonly pciDssLevel1: boolean;
    /** Any of them may have signed a webhook; none: no webhook is taken. */
    readonly webhookPublicKeys: readonly KeyObject[];
  };
  readonly charging: {
    readonly concurrency: number;
    /** 0: no limit. */
    readonly ratePerSecond: number;
    readonly leaseMs: number;
    readonly rechargeQuietMs: number;
    readonly backoffMs: number;
    readonly pendingMaxHours: number;
    readonly minChargeCents: number;
    readonly maxChargesPerCustomerPerDay: number;
    /** Null: no limit. */
    readonly maxChargesPerRun: number | null;
    /** Null: no limit. */
    readonly maxAmountCentsPerRun: number | null;
    /** When to ask for a charge whose answer was lost: ascending offsets from its sending. */
    readonly reconcileOffsetsMs: readonly number[];
  };
  /** Null: calls go out directly. */
  readonly proxy: Proxy | null;
  /** The path of a file is absolute, or ":memory:". */
  readonly database: Database;
  readonly billing: { readonly cron: string; readonly timeZone: string };
  /** Requested with GET after each completed tick; null: no heartbeat. */
  readonly heartbeatUrl: Secret | null;
  /** The receiver of events, and the secrets that sign them; null: events are not sent. */
  readonly notify: { readonly url: Secret; readonly secrets: readonly Secret[] } | null;
  /** Null: the daemon listens nowhere. */
  readonly http: { readonly host: string; readonly port: number; readonly adminToken: Secret | null } | null;
  readonly api: {
    /** Of one key; 0: no limit. */
    readonly ratePerSecond: number;
  };
  readonly log: { readonly level: "error" | "warn" | "info" | "debug"; readonly format: "json" | "pretty" };
  /** What looks like a mistake but stops nothing: one sentence each. */
  readonly warnings: readonly string[];
  /** What of its surroundings gives a secret away, or lets others listen: said by whoever starts, and by the doctor. */
  readonly dangers: readonly Text[];
};

type Surroundings = {
  /** Relative paths are resolved against it. */
  readonly cwd: string;
  /** Decides the log's format when LOG_FORMAT is not set. */
  readonly isTerminal: boolean;
  /** Decides the log's level when LOG_LEVEL is not set. */
  readonly logLevel?: Config["log"]["level"];
  /** A missing CONEKTA_API_KEY is one of the faults: nothing is opened or made before it is known. */
  readonly needsApiKey?: boolean;
};

type Variables = Readonly<Record<string, string | undefined>>;

type Around = Omit<Surroundings, "isTerminal"> & {
  readonly isTerminal?: boolean;
  /** Null or none: the process's own. */
  readonly env?: Variables | null;
};

/** @throws {ConfigurationInvalid} with every fault of the environment */
export function loadConfig({ cwd, env: given, isTerminal = process.stdout.isTTY, ...rest }: Around): Config {
  const dotEnv = readDotEnv(join(cwd, ".env"));
  const env = readEnv(given ?? process.env, dotEnv, (path) => readTextFile(resolve(cwd, path)));
  const config = envToConfig(env, { cwd, isTerminal, ...rest });
  return { ...config, dangers: dangersAround(given ?? process.env, join(cwd, ".env")) };
}

/** What no variable of ours says. Windows has no such modes. */
function dangersAround(env: Variables, dotEnvPath: string): readonly Text[] {
  const dangers: Text[] = [];
  const mode = process.platform === "win32" ? undefined : statSync(dotEnvPath, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined && (mode & 0o077) !== 0)
    dangers.push({
      en: `others can read ${dotEnvPath}, which holds the key (mode ${(mode & 0o777).toString(8)}); do: chmod 600 ${dotEnvPath}`,
      es: `otros pueden leer ${dotEnvPath}, que tiene la llave (modo ${(mode & 0o777).toString(8)}); haga: chmod 600 ${dotEnvPath}`,
    });
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0")
    dangers.push({
      en: "NODE_TLS_REJECT_UNAUTHORIZED=0: whoever stands between can pose as Conekta and read the key; take it out",
      es: "NODE_TLS_REJECT_UNAUTHORIZED=0: quien esté en medio puede pasar por Conekta y leer la llave; quítelo",
    });
  return dangers;
}

/** What the person at this terminal reads, by LC_ALL, LC_MESSAGES or LANG; English where they say neither. */
export function languageOfTerminal(given: Variables | null): Language {
  const env = given ?? process.env;
  const locale = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  return /^es(_|-|\.|$)/i.test(locale) ? "es" : "en";
}

/** `npx puntual …`: npm and a shell stand between the signal and this process. */
export function isStartedByNpx(env: Variables | null): boolean {
  return (env ?? process.env)["npm_command"] === "exec";
}

/** Needed before the gateway is called. @throws {ConfigurationInvalid} when there is no key */
export function requireApiKey(config: Config): Secret {
  if (config.conekta.apiKey !== null) return config.conekta.apiKey;
  throw invalid([NO_API_KEY]);
}

const NO_API_KEY: InputFault = {
  where: "CONEKTA_API_KEY",
  what: "missing, and this command talks to Conekta; put the private key of your Conekta panel into .env, or its file into CONEKTA_API_KEY_FILE",
};

/** Needed before events are sent again. @throws {ConfigurationInvalid} without NOTIFY_URL */
export function requireNotify(config: Config): NonNullable<Config["notify"]> {
  if (config.notify !== null) return config.notify;
  throw invalid([
    {
      where: "NOTIFY_URL",
      what: "missing, so nobody is told anything; write the address that is to be told into .env",
    },
  ]);
}

/**
 * Pure: the same texts give the same configuration.
 * @throws {ConfigurationInvalid} with every fault at once
 */
export function envToConfig(env: Env, { cwd, isTerminal, logLevel, needsApiKey = false }: Surroundings): Config {
  const { values: given, faults } = readVariables(env);
  faults.unshift(...env.faults);
  faults.push(...proxyFaults(env));

  // A fault in a given value has been reported already. A place is like "ADMIN_TOKEN_FILE (.env)".
  const isMissing = (name: "ADMIN_TOKEN" | "CONEKTA_API_KEY" | "NOTIFY_SECRET"): boolean =>
    given[name] === null && !faults.some(({ where }) => where.startsWith(name));

  if (needsApiKey && isMissing("CONEKTA_API_KEY")) faults.push(NO_API_KEY);
  const timeoutMs = given.CONEKTA_TIMEOUT_MS;
  if (given.LEASE_MS < 2 * timeoutMs) {
    faults.push({
      where: "LEASE_MS",
      what: `${given.LEASE_MS} is less than twice CONEKTA_TIMEOUT_MS (${timeoutMs}): a charge could still be under way when its lease ends; write at least ${2 * timeoutMs}`,
    });
  }
  if (given.RECHARGE_QUIET_MS < timeoutMs) {
    faults.push({
      where: "RECHARGE_QUIET_MS",
      what: `${given.RECHARGE_QUIET_MS} is less than CONEKTA_TIMEOUT_MS (${timeoutMs}): a charge could still arrive; write at least ${timeoutMs}`,
    });
  }
  if (given.HTTP_PORT !== null && !isLoopback(given.HTTP_HOST) && isMissing("ADMIN_TOKEN")) {
    faults.push({
      where: "ADMIN_TOKEN",
      what: `missing, and HTTP_HOST=${given.HTTP_HOST} is open to other machines; make one with "openssl rand -hex 32", or write HTTP_HOST=127.0.0.1, or HTTP_PORT= to listen nowhere`,
    });
  }
  if (given.NOTIFY_URL !== null && isMissing("NOTIFY_SECRET")) {
    faults.push({
      where: "NOTIFY_SECRET",
      what: `missing, and NOTIFY_URL could not know that it is Puntual who calls; ${MAKE_NOTIFY_SECRET}`,
    });
  }
  if (faults.length > 0) throw invalid(faults);

  return {
    conekta: {
      apiKey: given.CONEKTA_API_KEY,
      baseUrl: given.CONEKTA_BASE_URL,
      chargeFlow: given.CONEKTA_CHARGE_FLOW,
      timeoutMs,
      pciDssLevel1: given.CONEKTA_PCI_DSS_LEVEL_1 === "true",
      webhookPublicKeys: given.CONEKTA_WEBHOOK_PUBLIC_KEY ?? [],
    },
    charging: {
      concurrency: given.CHARGE_CONCURRENCY,
      ratePerSecond: given.CHARGE_RATE_PER_SECOND,
      leaseMs: given.LEASE_MS,
      rechargeQuietMs: given.RECHARGE_QUIET_MS,
      backoffMs: given.BACKOFF_MS,
      pendingMaxHours: given.PENDING_MAX_HOURS,
      minChargeCents: given.MIN_CHARGE_CENTS,
      maxChargesPerCustomerPerDay: given.MAX_CHARGES_PER_CUSTOMER_PER_DAY,
      maxChargesPerRun: given.MAX_CHARGES_PER_RUN,
      maxAmountCentsPerRun: given.MAX_AMOUNT_CENTS_PER_RUN,
      reconcileOffsetsMs: given.RECONCILE_SCHEDULE,
    },
    proxy: proxyOf(env),
    database: placed(given.DATABASE_URL, cwd, given.DATABASE_POOL),
    billing: { cron: given.BILLING_CRON, timeZone: given.BILLING_TIME_ZONE },
    heartbeatUrl: given.HEARTBEAT_URL,
    notify:
      given.NOTIFY_URL === null || given.NOTIFY_SECRET === null
        ? null
        : { url: given.NOTIFY_URL, secrets: given.NOTIFY_SECRET },
    http:
      given.HTTP_PORT === null ? null : { host: given.HTTP_HOST, port: given.HTTP_PORT, adminToken: given.ADMIN_TOKEN },
    api: { ratePerSecond: given.API_RATE_PER_SECOND },
    log: {
      level: isGiven(env, "LOG_LEVEL") ? given.LOG_LEVEL : (logLevel ?? given.LOG_LEVEL),
      format: given.LOG_FORMAT ?? (isTerminal ? "pretty" : "json"),
    },
    warnings: warningsAbout(env),
    dangers: [],
  };
}

function placed(database: SqliteDatabase | Omit<PostgresDatabase, "pool">, cwd: string, pool: number): Database {
  if (database.kind === "postgres") return { ...database, pool };
  const path = database.path === ":memory:" ? ":memory:" : resolve(cwd, database.path);
  return { ...database, path, name: path };
}

type Values = {
  readonly [Name in VariableName]: Exclude<ReturnType<(typeof VARIABLES)[Name]["read"]>, Complaint> | DefaultOf<Name>;
};
/** A variable without a default may be missing: null. */
type DefaultOf<Name extends VariableName> = (typeof VARIABLES)[Name]["default"] extends string ? never : null;

/** A variable with a fault has its default among the values, so that the rest can be checked, too. */
function readVariables(env: Env): { values: Values; faults: InputFault[] } {
  const faults: InputFault[] = [];
  const values = Object.entries<Variable<unknown>>(VARIABLES).map(([name, variable]) => {
    const byDefault = variable.default === null ? null : variable.read(variable.default);
    const entry = env.entries.get(name);
    if (entry === undefined || (entry.text === "" && variable.emptyIsAValue !== true)) return [name, byDefault];

    const value = variable.read(entry.text);
    if (!(value instanceof Complaint)) return [name, value];
    faults.push({ where: `${name} (${entry.from})`, what: value.what });
    return [name, byDefault];
  });
  return { values: Object.fromEntries(values) as Values, faults };
}

function isGiven(env: Env, name: VariableName): boolean {
  return (env.entries.get(name)?.text ?? "") !== "";
}

function invalid(faults: readonly InputFault[]): ConfigurationInvalid {
  return new ConfigurationInvalid("The environment is not valid", faults);
}

function readDotEnv(path: string): string | null {
  try {
    return readTextFile(path);
  } catch (error) {
    if (error instanceof TextFileUnusable) throw invalid([{ where: path, what: error.what }]);
    throw error;
  }
}
