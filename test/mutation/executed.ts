/**
 * Which test files can notice a change at a point: those that execute it, as noted by one run of all of them.
 *
 * What runs while a module loads (its constants and tables) is noted for nobody; there the imports are followed, and
 * a test counts when it executes anything of a file that imports the changed one.
 *
 * What was noted of an older tree is good for a while, too: of a source that changed since, every test counts that executed
 * anything of it; a test that changed since counts where it stands beside the source, or imports it.
 */
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import type { MutationPoint } from "./mutation-points.ts";
import { runTests } from "./run-tests.ts";
import { type Fingerprints, read, TREE, WORK } from "./tree-copy.ts";

type Span = readonly [start: number, end: number, count: number];
type Noted = { readonly test: string; readonly ms: number; readonly spans: Readonly<Record<string, readonly Span[]>> };

/** Its seeds are pinned, so that any change of what is decided moves them: no proof that a rule is demanded. */
const LEFT_OUT = /^test\/(simulation\/planted|mutation|docs)\//;
const NOTES = path.join(WORK, "executed.jsonl");
const DURATIONS = path.join(WORK, "durations.json");
const LIMIT_MS = 10 * 60_000;
const KEY = path.join(WORK, "executed.json");

export class Executed {
  readonly #noted: readonly Noted[];
  readonly #isChanged: (file: string) => boolean;
  readonly #importers = importersOf(globSync("{src,test}/**/*.ts", { cwd: TREE }));

  private constructor(noted: readonly Noted[], isChanged: (file: string) => boolean) {
    this.#noted = noted;
    this.#isChanged = isChanged;
  }

  /**
   * Runs all tests once where the tree is not the one of the last time. A file that fails as it is judges nothing.
   * A folder at a time has a process of its own: a test that hangs there costs its folder alone.
   *
   * @param isLastGood what was noted the last time will do, whatever changed since
   */
  static async of(fingerprints: Fingerprints, isLastGood: boolean): Promise<Executed> {
    const key = JSON.stringify(fingerprints);
    if (!existsSync(KEY) || !(isLastGood || readFileSync(KEY, "utf8") === key)) {
      rmSync(NOTES, { force: true });
      const files = globSync("{src,test}/**/*.test.ts", { cwd: TREE }).filter(isJudge);
      const durations: Record<string, number> = {};
      for (const folder of Map.groupBy(files, (file) => file.split("/", 2).join("/")).values()) {
        const { is, because, passed } = await runTests(folder, { limitMs: LIMIT_MS, notes: NOTES });
        if (is !== "passed")
          process.stderr.write(`as it is, ${is}: ${because || folder.join(", ")}; it judges nothing\n`);
        Object.assign(durations, passed);
      }
      writeFileSync(DURATIONS, JSON.stringify(durations));
      writeFileSync(KEY, key);
    }
    const durations = JSON.parse(readFileSync(DURATIONS, "utf8")) as Readonly<Record<string, number>>;
    const lines = readFileSync(NOTES, "utf8").trim().split("\n");
    const noted = lines.flatMap((line) => {
      const { test, spans } = JSON.parse(line) as Noted;
      const file = test.split("/tree/").at(-1) ?? "";
      const ms = durations[file];
      return ms === undefined ? [] : { test: file, spans, ms };
    });
    const were = JSON.parse(readFileSync(KEY, "utf8")) as Fingerprints;
    return new Executed(noted, (file) => were[file] !== fingerprints[file]);
  }

  /** @returns test files: `near` those beside it and those that changed since, of `others` the quickest first; and how long all take */
  testsOf({ file, start }: Pick<MutationPoint, "file" | "start">): { near: string[]; others: string[]; ms: number } {
    const isLoading = !this.#noted.some(({ spans }) =>
      (spans[file] ?? []).some(([from, to]) => from <= start && start < to),
    );
    const nearby = new Set([file, ...(this.#importers.get(file) ?? [])]);
    const noticing = this.#noted.filter(({ test, spans }) => {
      if (this.#isChanged(file)) return (spans[file] ?? []).some(([, , count]) => count > 0);
      return isLoading
        ? nearby.has(test) || Object.keys(spans).some((each) => nearby.has(each))
        : isExecuted(spans[file] ?? [], start);
    });
    const beside = file.replace(/\.ts$/, ".test.ts");
    const changed = [beside, ...nearby].filter((test) => isJudge(test) && this.#isChanged(test));
    const [near, others] = [new Set(changed), noticing.toSorted((a, b) => a.ms - b.ms)];
    if (others.some(({ test }) => test === beside)) near.add(beside);
    return {
      near: [...near],
      others: others.map(({ test }) => test).filter((test) => !near.has(test)),
      ms: others.reduce((sum, { ms }) => sum + ms, 0),
    };
  }
}

function isJudge(file: string): boolean {
  return (
    file.endsWith(".test.ts") &&
    !file.endsWith(".slow.test.ts") &&
    !LEFT_OUT.test(file) &&
    existsSync(path.join(TREE, file))
  );
}

/** The innermost span around the point says whether it ran; of functions that ran several times, any. */
function isExecuted(spans: readonly Span[], at: number): boolean {
  const around = spans.filter(([from, to]) => from <= at && at < to);
  const narrowest = Math.min(...around.map(([from, to]) => to - from));
  return around.some(([from, to, count]) => to - from === narrowest && count > 0);
}

function importersOf(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const importers = new Map<string, string[]>();
  for (const file of files)
    for (const { moduleRequest } of parseSync(file, read(file)).module.staticImports) {
      const imported = path.join(path.dirname(file), moduleRequest.value);
      importers.set(imported, [...(importers.get(imported) ?? []), file]);
    }
  return importers;
}
