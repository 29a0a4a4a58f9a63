/**
 * Which test files can notice a change at a point: those that execute it, as noted by one run of all of them.
 *
 * What runs while a module loads (its constants and tables) is noted for nobody; there the imports are followed, and
 * a test counts when it executes anything of a file that imports the changed one.
 */
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import { runTests } from "./run-tests.ts";
import { read, TREE, WORK } from "./tree-copy.ts";

type Span = readonly [start: number, end: number, count: number];
type Noted = { readonly test: string; readonly ms: number; readonly spans: Readonly<Record<string, readonly Span[]>> };

/** Its seeds are pinned, so that any change of what is decided moves them: no proof that a rule is demanded. */
const LEFT_OUT = /^test\/(simulation\/planted|mutation|docs)\//;
const NOTES = path.join(WORK, "executed.jsonl");
const DURATIONS = path.join(WORK, "durations.json");
const LIMIT_MS = 10 * 60_000;
const KEY = path.join(WORK, "executed.key");

export class Executed {
  readonly #noted: readonly Noted[];
  readonly #importers = importersOf(globSync("{src,test}/**/*.ts", { cwd: TREE }));

  private constructor(noted: readonly Noted[]) {
    this.#noted = noted;
  }

  /**
   * Runs all tests once where the tree is not the one of the last time. A file that fails as it is judges nothing.
   * A folder at a time has a process of its own: a test that hangs there costs its folder alone.
   */
  static async of(fingerprint: string): Promise<Executed> {
    if (!existsSync(KEY) || readFileSync(KEY, "utf8") !== fingerprint) {
      rmSync(NOTES, { force: true });
      const files = globSync("{src,test}/**/*.test.ts", { cwd: TREE }).filter(
        (file) => !file.endsWith(".slow.test.ts") && !LEFT_OUT.test(file),
      );
      const durations: Record<string, number> = {};
      for (const folder of Map.groupBy(files, (file) => file.split("/", 2).join("/")).values()) {
        const { is, because, passed } = await runTests(folder, { limitMs: LIMIT_MS, notes: NOTES });
        if (is !== "passed")
          process.stderr.write(`as it is, ${is}: ${because || folder.join(", ")}; it judges nothing\n`);
        Object.assign(durations, passed);
      }
      writeFileSync(DURATIONS, JSON.stringify(durations));
      writeFileSync(KEY, fingerprint);
    }
    const durations = JSON.parse(readFileSync(DURATIONS, "utf8")) as Readonly<Record<string, number>>;
    const lines = readFileSync(NOTES, "utf8").trim().split("\n");
    return new Executed(
      lines.flatMap((line) => {
        const { test, spans } = JSON.parse(line) as Noted;
        const file = path.relative(TREE, test);
        const ms = durations[file];
        return ms === undefined ? [] : { test: file, spans, ms };
      }),
    );
  }

  /** @returns test files, the one beside it first, then the quickest; and how long all of them take */
  testsOf({ file, start }: { readonly file: string; readonly start: number }): { tests: string[]; ms: number } {
    const isLoading = !this.#noted.some(({ spans }) =>
      (spans[file] ?? []).some(([from, to]) => from <= start && start < to),
    );
    const nearby = new Set([file, ...(this.#importers.get(file) ?? [])]);
    const noticing = this.#noted.filter(({ test, spans }) =>
      isLoading
        ? nearby.has(test) || Object.keys(spans).some((each) => nearby.has(each))
        : isExecuted(spans[file] ?? [], start),
    );
    const beside = file.replace(/\.ts$/, ".test.ts");
    const ranked = noticing.toSorted((a, b) => Number(b.test === beside) - Number(a.test === beside) || a.ms - b.ms);
    return { tests: ranked.map(({ test }) => test), ms: ranked.reduce((sum, { ms }) => sum + ms, 0) };
  }
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
