/** One running daemon of the simulated merchant: its ports, its life, and its ticks, as `src/entrypoints/daemon.ts` has them. */
import { NO_OTHERS } from "../../src/application/ports/duties.ts";
import type { BillLimits, BillNeeds } from "../../src/application/run/bill-due.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import { type Biller, createBiller } from "../../src/application/run/biller.ts";
import { CircuitBreaker } from "../../src/application/settling/circuit-breaker.ts";
import type { Random } from "../../src/application/ports/runtime.ts";
import type { RunSummary } from "../../src/application/settling/run-summary.ts";
import { AlreadyRunning, BillingError } from "../../src/domain/errors.ts";
import { EXIT, exitCodeOf } from "../../src/entrypoints/cli/exit-codes.ts";
import type { TickWatch, watchedTick } from "../../src/entrypoints/watched-tick.ts";
import { describe, listeningLog } from "./machine-log.ts";
import { newEar, type Verify } from "./machine-ear.ts";
import type { MostRows } from "./find-in-books.ts";
import type { DUNNING } from "./merchant.ts";
import type { Light } from "./promises/promised.ts";
import { perilousPorts, type Activity, type Fate, type Life, type Ports } from "./perilous-ports.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import type { Report } from "./checks/violation.ts";
import type { Letter } from "./webhook-letter.ts";

export type Machine = {
  readonly name: string;
  isAlive(): boolean;
  isTicking(): boolean;
  /** kill -9 from outside. */
  kill(because: string): void;
  /** Begins one tick, as cron does. */
  tick(): void;
  /** @returns the HTTP status; never resolves when the process dies; null: nobody answers the connection */
  receive(letter: Letter): Promise<number> | null;
};

export type WatchTick = typeof watchedTick;

export type WatchedRun = {
  readonly foreseen: Promise<void> | null;
  /** With what the tick leaves for those who watch the exit code, `/readyz` or the heartbeat. */
  over(light: Light): void;
};

export type MachineNeeds = {
  readonly name: string;
  readonly ports: Ports;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: Trace;
  readonly activity: Activity;
  readonly limits: BillLimits;
  readonly backoffMs: number;
  /** What each row that the store gives takes; 0: no time. */
  readonly msPerRow: number;
  /** A tick begins. @returns tells at its end how many rows it may have been given */
  readonly mostRows: () => MostRows;
  readonly report: Report;
  readonly isPoisoned?: (id: string) => boolean;
  /** false: a bug planted into the program. */
  readonly hasFence: boolean;
  /** null: the real check of signatures. */
  readonly verify: Verify | null;
  /** Instead of the real one: a bug planted into what is told of a tick. */
  readonly watchTick: WatchTick;
  /** Instead of the merchant's own: a bug planted into how the policies are followed. */
  readonly dunning: typeof DUNNING;
  /** Draws what becomes of a call of a port. */
  readonly fateOf: (port: "store" | "gateway", method: string) => Fate;
  readonly freezesForMs: () => number;
  readonly onDeath: (machine: Machine, because: string) => void;
  readonly onFreeze: (machine: Machine, forMs: number) => void;
  /** A tick is over; failed or not, the next one is cron's. @param haltReason why nobody may be charged */
  readonly onTick: (machine: Machine, haltReason: string | null) => void;
  /** A tick begins. @returns what is to be awaited before it, and who is given its light afterwards */
  readonly watchRun: () => WatchedRun;
};

/** Like `RECONCILE_SCHEDULE` and `RECHARGE_QUIET_MS`. */
export const INQUIRIES = {
  offsetsMs: [15_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000, 86_400_000],
  rechargeQuietMs: 900_000,
} as const;

