/**
 * How charging scales with daemons: 1, 2 and 4 of them on one PostgreSQL, against a gateway that takes 50 ms.
 *
 *   node bench/nodes.ts [--charges 4000] [--concurrency 16] [--gateway-ms 50] [--daemons 1,2,4] [--json]
 *
 * Real daemons, a real server (out of npm, or that of DATABASE_URL_TEST), real HTTP. From the first intent to the last
 * outcome, by the books. Measured, never asserted: daemons, server and gateway share this machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { assemble } from "../src/assemble.ts";
import { envToConfig } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { beginSubscription } from "../src/domain/subscription.ts";
import { customerOf, planOf } from "../test/support/records.ts";
import { sql, startPostgres } from "../test/support/postgres-server.ts";
import { startGateway } from "./gateway.ts";
import type { Figures } from "./measuring.ts";
import { processCpuUs, serverCpuUs } from "./server-cpu.ts";

const { values } = parseArgs({
  options: {
    charges: { type: "string", default: "4000" },
    concurrency: { type: "string", default: "16" },
    "gateway-ms": { type: "string", default: "50" },
    daemons: { type: "string", default: "1,2,4" },
    json: { type: "boolean", default: false },
  },
});
const charges = Number(values.charges);
const MAIN = path.join(import.meta.dirname, "..", "src", "entrypoints", "cli", "puntual.js");
const PLAN = planOf();

const folder = mkdtempSync(path.join(tmpdir(), "puntual-bench-"));
await using server = await startPostgres({ durable: true });
try {
  using gateway = await startGateway(values["gateway-ms"]);
  let one: number | null = null;
  for (const count of values.daemons.split(",").map(Number)) {
    const figures = await measure(count, gateway.url);
    const { perSecond, cpuUs, serverCpuUs: ofServer, shares } = figures;
    one ??= perSecond;
    if (values.json) {
      process.stdout.write(`${JSON.stringify(figures)}\n`);
      continue;
    }
    const ratio = (perSecond / one).toFixed(2);
    process.stdout.write(
      `${count} daemons, ${values.concurrency} in flight each: ${Math.round(perSecond)} charges a second (${ratio} of the first), ` +
        `CPU of a charge ${cpuUs} µs of the daemons and ${ofServer} of the server, charged by each: ${shares.join(", ")}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

type OfNodes = Figures & { readonly serverCpuUs: number; readonly shares: readonly number[] };

async function measure(count: number, url: string): Promise<OfNodes> {
  const database = await server.newDatabase();
  const env = {
    ...{ CONEKTA_API_KEY: "key_bench", CONEKTA_BASE_URL: url, DATABASE_URL: server.url(database), HTTP_PORT: "" },
    ...{ CHARGE_CONCURRENCY: values.concurrency, LOG_LEVEL: "error", BILLING_CRON: "* * * * * *" },
  };
  const daemons = Array.from({ length: count }, () =>
    spawn(process.execPath, [MAIN, "start"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...env },
      stdio: "inherit",
    }),
  );
  const counted = async (from: string): Promise<number> =>
    Number((await sql(database, `select count(*) as n from ${from}`).catch(() => []))[0]?.["n"] ?? 0);
  while ((await counted("node")) < count) await sleep(100);
  const before = daemons.map(({ pid }) => processCpuUs(pid));
  await fill(env);
  const serverBefore = await serverCpuUs(database);
  while ((await counted("invoice where status = 'paid'")) < charges) await sleep(250);
  const daemonsUs = daemons.reduce((sum, { pid }, at) => sum + processCpuUs(pid) - (before[at] ?? 0), 0);
  const serverUs = (await serverCpuUs(database)) - serverBefore;
  const [row = {}] = await sql(
    database,
    `select min(sent_at) as began, max(settled_at) as ended, percentile_cont(0.5) within group (order by settled_at) as half,
       percentile_cont(0.99) within group (order by settled_at) as most from attempt where state = 'paid'`,
  );
  const shares = await sql(database, "select count(*) as n from attempt group by claimed_by order by 1 desc");
  const [from, until, half, most] = ["began", "ended", "half", "most"].map((name) => Number(row[name]));
  const memoryMiB = daemons.reduce((sum, daemon) => sum + peakMiB(daemon), 0);
  for (const daemon of daemons) daemon.kill("SIGTERM");
  await Promise.all(daemons.map((daemon) => new Promise((resolve) => daemon.once("close", resolve))));
  return {
    perSecond: (charges * 1000) / (until! - from!),
    cpuUs: Math.round(daemonsUs / charges),
    serverCpuUs: Math.round(serverUs / charges),
    shares: shares.map(({ n }) => Number(n)),
    ...{ from: from!, until: until!, lateP50Ms: half! - from!, lateP99Ms: most! - from! },
    // Daemons tell nothing of their event loops, and the server counts reads as commits, too.
    ...{ memoryMiB, commits: null, loopP99Ms: null, loopMaxMs: null },
  };
}

/** All of them in one transaction, so that all fall due at one moment. */
async function fill(env: Readonly<Record<string, string>>): Promise<void> {
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: folder, isTerminal: false },
  );
  await using app = await assemble(config, { cwd: folder, charging: false, database: "write", writeLog: () => {} });
  const now = app.clock.now();
  const startLocal = now.toISOString().slice(0, 16);
  await app.store.write(now, async (records) => {
    records.addPlan(PLAN);
    for (let at = 0; at < charges; at++) {
      const customerId = `cus_bench${at}`;
      await records.putCustomer(customerOf(customerId));
      const order = {
        ...{ id: `sub${at}`, planId: PLAN.id, customerId, startLocal, timeZone: "UTC", quantity: 1 },
        ...{ lineItems: null, discount: null, billPast: false },
      };
      const subscription = beginSubscription(order, PLAN, "code", now);
      if (subscription !== null) records.addSubscription(subscription);
    }
  });
}

function peakMiB({ pid }: ChildProcess): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(peak) / 1024);
}
