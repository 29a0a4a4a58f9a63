/**
 * How fast due subscriptions become paid invoices, and what a tick costs when nothing is due.
 *
 *   node bench/charging.ts [--charges 5000] [--of 100000] [--concurrency 64] [--flow single] [--gateway-ms 0] [--json]
 *
 * `--of` is how many subscriptions there are. The real program on a real database (WAL, synchronous=FULL) and real HTTP;
 * the gateway answers at once from a process of its own. Measured, never asserted: the numbers belong to the machine they
 * were taken on.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import path from "node:path";
import { parseArgs } from "node:util";
import { openDue } from "../src/application/charging/open-due.ts";
import { assemble } from "../src/assemble.ts";
import { envToConfig } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { fillDatabase } from "./filled-database.ts";
import { startGateway } from "./gateway.ts";

const { values } = parseArgs({
  options: {
    charges: { type: "string", default: "5000" },
    of: { type: "string" },
    concurrency: { type: "string", default: "64" },
    ticks: { type: "string", default: "200" },
    flow: { type: "string", default: "single" },
    "gateway-ms": { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const charges = Number(values.charges);

const folder = mkdtempSync(path.join(tmpdir(), "puntual-bench-"));
try {
  using gateway = await startGateway(values["gateway-ms"]);
  const variables = {
    CONEKTA_API_KEY: "key_bench",
    CONEKTA_BASE_URL: gateway.url,
    DATABASE_URL: `sqlite:${path.join(folder, "bench.db")}`,
    CHARGE_CONCURRENCY: values.concurrency,
    CONEKTA_CHARGE_FLOW: values.flow,
    LOG_LEVEL: "error",
  };
  const config = envToConfig(
    readEnv(variables, null, () => ""),
    { cwd: folder, isTerminal: false },
  );
  await fillDatabase(config, folder, { subscriptions: Number(values.of ?? values.charges), cycles: 0, due: charges });
  await using app = await assemble(config, {
    cwd: folder,
    charging: true,
    database: "make",
    writeLog: (line) => process.stderr.write(line),
  });
  const biller = await app.biller();
  const signal = new AbortController().signal;

  const opening = await timed(() => openDue(biller.needs, signal));
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const { summary } = await biller.tick(signal);
  const collecting = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  loop.disable();
  const [loopP99Ms, loopMaxMs] = [loop.percentile(99) / 1e6, loop.max / 1e6];
  const cpuUs = Math.round((user + system) / summary.outcomes.paid);
  const ticks = Number(values.ticks);
  const idle = await timed(async () => {
    for (let count = 0; count < ticks; count++) await biller.tick(signal);
  });
  const memoryMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  if (values.json) {
    const perSecond = (summary.outcomes.paid * 1000) / collecting;
    print(JSON.stringify({ perSecond, cpuUs, idleTickMs: idle / ticks, memoryMiB, loopP99Ms, loopMaxMs }));
  } else {
    report("open", charges, opening);
    report("charge", summary.outcomes.paid, collecting);
    print(`  ${cpuUs} µs CPU a charge, ${values.concurrency} at once`);
    print(`event loop while charging: p99 ${loopP99Ms.toFixed(0)} ms, at most ${loopMaxMs.toFixed(0)} ms`);
    print(`idle tick: ${(idle / ticks).toFixed(2)} ms, with ${charges} subscriptions of which none is due`);
    print(`memory: ${memoryMiB} MiB resident at most`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function report(what: string, count: number, ms: number): void {
  print(`${what}: ${count} in ${(ms / 1000).toFixed(2)} s, ${Math.round((count * 1000) / ms)} a second`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
