/**
 * The crash matrix: one run without crashes numbers the points; then one run for each point, or pair of points, in
 * which the process dies there and another one takes over.
 */
import { createHash } from "node:crypto";
import Database from "better-sqlite3";
import type { LedgerCharge } from "../../src/sandbox/server.ts";
import { judgeAlways, judgeAtRest, readBooks } from "./judge.ts";
import { begin, decide, type Life, type Manner } from "./life.ts";
import { type Point, Points } from "./points.ts";
import type { Scene, Stage } from "./scene.ts";

export type Row = {
  readonly point: Point;
  /** What of the dead process the next one finds: attempts between claim and outcome, and what the gateway knows. */
  readonly finds: readonly string[];
  /** What the books then say happened to those attempts. */
  readonly does: readonly string[];
  readonly faults: readonly string[];
};

/** A point, and the world it leaves behind: two points with the same world are the same crash. */
export type Numbered = { readonly point: Point; readonly world: string };

/** The points of a run in which nothing dies. @throws when even that run is not clean */
export async function numberPoints(stage: Stage): Promise<readonly Numbered[]> {
  await using scene = await stage.set();
  const numbered: Numbered[] = [];
  const points = new Points((point) => {
    numbered.push({ point, world: worldOf(scene) });
    return false;
  });
  await liveOut(scene, { points, concurrency: 1 });
  const faults = endFaults(scene);
  if (faults.length > 0) throw new Error(`without any crash: ${faults.join("; ")}`);
  return numbered;
}

/** The first point of each different world. */
export function differentCrashes(numbered: readonly Numbered[]): readonly Point[] {
  return [...Map.groupBy(numbered, ({ world }) => world).values()].flatMap(([first]) => first?.point ?? []);
}

/** What was wrong, and where the process had died. */
export function faultsOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ point, faults }) => faults.map((fault) => `${point.number} ${point.call}: ${fault}`));
}

/** Dies once for each of these, each life at the given point of its own; then the last one lives its life out. */
export async function crash(stage: Stage, at: readonly [number, ...number[]], concurrency = 1): Promise<Row> {
  await using scene = await stage.set();
  let point: Point | null = null;
  let found: readonly Found[] = [];
  const faults: string[] = [];
  for (const number of at) {
    const points = new Points((each) => each.number === number);
    await liveOut(scene, { points, concurrency });
    point = points.fatal ?? point;
    found = halfDone(scene);
    faults.push(...judgeAlways(readBooks(scene.databasePath), scene.sandbox.ledger()));
  }
  if (point === null) throw new Error(`point ${at.join(" and ")} was not reached`);
  await liveOut(scene, { points: new Points(), concurrency });
  return rowOf(scene, point, found, faults);
}

/**
 * Stops at this point while a successor, whom no lock keeps out, does everything there is to do; then goes on where it
 * was, with an epoch that has passed.
 */
export async function stopAndGoOn(stage: Stage, number: number): Promise<Row> {
  await using scene = await stage.set();
  const points = new Points((each) => each.number === number);
  const stopped = await begin(scene, { points, concurrency: 1, unlocked: true });
  await liveOn(stopped, scene, points);
  const point = points.fatal;
  if (point === null) throw new Error(`point ${number} was not reached`);
  const found = halfDone(scene);
  const successor = await begin(scene, { points: new Points(), concurrency: 1, unlocked: true });
  await successor.untilQuiet();
  await stopped.wake();
  const faults = judgeAlways(readBooks(scene.databasePath), scene.sandbox.ledger());
  await stopped.end();
  await successor.end();
  await liveOut(scene, { points: new Points(), concurrency: 1 });
  return rowOf(scene, point, found, faults);
}

function rowOf(scene: Scene, point: Point, found: readonly Found[], faults: readonly string[]): Row {
  return {
    point,
    finds: found.map(({ finds }) => finds),
    does: found.map(({ attemptId, events }) => eventsOf(scene, attemptId).slice(events).join(", ")),
    faults: [...faults, ...endFaults(scene)],
  };
}

/** Until nothing is due and nobody has to decide, or until it dies. */
async function liveOut(scene: Scene, manner: Manner): Promise<void> {
  const life = await begin(scene, manner);
  try {
    await liveOn(life, scene, manner.points);
  } finally {
    await life.end();
  }
}

async function liveOn(life: Life, scene: Scene, points: Points): Promise<void> {
  do await life.untilQuiet();
  while (points.fatal === null && (await decide(scene)));
}

export function endFaults({ databasePath, sandbox, clock }: Scene): string[] {
  const books = readBooks(databasePath);
  const unpaid = books.invoices.filter(({ status }) => status !== "paid");
  return [
    ...judgeAtRest(books, sandbox.ledger(), clock.now()),
    ...unpaid.map(({ subscriptionId, cycle, status }) => `${subscriptionId}/${cycle} ends ${status}`),
  ];
}

type Found = { readonly attemptId: string; readonly finds: string; readonly events: number };

function halfDone(scene: Scene): Found[] {
  const ledger = scene.sandbox.ledger();
  const pages = scene.sandbox
    .orders()
    .flatMap(({ charges, metadata }) => (charges === 0 ? [metadata["puntual_attempt"]] : []));
  return readBooks(scene.databasePath)
    .attempts.filter(({ state }) => state === "claimed" || state === "sending")
    .map(({ id, state, flow, reference }) => ({
      attemptId: id,
      finds: `${flow === "link" ? "a payment link, " : ""}${state === "claimed" ? state : `sending, ${knownOf(reference, ledger, pages)}`}`,
      events: eventsOf(scene, id).length,
    }));
}

function knownOf(reference: string, ledger: readonly LedgerCharge[], uncharged: readonly unknown[]): string {
  const charge = ledger.find(({ referenceId }) => referenceId === reference);
  if (charge !== undefined) return `${charge.status} at the gateway`;
  return uncharged.includes(reference) ? "an order at the gateway" : "nothing at the gateway";
}

/** In the order they were written. */
function eventsOf({ databasePath }: Scene, attemptId: string): string[] {
  const database = new Database(databasePath, { readonly: true });
  try {
    const rows = database.prepare("select type from event where attempt_id = ? order by rowid").all(attemptId);
    return (rows as { readonly type: string }[]).map(({ type }) => type);
  } finally {
    database.close();
  }
}

/** All that a process leaves behind when it dies: the books, what the gateway did, and the time. */
function worldOf({ databasePath, sandbox, clock }: Scene): string {
  const database = new Database(databasePath, { readonly: true });
  try {
    const tables = database.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
    const rows = tables.map((table) => database.prepare(`select * from "${table}"`).all());
    const world = JSON.stringify([rows, sandbox.orders(), sandbox.ledger(), clock.now()]);
    return createHash("sha256").update(world).digest("hex");
  } finally {
    database.close();
  }
}
