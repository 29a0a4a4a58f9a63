/**
 * The processes that may charge: a row each, with the number of its takeover.
 *
 * On SQLite a file lock lets one process charge, and its row stands until its successor's. On PostgreSQL any number of them
 * charge, and each counts for as long as it says that it lives, by the clock of the database: after that its claims are
 * others' to release, and it claims and sends nothing any more, whenever it wakes.
 */
import { hostname } from "node:os";
import type { ChargingNode } from "../../../application/ports/doctor.ts";
import type { Owner } from "../../../application/ports/installation.ts";
import { endsWithin } from "../../../application/concurrency/ends-within.ts";
import { instant, instantOrNull, text, textOrNull, whole } from "../dialect/codec.ts";
import { AlreadyRunning } from "../../../domain/errors.ts";
import { IN_FLIGHT } from "../billing/attempt-states.ts";
import { all, type Connected, ms, type Parameter, run } from "../dialect/sql.ts";
import type { Writes } from "../dialect/writes.ts";
import { noInstallation } from "./installation.ts";

/** Of the node `n`. */
const LIVES = "coalesce(n.alive_until > now_ms(), true)";

/** A node that lives; or a process that makes one payment link for a person, beside the newest node. */
export const MAY_CHARGE = `(
  exists (select 1 from node n where n.id = ? and n.epoch = ? and ${LIVES})
  or exists (select 1 from installation where epoch = ? and owner_id is distinct from ?)
)`;
export function ofOwner({ id, epoch }: Owner): readonly Parameter[] {
  return [id, epoch, epoch, id];
}

/** Of an attempt: the node that claimed it lives. */
export const CLAIMER_LIVES = `exists (select 1 from node n where n.id = claimed_by and n.epoch = claim_epoch and ${LIVES})`;

/** The right is for whoever took it last, or for each that takes it and keeps saying that it lives. */
export type RightToCharge = {
  readonly leaseMs: number | null;
  /** Done whenever a process says that it lives. */
  readonly onBeat?: (em: Connected) => Promise<void>;
};
export const SOLE_RIGHT: RightToCharge = { leaseMs: null };

/** A clock that follows the database's. */
export type HearsTime = { heard(serverMs: number, tookMs: number): void };

export type Process = { readonly host: string; readonly pid: number };

/** For a sweep that compares everything. @throws {AlreadyRunning} a process charges, and lives */
export async function mustBeAlone(em: Connected, database: string): Promise<void> {
  const others = (await chargingNodes(em)).filter(({ isAlive }) => isAlive === true);
  const [other] = others;
  if (other === undefined) return;
  const who = others.length === 1 ? "another process" : `${others.length} other processes, one of them`;
  throw new AlreadyRunning(
    `${who} (pid ${other.pid} on ${other.host}) is charging from ${database}, and was heard of ` +
      `${Math.round(other.silentForMs / 1000)} seconds ago; stop it first, or use commands that do not charge. One that was ` +
      "killed is given up when its lease (LEASE_MS) ends",
  );
}

/** Says again and again that the owner lives, on a connection of the pool. @returns how to fall silent */
function keepAlive(read: () => Connected, owner: Owner, leaseMs: number, onBeat = NOTHING): () => void {
  const timer = setInterval(() => {
    // What fails is said again soon. Whoever charges finds out before the next charge whether it was heard.
    void beat(read(), owner, leaseMs)
      .then(() => onBeat(read()))
      .catch(() => {});
  }, leaseMs / 5);
  timer.unref();
  return () => clearInterval(timer);
}

const NOTHING = async (_em: Connected): Promise<void> => {};

/** The time of the database, for a clock that follows it. */
export async function askTime(em: Connected, clock: HearsTime): Promise<void> {
  // The connection is made before the time is asked for.
  await all(em, "select 1 as one");
  const askedMs = performance.now();
  const [row = {}] = await all(em, "select now_ms() as now");
  clock.heard(whole(row, "now"), performance.now() - askedMs);
}

async function takeOver(em: Connected, id: string, { host, pid }: Process, { leaseMs }: RightToCharge): Promise<Owner> {
  const [row] = await all(em, "update installation set epoch = epoch + 1, owner_id = ? returning epoch", [id]);
  if (row === undefined) throw noInstallation(em);
  const epoch = whole(row, "epoch");
  if (leaseMs === null) await run(em, "delete from node");
  await run(
    em,
    `insert into node (id, epoch, host, pid, started_at, heartbeat_at, alive_until)
     values (?, ?, ?, ?, now_ms(), now_ms(), now_ms() + cast(? as bigint))
     on conflict (id) do update set epoch = excluded.epoch, alive_until = excluded.alive_until`,
    [id, epoch, host, pid, leaseMs],
  );
  return { id, epoch };
}

