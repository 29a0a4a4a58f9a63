/**
 * One round: fresh records, a fresh gateway, so many kills, then peace; and the ledger check.
 *
 * The seed decides the work, the moments and the faults. What the machine does between two of its own steps it cannot
 * decide: the same seed gives the same kind of round, not the same one to the millisecond.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { until } from "../daemon/real-process.ts";
import { API_KEY, createCustomers } from "./customers.ts";
import { awaitMoment, CHARGE, FAILPOINTS } from "./failpoints.ts";
import { type AttemptRow, doubleCharges, checkAlways, checkAtRest, readRecords } from "./ledger-check.ts";
import { openWorkload } from "./workload.ts";
import { keptByLoop, keptByPm2, type DaemonUnderTest } from "./daemon-under-test.ts";

export type RoundOrder = {
  readonly seed: number;
  readonly flow: ChargeFlow;
  readonly kills: number;
  readonly pm2: boolean;
  readonly onKill?: () => void;
};

export type RoundReport = {
  readonly kills: number;
  readonly restarts: number;
  /** Kills by the name of their moment; those whose moment did not come stand under "in vain". */
  readonly moments: ReadonlyMap<string, number>;
  /** Kills that left a claim or an intent behind. */
  readonly halfDone: number;
  readonly invoices: number;
  readonly paid: number;
  readonly declined: number;
  /** Outcomes that only a person could decide. */
  readonly decided: number;
  readonly doubleCharges: number;
  readonly faults: readonly string[];
};

const TOKENS = [
  ...Array.from({ length: 6 }, () => "tok_test_visa_4242"),
  "tok_sandbox_insufficient_funds_1_then_pays",
  "tok_sandbox_pays_2_then_declines",
];

export async function playRound({ seed, flow, kills, pm2, onKill }: RoundOrder): Promise<RoundReport> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-kill-"));
  const databasePath = path.join(folder, "data", "puntual.db");
  mkdirSync(path.dirname(databasePath));
  await using sandbox = await startSandbox({ seed, apiKey: API_KEY, requestsKept: 200 });
  const env = environment(flow, sandbox.url);
  await using workload = await openWorkload({ folder, env, customerIds: await createCustomers(sandbox.url, TOKENS) });
  const surroundings = { cwd: folder, env };
  const daemon: DaemonUnderTest = pm2 ? keptByPm2(surroundings, databasePath) : keptByLoop(surroundings);
  using records = disposable(new Database(databasePath, { readonly: true }));
  const moments = new Map<string, number>();
  const faults = new Set<string>();
  let halfDone = 0;

  const choices = FAILPOINTS.filter(({ only }) => only === undefined || only === flow);
  for (let kill = 0; kill < kills; kill++) {
    const failpoint = choices[Math.floor(random.fraction() * choices.length)]!;
    injectFaults(sandbox, flow);
    if (failpoint.fault !== undefined) sandbox.inject({ ...failpoint.fault, call: CHARGE[flow] });
    await workload.addWork(kill, random);
    const lastRequest = sandbox.requests().at(-1)?.number ?? 0;
    const chargesBefore = sandbox.ledger().length;
    const startedAt = Date.now();
    await daemon.start();
    const came = await awaitMoment(failpoint, {
      ...{ flow, sandbox, daemon, records: records.value, random, lastRequest, chargesBefore },
    });
    await daemon.kill();
    onKill?.();
    const moment = came ? failpoint.name : "in vain";
    moments.set(moment, (moments.get(moment) ?? 0) + 1);
    if (pm2) continue; // It is running again: what it does must not be judged half-way.
    const seen = await readRecords(databasePath);
    if (seen.attempts.some((attempt) => isHalfDone(attempt) && attempt.claimedAt >= startedAt)) halfDone += 1;
    for (const fault of checkAlways(seen, sandbox.ledger())) faults.add(fault);
  }

  sandbox.clearFaults();
  await daemon.start();
  do await until(() => isQuiet(records.value), "everything to be settled after the last kill");
  while ((await workload.decide()) > 0);
  await daemon.stop();

  const seen = await readRecords(databasePath);
  const ledger = sandbox.ledger();
  for (const fault of [...checkAtRest(seen, ledger, new Date()), ...notCollected(records.value)]) faults.add(fault);
  const resolved = records.value.prepare("select count(*) from event where type = 'attempt.resolved'").pluck();
  const decided = Number(resolved.get());
  records.value.close();
  if (faults.size === 0) rmSync(folder, { recursive: true, force: true });
  else faults.add(`the records are kept in ${folder}`);
  return {
    ...{ kills, restarts: kills, moments, halfDone, decided },
    invoices: seen.invoices.length,
    paid: ledger.filter(({ status }) => status === "paid").length,
    declined: ledger.filter(({ status }) => status === "declined").length,
    doubleCharges: doubleCharges(ledger).length,
    faults: [...faults],
  };
}

