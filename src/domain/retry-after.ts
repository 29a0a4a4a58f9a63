/** Retry-After: how long somebody who answers asks to be left alone, and how far that is obeyed. Pure. */
import { DAY_MS } from "./duration.ts";

/** Whoever asks to be left alone for longer than this is taken to mean a day. */
const MAX_ASKED_MS = DAY_MS;

/** Seconds, or a date of HTTP; 0: at once. @returns null: nothing is asked, or it is not understood */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}

/** The wait that is asked for, where it is longer than ours. */
export function atLeastAsked(waitMs: number, askedMs: number | null): number {
  return Math.max(waitMs, Math.min(askedMs ?? 0, MAX_ASKED_MS));
}