/** A dead node is shown for a while, so that people see it, and for as long as anything of it is to be settled. */
const SHOWN_LEASES = 10;

async function beat(em: Connected, owner: Owner, leaseMs: number): Promise<void> {
  await sayAlive(em, owner, leaseMs);
  await run(
    em,
    `delete from node where alive_until < now_ms() - cast(? as bigint)
       and not exists (select 1 from attempt a where a.claimed_by = node.id and a.state in ${IN_FLIGHT})`,
    [SHOWN_LEASES * leaseMs],
  );
}

/** One that was silent for too long stays dead: others may have acted on it. */
async function sayAlive(em: Connected, { id, epoch }: Owner, leaseMs: number): Promise<boolean> {
  const living = await run(
    em,
    `update node set heartbeat_at = now_ms(), alive_until = now_ms() + cast(? as bigint)
     where id = ? and epoch = ? and alive_until > now_ms()`,
    [leaseMs, id, epoch],
  );
  return living > 0;
}

export async function stillOwns(em: Connected, owner: Owner): Promise<boolean> {
  return (await all(em, `select 1 from installation where ${MAY_CHARGE}`, ofOwner(owner))).length > 0;
}

export async function noteUnfinished(
  em: Connected,
  { id, epoch }: Owner,
  because: string | null,
  now: Date,
): Promise<void> {
  await run(
    em,
    `update node set unfinished_because = ?,
       unfinished_since = case when cast(? as text) is null then null else coalesce(unfinished_since, ?) end
     where id = ? and epoch = ?`,
    [because, because, ms(now), id, epoch],
  );
}

async function retire(em: Connected, { id, epoch }: Owner): Promise<void> {
  await run(em, "delete from node where id = ? and epoch = ?", [id, epoch]);
}

export async function chargingNodes(em: Connected): Promise<ChargingNode[]> {
  const rows = await all(
    em,
    `select n.id, n.epoch, n.host, n.pid, n.started_at, n.heartbeat_at, n.alive_until, n.unfinished_because, n.unfinished_since,
            now_ms() as now
     from node n order by n.epoch`,
  );
  return rows.map((row) => {
    const aliveUntil = instantOrNull(row, "alive_until");
    const [because, since] = [textOrNull(row, "unfinished_because"), instantOrNull(row, "unfinished_since")];
    return {
      id: text(row, "id"),
      epoch: whole(row, "epoch"),
      host: text(row, "host"),
      pid: whole(row, "pid"),
      startedAt: instant(row, "started_at"),
      silentForMs: whole(row, "now") - whole(row, "heartbeat_at"),
      isAlive: aliveUntil === null ? null : aliveUntil.getTime() > whole(row, "now"),
      unfinished: because === null || since === null ? null : { because, since },
    };
  });
}

const RETIRE_PATIENCE_MS = 5_000;

/** The node of this process: taken over once, kept alive until the store is closed. */
export function nodeOf({ read, alone, rightToCharge }: NodeNeeds): Node {
  const { leaseMs } = rightToCharge;
  let mine: { readonly owner: Owner; readonly fallSilent: () => void } | null = null;
  return {
    get owner() {
      return mine?.owner ?? null;
    },
    async takeOver(id) {
      const self = { host: hostname(), pid: process.pid };
      const owner = await alone((em) => takeOver(em, id, self, rightToCharge));
      mine?.fallSilent();
      mine = { owner, fallSilent: leaseMs === null ? () => {} : keepAlive(read, owner, leaseMs, rightToCharge.onBeat) };
      return owner;
    },
    async place() {
      if (mine === null) return 0;
      const sql = "select count(*) as n from node n where n.epoch < ? and n.alive_until > now_ms()";
      const [row = {}] = await all(read(), sql, [mine.owner.epoch]);
      return whole(row, "n");
    },
    async live(em, owner) {
      if (leaseMs !== null) await sayAlive(em, owner, leaseMs);
    },
    async retire() {
      if (mine === null || leaseMs === null) return;
      const { owner, fallSilent } = mine;
      fallSilent();
      // Where it cannot be said, or not in time, the lease says it.
      await endsWithin(retire(read(), owner), RETIRE_PATIENCE_MS).catch(() => {});
    },
  };
}

type NodeNeeds = Pick<Writes, "alone"> & {
  readonly read: () => Connected;
  readonly rightToCharge: RightToCharge;
};

export type Node = {
  /** Null: this process has not taken the right to charge. */
  readonly owner: Owner | null;
  takeOver(id: string): Promise<Owner>;
  /** How many that live have taken the right before it. */
  place(): Promise<number>;
  /** In the transaction of what it is about to send: others wait for a whole lease from now on. */
  live(em: Connected, owner: Owner): Promise<void>;
  /** Its claims are free at once. */
  retire(): Promise<void>;
};
