/** Test files in the copy, in one process, one after the other, the first failure ends it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { TREE, WORK } from "./tree-copy.ts";

const CONFIG = path.join(TREE, "jest.mutation.config.js");
const REPORT = path.join(WORK, "report.json");
/** A promise that never settles is a change that was noticed. */
const TEST_TIMEOUT_MS = 60_000;

export type Outcome = {
  readonly is: "passed" | "failed" | "hung";
  /** The first failure, in jest's words. */
  readonly because: string;
  /** How long each file took, of those that passed; only of a run that is noted. */
  readonly passed: Readonly<Record<string, number>>;
};

export function writeConfig(): void {
  const source = `import { fast } from "./jest.config.js";
export default {
  ...fast,
  testSequencer: "<rootDir>/test/mutation/nearest-first.ts",
  setupFiles: [...fast.setupFiles, "<rootDir>/test/mutation/note-executed.ts"],
};
`;
  writeFileSync(CONFIG, source);
}

/** @param files in this order @param notes where to note what is executed; then no failure ends it @param limitMs the process is ended after so long */
export async function runTests(
  files: readonly string[],
  { limitMs, notes }: { readonly limitMs: number; readonly notes?: string },
): Promise<Outcome> {
  rmSync(REPORT, { force: true });
  const options = [
    "--runInBand",
    "--forceExit",
    "--silent",
    ...(notes === undefined ? ["--bail"] : ["--json", `--outputFile=${REPORT}`]),
  ];
  const child = spawn(
    path.join(TREE, "node_modules/.bin/node"),
    ["node_modules/jest/bin/jest.js", "--config", CONFIG, ...options, "--runTestsByPath", ...files],
    {
      cwd: TREE,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
        TEST_TIMEOUT_MS: String(TEST_TIMEOUT_MS),
        MUTATION_ORDER: files.join(","),
        ...(notes !== undefined && { MUTATION_NOTES: notes }),
      },
    },
  );
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
  const ended = new AbortController();
  const exit = once(child, "close").then(([code]) => (code === 0 ? "passed" : "failed") as Outcome["is"]);
  const limit = setTimeout(limitMs, "hung" as const, { signal: ended.signal }).catch(() => "hung" as const);
  const is = await Promise.race([exit, limit]);
  ended.abort();
  // What a test has started must not outlive it either.
  if (is === "hung" && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await exit;
  const failed = /^(?:FAIL \S+|\s+● .*)/m.exec(told)?.[0] ?? /^.*Error.*$/m.exec(told)?.[0] ?? "";
  return { is, because: failed.trim(), passed: passedOf() };
}

function passedOf(): Record<string, number> {
  if (!existsSync(REPORT)) return {};
  type Result = {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
  };
  const { testResults } = JSON.parse(readFileSync(REPORT, "utf8")) as { readonly testResults: readonly Result[] };
  const passed = testResults.filter(({ status }) => status === "passed");
  return Object.fromEntries(
    passed.map(({ name, startTime, endTime }) => [path.relative(TREE, name), endTime - startTime]),
  );
}
