/**
 * Three daemons on one PostgreSQL, and everything that can happen to them and to it; then peace, and the ledger check.
 *
 *   node test/crash/server-faults.ts [--seed 1] [--strikes 60] [--flow single]
 *
 * One of the daemons has a clock that is an hour ahead, another three connections, for all that it does. The seed decides what strikes and
 * when; what the machine does between two of its own steps it cannot decide.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/adapters/random.ts";
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { type RunningProcess, startPuntual } from "../daemon/real-process.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { API_KEY, createCustomers } from "./customers.ts";
import { checkAtRest, doubleCharges, readRecords } from "./ledger-check.ts";
import { environment, injectFaults, IS_BEHIND } from "./round.ts";
import { startProxy } from "./server-proxy.ts";
import { openWorkload } from "./workload.ts";

export type FaultsOrder = { readonly seed: number; readonly strikes: number; readonly flow: ChargeFlow };

export type FaultsReport = {
  /** How often each struck. */
  readonly struck: ReadonlyMap<string, number>;
  readonly lostCommits: number;
  readonly invoices: number;
  readonly paid: number;
  /** Outcomes that only a person could decide. */
  readonly decided: number;
  /** Daemons that ended by themselves, and were started again. */
  readonly ended: number;
  readonly doubleCharges: number;
  readonly faults: readonly string[];
};

const LEASE_MS = 5_000;
const STRIKES = ["kill -9", "SIGSTOP", "terminate", "fall", "lose commits", "cut"] as const;
const CLOCK = path.join(import.meta.dirname, "clock-an-hour-ahead.js");
const NODES: readonly Readonly<Record<string, string>>[] = [
  {},
  { NODE_OPTIONS: `--import=${CLOCK}` },
  { DATABASE_POOL: "3" },
];

export async function playFaults(server: PostgresServer, { seed, strikes, flow }: FaultsOrder): Promise<FaultsReport> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-faults-"));
  const database = await server.newDatabase();
  await using proxy = await startProxy(database.server.port);
  await using sandbox = await startSandbox({ seed, apiKey: API_KEY, requestsKept: 200 });
  const env = { ...environment(flow, sandbox.url), LEASE_MS: String(LEASE_MS), DATABASE_URL: server.url(database) };
  const tokens = Array.from({ length: 8 }, () => "tok_test_visa_4242");
  await using workload = await openWorkload({ folder, env, customerIds: await createCustomers(sandbox.url, tokens) });
  const url = new URL(env.DATABASE_URL);
  url.port = String(proxy.port);
  const struck = new Map<string, number>();
  const faults: string[] = [];
  let ended = 0;
  using fleet = startFleet({ cwd: folder, env: { ...env, DATABASE_URL: url.href } });
  const { daemons } = fleet;
  const any = <T>(list: readonly T[]): T => list[Math.floor(random.fraction() * list.length)]!;
  const pause = (): Promise<void> => sleep(200 + random.fraction() * 1500);

  for (let at = 0; at < strikes; at++) {
    injectFaults(sandbox, flow);
    await workload.addWork(at, random);
    await pause();
    const strike = any(STRIKES);
    struck.set(strike, (struck.get(strike) ?? 0) + 1);
    const daemon = any(daemons);
    if (strike === "kill -9") daemon.current().process.kill("SIGKILL");
    if (strike === "cut") proxy.cutAll();
    if (strike === "lose commits") proxy.loseCommits(1 + Math.floor(random.fraction() * 4));
    if (strike === "terminate") await terminate(database, 1 + Math.floor(random.fraction() * 4));
    if (strike === "fall") await server.fall();
    if (strike === "SIGSTOP") {
      daemon.current().process.kill("SIGSTOP");
      await sleep(LEASE_MS + 1500);
      daemon.current().process.kill("SIGCONT");
    }
  }

  sandbox.clearFaults();
  proxy.loseCommits(-1_000);
  do await quiet(database);
  while ((await workload.decide()) > 0);
  const stopped = daemons.map((daemon) => Number(daemon.current().process.pid));
  for (const daemon of daemons) {
    const code = await daemon.stop();
    if (code !== 0) faults.push(`a daemon that was stopped in order ended with ${code}`);
    ended += daemon.ended().length;
    faults.push(...daemon.ended().filter((each) => !/^code 1\b|^SIGKILL/.test(each)));
  }
  // One that was killed has its lease to its end; one that was stopped in order gives it up.
  const nodes = await sql(
    database,
    `select id from node where alive_until > extract(epoch from now()) * 1000 and pid in (${stopped.join(", ")})`,
  );
  if (nodes.length > 0) faults.push(`${nodes.length} nodes are alive after their end in order`);
  const records = await readRecords(database);
  const ledger = sandbox.ledger();
  faults.push(...checkAtRest(records, ledger, new Date()));
  faults.push(
    ...records.invoices.filter(({ status }) => status !== "paid").map(({ id, status }) => `${id} is ${status}`),
  );
  const [decided] = await sql(database, "select count(*) as n from event where type = 'attempt.resolved'");
  if (faults.length === 0) rmSync(folder, { recursive: true, force: true });
  return {
    ...{ struck, lostCommits: proxy.lostCommits(), ended, faults },
    invoices: records.invoices.length,
    paid: ledger.filter(({ status }) => status === "paid").length,
    decided: Number(decided?.["n"]),
    doubleCharges: doubleCharges(ledger).length,
  };
}

