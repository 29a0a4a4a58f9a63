/**
 * The crash matrix: one run without crashes numbers the points; then one run for each point, or pair of points, in
 * which the process dies there and another one takes over.
 */
import { createHash } from "node:crypto";
import Database from "better-sqlite3";
import type { LedgerCharge } from "../../src/sandbox/server.ts";
import { checkAlways, checkAtRest, readRecords } from "./ledger-check.ts";
import { openTables, withTables } from "../support/raw-tables.ts";
import { startTicking, decide, type TickingProcess, type TickingOptions } from "./ticking-process.ts";
import { type Point, Points } from "./points.ts";
import type { CrashFixture, CrashTemplate } from "./crash-fixture.ts";

export type Row = {
  readonly point: Point;
  /** What of the dead process the next one finds: attempts between claim and outcome, and what the gateway knows. */
  readonly finds: readonly string[];
  /** What the records then say happened to those attempts. */
  readonly does: readonly string[];
  readonly faults: readonly string[];
};

/** A point, and the state it leaves behind: two points with the same state are the same crash. */
export type Numbered = { readonly point: Point; readonly state: string };

/** The points of a run in which nothing dies. @throws when even that run is not clean */
export async function numberPoints(template: CrashTemplate): Promise<readonly Numbered[]> {
  await using fixture = await template.copy();
  await using states = await statesOf(fixture);
  const numbered: Numbered[] = [];
  const points = new Points((point) => {
    const state = states.now();
    const number = (each: string): false => {
      numbered.push({ point, state: each });
      return false;
    };
    // At once where it can be: nothing of the same process goes on meanwhile, and the numbers are the same each time.
    return typeof state === "string" ? number(state) : state.then(number);
  });
  await runToEnd(fixture, { points, concurrency: 1 });
  const faults = await endFaults(fixture);
  if (faults.length > 0) throw new Error(`without any crash: ${faults.join("; ")}`);
  return numbered;
}

/** The first point of each different state. */
export function differentCrashes(numbered: readonly Numbered[]): readonly Point[] {
  return [...Map.groupBy(numbered, ({ state }) => state).values()].flatMap(([first]) => first?.point ?? []);
}

/** What was wrong, and where the process had died. */
export function faultsOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ point, faults }) => faults.map((fault) => `${point.number} ${point.call}: ${fault}`));
}

/** Dies once for each of these, each process at the given point of its own; then the last one runs to the end. */
export async function crash(
  template: CrashTemplate,
  at: readonly [number, ...number[]],
  concurrency = 1,
): Promise<Row> {
  await using fixture = await template.copy();
  let point: Point | null = null;
  let found: readonly Found[] = [];
  const faults: string[] = [];
  for (const number of at) {
    const points = new Points((each) => each.number === number);
    await runToEnd(fixture, { points, concurrency });
    point = points.fatal ?? point;
    found = await halfDone(fixture);
    faults.push(...checkAlways(await readRecords(fixture.place), fixture.sandbox.ledger()));
  }
  if (point === null) throw new Error(`point ${at.join(" and ")} was not reached`);
  await runToEnd(fixture, { points: new Points(), concurrency });
  return await rowOf(fixture, point, found, faults);
}

/**
 * Stops at this point while a successor, whom no lock keeps out, does everything there is to do; then goes on where it
 * was, with an epoch that has passed.
 */
export async function stopAndGoOn(template: CrashTemplate, number: number): Promise<Row> {
  await using fixture = await template.copy();
  const points = new Points((each) => each.number === number);
  const stopped = await startTicking(fixture, { points, concurrency: 1, unlocked: true });
  await tickOn(stopped, fixture, points);
  const point = points.fatal;
  if (point === null) throw new Error(`point ${number} was not reached`);
  const found = await halfDone(fixture);
  const successor = await startTicking(fixture, { points: new Points(), concurrency: 1, unlocked: true });
  await successor.untilQuiet();
  await stopped.wake();
  const faults = checkAlways(await readRecords(fixture.place), fixture.sandbox.ledger());
  await stopped.end();
  await successor.end();
  await runToEnd(fixture, { points: new Points(), concurrency: 1 });
  return await rowOf(fixture, point, found, faults);
}

