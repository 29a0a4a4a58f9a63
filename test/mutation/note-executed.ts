/**
 * Read first by the process that runs all test files once, unchanged: notes which spans of which file each executes.
 *
 * Counted by V8 while the next test file is about to define its first test. What runs while modules load belongs to
 * nobody here; `executed.ts` finds its tests by their imports.
 */
import { appendFileSync } from "node:fs";
import { Session, type Profiler } from "node:inspector";
import type { expect as Expect } from "@jest/globals";
import { addEventHandler } from "jest-circus";

const noted = process.env["MUTATION_NOTES"];
const session = new Session();
let current: string | undefined;

if (noted !== undefined) {
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  addEventHandler(({ name }) => {
    if (name !== "add_test") return;
    // A global by then; `@jest/globals` cannot be read before the runner has set it.
    const { testPath } = (globalThis as unknown as { expect: typeof Expect }).expect.getState();
    if (testPath === current) return;
    note(noted);
    current = testPath;
  });
  process.on("exit", () => note(noted));
}

function note(file: string): void {
  const spans: Record<string, (readonly [number, number, number])[]> = {};
  session.post("Profiler.takePreciseCoverage", (_, { result }) => {
    for (const { url, functions } of result) {
      const source = /\/tree\/(src\/.*\.ts)$/.exec(url)?.[1];
      if (source !== undefined) spans[source] = functions.flatMap(spansOf);
    }
  });
  if (current !== undefined) appendFileSync(file, `${JSON.stringify({ test: current, spans })}\n`);
}

/** The function's own span first, then its blocks, of which the innermost counts. A module's own span is left out. */
function spansOf({ functionName, ranges }: Profiler.FunctionCoverage): (readonly [number, number, number])[] {
  const isModule = functionName === "" && ranges[0]?.startOffset === 0;
  return isModule ? [] : ranges.map(({ startOffset, endOffset, count }) => [startOffset, endOffset, count] as const);
}
