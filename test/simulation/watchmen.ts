/** Keeps the daemons running: wakes them as cron does, and starts a successor when one dies. */
import { seededRandom } from "../../src/adapters/random.ts";
import type { BillLimits } from "../../src/application/run/bill-due.ts";
import type { Chance } from "./chance.ts";
import { drawFate } from "./fate.ts";
import type { HostileGateway } from "./gateway/hostile-gateway.ts";
import type { Verify } from "./machine-ear.ts";
import { startMachine, type Machine, type MachineNeeds } from "./machine.ts";
import type { Activity, Ports } from "./perilous-ports.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import type { Report } from "./checks/violation.ts";
import type { Door } from "./webhook-post.ts";
import type { Weather } from "./weather.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Runs in which nothing is due are left out, but for one a week. */
const LONGEST_SLEEP_MS = 7 * DAY_MS;

export type Watchmen = {
  readonly faults: Record<string, number>;
  ticks(): number;
  crashes(): number;
  start(): void;
  /** A second daemon beside the first. */
  startAnother(): void;
  /** Every daemon is killed, and one is started again after so long. */
  down(forMs: number): void;
  /** Every daemon is stopped, and none may start before `letGo`: somebody else works on the books. */
  hold(): void;
  letGo(): void;
  readonly isHeld: boolean;
  /** Something may be due sooner than expected. */
  planAgain(): void;
  wakeSoon(): void;
  /** The faults are over: the clock is right and exactly one daemon runs. */
  makePeace(): void;
  isAnyTicking(): boolean;
  /** Where the webhooks knock. */
  readonly door: Door;
};

