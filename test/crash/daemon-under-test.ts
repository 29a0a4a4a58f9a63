/**
 * The real daemon, kept alive: by a loop that starts it again, or by the real pm2.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { startPuntual, until, type RunningProcess } from "../daemon/real-process.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const PM2 = path.join(ROOT, "node_modules", ".bin", "pm2");
const run = promisify(execFile);

export type DaemonUnderTest = {
  /** Returns when a process is there; it need not be ready. */
  start(): Promise<void>;
  /** Nothing of it runs any more when this returns. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** What the last process has said. */
  output(): string;
  /** Gently. @throws when it does not end with 0 */
  stop(): Promise<void>;
};

export type Surroundings = { readonly cwd: string; readonly env: Readonly<Record<string, string>> };

export function keptByLoop(surroundings: Surroundings): DaemonUnderTest {
  let running: RunningProcess | null = null;
  const current = (): RunningProcess => {
    if (running === null) throw new Error("nothing was started");
    return running;
  };
  return {
    async start() {
      running = startPuntual(["start"], surroundings);
    },
    async kill() {
      current().process.kill("SIGKILL");
      const { signal, code, output } = await current().ended;
      // A daemon that ends by itself is a bug that no kill may hide.
      if (signal !== "SIGKILL" && code !== 0) throw new Error(`the daemon ended with ${code}: ${output.slice(-2000)}`);
    },
    signal: (signal) => void current().process.kill(signal),
    output: () => current().output(),
    async stop() {
      current().process.kill("SIGTERM");
      const { code, output } = await current().ended;
      if (code !== 0) throw new Error(`the daemon ended with ${code}: ${output.slice(-2000)}`);
    },
  };
}

/** The shipped file but for its name, its logs, and its wait, which would grow with each kill. */
export function keptByPm2({ cwd, env }: Surroundings, databasePath: string): DaemonUnderTest {
  const file = path.join(cwd, "ecosystem.config.cjs");
  const log = path.join(cwd, "out.log");
  let pid = 0;
  let killed = 0;

  const pm2 = (args: readonly string[]) =>
    run(PM2, [...args], {
      cwd,
      env: { PATH: process.env["PATH"], HOME: cwd, PM2_HOME: path.join(cwd, "pm2"), HTTP_PORT: "", ...env },
    });
  const livingPid = (): number => {
    const pidFile = `${databasePath}.pid`;
    const written = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0;
    return written > 0 && written !== killed && isAlive(written) ? written : 0;
  };
  return {
    async start() {
      if (killed === 0) {
        const { apps } = (await import(path.join(ROOT, "ecosystem.config.js"))) as { readonly apps: readonly object[] };
        const change = { cwd, out_file: log, error_file: log, exp_backoff_restart_delay: 0, restart_delay: 1 };
        writeFileSync(file, `module.exports = ${JSON.stringify({ apps: [{ ...apps[0], ...change }] })};\n`);
        await pm2(["start", file]);
      }
      await until(() => livingPid() > 0, "pm2 to start the daemon again");
      pid = livingPid();
    },
    async kill() {
      killed = pid;
      if (isAlive(pid)) process.kill(pid, "SIGKILL");
      await until(() => !isAlive(pid), "the daemon to be dead");
    },
    signal: (signal) => void (isAlive(pid) && process.kill(pid, signal)),
    output: () => (existsSync(log) ? readFileSync(log, "utf8") : ""),
    async stop() {
      await pm2(["stop", "puntual"]);
      await pm2(["kill"]);
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
