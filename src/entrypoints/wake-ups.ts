/**
 * When the daemon wakes: cron says at which times, and a timer of our own looks whether one has come.
 *
 * A timer of cron's would sleep until the wall clock reaches a time that was computed before: set back by an hour, the
 * clock keeps it asleep for an hour; set ahead by forty days, it counts every wake-up that was missed. This one looks at
 * least once a minute, by a clock that nobody sets; missed wake-ups are one; and a clock that jumped wakes it at once.
 */
import { JUMP_MS } from "../domain/clock-check.ts";
import { MINUTE_MS } from "../domain/duration.ts";

export type WakeUps = {
  /** By the wall clock. */
  readonly nextAt: Date;
  stop(): void;
};

type Needs = {
  /** The next time after now that cron names. */
  readonly next: () => Date;
  /** Of the wall clock. */
  readonly now: () => Date;
  /** Of a clock that only goes forward, in milliseconds. */
  readonly monotonicMs: () => number;
  readonly wake: () => void;
  /** @param byMs how far the wall clock was set ahead; below 0: back */
  readonly onJump: (byMs: number) => void;
};

export function wakeUps({ next, now, monotonicMs, wake, onJump }: Needs): WakeUps {
  let nextAt = next();
  let seen = { wallMs: now().getTime(), monotonicMs: monotonicMs() };
  let timer: NodeJS.Timeout;
  arm();

  function arm(): void {
    const waitMs = Math.min(MINUTE_MS, Math.max(0, nextAt.getTime() - now().getTime()));
    timer = setTimeout(look, waitMs);
  }

  function look(): void {
    const at = { wallMs: now().getTime(), monotonicMs: monotonicMs() };
    const jumpMs = at.wallMs - seen.wallMs - (at.monotonicMs - seen.monotonicMs);
    seen = at;
    const hasJumped = Math.abs(jumpMs) > JUMP_MS;
    if (hasJumped) onJump(Math.round(jumpMs));
    if (hasJumped || at.wallMs >= nextAt.getTime()) {
      nextAt = next();
      wake();
    }
    arm();
  }

  return {
    get nextAt() {
      return nextAt;
    },
    stop: () => clearTimeout(timer),
  };
}
