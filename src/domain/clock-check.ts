/**
 * Is this machine's clock right? Judged by the `Date` of the gateway's answers, and by a clock that nobody sets.
 *
 * Every answer shows how far the two clocks are apart. Between answers the monotonic clock shows whether ours was set: a
 * machine that is idle for a day, and whose clock jumps by a day, is found out before anything is opened. Once the two
 * clocks agreed, and ours was not set since, a `Date` that differs is the gateway's own fault.
 */
import { MINUTE_MS } from "./duration.ts";
import { isSkewed } from "./clock-skew.ts";

/** An answer that is older shows nothing of the clock of now. */
export const ANSWER_GOOD_FOR_MS = 10 * MINUTE_MS;
/** A clock that the network slews, or a slow machine, is not one that was set. */
export const JUMP_MS = 5_000;
/** A `Date` that stood still for so long is a copy of an old answer. */
const STANDS_STILL_MS = 30_000;

/** Both clocks of this machine, read in one moment. */
export type OwnClocks = { readonly wallMs: number; readonly monotonicMs: number };

/** `dateMs`: by the gateway, to the second; null: the answer told no date. */
export type DatedAnswer = OwnClocks & { readonly dateMs: number | null };

export type ClockEvidence = {
  readonly newest: DatedAnswer | null;
  /** The first answer with the same date as the newest. */
  readonly firstOfDate: DatedAnswer | null;
  /** The newest one whose date agreed with our clock. */
  readonly agreed: DatedAnswer | null;
};

export type ClockCheck = {
  readonly is:
    | "right"
    /** Nothing shows yet, or any more, how it goes: ask. */
    | "not_asked"
    /** Ours and the gateway's differ, or ours was set and the gateway has not confirmed it. */
    | "wrong"
    /** The gateway tells no date, or one that stands still. */
    | "not_checked"
    /** The gateway's date differs, though ours agreed with it before and was not set since. */
    | "gateway_wrong";
  /** How far our clock is ahead of the gateway's; null: not known. */
  readonly skewMs: number | null;
};

export const NOTHING_ANSWERED: ClockEvidence = { newest: null, firstOfDate: null, agreed: null };

export function withAnswer(evidence: ClockEvidence, answer: DatedAnswer): ClockEvidence {
  const isSameDate = answer.dateMs !== null && evidence.firstOfDate?.dateMs === answer.dateMs;
  const skewMs = skewOf(answer);
  return {
    newest: answer,
    firstOfDate: isSameDate ? evidence.firstOfDate : answer,
    agreed: skewMs !== null && !isSkewed(skewMs) ? answer : evidence.agreed,
  };
}

export function checkClock({ newest, firstOfDate, agreed }: ClockEvidence, now: OwnClocks): ClockCheck {
  if (newest === null) return { is: "not_asked", skewMs: null };
  const setByMs = setSince(newest, now);
  const skewMs = skewOf(newest);
  // The answer was given before the clock was set; what it showed is that much off by now.
  const nowMs = skewMs === null ? null : skewMs + setByMs;
  if (Math.abs(setByMs) > JUMP_MS || now.monotonicMs - newest.monotonicMs > ANSWER_GOOD_FOR_MS)
    return { is: "not_asked", skewMs: nowMs };
  if (skewMs !== null && !isSkewed(nowMs)) return { is: "right", skewMs: nowMs };
  const driftMs = agreed === null ? null : (skewOf(agreed) ?? 0) + setSince(agreed, now);
  if (driftMs !== null) return isSkewed(driftMs) ? wrong(nowMs ?? driftMs) : { is: trusted(skewMs), skewMs: nowMs };
  const stoodStill = firstOfDate !== null && newest.monotonicMs - firstOfDate.monotonicMs > STANDS_STILL_MS;
  return skewMs === null || stoodStill ? { is: "not_checked", skewMs: null } : wrong(skewMs);
}

/** The same where the gateway was asked in vain: a clock that agreed before, and was not set since, goes on being right. */
export function checkUnanswered({ agreed }: ClockEvidence, now: OwnClocks): ClockCheck {
  if (agreed === null) return { is: "not_asked", skewMs: null };
  const driftMs = (skewOf(agreed) ?? 0) + setSince(agreed, now);
  return isSkewed(driftMs) ? wrong(driftMs) : { is: "right", skewMs: driftMs };
}

/** What the newest answer alone shows; null: it told no date. */
export function newestSkewMs({ newest }: ClockEvidence): number | null {
  return newest === null ? null : skewOf(newest);
}

function wrong(skewMs: number): ClockCheck {
  return { is: "wrong", skewMs };
}

function trusted(skewMs: number | null): "gateway_wrong" | "right" {
  return skewMs === null ? "right" : "gateway_wrong";
}

function skewOf({ dateMs, wallMs }: DatedAnswer): number | null {
  return dateMs === null ? null : wallMs - dateMs;
}

/** How far our clock was set ahead since; below 0: back. */
function setSince(then: OwnClocks, now: OwnClocks): number {
  return now.wallMs - then.wallMs - (now.monotonicMs - then.monotonicMs);
}
