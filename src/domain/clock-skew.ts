/**
 * How far two clocks may be apart: ours and the gateway's, or ours before and after somebody set it.
 *
 * The gateway filters orders by its own clock, so every window we ask it for is widened on both sides.
 */
import { DAY_MS, MINUTE_MS } from "./duration.ts";

/** Beyond this, our clock or the gateway's is wrong: nothing new is opened. Windows are widened by as much. */
export const MAX_CLOCK_SKEW_MS = 5 * MINUTE_MS;

/** How far our own clock may be off, or may have been off at the last sending, where the restore fence looks. */
export const WRONG_CLOCK_MS = 2 * DAY_MS;

/** @param skewMs ours minus the gateway's; null: not known yet, so nothing is said against it */
export function isSkewed(skewMs: number | null): boolean {
  return skewMs !== null && Math.abs(skewMs) > MAX_CLOCK_SKEW_MS;
}
