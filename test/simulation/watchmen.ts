/**
 * Keeps the daemons running and time passing: wakes them as cron does, starts a successor when one dies, and lets
 * virtual time move only while no process has anything left to do.
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../src/adapters/random.ts";
import type { BillLimits } from "../../src/application/bill-due.ts";
import type { Gateway, Log, Store } from "../../src/application/ports.ts";
import type { Chance } from "./chance.ts";
import type { HostileGateway } from "./hostile-gateway.ts";
import { TIMEOUT_MS } from "./hostile-gateway.ts";
import { drawFate } from "./fate.ts";
import { OPEN_FINDINGS } from "./open-findings.ts";
import { startMachine, type Machine } from "./machine.ts";
import type { PersonNeeds } from "./people.ts";
import type { Activity } from "./perilous-ports.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import type { Report } from "./violation.ts";
import type { Weather } from "./weather.ts";

/** Turns of the event loop without any need of time. A run of a few hundred charges takes some hundreds. */
const MAX_TURNS = 20_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Runs in which nothing is due are left out, but for one a week. */
const LONGEST_SLEEP_MS = 7 * DAY_MS;

export type Watchmen = {
  readonly personNeeds: PersonNeeds;
  readonly faults: Record<string, number>;
  ticks(): number;
  crashes(): number;
  start(): void;
  /** A second daemon beside the first. */
  startAnother(): void;
  /** Every daemon is killed, and one is started again after so long. */
  down(forMs: number): void;
  /** Something may be due sooner than expected. */
  planAgain(): void;
  wakeSoon(): void;
  /** The faults are over: the clock is right and exactly one daemon runs. */
  makePeace(): void;
  letPass(untilMs: number): Promise<void>;
  /** Lets the present tick end. */
  rest(): Promise<void>;
  /** Lets time pass until this is done. */
  until(done: Promise<void>): Promise<void>;
};

