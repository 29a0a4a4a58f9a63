/**
 * The real command in a process of its own, as a person or a script starts it: nothing of it is called from here.
 *
 * Its environment holds only what a test gives it, so that no key or setting of the machine takes part.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";

export type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

export type Surroundings = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
};

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const NODE = path.join(ROOT, "node_modules", "node", "bin", "node");
export const PUNTUAL = fileURLToPath(new URL("../../src/entrypoints/cli/puntual.js", import.meta.url));

/** Well over what any of them takes: one that should have failed and serves instead must not outlive its test. */
const LONGEST_MS = 120_000;

export function start(args: readonly string[], { cwd, env = {} }: Surroundings, node = NODE): ChildProcess {
  const surroundings = { cwd, env: { PATH: "/usr/bin:/bin", HTTP_PORT: "", ...env } };
  return spawn(node, [PUNTUAL, ...args], { ...surroundings, timeout: LONGEST_MS });
}

/** Runs a command to its end. */
export async function puntual(args: readonly string[], surroundings: Surroundings, node = NODE): Promise<Ended> {
  const child = start(args, surroundings, node);
  child.stdin?.end(surroundings.stdin ?? "");
  return await ended(child);
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

/** The one JSON document on standard output; whatever else stands there is a failure. */
export function documentOf({ exitCode, stdout, stderr }: Ended): unknown {
  if (stdout === "") throw new Error(`nothing on standard output (exit code ${exitCode}): ${stderr}`);
  return JSON.parse(stdout);
}
