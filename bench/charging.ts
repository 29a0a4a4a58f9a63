/**
 * How fast due subscriptions become paid invoices, and what a tick costs when nothing is due.
 *
 *   node bench/charging.ts [--charges 5000] [--of 100000] [--concurrency 64] [--flow single] [--gateway-ms 0] [--healthz] [--json]
 *
 * `--of` is how many subscriptions there are; `--healthz` asks the process meanwhile whether it lives. The real program on a real database (WAL, synchronous=FULL) and real HTTP;
 * the gateway answers at once from a process of its own. Measured, never asserted: the numbers belong to the machine they
 * were taken on.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { openDue } from "../src/application/charging/open-due.ts";
import { collectAll } from "../src/entrypoints/spare-memory.ts";
import { assemble } from "../src/assemble.ts";
import { envToConfig } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { serveApi } from "../src/entrypoints/http/server.ts";
import { startGateway } from "./gateway.ts";
import { startAsking } from "./healthz.ts";
import { startMeasuring } from "./measuring.ts";

const { values } = parseArgs({
  options: {
    charges: { type: "string", default: "5000" },
    of: { type: "string" },
    concurrency: { type: "string", default: "64" },
    ticks: { type: "string", default: "200" },
    flow: { type: "string", default: "single" },
    "gateway-ms": { type: "string", default: "0" },
    healthz: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const charges = Number(values.charges);

const folder = mkdtempSync(path.join(tmpdir(), "puntual-bench-"));
try {
  using gateway = await startGateway(values["gateway-ms"]);
  const file = path.join(folder, "bench.db");
  const variables = {
    CONEKTA_API_KEY: "key_bench",
    CONEKTA_BASE_URL: gateway.url,
    DATABASE_URL: `sqlite:${file}`,
    CHARGE_CONCURRENCY: values.concurrency,
    CONEKTA_CHARGE_FLOW: values.flow,
    LOG_LEVEL: "error",
  };
  const config = envToConfig(
    readEnv(variables, null, () => ""),
    { cwd: folder, isTerminal: false },
  );
  // A daemon that charges has ticked, and charged, before: the first tick asks what no other does.
  const subscriptions = Math.max(Number(values.of ?? 0), charges + 1);
  const past = ["--subscriptions", String(subscriptions), "--due", "1"];
  execFileSync(process.execPath, [path.join(import.meta.dirname, "fill.ts"), "--database", file, ...past]);
  const options = {
    ...{ cwd: folder, charging: true, database: "make" as const },
    writeLog: (line: string) => void process.stderr.write(line),
  };
  await using app = await assemble(config, options);
  const biller = await app.biller();
  const signal = new AbortController().signal;

  const firstTick = await cpuOf(() => biller.tick(signal));
  // As the daemon does after its first tick.
  collectAll();
  letFallDue(file, charges);
  const opening = await timed(() => openDue(biller.needs, signal));
  const settle = app.store.settle.bind(app.store);
  await using http = values.healthz ? await serveApi(app, { host: "127.0.0.1", port: 0, adminToken: null }) : null;
  const asking = http?.url ? await startAsking(http.url) : null;
  const measuring = startMeasuring(file);
  (app.store as { settle: typeof settle }).settle = async (...given) => {
    const settled = await settle(...given);
    for (const { settlement } of settled) if (settlement?.attempt.state === "paid") measuring.booked();
    return settled;
  };
  await biller.tick(signal);
  const figures = { ...measuring.end(), healthz: await asking?.end() };
  const ticks = Number(values.ticks);
  const idle = await timed(async () => {
    for (let count = 0; count < ticks; count++) await biller.tick(signal);
  });
  if (values.json) print(JSON.stringify({ ...figures, idleTickMs: idle / ticks }));
  else {
    const { perSecond, cpuUs, commits, lateP50Ms, lateP99Ms, memoryMiB, loopP99Ms, loopMaxMs } = figures;
    print(`first tick, one due: ${firstTick.toFixed(0)} ms CPU`);
    print(`open: ${charges} in ${(opening / 1000).toFixed(2)} s, ${Math.round((charges * 1000) / opening)} a second`);
    print(`charge: ${Math.round(perSecond)} a second, ${values.concurrency} at once, ${cpuUs} µs CPU a charge`);
    print(
      `  ${commits?.toFixed(3)} commits a charge; booked after p50 ${lateP50Ms.toFixed(0)} ms, p99 ${lateP99Ms.toFixed(0)} ms`,
    );
    print(`event loop while charging: p99 ${loopP99Ms?.toFixed(0)} ms, at most ${loopMaxMs?.toFixed(0)} ms`);
    if (figures.healthz) {
      const { p50Ms, p99Ms, lateP99Ms: late } = figures.healthz;
      print(
        `/healthz meanwhile: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)}; asked late by p99 ${late.toFixed(1)}`,
      );
    }
    print(`idle tick: ${(idle / ticks).toFixed(2)} ms, with ${charges} subscriptions of which none is due`);
    print(`memory: ${memoryMiB} MiB resident at most`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function letFallDue(databasePath: string, count: number): void {
  const db = new Database(databasePath);
  db.prepare("update subscription set next_billing_at = ? where id in (select 'sub' || value from json_each(?))").run(
    Date.now(),
    JSON.stringify(Array.from({ length: count }, (_, at) => at + 1)),
  );
  db.close();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