export function startMachine(needs: MachineNeeds): Machine {
  const { name, timeline, trace, activity, report, limits } = needs;
  let isAlive = true;
  let thaw: Promise<void> | null = null;
  let isTicking = false;
  let biller: Biller | null = null;
  /** What the store gave in this tick. */
  let rows = 0;
  /** What the gateway showed in it; of its lists what is new, to the restore fence and to the watch for copies. */
  let shown: { asked: string[]; listed: string[] } = { asked: [], listed: [] };
  const listings = new Map<string, number>();

  const life: Life = {
    get isAlive() {
      return isAlive;
    },
    thawed: () => thaw,
    fateOf: needs.fateOf,
    worksOn: (value) => {
      const given = Array.isArray(value) ? value.length : 0;
      rows += given;
      return given * needs.msPerRow > 0 ? timeline.pause(given * needs.msPerRow) : null;
    },
    die,
    freeze: (point) => {
      const forMs = needs.freezesForMs();
      trace.note(timeline.nowMs(), `${name} freezes`, point);
      thaw = timeline.pause(forMs).then(() => {
        thaw = null;
        trace.note(timeline.nowMs(), `${name} goes on`);
      });
      needs.onFreeze(machine, forMs);
    },
  };
  const { store, gateway: calls, inbox, sweep } = perilousPorts(needs.ports, life, activity);
  const gateway: Ports["gateway"] = {
    ...calls,
    readOrder: (orderId) => {
      shown.asked.push(orderId);
      return calls.readOrder(orderId);
    },
    listOrders: async function* (window) {
      for await (const order of calls.listOrders(window)) {
        const before = listings.get(order.orderId) ?? 0;
        if (before < 2) shown.listed.push(order.orderId);
        listings.set(order.orderId, before + 1);
        yield order;
      }
    },
  };
  const billNeeds = {
    ...{
      store,
      gateway,
      clock: timeline.clock,
      random: needs.random,
      log: listeningLog(report, needs.isPoisoned),
      ...needs.dunning,
    },
    ...{ inquiries: INQUIRIES, backoffMs: needs.backoffMs, breaker: new CircuitBreaker() },
    webhooks: { inbox, orders: gateway },
    sweep: { lister: needs.hasFence ? gateway : SHOWS_NOTHING, records: sweep, inbox, flow: limits.flow },
    duties: NO_OTHERS,
    shared: null,
  } satisfies BillNeeds;
  const ear = newEar({
    ...{ webhookNeeds: billNeeds, limits, timeline, report, verify: needs.verify },
    isReady: () => biller?.isKeyChecked === true && isAlive,
  });

  function die(because: string): void {
    if (!isAlive) return;
    isAlive = false;
    isTicking = false;
    trace.note(timeline.nowMs(), `${name} dies`, because);
    needs.onDeath(machine, because);
  }

  async function tickOnce(): Promise<void> {
    const watched = needs.watchRun();
    if (watched.foreseen !== null) await watched.foreseen;
    let haltReason: string | null = null;
    const mostRows = needs.mostRows();
    [rows, shown] = [0, { asked: [], listed: [] }];
    let [isGreen, hasBeaten] = [false, false];
    const state: TickWatch["state"] = { lastTickAt: null, lastTickError: null };
    const beat = async (): Promise<void> => void (hasBeaten = true);
    try {
      biller ??= createBiller(billNeeds, await store.takeOver(`own_${name}`), limits);
      const watch = { state, clock: timeline.clock, beat };
      const { summary } = await needs.watchTick(biller, watch, new AbortController().signal);
      haltReason = summary.haltReason;
      isGreen = state.lastTickError === null && isHealthy(summary);
      trace.note(timeline.nowMs(), `${name} ticked`, toldOf(summary));
    } catch (error) {
      trace.note(timeline.nowMs(), `${name} failed`, String(error));
      if (!(error instanceof BillingError)) report("bug", `a tick threw ${describe(error)}`);
      else if (error instanceof AlreadyRunning) die(`exit 1: ${error.message}`);
      // The daemon ends with 78, and a person starts it again when the configuration is mended.
      else if (exitCodeOf(error) === EXIT.configuration) die(`exit 78: ${error.message}`);
    }
    const most = mostRows(shown);
    if (rows > most) report("work", `${name} was given ${rows} rows in one tick; what waits is worth ${most}`);
    isTicking = false;
    watched.over({ atMs: timeline.nowMs(), isGreen, hasBeaten, isBreakerOpen: billNeeds.breaker.isOpen });
    if (isAlive) needs.onTick(machine, haltReason);
  }

  const machine: Machine = {
    name,
    isAlive: () => isAlive,
    isTicking: () => isTicking,
    kill: die,
    tick: () => {
      if (!isAlive || isTicking) return;
      isTicking = true;
      void tickOnce();
    },
    receive: (letter) => (isAlive && thaw === null ? ear.receive(letter) : null),
  };
  trace.note(timeline.nowMs(), `${name} starts`);
  return machine;
}

/** A bug that is planted: to the restore fence the gateway looks empty. */
const SHOWS_NOTHING: OrderLister = { listOrders: async function* () {} };

/** Neither `/readyz`, nor the heartbeat, nor the exit code says that anything is amiss. */
function isHealthy({ stoppedAt, setAside, needsPerson }: RunSummary): boolean {
  return stoppedAt === null && setAside.length + needsPerson === 0;
}

/** What came of a tick, in a word for each outcome that there was. */
function toldOf({ opened, outcomes, haltReason }: RunSummary): string {
  let told = opened > 0 ? `opened ${opened}` : "";
  for (const outcome in outcomes) {
    const count = outcomes[outcome as keyof typeof outcomes];
    if (count > 0) told += ` ${outcome} ${count}`;
  }
  return haltReason === null ? told : `${told} halted`;
}
