/**
 * What grows with the past, and what does not: each act of a day on databases of rising size.
 *
 *   node bench/growth.ts [--sizes 10000,100000] [--cycles 1] [--due 1000] [--only tick] [--svg FILE]
 *
 * The real program on a real database; the gateway answers at once from a process of its own. Time on the clock, the CPU of the
 * thread that does everything, and what its helpers take beside it: the check of the file, the compiler, the collector of
 * garbage. Measured, never asserted.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { openDue } from "../src/application/charging/open-due.ts";
import { emptyRunSummary } from "../src/application/settling/run-summary.ts";
import type { ListingName } from "../src/application/ports/listings.ts";
import { readDisputed } from "../src/application/webhooks/read-disputed.ts";
import { assemble } from "../src/assemble.ts";
import { envToConfig, type Config } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { DAY_MS } from "../src/domain/duration.ts";
import { EXIT } from "../src/entrypoints/cli/exit-codes.ts";
import { puntual } from "../test/support/command.ts";
import { plansYaml } from "../test/support/command-fixture.ts";
import { fillDatabase } from "./filled-database.ts";
import { startGateway } from "./gateway.ts";
import { processCpuUs } from "./server-cpu.ts";

type Variables = Readonly<Record<string, string>>;

const MAIN = path.join(import.meta.dirname, "..", "src", "entrypoints", "cli", "puntual.js");
/** Of a subscription that every size has, paid after a decline. */
const INVOICE = "inv_0_00000000000000000010";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "10000,100000" },
    cycles: { type: "string", default: "1" },
    due: { type: "string", default: "1000" },
    only: { type: "string", default: "" },
    svg: { type: "string" },
  },
});

const LISTINGS: Readonly<Record<ListingName, true>> = {
  ...{ history: true, subscriptions: true, dunning: true, attention: true, revenue: true, invoices: true },
  ...{ attempts: true, customers: true, plans: true, events: true, webhooks: true, disputes: true, items: true },
  ...{ balanceEntries: true, coupons: true, couponGrants: true, consents: true, audit: true },
};

/** What people ask each view. */
const VIEWS = {
  "billing_history, the latest 10": "select * from billing_history order by attempted_at desc limit 10",
  "billing_history, of a customer": "select * from billing_history where customer_id = 'cus_5'",
  "dunning_queue, all": "select * from dunning_queue",
  "invoice_taxes, of an invoice": `select * from invoice_taxes where invoice_id = '${INVOICE}'`,
  "needs_attention, all": "select * from needs_attention",
  "revenue_by_day, the latest 10": "select * from revenue_by_day order by day desc limit 10",
  "revenue_by_day, one day": `select * from revenue_by_day where day = '${dayFromNow(-10)}'`,
  "subscription_overview, of one": "select * from subscription_overview where subscription_id = 'sub10'",
};

/** Every command that only reads the books, as people give it. An export and a report of cash ask for more, the more there is. */
const COMMANDS = [
  ...["status", "doctor", "history", "history --customer cus_10", "find cus_10", "find c10@example", "find Customer"],
  ...["explain sub10", "explain cus_10", `explain ${INVOICE}`, "evidence sub10", "report recovery", "report revenue"],
  `report revenue --since ${dayFromNow(-1)}`,
  ...["report iva", "report cash --days 7", "events list", "unknown list", "disputes list", "webhooks list"],
  ...["subscriptions list", "subscriptions show sub10", "customers list", "customers show cus_10", "plans list"],
  ...["plans show oro", "invoices list", "invoices list --status held", `invoices show ${INVOICE}`, "invoices refunds"],
  ...["consents list sub10", "coupons list", "items list", "balance show cus_10", "keys list"],
  ...[`forecast --until ${dayFromNow(30)} --subscription sub10`, `forecast --until ${dayFromNow(2)}`],
  `export history --since ${dayFromNow(-1)}`,
];

/** Or fewer, where there are no more customers. */
const APPLIED = 10_000;

/** The CPU of a thread is told in steps of some milliseconds. */
const READS = 100;

/** What takes long is not done again and again. */
const LONG_ENOUGH_MS = 5000;

/** Commands whose code is in memory. */
const loaded = new Set<string>();
/** Of each act, the CPU of one at each size. */
const measured = new Map<string, number[]>();
const sizes = values.sizes.split(",").map(Number);

