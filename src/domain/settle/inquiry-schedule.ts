/**
 * When to ask the gateway about a charge whose outcome is uncertain: offsets from the moment it was sent.
 *
 * Looks that were missed while nobody ran merge into one; but nobody is told "we asked" after fewer than two.
 */
export type LookSchedule = {
  /** Ascending offsets from `sentAt`. */
  readonly offsetsMs: readonly number[];
  /** Flow `order_first`: how long after `sentAt` a look that shows no charge may be believed. */
  readonly rechargeQuietMs: number;
};

export const LEAST_LOOKS = 2;

/**
 * @param looks looks made so far
 * @returns the next look, or null when the schedule is exhausted and a person has to decide
 */
export function nextLookAt(schedule: LookSchedule, sentAt: Date, looks: number, now: Date): Date | null {
  const offset = schedule.offsetsMs.find((each) => sentAt.getTime() + each > now.getTime());
  if (offset !== undefined) return new Date(sentAt.getTime() + offset);
  if (looks >= LEAST_LOOKS) return null;
  // The schedule passed while nobody looked: one look now, and one after the shortest offset for reads that lag.
  return looks === 0 ? now : new Date(now.getTime() + (schedule.offsetsMs[0] ?? 0));
}
