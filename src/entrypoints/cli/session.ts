/**
 * What every command that needs the database goes through: configuration, an open assembly, and its orderly end.
 *
 * Logs go to standard error, warnings and worse unless LOG_LEVEL says otherwise: a command's own words tell the rest.
 */
import type { Assembly, Overrides } from "../../assemble.ts";
import { type DatabaseAccess, MEMORY } from "../../adapters/store/dialect/database-access.ts";
import type { Config } from "../../config.ts";
import { printNote } from "./print.ts";
import { showTimesIn, terminal } from "./terminal.ts";

/** @param options `needsApiKey`: where it is missing, that is told with all the other faults */
export async function readConfig({ needsApiKey = false } = {}): Promise<Config> {
  const { loadConfig } = await import("../../config.ts");
  const { cwd, env, stdout } = terminal();
  const config = loadConfig({ cwd, env, isTerminal: stdout.isTTY === true, logLevel: "warn", needsApiKey });
  showTimesIn(config.billing.timeZone);
  return config;
}

export type SessionOptions = {
  /** By default it must be there, and may be changed. */
  readonly database?: DatabaseAccess;
  /** Takes the exclusive right to charge. */
  readonly charging?: boolean;
  /** On PostgreSQL others may charge, too. */
  readonly besideOthers?: boolean;
  readonly overrides?: Overrides;
  /** When somebody had to look at it before. */
  readonly config?: Config;
};

export async function withStore<Result>(
  work: (app: Assembly) => Promise<Result>,
  { database = "write", charging = false, besideOthers = false, overrides = {}, config }: SessionOptions = {},
): Promise<Result> {
  const settings = config ?? (await readConfig());
  const { assemble } = await import("../../assemble.ts");
  const options = { cwd: terminal().cwd, charging, besideOthers, database, writeLog };
  await using app = await assemble(settings, options, overrides);
  if (app.store.isNew && settings.database.name !== MEMORY) printNote(`Made the database ${settings.database.name}.`);
  return await work(app);
}

/** For commands that only look: they need no right to write, and change nothing. */
export async function readStore<Result>(
  work: (app: Assembly) => Promise<Result>,
  options: Pick<SessionOptions, "config"> = {},
): Promise<Result> {
  return await withStore(work, { ...options, database: "read" });
}

export function writeLog(line: string): void {
  terminal().stderr.write(line);
}
