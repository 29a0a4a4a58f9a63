/**
 * One tick, and what it leaves for those who watch the daemon: the state behind `/readyz`, and the heartbeat, which is silent
 * whenever not everything due was tried. What a tick throws stands in the state as well, and goes on to whoever asked for it.
 */
import { messageOf } from "../domain/errors.ts";
import type { Clock } from "../application/ports/runtime.ts";
import type { Biller, Tick } from "../application/run/biller.ts";
import type { DaemonState } from "./daemon-state.ts";

export type TickWatch = {
  readonly state: Pick<DaemonState, "lastTickAt" | "lastTickError">;
  readonly clock: Pick<Clock, "now">;
  /** Calls the watchdog outside; null: there is none. */
  readonly beat: (() => Promise<void>) | null;
};

/** @param signal aborted: the daemon ends, and what was left was left for that */
export async function watchedTick(
  biller: Pick<Biller, "tick">,
  { state, clock, beat }: TickWatch,
  signal: AbortSignal,
): Promise<Tick> {
  try {
    const tick = await biller.tick(signal);
    state.lastTickAt = clock.now();
    state.lastTickError = tick.incompleteBecause;
    if (beat !== null && tick.incompleteBecause === null && !signal.aborted) await beat();
    return tick;
  } catch (error) {
    state.lastTickError = messageOf(error);
    throw error;
  }
}