async function rowOf(
  fixture: CrashFixture,
  point: Point,
  found: readonly Found[],
  faults: readonly string[],
): Promise<Row> {
  const does: string[] = [];
  for (const { attemptId, events } of found) does.push((await eventsOf(fixture, attemptId)).slice(events).join(", "));
  return {
    ...{ point, does, finds: found.map(({ finds }) => finds) },
    faults: [...faults, ...(await endFaults(fixture))],
  };
}

/** Until nothing is due and nobody has to decide, or until it dies. */
async function runToEnd(fixture: CrashFixture, options: TickingOptions): Promise<void> {
  const ticking = await startTicking(fixture, options);
  try {
    await tickOn(ticking, fixture, options.points);
  } finally {
    await ticking.end();
  }
}

async function tickOn(ticking: TickingProcess, fixture: CrashFixture, points: Points): Promise<void> {
  do await ticking.untilQuiet();
  while (points.fatal === null && (await decide(fixture)));
}

export async function endFaults({ place, sandbox, clock }: CrashFixture): Promise<string[]> {
  const records = await readRecords(place);
  const unpaid = records.invoices.filter(({ status }) => status !== "paid");
  return [
    ...checkAtRest(records, sandbox.ledger(), clock.now()),
    ...unpaid.map(({ subscriptionId, cycle, status }) => `${subscriptionId}/${cycle} ends ${status}`),
  ];
}

type Found = { readonly attemptId: string; readonly finds: string; readonly events: number };

async function halfDone(fixture: CrashFixture): Promise<Found[]> {
  const ledger = fixture.sandbox.ledger();
  const pages = fixture.sandbox
    .orders()
    .flatMap(({ charges, metadata }) => (charges === 0 ? [metadata["puntual_attempt"]] : []));
  const { attempts } = await readRecords(fixture.place);
  const found: Found[] = [];
  for (const { id, state, flow, reference } of attempts) {
    if (state !== "claimed" && state !== "sending") continue;
    found.push({
      attemptId: id,
      finds: `${flow === "link" ? "a payment link, " : ""}${state === "claimed" ? state : `sending, ${knownOf(reference, ledger, pages)}`}`,
      events: (await eventsOf(fixture, id)).length,
    });
  }
  return found;
}

function knownOf(reference: string, ledger: readonly LedgerCharge[], uncharged: readonly unknown[]): string {
  const charge = ledger.find(({ referenceId }) => referenceId === reference);
  if (charge !== undefined) return `${charge.status} at the gateway`;
  return uncharged.includes(reference) ? "an order at the gateway" : "nothing at the gateway";
}

/** In the order they were written. */
async function eventsOf({ place }: CrashFixture, attemptId: string): Promise<string[]> {
  const sql = `select type from event where attempt_id = '${attemptId}' order by sequence`;
  const rows = await withTables(place, (tables) => tables.all<{ readonly type: string }>(sql));
  return rows.map(({ type }) => type);
}

type States = AsyncDisposable & { now(): string | Promise<string> };

/** All that a process leaves behind when it dies: the records, what the gateway did, and the time. */
async function statesOf({ place, sandbox, clock }: CrashFixture): Promise<States> {
  const hashOf = (records: string): string => {
    const state = JSON.stringify([records, sandbox.orders(), sandbox.ledger(), clock.now()]);
    return createHash("sha256").update(state).digest("hex");
  };
  let version: unknown = null;
  let records = "";
  if (typeof place === "string") {
    const database = new Database(place, { readonly: true });
    const tables = database.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
    const reads = tables.map((table) => database.prepare(`select * from "${table}"`));
    return {
      now() {
        // SQLite's own number: another one after each commit of another connection, and few of the points lie behind one.
        const current = database.pragma("data_version", { simple: true });
        if (current !== version) records = JSON.stringify(reads.map((read) => read.all()));
        version = current;
        return hashOf(records);
      },
      [Symbol.asyncDispose]: async () => void database.close(),
    };
  }
  const tables = await openTables(place);
  const names = (await tables.names()).filter((name) => !OF_THE_SERVERS_CLOCK.includes(name));
  return {
    async now() {
      const current = await tables.version();
      if (current !== version) {
        const rows: unknown[] = [];
        for (const name of names) rows.push(await tables.all(`select * from "${name}"`));
        records = JSON.stringify(rows);
      }
      version = current;
      return hashOf(records);
    },
    [Symbol.asyncDispose]: () => tables[Symbol.asyncDispose](),
  };
}

/** On PostgreSQL a node says by it that it lives. */
const OF_THE_SERVERS_CLOCK = ["node", "duty"];
