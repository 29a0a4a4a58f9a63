/** One running daemon of the simulated merchant: its ports, its life, its ticks. */
import { billDue, checkKey, type BillLimits, type BillNeeds } from "../../src/application/bill-due.ts";
import { CircuitBreaker } from "../../src/application/circuit-breaker.ts";
import type { Clock, Gateway, Log, Owner, Random, Store } from "../../src/application/ports.ts";
import { BillingError, EXIT } from "../../src/domain/errors.ts";
import { POLICIES } from "./merchant.ts";
import { perilous, type Activity, type Fate, type Life } from "./perilous-ports.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import type { Report } from "./violation.ts";

export type Machine = {
  readonly name: string;
  isAlive(): boolean;
  isTicking(): boolean;
  /** kill -9 from outside. */
  kill(because: string): void;
  /** Begins one tick, as cron does. */
  tick(): void;
};

export type MachineNeeds = {
  readonly name: string;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: Trace;
  readonly activity: Activity;
  readonly limits: BillLimits;
  readonly backoffMs: number;
  readonly report: Report;
  /** Draws what becomes of a call of a port. */
  readonly fateOf: (port: "store" | "gateway", method: string) => Fate;
  readonly freezesForMs: () => number;
  readonly onDeath: (machine: Machine, because: string) => void;
  readonly onFreeze: (machine: Machine, forMs: number) => void;
  /** A tick is over; failed or not, the next one is cron's. */
  readonly onTick: (machine: Machine) => void;
};

/** Like `RECONCILE_SCHEDULE` and `RECHARGE_QUIET_MS`. */
const LOOKS = {
  offsetsMs: [15_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000, 86_400_000],
  rechargeQuietMs: 900_000,
} as const;

export function startMachine(needs: MachineNeeds): Machine {
  const { name, timeline, trace, activity, report } = needs;
  let isAlive = true;
  let thaw: Promise<void> | null = null;
  let isTicking = false;
  let owner: Owner | null = null;
  let isKeyChecked = false;

  const life: Life = {
    get isAlive() {
      return isAlive;
    },
    thawed: () => thaw,
    fateOf: needs.fateOf,
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
  const store = perilous(needs.store, "store", life, activity);
  const gateway = perilous(needs.gateway, "gateway", life, activity);
  const clock: Clock = timeline.clock;
  const billNeeds: BillNeeds = {
    ...{ store, gateway, clock, random: needs.random, log: listeningLog(report), policies: POLICIES },
    ...{ looks: LOOKS, backoffMs: needs.backoffMs, breaker: new CircuitBreaker() },
  };

  function die(because: string): void {
    if (!isAlive) return;
    isAlive = false;
    isTicking = false;
    trace.note(timeline.nowMs(), `${name} dies`, because);
    needs.onDeath(machine, because);
  }

  async function tickOnce(): Promise<void> {
    try {
      owner ??= await store.takeOver(`own_${name}`);
      if (!isKeyChecked) await checkKey(billNeeds);
      isKeyChecked = true;
      const tally = await billDue(billNeeds, owner, needs.limits, new AbortController().signal);
      trace.note(timeline.nowMs(), `${name} ticked`, `${tally.opened} ${JSON.stringify(tally.outcomes)}`);
    } catch (error) {
      trace.note(timeline.nowMs(), `${name} failed`, String(error));
      if (!(error instanceof BillingError)) report("bug", `a tick threw ${describe(error)}`);
      // The daemon ends with 78, and a person starts it again when the configuration is mended.
      else if (error.exitCode === EXIT.configuration) die(`exit 78: ${error.message}`);
    }
    isTicking = false;
    if (isAlive) needs.onTick(machine);
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
  };
  trace.note(timeline.nowMs(), `${name} starts`);
  return machine;
}

/** The program reports its own bugs in its log, and goes on with the rest. */
function listeningLog(report: Report): Log {
  const nothing = (): void => {};
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (event, fields) => {
      const error = fields?.["error"];
      if (error !== undefined && !(error instanceof BillingError))
        report("bug", `${event}: ${describe(error)} (${JSON.stringify(fields?.["evidence"])})`);
    },
  };
}

export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
}
