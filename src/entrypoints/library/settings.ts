/**
 * The settings of a program that uses Puntual as a library: those of the environment, under names of JavaScript.
 *
 * Nothing of the process is read: neither its environment nor `.env`, so that several instances live in one process.
 */
import path from "node:path";
import { createLog } from "../../adapters/log.ts";
import { redact, redactText } from "../../adapters/redact.ts";
import { readTextFile } from "../../adapters/files/text-file.ts";
import type { Log } from "../../application/ports/runtime.ts";
import { type Config, envToConfig } from "../../config.ts";
import { readEnv } from "../../config/environment.ts";
import { VARIABLES, type VariableName } from "../../config/variables.ts";
import { UsageInvalid } from "../../domain/errors.ts";

type CamelOf<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<CamelOf<Rest>>}`
  : Lowercase<Name>;

/** Every variable of docs/configuration.md: `DATABASE_URL` is `databaseUrl`. */
type Variables = {
  readonly [Name in Exclude<VariableName, "HTTP_HOST" | "HTTP_PORT" | "ADMIN_TOKEN"> as CamelOf<Name>]?:
    string | number | boolean | undefined;
};

export type Http = { readonly port: number; readonly host?: string; readonly adminToken?: string };

export type Settings = Variables & {
  /** Needed: nothing is charged from a database that nobody named. */
  readonly databaseUrl: string;
  /** Where the runner answers webhooks, health and metrics; false, as where it is left out: nowhere. */
  readonly http?: Http | false;
  /** The folder of config/dunning.yaml and config/fiscal.yaml, and of relative paths; by default the process's. */
  readonly cwd?: string;
  /** Receives what is logged, without keys, cards and e-mails; by default warnings go to standard error, as JSON. */
  readonly logger?: Log;
};

const OWN = new Set(["http", "cwd", "logger"]);

/** @throws {ConfigurationInvalid} with every fault @throws {UsageInvalid} a name that means nothing */
export function configOf(settings: Settings): Config {
  const names = new Map(Object.keys(VARIABLES).map((name) => [camel(name), name]));
  const { http = false } = settings;
  const values: Record<string, string> = {
    HTTP_PORT: "",
    ...(http !== false && {
      ...{ HTTP_PORT: String(http.port), HTTP_HOST: http.host ?? "", ADMIN_TOKEN: http.adminToken ?? "" },
    }),
  };
  for (const [key, value] of Object.entries<unknown>(settings)) {
    if (OWN.has(key) || value === undefined || value === null) continue;
    const name = names.get(key);
    if (name === undefined) throw new UsageInvalid(`there is no setting ${key}; docs/library.md lists all`);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw new UsageInvalid(`the setting ${key} is no text, number or boolean`);
    values[name] = String(value);
  }
  if (values["DATABASE_URL"] === undefined) throw new UsageInvalid("the setting databaseUrl is missing");
  const cwd = cwdOf(settings);
  const env = readEnv(values, null, (file) => readTextFile(path.resolve(cwd, file)));
  return envToConfig(env, { cwd, isTerminal: false, logLevel: "warn" });
}

export function cwdOf({ cwd = process.cwd() }: Pick<Settings, "cwd">): string {
  return path.resolve(cwd);
}

/** A logger that throws stops no charge. */
export function logOf({ logger }: Pick<Settings, "logger">, config: Config): Log {
  if (logger === undefined) return createLog({ ...config.log, write: (line) => void process.stderr.write(line) });
  const at =
    (level: keyof Log): Log[keyof Log] =>
    (event, fields = {}) => {
      try {
        logger[level](redactText(event), redact(fields));
      } catch {
        // It is the program's own, and so is what it loses.
      }
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function camel(name: string): string {
  return name.toLowerCase().replaceAll(/_(.)/g, (_match, letter: string) => letter.toUpperCase());
}
