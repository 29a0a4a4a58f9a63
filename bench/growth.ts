/**
 * What grows with the past, and what does not: each act of a day on databases of rising size.
 *
 *   node bench/growth.ts [--sizes 10000,100000] [--cycles 1] [--due 1000] [--only tick]
 *
 * The real program on a real database; the gateway answers at once from a process of its own. Time on the clock and CPU;
 * measured, never asserted.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { openDue } from "../src/application/charging/open-due.ts";
import { assemble } from "../src/assemble.ts";
import { envToConfig, type Config } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { fillDatabase } from "./filled-database.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "10000,100000" },
    cycles: { type: "string", default: "1" },
    due: { type: "string", default: "1000" },
    only: { type: "string", default: "" },
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

const folder = mkdtempSync(path.join(tmpdir(), "puntual-growth-"));
const gateway = spawn(process.execPath, [path.join(import.meta.dirname, "gateway-server.ts")], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const url = await new Promise<string>((resolve) =>
    gateway.stdout.once("data", (line: Buffer) => resolve(line.toString().trim())),
  );
  for (const size of values.sizes.split(",").map(Number)) await measure(size, configOf(url, size));
} finally {
  gateway.kill();
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
  const biller = await app.biller();
  const { signal } = new AbortController();
  const now = app.clock.now();
  await act("open what is due", () => openDue(biller.needs, signal));
  await act("first tick, collecting", async () => {
    const { summary, incompleteBecause } = await biller.tick(signal);
    process.stdout.write(`  ${summary.outcomes.paid} paid ${incompleteBecause ?? ""}\n`);
  });
  await act("idle tick", () => biller.tick(signal), 20);
  await act("status", () => app.store.statusCounts(now));
  for (const name of LISTINGS) await act(`${name}, 10`, () => app.store.page(name, { limit: 10 }));
}

async function act(name: string, work: () => Promise<unknown>, times = 1): Promise<void> {
  if (!name.includes(values.only)) return;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (let time = 0; time < times; time++) await work();
  const wall = (performance.now() - startedAt) / times;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1000 / times;
  process.stdout.write(
    `  ${name.padEnd(28)} ${wall.toFixed(1).padStart(10)} ms   ${cpu.toFixed(1).padStart(10)} ms CPU\n`,
  );
}
