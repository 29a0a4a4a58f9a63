/** The real program as a child process, for tests that kill it. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = path.join(import.meta.dirname, "..", "..");
export const NODE = path.join(ROOT, "node_modules", ".bin", "node");
export const PUNTUAL = path.join(ROOT, "src", "entrypoints", "cli", "puntual.js");

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly output: string };

export type RunningProcess = {
  readonly process: ChildProcess;
  readonly pid: number;
  output(): string;
  readonly ended: Promise<Ended>;
};

/** Nothing of the machine's own environment reaches the program but the path. */
export function startPuntual(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): RunningProcess {
  const child = spawn(NODE, [PUNTUAL, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HTTP_PORT: "", LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code, signal) => resolve({ code, signal, output })));
  return { process: child, pid: child.pid ?? 0, output: () => output, ended };
}

/** Waits for something that will happen, however slow the machine is. */
export async function until(happened: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  while (!(await happened())) {
    if (performance.now() > giveUpAt) throw new Error(`waited a minute in vain for: ${what}`);
    await sleep(10);
  }
}
