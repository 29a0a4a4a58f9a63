/**
 * The disk fills up right before a write of the store, and has space again later. For a process with a limit to the
 * size of its files, which is as real to SQLite as a full disk:
 *
 *   sh -c 'ulimit -f 4096; exec node test/crash/full-disk.ts [--every-write]'
 *
 * Prints one line of JSON for each write. The disk is filled by growing the write-ahead log up to the limit, and has
 * space again when the log is emptied.
 */
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { CHARGE_FLOWS } from "../../src/domain/ways-to-pay.ts";
import { DatabaseUnusable } from "../../src/domain/errors.ts";
import { CHARGE } from "./failpoints.ts";
import { startTicking, decide } from "./ticking-process.ts";
import { endFaults, numberPoints } from "./matrix.ts";
import { type Point, Points } from "./points.ts";
import { buildTemplate, type CrashTemplate } from "./crash-fixture.ts";

export type FullDiskRow = {
  readonly flow: string;
  readonly point: Point;
  /** SQLite's own name of what happened. */
  readonly code: string;
  /** Calls that could move money, begun after the disk was full. */
  readonly sentWhileFull: number;
  readonly faults: readonly string[];
};

const WRITES = /^store\.(takeOver|confirmMode|open|claim|markSending|settle)$/;
const NO_ERROR = "no error";
const MOST_WRITES = 5000;
const MUST = /^store\.(markSending|settle)$/;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { "every-write": { type: "boolean", default: false } } });
  for (const flow of CHARGE_FLOWS) {
    using template = await buildTemplate(flow);
    const writes = (await numberPoints(template))
      .map(({ point }) => point)
      .filter(({ call, moment }) => moment === "before" && WRITES.test(call));
    const first = new Set([...Map.groupBy(writes, ({ call }) => call).values()].map(([point]) => point));
    for (const point of writes)
      if (values["every-write"] || first.has(point) || MUST.test(point.call))
        console.log(JSON.stringify({ flow, ...(await fillAt(template, point, CHARGE[flow])) }));
  }
}

async function fillAt(template: CrashTemplate, { number }: Point, call: string): Promise<Omit<FullDiskRow, "flow">> {
  await using fixture = await template.copy();
  const pattern = new RegExp(`^${call.replace("*", "[^/]+")}$`);
  const sent = (): number =>
    fixture.sandbox.requests().filter(({ method, path }) => pattern.test(`${method} ${path}`)).length;
  const struck: Point[] = [];
  let sentBefore = 0;
  const points = new Points((point) => {
    if (point.number !== number) return false;
    struck.push(point);
    sentBefore = sent();
    fillDisk(fixture.databasePath);
    return false;
  });
  const ticking = await startTicking(fixture, { points, concurrency: 1 });
  let code: string;
  do code = await codeOf(ticking.untilQuiet());
  while (
    // On a full disk a person's word could not be written either.
    code === NO_ERROR &&
    struck.length === 0 &&
    (await decide(fixture))
  );
  // The next ticks find the disk still full.
  for (let tick = 0; tick < 2; tick++) await codeOf(ticking.untilQuiet());
  const sentWhileFull = sent() - sentBefore;
  freeDisk(fixture.databasePath);
  do await ticking.untilQuiet();
  while (await decide(fixture));
  await ticking.end();
  const [point] = struck;
  if (point === undefined) throw new Error(`point ${number} was not reached`);
  return { point, code, sentWhileFull, faults: await endFaults(fixture) };
}

async function codeOf(run: Promise<void>): Promise<string> {
  try {
    await run;
    return NO_ERROR;
  } catch (error) {
    if (!(error instanceof DatabaseUnusable)) throw error;
    return /SQLITE_\w+/.exec(error.message)?.[0] ?? error.message;
  }
}

/** Writes the same page until not even that fits. */
function fillDisk(databasePath: string): void {
  const database = new Database(databasePath);
  try {
    database.pragma("wal_autocheckpoint = 0");
    database.pragma("synchronous = off");
    // A number that nobody reads.
    for (let version = 1; version <= MOST_WRITES; version++) database.pragma(`user_version = ${version}`);
  } catch (error) {
    if (error instanceof Database.SqliteError && /IOERR|FULL/.test(error.code)) return;
    throw error;
  } finally {
    database.close();
  }
  throw new Error("the disk does not fill up; was this started with `ulimit -f`?");
}

function freeDisk(databasePath: string): void {
  const database = new Database(databasePath);
  const [result] = database.pragma("wal_checkpoint(truncate)") as [{ readonly busy: number }];
  database.close();
  if (result.busy !== 0) throw new Error("the log could not be emptied");
}