export function watchmen(needs: {
  readonly options: { readonly seed: number };
  readonly weather: Weather;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly report: Report;
  readonly chance: Chance;
  readonly activity: Activity;
  readonly limits: BillLimits;
  readonly ports: Ports;
  readonly world: HostileGateway;
  readonly hasFence: boolean;
  readonly msPerRow: number;
  readonly mostRows: MachineNeeds["mostRows"];
  readonly verify: Verify | null;
  readonly watchTick: MachineNeeds["watchTick"];
  readonly dunning: MachineNeeds["dunning"];
  readonly nextDue: () => number | null;
  /** A daemon may charge nobody. */
  readonly onGateClosed: (because: string) => void;
  readonly watchRun: MachineNeeds["watchRun"];
  readonly isPoisoned: (id: string) => boolean;
}): Watchmen {
  const { weather, timeline, trace, report, chance, activity, limits, ports, world } = needs;
  const machines = new Set<Machine>();
  const wakes = new Map<Machine, { atMs: number; idle: number }>();
  const faults: Record<string, number> = {};
  let isPeace = false;
  let isHeld = false;
  let started = 0;
  let crashes = 0;
  let ticks = 0;
  /** The number of the start that is planned; null: none is. */
  let plannedStart: number | null = null;
  let plans = 0;

  function count(fault: string): void {
    faults[fault] = (faults[fault] ?? 0) + 1;
  }

  function start(): void {
    started += 1;
    const machine = startMachine({
      ...{ name: `m${started}`, ports, timeline, trace, activity, report, limits, backoffMs: MINUTE_MS },
      ...{
        hasFence: needs.hasFence,
        verify: needs.verify,
        watchTick: needs.watchTick,
        dunning: needs.dunning,
        msPerRow: needs.msPerRow,
      },
      ...{ isPoisoned: needs.isPoisoned, mostRows: needs.mostRows },
      random: seededRandom(needs.options.seed * 1000 + started),
      fateOf: (port, method) => (isPeace ? "none" : drawFate(chance, weather, port, method)),
      freezesForMs: () => Math.round(chance.fraction() ** 3 * 4 * HOUR_MS) + 1000,
      onDeath: (dead, because) => {
        machines.delete(dead);
        crashes += 1;
        count(KINDS_OF_DEATH.find((kind) => because.startsWith(kind)) ?? "crash");
        if (machines.size === 0 && !because.startsWith("down")) startAfter(pauseAfterDeath(because));
        // Whoever is left is woken by cron, and finds out then that it is fenced off.
        planAgain();
      },
      onFreeze: () => {
        count("freeze");
        if (weather.hasZombies && machines.size < 3) startBesideAfter(chance.between(1000, 600_000));
      },
      watchRun: needs.watchRun,
      onTick: (ticked, haltReason) => {
        ticks += 1;
        if (haltReason !== null) needs.onGateClosed(haltReason);
        planWake(ticked, haltReason !== null);
      },
    });
    machines.add(machine);
    wakes.set(machine, { atMs: Infinity, idle: 0 });
    // A predecessor that only froze is ended by whoever finds two running.
    for (const other of machines)
      if (other !== machine && !weather.hasTwoDaemons)
        timeline.after(chance.between(0, 2 * HOUR_MS), () => replace(other));
    machine.tick();
  }

  /** Whoever finds two running ends one, never the last. */
  function replace(machine: Machine): void {
    if (machines.size > 1) machine.kill("replaced");
  }

  function pauseAfterDeath(because: string): number {
    if (because.startsWith("exit 78"))
      return Math.max(0, world.spellEndsAtMs() - timeline.nowMs()) + chance.between(0, 6 * HOUR_MS);
    return chance.happens(0.7) ? chance.between(1000, 30_000) : chance.between(30_000, 5 * HOUR_MS);
  }

  function startAfter(delayMs: number): void {
    if (plannedStart !== null) return;
    const plan = (plans += 1);
    plannedStart = plan;
    timeline.after(delayMs, () => {
      if (plannedStart !== plan) return;
      plannedStart = null;
      if (!isHeld && machines.size === 0) start();
    });
  }

  function startBesideAfter(delayMs: number): void {
    timeline.after(delayMs, () => {
      if (!isHeld && !isPeace) start();
    });
  }

  /** Cron wakes on the minute of the machine's clock; minutes in which nothing can be due are left out. */
  function planWake(machine: Machine, isGateClosed = false): void {
    const now = timeline.clock.now();
    const due = needs.nextDue();
    const wake = wakes.get(machine);
    if (wake === undefined || !machine.isAlive()) return;
    wake.idle = due !== null && due <= now.getTime() ? wake.idle + 1 : 0;
    // What stays due although it was tried waits for something: there is no need to watch it every minute.
    const most = isGateClosed ? 12 * 60 : 60;
    const patienceMs = Math.min(most, 2 ** Math.max(0, wake.idle - 3)) * MINUTE_MS;
    const soonest = now.getTime() + patienceMs;
    const wanted = Math.min(now.getTime() + LONGEST_SLEEP_MS, Math.max(due ?? Infinity, soonest));
    wakeAt(machine, Math.ceil(wanted / MINUTE_MS) * MINUTE_MS - timeline.skewMs());
  }

  function planAgain(): void {
    for (const machine of machines) if (!machine.isTicking()) planWake(machine);
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

  function killAll(because: string): void {
    for (const machine of machines) machine.kill(because);
  }

  return {
    faults,
    ticks: () => ticks,
    crashes: () => crashes,
    start,
    startAnother: () => {
      if (machines.size > 1 || isHeld) return;
      count("second_daemon");
      start();
      const [older] = machines;
      timeline.after(chance.between(MINUTE_MS, 20 * DAY_MS), () => older !== undefined && replace(older));
    },
    down: (forMs) => {
      if (isHeld) return;
      killAll("down");
      startAfter(forMs);
    },
    hold: () => {
      isHeld = true;
      plannedStart = null;
      killAll("down: held");
    },
    letGo: () => {
      isHeld = false;
      if (machines.size === 0) startAfter(chance.between(1000, 60_000));
    },
    get isHeld() {
      return isHeld;
    },
    planAgain,
    wakeSoon: () => {
      for (const machine of machines)
        wakeAt(machine, Math.ceil((timeline.clock.now().getTime() + 1) / MINUTE_MS) * MINUTE_MS - timeline.skewMs());
    },
    makePeace: () => {
      isPeace = true;
      // Nobody waits for the end of a downtime any more.
      plannedStart = null;
      timeline.setSkew(0);
      const [survivor, ...others] = [...machines].toReversed();
      for (const machine of others) machine.kill("down: peace");
      if (survivor !== undefined) wakeAt(survivor, timeline.nowMs() + MINUTE_MS);
      else if (!isHeld) start();
    },
    isAnyTicking: () => [...machines].some((machine) => machine.isTicking()),
    door: (letter) => {
      for (const machine of machines) {
        const answer = machine.receive(letter);
        if (answer === null) continue;
        // Cron wakes each minute: what a webhook has put up is charged then.
        void answer.then(planAgain);
        return answer;
      }
      return null;
    },
  };
}

const KINDS_OF_DEATH = ["exit 78", "exit 1", "down"] as const;
