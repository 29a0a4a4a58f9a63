/** The command as a process of its own, for what only a process has: signals, a pid, and an exit code of the shell's. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";
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