export type KeptAlive = {
  current(): RunningProcess;
  /** How each ended that was not stopped in order. */
  ended(): readonly string[];
  stop(): Promise<number | null>;
  kill(): void;
};

function startFleet({ cwd, env }: Parameters<typeof startPuntual>[1]): Disposable & {
  readonly daemons: readonly KeptAlive[];
} {
  const daemons = NODES.map((more) => keptAlive({ cwd, env: { ...env, ...more } }));
  return {
    daemons,
    [Symbol.dispose]: () => {
      for (const daemon of daemons) daemon.kill();
    },
  };
}

/** Started again whenever it ends, as pm2 does. */
export function keptAlive(surroundings: Parameters<typeof startPuntual>[1]): KeptAlive {
  const ended: string[] = [];
  let isStopping = false;
  let running = begin();

  function begin(): RunningProcess {
    const daemon = startPuntual(["start"], surroundings);
    void daemon.ended.then(async ({ code, signal, output }) => {
      if (isStopping) return;
      ended.push(signal ?? `code ${code}: ${output.slice(-500)}`);
      await sleep(200);
      if (!isStopping) running = begin();
    });
    return daemon;
  }
  return {
    current: () => running,
    ended: () => ended,
    kill() {
      isStopping = true;
      running.process.kill("SIGKILL");
    },
    async stop() {
      isStopping = true;
      running.process.kill("SIGTERM");
      return (await running.ended).code;
    },
  };
}

/** Some connections of the daemons, at whatever they are. */
async function terminate(database: PostgresDatabase, count: number): Promise<void> {
  await sql(
    database,
    `select pg_terminate_backend(pid) from (
       select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       order by random() limit ${count}
     ) chosen`,
  );
}

const MOST_PEACE_MS = 5 * 60_000;

/** Nothing is under way, to be asked about, or due; what waits for a held one waits for a person. */
async function quiet(database: PostgresDatabase): Promise<void> {
  const giveUpAt = performance.now() + MOST_PEACE_MS;
  for (;;) {
    const [row = {}] = await sql(
      database,
      `select (select count(*) from attempt where state in ('claimed', 'sending')) as in_flight,
              (select count(*) from attempt where next_inquiry_at is not null) as uncertain,
              (select count(*) from invoice i where next_attempt_at is not null and not ${IS_BEHIND}) as due,
              (select count(*) from subscription where next_billing_at <= extract(epoch from now()) * 1000) as unopened`,
    );
    if (Object.values(row).every((count) => Number(count) === 0)) return;
    if (performance.now() > giveUpAt) throw new Error(`it is not settled in peace: ${JSON.stringify(row)}`);
    await sleep(500);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      strikes: { type: "string", default: "60" },
      flow: { type: "string", default: "single" },
    },
  });
  await using server = await startPostgres();
  const flow = values.flow === "order_first" ? "order_first" : "single";
  const report = await playFaults(server, { seed: Number(values.seed), strikes: Number(values.strikes), flow });
  const shown = { ...report, struck: Object.fromEntries(report.struck) };
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  process.exitCode = report.faults.length === 0 ? 0 : 1;
}
