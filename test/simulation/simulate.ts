/**
 * Lives many seeds, one after the other, and says what broke: `npm run simulate -- --seeds 2000`.
 *
 * Exit code 1 when an invariant did not hold; each failure prints its seed and the one command that lives it again.
 */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { CHARGE_FLOWS, type ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { compareBystanders } from "./bystanders.ts";
import { live, type LifeOptions, type LifeReport } from "./life.ts";
import { PLANTED_BUGS } from "./planted/planted-bugs.ts";
import { addUp, noSeedsYet, summary } from "./totals.ts";

const USAGE = `node test/simulation/simulate.ts [options]
  --seeds N           how many (100)
  --seed S            the first one (1)
  --store STORE       memory | sqlite | postgres (memory): the last two with the store in memory beside it, and each call
                      and each day's tables are compared; PostgreSQL is a server out of npm, or DATABASE_URL_TEST
  --lockstep          the same as --store sqlite
  --wire              with the real Conekta adapter over a wire (one seed in twenty)
  --flow FLOW         single | order_first (drawn from each seed)
  --subscriptions N   (20)
  --months N          (13)
  --shard I/N         every Nth seed, from the Ith on: for several cores
  --minutes N         stop after so many, whatever is left
  --extras            people add to invoices and change plans in each life (a quarter of them)
  --bystanders        lives with sick customers once more without them: everybody else must live the same
  --plant NAME        put a bug in: ${PLANTED_BUGS.map(({ name }) => `"${name}"`).join(", ")}
  --trace             print everything that happens`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    store: { type: "string", default: "memory" },
    lockstep: { type: "boolean", default: false },
    wire: { type: "boolean", default: false },
    flow: { type: "string" },
    subscriptions: { type: "string", default: "20" },
    months: { type: "string", default: "13" },
    shard: { type: "string", default: "1/1" },
    minutes: { type: "string", default: "Infinity" },
    extras: { type: "boolean", default: false },
    bystanders: { type: "boolean", default: false },
    plant: { type: "string" },
    trace: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

// A life leaves little behind: threads that help to collect it cost a tenth of its processor time.
setFlagsFromString("--single-threaded-gc");

// Whoever reads the lines may go away: `| head`.
process.stdout.on("error", () => process.exit());

if (values.help) process.stdout.write(`${USAGE}\n`);
else process.exitCode = values.bystanders ? await tellBystanders() : await simulate();

/** Exit code 1 when one of them lived otherwise. */
async function tellBystanders(): Promise<number> {
  let compared = 0;
  let differing = 0;
  for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.seeds); seed++) {
    const options = { subscriptions: Number(values.subscriptions), months: Number(values.months), flow: null };
    const told = await compareBystanders({ ...options, seed, store: "memory" });
    compared += told?.cycles ?? 0;
    differing += told?.differences.length ?? 0;
    for (const difference of told?.differences ?? []) process.stdout.write(`seed ${seed}: ${difference}\n`);
  }
  process.stdout.write(`${compared} cycles of bystanders compared, ${differing} came out otherwise\n`);
  return differing > 0 ? 1 : 0;
}

async function simulate(): Promise<number> {
  const [shard = 1, shards = 1] = values.shard.split("/").map(Number);
  const first = Number(values.seed);
  const bug = PLANTED_BUGS.find(({ name }) => name === values.plant);
  const store = values.lockstep ? "sqlite" : values.store;
  if (!["memory", "sqlite", "postgres"].includes(store))
    throw new Error(`--store ${store}: memory, sqlite or postgres`);
  await using server = store === "postgres" ? await startPostgres() : null;
  const options: Omit<LifeOptions, "seed"> = {
    subscriptions: Number(values.subscriptions),
    months: Number(values.months),
    store: store === "memory" ? "memory" : "lockstep",
    server: (await server?.newDatabase()) ?? null,
    flow: flowOf(values.flow) ?? bug?.flow ?? null,
    ...(values.wire && { isOverWire: true }),
    changeWeather: bug?.weather ?? null,
    ...(bug && {
      plant: bug.plant,
      hasExtras: bug.hasExtras ?? false,
      hasSecondThoughts: bug.hasSecondThoughts ?? false,
      ...(bug.poison && { poison: bug.poison }),
    }),
    ...(values.extras && { hasExtras: true }),
    print: values.trace ? (line) => void process.stdout.write(`${line}\n`) : null,
  };
  const startedMs = performance.now();
  const deadlineMs = startedMs + Number(values.minutes) * 60_000;
  let totals = noSeedsYet();
  for (let seed = first + shard - 1; seed < first + Number(values.seeds); seed += shards) {
    if (performance.now() > deadlineMs) break;
    const report = await live({ ...options, seed });
    totals = addUp(totals, report);
    if (report.violations.length > 0) tellFailure(report, options);
    if (process.stderr.isTTY) process.stderr.write(`\r${totals.seeds} seeds, ${totals.failed} failed `);
  }
  if (process.stderr.isTTY) process.stderr.write("\r");
  process.stdout.write(summary(totals, (performance.now() - startedMs) / 1000));
  return totals.failed > 0 ? 1 : 0;
}

function flowOf(text: string | undefined): ChargeFlow | null {
  return CHARGE_FLOWS.find((flow) => flow === text) ?? null;
}

function tellFailure({ seed, violations, lines, hash }: LifeReport, options: Omit<LifeOptions, "seed">): void {
  const planted = values.plant === undefined ? "" : ` --plant "${values.plant}"`;
  const onStore = values.lockstep ? " --lockstep" : values.store === "memory" ? "" : ` --store ${values.store}`;
  const flow = options.flow === null ? "" : ` --flow ${options.flow}`;
  const replay =
    `node_modules/.bin/node test/simulation/simulate.ts --seeds 1 --seed ${seed}${onStore}${values.wire ? " --wire" : ""}${values.extras ? " --extras" : ""}${flow}` +
    ` --subscriptions ${options.subscriptions} --months ${options.months}${planted} --trace`;
  const told = violations.map(({ rule, what }) => `  ${rule}: ${what}`).join("\n");
  const end = values.trace
    ? ""
    : `\n  before it:\n${lines
        .slice(-15)
        .map((line) => `    ${line}`)
        .join("\n")}`;
  process.stdout.write(`seed ${seed} failed (trace ${hash})\n${told}${end}\n  again: ${replay}\n`);
}
