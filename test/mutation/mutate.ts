/**
 * Changes the code that decides about money, one place at a time, and asks whether a test notices:
 * `npm run mutate -- --count 50 --seed 3`.
 *
 * The tree is copied, and only the copy is changed. Each change is judged by the tests that execute its place, in one
 * process at a lower priority; the first failure ends it, and so does a limit of time. Exit code 1 when fewer than
 * `--share` percent were noticed. Why not Stryker: docs/decisions/0020-mutants-by-a-script.md
 */
import { globSync } from "node:fs";
import { matchesGlob } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/adapters/random.ts";
import { Executed } from "./executed.ts";
import { EXPLAINED } from "./explained.ts";
import { changed, mutationPoints, type MutationPoint } from "./mutation-points.ts";
import { runTests, writeConfig } from "./run-tests.ts";
import { copyTree, read, TREE, write } from "./tree-copy.ts";

const USAGE = `npm run mutate -- [options]
  --count N       how many changes are drawn (400)
  --seed S        of the draw (1)
  --only GLOB     of files: "src/domain/settle/*.ts"
  --line N        only the points of this line
  --share P       percent that tests must notice (95)
  --minutes N     stop after so many, whatever is left
  --noted last    which tests execute what as noted the last time, though the tree has changed since
  --list          print the points that are drawn, and run nothing
`;

const SCOPE = "src/{domain,application,adapters/store,adapters/conekta}/**/*.ts";
/** What declares and what words decides nothing about money. */
const OUT_OF_SCOPE = /\.test\.ts$|\/ports\/|\/entities(\/|\.ts$)|\/doctor\/|\/reports\//;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: SCOPE },
    line: { type: "string" },
    share: { type: "string", default: "95" },
    minutes: { type: "string", default: "Infinity" },
    noted: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else process.exitCode = await mutate();

async function mutate(): Promise<number> {
  const fingerprints = copyTree();
  writeConfig();
  const drawn = draw();
  if (values.list) {
    for (const point of drawn) print(shown(point));
    return 0;
  }
  print(`${drawn.length} changes drawn; the tests run once as they are, unless they are known from the last time`);
  const executed = await Executed.of(fingerprints, values.noted === "last");
  const deadlineMs = performance.now() + Number(values.minutes) * 60_000;
  const counts = { killed: 0, survived: 0, explained: 0 };
  for (const [index, point] of drawn.entries()) {
    if (performance.now() > deadlineMs) break;
    const { result, because } = await judge(point, executed);
    counts[result] += 1;
    print(`${index + 1}/${drawn.length} ${result}: ${result === "killed" ? where(point) : shown(point)} (${because})`);
  }
  const judged = counts.killed + counts.survived + counts.explained;
  const percent = (100 * counts.killed) / Math.max(1, judged);
  print(
    `${judged} judged: ${counts.killed} killed, ${counts.survived} survived, ${counts.explained} explained; ${percent.toFixed(1)} %`,
  );
  return percent < Number(values.share) ? 1 : 0;
}

function draw(): MutationPoint[] {
  const line = values.line === undefined ? null : Number(values.line);
  const points = globSync(SCOPE, { cwd: TREE })
    .filter((file) => !OUT_OF_SCOPE.test(file) && matchesGlob(file, values.only))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((file) => mutationPoints(file, read(file)))
    .filter((point) => line === null || point.line === line);
  const random = seededRandom(Number(values.seed));
  // Each point with a number of chance: the order is one draw without putting back.
  const shuffled = points.map((point) => ({ point, at: random.fraction() })).toSorted((a, b) => a.at - b.at);
  return shuffled.slice(0, Number(values.count)).map(({ point }) => point);
}

type Judged = { readonly result: "killed" | "survived" | "explained"; readonly because: string };

async function judge(point: MutationPoint, executed: Executed): Promise<Judged> {
  const { near, others, ms } = executed.testsOf(point);
  const count = near.length + others.length;
  if (count === 0) return explained(point) ?? survived("no test executes it");
  const source = read(point.file);
  write(point.file, changed(source, point));
  try {
    // Those beside it alone first: they tell most changes within two seconds.
    for (const tests of [near, others].filter(({ length }) => length > 0)) {
      const { is, because } = await runTests(tests, { limitMs: 60_000 + 4 * ms });
      if (is !== "passed") return { result: "killed", because: is === "hung" ? "it never ended" : because };
    }
    return explained(point) ?? survived(`${count} test files execute it`);
  } finally {
    write(point.file, source);
  }
}

function survived(because: string): Judged {
  return { result: "survived", because };
}

/** Only what survived: a row must not excuse its neighbours on the same line. */
function explained(point: MutationPoint): Judged | null {
  const known = EXPLAINED.find(
    ({ file, line, before, after }) =>
      file === point.file && line === point.lineText && before === point.before && after === point.after,
  );
  return known === undefined ? null : { result: "explained", because: known.because };
}

function where({ file, line, before, after }: MutationPoint): string {
  return `${file}:${line} ${oneLine(before)} → ${oneLine(after)}`;
}

function shown(point: MutationPoint): string {
  return `${point.file}:${point.line}\n    - ${oneLine(point.before)}\n    + ${oneLine(point.after)}\n   `;
}

function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
