/** The command as a process of its own, for what only a process has: signals, a pid, and an exit code of the shell's. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ended, Surroundings } from "../support/command.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const NODE = path.join(ROOT, "node_modules", "node", "bin", "node");
export const PUNTUAL = fileURLToPath(new URL("../../src/entrypoints/cli/puntual.js", import.meta.url));

/** Well over what any of them takes: one that should have failed and serves instead must not outlive its test. */
const LONGEST_MS = 120_000;

export function start(args: readonly string[], { cwd, env = {} }: Omit<Surroundings, "stdin">): ChildProcess {
  const surroundings = { cwd, env: { PATH: "/usr/bin:/bin", HTTP_PORT: "", ...env } };
  return spawn(NODE, [PUNTUAL, ...args], { ...surroundings, timeout: LONGEST_MS });
}

/**
 * Kills the command in the middle of its work, however fast the machine is.
 * @param isFar asked again and again; where it throws, what it looks at is not there yet
 * @returns what ended it: SIGKILL, or null where it was done before
 */
export async function killedOnceSo(
  args: readonly string[],
  surroundings: Omit<Surroundings, "stdin">,
  isFar: () => boolean | Promise<boolean>,
): Promise<NodeJS.Signals | null> {
  const child = start(args, surroundings);
  child.stdout?.resume();
  child.stderr?.resume();
  const ending = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on("close", (_code, signal) => resolve(signal));
  });
  const isFarNow = async (): Promise<boolean> => {
    try {
      return await isFar();
    } catch {
      return false;
    }
  };
  while (child.exitCode === null && !(await isFarNow())) await sleep(2);
  child.kill("SIGKILL");
  return await ending;
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { exitCode, ...output };
}