const folder = mkdtempSync(path.join(tmpdir(), "puntual-growth-"));
try {
  using gateway = await startGateway("0");
  for (const size of sizes) await measure(size, variablesOf(gateway.url, size));
  process.stdout.write(`\n${tableOf()}`);
  if (values.svg !== undefined) writeFileSync(values.svg, plotOf());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function variablesOf(url: string, size: number): Variables {
  return {
    CONEKTA_API_KEY: "key_bench",
    CONEKTA_BASE_URL: url,
    DATABASE_URL: `sqlite:${path.join(folder, `${size}.db`)}`,
    LOG_LEVEL: "error",
  };
}

async function measure(size: number, env: Variables): Promise<void> {
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: folder, isTerminal: false },
  );
  const due = Number(values.due);
  await fillDatabase(config, folder, { subscriptions: size, cycles: Number(values.cycles), due });
  process.stdout.write(`\n${size} subscriptions, ${values.cycles} paid cycles of each, ${due} due\n`);
  await command("run --dry-run", env);
  await charge(config);
  for (const each of COMMANDS) await command(each, env);
  await start(env);
  const subscriptions = Array.from({ length: Math.min(size, APPLIED) }, (_, n) => ({
    ...{ id: `file${n}`, customer: `cus_${n}` },
  }));
  mkdirSync(path.join(folder, "config"), { recursive: true });
  writeFileSync(path.join(folder, "config", "plans.yaml"), plansYaml(subscriptions).replaceAll(": oro", ": plata"));
  await command("plans apply --offline", env, `plans apply, ${APPLIED} new`, 1);
  await command("plans apply --offline", env, `plans apply, ${APPLIED} unchanged`, 1);
  rmSync(path.join(folder, "config"), { recursive: true });
}

/** The acts of a daemon, and what the books are asked. */
async function charge(config: Config): Promise<void> {
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
  await act("counts of status", () => app.store.statusCounts(now), 20);
  for (const name of Object.keys(LISTINGS) as ListingName[])
    await act(`${name}, 10`, () => app.store.page(name, { limit: 10 }), READS);
  const db = new Database(config.database.name, { readonly: true });
  for (const [name, question] of Object.entries(VIEWS)) {
    const statement = db.prepare(question);
    await act(name, async () => statement.all(), READS);
  }
  db.close();
}

/** As a person gives it, in this process, from opening the database to the last line; its code is loaded before. */
async function command(line: string, env: Variables, name = line, times = 3): Promise<void> {
  const run = async (): Promise<void> => {
    const { exitCode, stderr } = await puntual(line.split(" "), { cwd: folder, env });
    if (exitCode !== null && exitCode !== EXIT.done && exitCode !== EXIT.needsPerson)
      throw new Error(`puntual ${line}: ${stderr}`);
  };
  if (times > 1 && !loaded.has(line) && name.includes(values.only)) await run();
  loaded.add(line);
  await act(name, run, times);
}

/** The daemon, a process of its own, until it is ready. */
async function start(variables: Variables): Promise<void> {
  const name = "start, until ready";
  if (!name.includes(values.only)) return;
  const env = { PATH: process.env["PATH"], ...variables, HTTP_PORT: "" };
  const daemon = spawn(process.execPath, [MAIN, "start"], {
    ...{ cwd: folder, env, stdio: ["ignore", "ignore", "inherit", "ipc"] },
  });
  const ended = once(daemon, "close");
  await once(daemon, "message");
  note(name, processCpuUs(daemon.pid) / 1000);
  daemon.kill("SIGTERM");
  await ended;
}

async function act(name: string, work: () => Promise<unknown>, times = 1): Promise<void> {
  if (!name.includes(values.only)) return;
  const [before, beforeInAll] = [process.threadCpuUsage(), process.cpuUsage()];
  const startedAt = performance.now();
  let done = 0;
  do await work();
  while (++done < times && performance.now() - startedAt < LONG_ENOUGH_MS);
  const wall = (performance.now() - startedAt) / done;
  const msOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000 / done;
  const cpu = msOf(process.threadCpuUsage(before));
  const beside = msOf(process.cpuUsage(beforeInAll)) - cpu;
  note(name, cpu, `   ${padded(beside)} ms beside it   ${padded(wall)} ms`);
}

function note(name: string, cpuMs: number, besides = ""): void {
  measured.set(name, [...(measured.get(name) ?? []), cpuMs]);
  process.stdout.write(`  ${name.padEnd(48)} ${padded(cpuMs)} ms CPU${besides}\n`);
}

function tableOf(): string {
  const rowOf = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const heads = ["act", ...sizes.map((size) => size.toLocaleString("en"))];
  const rows = [...measured].map(([name, list]) => rowOf([name, ...list.map((ms) => `${ms.toFixed(1)} ms`)]));
  return [rowOf(heads), rowOf(heads.map(() => "---")), ...rows].join("");
}

function dayFromNow(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}

function padded(ms: number): string {
  return ms.toFixed(1).padStart(10);
}

/** A line an act, from size to size, its CPU on a scale of powers of ten: what does not grow with the past is flat. */
function plotOf(): string {
  const [left, right, top] = [70, 470, 50];
  const bottom = top + 15 * Math.max(25, measured.size);
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
  return `<svg xmlns="http://www.w3.org/2000/svg" width="860" height="${(Math.max(bottom, above) + 30).toFixed(0)}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="20">CPU of one act, by the number of subscriptions, each with ${values.cycles} paid cycles</text>
${[...grid, ...names, ...lines].join("\n")}
</svg>
`;
}
