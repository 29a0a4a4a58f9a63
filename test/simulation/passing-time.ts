/** Lets virtual time move, and only while no process has anything left to do. */
import assert from "node:assert/strict";
import type { Activity } from "./perilous-ports.ts";
import type { Timeline } from "./timeline.ts";
import type { Turn } from "./turn.ts";

/** Turns of the event loop without any need of time. A run of a few hundred charges takes some hundreds. */
const MAX_TURNS = 20_000;
/** A store on a server or a disk takes time that does not pass here: so long it may. */
const DISK_MS = 20_000;
/** In which nothing moved, before time does: a commit that is shared gathers for three (group-commit.ts). */
const QUIET_TURNS = 4;

export type PassingTime = {
  letPass(untilMs: number): Promise<void>;
  /** Lets time pass while this is so; not for ever. */
  while(isSo: () => boolean): Promise<void>;
  /** Lets time pass until this is done. */
  until(done: Promise<void>): Promise<void>;
  /** No call of a store is under way, and nobody begins one unless time moves. */
  quiet(): Promise<void>;
};

export function passingTime(timeline: Timeline, activity: Activity, nextTurn: Turn): PassingTime {
  /** Until nothing moves any more but time. */
  async function settle(): Promise<void> {
    let seen = -1;
    let turns = 0;
    const startedMs = performance.now();
    for (
      let quiet = 0;
      quiet < QUIET_TURNS;
      quiet = activity.began === seen && activity.running === 0 ? quiet + 1 : 0
    ) {
      seen = activity.began;
      await nextTurn();
      turns += 1;
      assert(
        turns < MAX_TURNS || performance.now() - startedMs < DISK_MS,
        `the program never comes to rest: ${activity.began} calls, ${activity.running} running`,
      );
    }
  }

  async function step(): Promise<void> {
    if (timeline.nextMs() !== null) timeline.step();
    await settle();
  }

  return {
    letPass: async (untilMs) => {
      timeline.at(untilMs, () => {});
      // What was begun just now has not asked for its own moments yet.
      await settle();
      do await step();
      while (timeline.nowMs() < untilMs);
    },
    while: async (isSo) => {
      for (let steps = 0; steps < 10_000 && isSo(); steps++) await step();
    },
    until: async (done) => {
      const waiting = { isOver: false };
      const end = (): void => {
        waiting.isOver = true;
      };
      done.then(end, end);
      await settle();
      while (!waiting.isOver) await step();
      await done;
    },
    quiet: async () => {
      while (activity.running > 0) await nextTurn();
    },
  };
}
