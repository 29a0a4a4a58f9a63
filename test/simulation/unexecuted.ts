/**
 * Lists what no life executes, of domain, application, store and conekta: `node test/simulation/unexecuted.ts --seeds 25`.
 *
 * So many seeds are lived of each kind: as they are drawn, with extras, over the wire, and in lockstep. Counted by V8, a
 * function at a time; a file that none of them loads is named alone. Why each is not executed says docs/simulation.md.
 */
import { globSync } from "node:fs";
import { Session, type Profiler } from "node:inspector";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { LifeOptions } from "./life.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const SCOPE = "src/{domain,application,adapters/store,adapters/conekta}/**/*.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "25" } } });
const SHORT = { subscriptions: 8, months: 6, store: "memory", flow: null } as const;
const KINDS: readonly Omit<LifeOptions, "seed">[] = [
  SHORT,
  { ...SHORT, hasExtras: true },
  { ...SHORT, isOverWire: true },
  { ...SHORT, store: "lockstep", months: 2 },
];

const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
// What was loaded before is not counted.
const { live } = await import("./life.ts");
for (const kind of KINDS) for (let seed = 1; seed <= Number(values.seeds); seed++) await live({ ...kind, seed });
session.post("Profiler.takePreciseCoverage", (_, { result }) => tell(result));

function tell(scripts: readonly Profiler.ScriptCoverage[]): void {
  const byUrl = new Map(scripts.map((script) => [script.url, script.functions]));
  for (const file of globSync(SCOPE, { cwd: ROOT }).toSorted((a, b) => (a < b ? -1 : 1))) {
    if (file.endsWith(".test.ts") || file.includes("/ports/")) continue;
    const functions = byUrl.get(pathToFileURL(path.join(ROOT, file)).href);
    const idle = (functions ?? []).filter(({ ranges }) => ranges[0]?.count === 0).map((each) => each.functionName);
    // One without a name stands inside another one, which is named where it is idle, too.
    const named = [...new Set(idle)].filter((name) => name !== "");
    if (functions === undefined) process.stdout.write(`${file}\n`);
    else if (named.length > 0) process.stdout.write(`${file}: ${named.join(", ")}\n`);
  }
}
