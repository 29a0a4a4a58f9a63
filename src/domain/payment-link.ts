/**
 * A payment link: a hosted page where the customer pays one invoice by card, in cash or by bank transfer.
 *
 * In the books it is an attempt of the flow `link`, which is `pending` as long as somebody may pay on it. So the rules
 * that keep two charges of one invoice apart (one open attempt, one paid one) keep card and link apart, too.
 */
import { DAY_MS } from "./duration.ts";

/** Why a link is closed before it expires. */
export const LINK_ENDS = ["new_card", "person", "voided"] as const;
export type LinkEnd = (typeof LINK_ENDS)[number];

/** Where the customer pays, and until when. */
export type OpenPage = { readonly url: string; readonly expiresAt: Date };

/**
 * Days after its end on which a link's order is read again. Cash that was paid in time may be told late, and a page may
 * be paid in the moment in which it is closed; a webhook may never come.
 */
const RECHECK_DAYS = [1, 3, 7] as const;

export function firstRecheckAt(endedAt: Date): Date {
  return new Date(endedAt.getTime() + RECHECK_DAYS[0] * DAY_MS);
}

/** @param rechecks made so far @returns null: enough */
export function nextRecheckAt(rechecks: number, now: Date): Date | null {
  const [from, to] = [RECHECK_DAYS[rechecks - 1], RECHECK_DAYS[rechecks]];
  return from === undefined || to === undefined ? null : new Date(now.getTime() + (to - from) * DAY_MS);
}

/** A read that failed is never the last one: money that nobody was told of may be behind it. */
export function nextRecheckAfterFailure(rechecks: number, now: Date): Date {
  return nextRecheckAt(rechecks, now) ?? new Date(now.getTime() + (RECHECK_DAYS[2] - RECHECK_DAYS[1]) * DAY_MS);
}

/** Conekta has so long to say by itself that a link is over. */
const CLOSE_AFTER_MS = DAY_MS;

/** Whether Conekta is asked to close the page: it should be over, was to be closed before, or asks for what is paid already. */
export function mustClose(
  link: { readonly expiresAt: Date; readonly cancelRequestedAt: Date | null; readonly isPaidElsewhere: boolean },
  now: Date,
): boolean {
  if (link.isPaidElsewhere || link.cancelRequestedAt !== null) return true;
  return link.expiresAt.getTime() + CLOSE_AFTER_MS < now.getTime();
}