export function watchmen(needs: {
  readonly options: { readonly seed: number };
  readonly weather: Weather;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly report: Report;
  readonly chance: Chance;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly world: HostileGateway;
  readonly nextDue: (now: Date) => Promise<number | null>;
}): Watchmen {
  const { weather, timeline, trace, report, chance, store, gateway, world } = needs;
  const activity: Activity = { began: 0, running: 0 };
  const machines = new Set<Machine>();
  const wakes = new Map<Machine, { atMs: number; idle: number }>();
  const faults: Record<string, number> = {};
  const limits: BillLimits = {
    flow: weather.flow,
    concurrency: chance.pick([1, 4, 16]),
    ratePerSecond: 0,
    leaseMs: 120_000,
    maxCharges: chance.happens(0.1) ? chance.between(1, 20) : null,
    maxAmountCents: chance.happens(0.1) ? 3_000_000 : null,
    maxChargesPerCustomerPerDay: chance.pick([3, 20, 1000]),
    timeoutMs: TIMEOUT_MS,
    pendingMaxHours: 72,
  };
  let isPeace = false;
  let started = 0;
  let crashes = 0;
  let ticks = 0;
  let isStartPlanned = false;

  function count(fault: string): void {
    faults[fault] = (faults[fault] ?? 0) + 1;
  }

  function start(): void {
    started += 1;
    const machine = startMachine({
      ...{ name: `m${started}`, store, gateway, timeline, trace, activity, report, limits, backoffMs: MINUTE_MS },
      random: seededRandom(needs.options.seed * 1000 + started),
      fateOf: (port, method) => (isPeace ? "none" : drawFate(chance, weather, port, method)),
      freezesForMs: () => Math.round(chance.fraction() ** 3 * 4 * 3_600_000) + 1000,
      onDeath: (dead, because) => {
        machines.delete(dead);
        crashes += 1;
        count(because.startsWith("exit 78") ? "exit_78" : because.startsWith("down") ? "downtime" : "crash");
        // A predecessor that is still there is fenced off by the one that died, and charges nobody any more.
        const isLeaderless = machines.size === 0 || (dead.name === `m${started}` && !OPEN_FINDINGS.fencedDaemonStays);
        if (isLeaderless && !because.startsWith("down")) startAfter(pauseAfterDeath(because), machines.size > 0);
      },
      onFreeze: () => {
        count("freeze");
        if (weather.hasZombies && machines.size < 3) startAfter(chance.between(1000, 600_000), true);
      },
      onTick: (ticked) => {
        ticks += 1;
        void planWake(ticked);
      },
    });
    machines.add(machine);
    wakes.set(machine, { atMs: Infinity, idle: 0 });
    // A predecessor that only froze is ended by whoever finds two running.
    for (const other of machines)
      if (other !== machine && !weather.hasTwoDaemons)
        timeline.after(chance.between(0, 2 * 3_600_000), () => replace(other));
    machine.tick();
  }

  /** Whoever finds two running ends one, never the last. */
  function replace(machine: Machine): void {
    if (machines.size > 1) machine.kill("replaced");
  }

  function pauseAfterDeath(because: string): number {
    if (because.startsWith("exit 78"))
      return Math.max(0, world.spellEndsAtMs() - timeline.nowMs()) + chance.between(0, 6 * 3_600_000);
    return chance.happens(0.7) ? chance.between(1000, 30_000) : chance.between(30_000, 5 * 3_600_000);
  }

  function startAfter(delayMs: number, beside = false): void {
    if (!beside && isStartPlanned) return;
    if (!beside) isStartPlanned = true;
    timeline.after(delayMs, () => {
      if (!beside) isStartPlanned = false;
      if (isPeace && machines.size > 0) return;
      if (beside || machines.size === 0) start();
    });
  }

  /** Cron wakes on the minute of the machine's clock; minutes in which nothing can be due are left out. */
  async function planWake(machine: Machine): Promise<void> {
    const now = timeline.clock.now();
    const due = await needs.nextDue(now);
    const wake = wakes.get(machine);
    if (wake === undefined || !machine.isAlive()) return;
    wake.idle = due !== null && due <= now.getTime() ? wake.idle + 1 : 0;
    // What stays due although it was tried waits for something: there is no need to watch it every minute.
    const patienceMs = Math.min(60, 2 ** Math.max(0, wake.idle - 3)) * MINUTE_MS;
    const soonest = now.getTime() + patienceMs;
    const wanted = Math.min(now.getTime() + LONGEST_SLEEP_MS, Math.max(due ?? Infinity, soonest));
    wakeAt(machine, Math.ceil(wanted / MINUTE_MS) * MINUTE_MS - timeline.skewMs());
  }

  function wakeAt(machine: Machine, atMs: number): void {
    const wake = wakes.get(machine);
    if (wake === undefined) return;
    wake.atMs = atMs;
    timeline.at(atMs, () => {
      if (wake.atMs !== atMs) return;
      wake.atMs = Infinity;
      machine.tick();
    });
  }

  /** Cheaper than the one of node:timers/promises, and called some ten thousand times a life. */
  const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

  /** Until nothing moves any more but time. */
  async function settle(): Promise<void> {
    let seen = -1;
    let turns = 0;
    for (let quiet = 0; quiet < 2; quiet = activity.began === seen && activity.running === 0 ? quiet + 1 : 0) {
      seen = activity.began;
      await nextTurn();
      turns += 1;
      assert(
        turns < MAX_TURNS,
        `the program never comes to rest: ${activity.began} calls, ${activity.running} running`,
      );
    }
  }

  async function letPass(untilMs: number): Promise<void> {
    timeline.at(untilMs, () => {});
    do {
      timeline.step();
      await settle();
    } while (timeline.nowMs() < untilMs);
  }

  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return {
    personNeeds: { store, gateway, clock: timeline.clock, random: seededRandom(needs.options.seed + 1), log },
    faults,
    ticks: () => ticks,
    crashes: () => crashes,
    start,
    startAnother: () => {
      if (machines.size > 1) return;
      count("second_daemon");
      start();
      const [older] = machines;
      timeline.after(chance.between(MINUTE_MS, 20 * DAY_MS), () => older !== undefined && replace(older));
    },
    down: (forMs) => {
      for (const machine of machines) machine.kill("down");
      startAfter(forMs);
    },
    planAgain: () => {
      for (const machine of machines) if (!machine.isTicking()) void planWake(machine);
    },
    wakeSoon: () => {
      for (const machine of machines)
        wakeAt(machine, Math.ceil((timeline.clock.now().getTime() + 1) / MINUTE_MS) * MINUTE_MS - timeline.skewMs());
    },
    makePeace: () => {
      isPeace = true;
      timeline.setSkew(0);
      const survivor = [...machines].find(({ name }) => name === `m${started}` || OPEN_FINDINGS.fencedDaemonStays);
      for (const machine of machines) if (machine !== survivor) machine.kill("down: peace");
      if (survivor === undefined) start();
      else wakeAt(survivor, timeline.nowMs() + MINUTE_MS);
    },
    letPass,
    rest: async () => {
      for (let step = 0; step < 10_000 && [...machines].some((machine) => machine.isTicking()); step++) {
        timeline.step();
        await settle();
      }
    },
    until: async (done) => {
      const waiting = { isOver: false };
      void done.finally(() => {
        waiting.isOver = true;
      });
      await settle();
      while (!waiting.isOver) {
        if (timeline.nextMs() !== null) timeline.step();
        await settle();
      }
    },
  };
}
