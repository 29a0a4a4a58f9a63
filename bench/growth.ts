/**
 * What grows with the past, and what does not: each act of a day on databases of rising size.
 *
 *   node bench/growth.ts [--sizes 10000,100000] [--cycles 1] [--due 1000] [--only tick] [--svg FILE]
 *
 * The real program on a real database; the gateway answers at once from a process of its own. Time on the clock, the CPU of the
 * thread that does everything, and what its helpers take beside it: the check of the file, the compiler, the collector of
 * garbage. Measured, never asserted.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { openDue } from "../src/application/charging/open-due.ts";
import { emptyRunSummary } from "../src/application/settling/run-summary.ts";
import { readDisputed } from "../src/application/webhooks/read-disputed.ts";
import { assemble } from "../src/assemble.ts";
import { envToConfig, type Config } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { fillDatabase } from "./filled-database.ts";
import { startGateway } from "./gateway.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "10000,100000" },
    cycles: { type: "string", default: "1" },
    due: { type: "string", default: "1000" },
    only: { type: "string", default: "" },
    svg: { type: "string" },
  },
});

const LISTINGS = [
  "history",
  "attention",
  "dunning",
  "revenue",
  "invoices",
  "subscriptions",
  "attempts",
  "events",
] as const;

/** The CPU of a thread is told in steps of some milliseconds. */
const READS = 100;

/** Of each act, the CPU of one at each size. */
const measured = new Map<string, number[]>();
const sizes = values.sizes.split(",").map(Number);

const folder = mkdtempSync(path.join(tmpdir(), "puntual-growth-"));
try {
  using gateway = await startGateway("0");
  for (const size of sizes) await measure(size, configOf(gateway.url, size));
  if (values.svg !== undefined) writeFileSync(values.svg, plotOf());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function configOf(url: string, size: number): Config {
  const variables = {
    CONEKTA_API_KEY: "key_bench",
    CONEKTA_BASE_URL: url,
    DATABASE_URL: `sqlite:${path.join(folder, `${size}.db`)}`,
    LOG_LEVEL: "error",
  };
  return envToConfig(
    readEnv(variables, null, () => ""),
    { cwd: folder, isTerminal: false },
  );
}

async function measure(size: number, config: Config): Promise<void> {
  const due = Number(values.due);
  await fillDatabase(config, folder, { subscriptions: size, cycles: Number(values.cycles), due });
  process.stdout.write(`\n${size} subscriptions, ${values.cycles} paid cycles of each, ${due} due\n`);
  await using app = await assemble(config, {
    ...{ cwd: folder, charging: true, database: "write" },
    writeLog: (line) => process.stderr.write(line),
  });
  // As the daemon has it: what may wait is read between two ticks.
  const biller = await app.biller({ rereadsAtATick: 0 });
  const { signal } = new AbortController();
  const now = app.clock.now();
  await act("open what is due", () => openDue(biller.needs, signal));
  await act("first tick, collecting", async () => {
    const { summary, incompleteBecause } = await biller.tick(signal);
    process.stdout.write(`  ${summary.outcomes.paid} paid ${incompleteBecause ?? ""}\n`);
  });
  await act("idle tick", () => biller.tick(signal), 20);
  const reread = { most: 100, atOnce: 8 };
  await act("100 orders read again", () => readDisputed(biller.needs, emptyRunSummary(), signal, reread), 5);
  await act("status", () => app.store.statusCounts(now), 20);
  for (const name of LISTINGS) await act(`${name}, 10`, () => app.store.page(name, { limit: 10 }), READS);
}

async function act(name: string, work: () => Promise<unknown>, times = 1): Promise<void> {
  if (!name.includes(values.only)) return;
  const [before, beforeInAll] = [process.threadCpuUsage(), process.cpuUsage()];
  const startedAt = performance.now();
  for (let time = 0; time < times; time++) await work();
  const wall = (performance.now() - startedAt) / times;
  const msOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000 / times;
  const cpu = msOf(process.threadCpuUsage(before));
  const beside = msOf(process.cpuUsage(beforeInAll)) - cpu;
  measured.set(name, [...(measured.get(name) ?? []), cpu]);
  process.stdout.write(
    `  ${name.padEnd(28)} ${padded(wall)} ms   ${padded(cpu)} ms CPU   ${padded(beside)} ms beside it\n`,
  );
}

function padded(ms: number): string {
  return ms.toFixed(1).padStart(10);
}

/** A line an act, from size to size, its CPU on a scale of powers of ten: what does not grow with the past is flat. */
function plotOf(): string {
  const [left, right, top, bottom] = [70, 470, 50, 420];
  const all = [...measured.values()].flat().map((ms) => Math.log10(Math.max(ms, 0.1)));
  const [least, most] = [Math.floor(Math.min(...all)), Math.ceil(Math.max(...all))];
  const x = (at: number): string => (left + (at * (right - left)) / Math.max(1, sizes.length - 1)).toFixed(1);
  const y = (power: number): number => bottom - ((power - least) * (bottom - top)) / (most - least);
  const powers = Array.from({ length: most - least + 1 }, (_, at) => least + at);
  const grid = powers.map(
    (power) => `<line x1="${left}" x2="${right}" y1="${y(power).toFixed(1)}" y2="${y(power).toFixed(1)}" stroke="#ddd"/>
<text x="8" y="${(y(power) + 4).toFixed(1)}">${10 ** power} ms</text>`,
  );
  const names = sizes.map(
    (size, at) => `<text x="${x(at)}" y="${bottom + 20}" text-anchor="middle">${size.toLocaleString("en")}</text>`,
  );
  let above = -Infinity;
  const lines = [...measured]
    .map(([name, list]) => ({ name, ys: list.map((ms) => y(Math.log10(Math.max(ms, 0.1)))) }))
    .toSorted((a, b) => (a.ys.at(-1) ?? 0) - (b.ys.at(-1) ?? 0))
    .map(({ name, ys }) => {
      above = Math.max(above + 15, ys.at(-1) ?? 0);
      const points = ys.map((each, at) => `${x(at)},${each.toFixed(1)}`).join(" ");
      return `<polyline points="${points}" fill="none" stroke="#3b6ea5"/>
<text x="${right + 10}" y="${(above + 4).toFixed(1)}">${name}</text>`;
    });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="450" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="20">CPU of one act, by the number of subscriptions, each with ${values.cycles} paid cycles</text>
${[...grid, ...names, ...lines].join("\n")}
</svg>
`;
}