/** Over `environment`, where nothing is lost but what a test loses: a busy machine is no lost answer, nor a storm of them. */
export const PATIENT = { CONEKTA_TIMEOUT_MS: "5000", RECHARGE_QUIET_MS: "5000", LEASE_MS: "10000" };

export function environment(flow: ChargeFlow, url: string): Readonly<Record<string, string>> {
  return {
    CONEKTA_API_KEY: API_KEY,
    CONEKTA_BASE_URL: url,
    CONEKTA_CHARGE_FLOW: flow,
    CONEKTA_TIMEOUT_MS: "1000",
    LEASE_MS: "2000",
    RECHARGE_QUIET_MS: "1500",
    BACKOFF_MS: "100",
    RECONCILE_SCHEDULE: "1s,2s,3s",
    BILLING_CRON: "* * * * * *",
    MAX_CHARGES_PER_CUSTOMER_PER_DAY: "1000",
  };
}

function isHalfDone({ state }: AttemptRow): boolean {
  return state === "claimed" || state === "sending";
}

/** What goes wrong at the gateway all the time, beside the kills. */
export function injectFaults(sandbox: Sandbox, flow: ChargeFlow): void {
  sandbox.clearFaults();
  sandbox.inject({ kind: "latency", call: CHARGE[flow], ms: 15, always: true });
  for (const kind of ["reset_before", "reset_after", "504_after", "cut_after", "429"] as const)
    sandbox.inject({ kind, call: CHARGE[flow], chance: 0.02 });
  sandbox.inject({ kind: "503_before", call: "GET *", chance: 0.02 });
}

const HOUR_MS = 3_600_000;

/** The invoice `i` waits for an earlier one of its subscription. */
export const IS_BEHIND = `exists (
  select 1 from invoice e where e.subscription_id = i.subscription_id and e.cycle < i.cycle and e.status in ('open', 'held')
)`;

/** Nothing is under way, to be asked about or due; a retry of a decline is due in days. */
export function isQuiet(records: Database.Database): boolean {
  const row = records
    .prepare(
      `select (select count(*) from attempt where state in ('claimed', 'sending') or next_inquiry_at is not null)
            + (select count(*) from invoice i where i.next_attempt_at <= @soon and not ${IS_BEHIND})
            + (select count(*) from subscription where next_billing_at <= @now) as open`,
    )
    .get({ now: Date.now(), soon: Date.now() + HOUR_MS }) as { readonly open: number };
  return row.open === 0;
}

/** Whatever is owed was paid, or the bank said no. */
function notCollected(records: Database.Database): string[] {
  const rows = records
    .prepare(
      `select i.id, i.status, (select state from attempt where invoice_id = i.id order by number desc limit 1) as last
       from invoice i where i.status <> 'paid' and coalesce(last, '') <> 'declined' and not ${IS_BEHIND}`,
    )
    .all() as { readonly id: string; readonly status: string; readonly last: string | null }[];
  return rows.map(({ id, status, last }) => `invoice ${id} is ${status} after ${last ?? "no attempt"}`);
}

function disposable(value: Database.Database): Disposable & { readonly value: Database.Database } {
  return { value, [Symbol.dispose]: () => value.close() };
}
