/**
 * What every command that needs the books goes through: configuration, an open assembly, and its orderly end.
 *
 * Logs go to standard error, warnings and worse unless LOG_LEVEL says otherwise: a command's own words tell the rest.
 */
import type { Assembly, Overrides } from "../../assemble.ts";
import type { Config } from "../../config.ts";
import { terminal } from "./terminal.ts";

export async function readConfig(): Promise<Config> {
  const { loadConfig } = await import("../../config.ts");
  const { cwd, env, stdout } = terminal();
  return loadConfig({ cwd, env, isTerminal: stdout.isTTY === true, logLevel: "warn" });
}

type SessionOptions = {
  /** Takes the exclusive right to charge. */
  readonly charging?: boolean;
  readonly overrides?: Overrides;
  /** When somebody had to look at it before. */
  readonly config?: Config;
};

export async function withStore<Result>(
  work: (app: Assembly) => Promise<Result>,
  { charging = false, overrides = {}, config }: SessionOptions = {},
): Promise<Result> {
  const settings = config ?? (await readConfig());
  const { assemble } = await import("../../assemble.ts");
  await using app = await assemble(settings, { cwd: terminal().cwd, charging, writeLog }, overrides);
  return await work(app);
}

export function writeLog(line: string): void {
  terminal().stderr.write(line);
}
