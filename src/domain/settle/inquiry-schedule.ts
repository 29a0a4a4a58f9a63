/**
 * When to ask the gateway about a charge whose outcome is uncertain: offsets from the moment it was sent.
 *
 * Looks that were missed while nobody ran merge into one; but nobody is told "we asked" after fewer than two.
 */
export type InquirySchedule = {
  /** Ascending offsets from `sentAt`. */
  readonly offsetsMs: readonly number[];
  /** Flow `order_first`: how long after `sentAt` an inquiry that shows no charge may be believed. */
  readonly rechargeQuietMs: number;
};

export const LEAST_INQUIRIES = 2;

/**
 * @param inquiries inquiries made so far
 * @returns the next inquiry, or null when the schedule is exhausted and a person has to decide
 */
export function nextInquiryAt(schedule: InquirySchedule, sentAt: Date, inquiries: number, now: Date): Date | null {
  const offset = schedule.offsetsMs.find((each) => sentAt.getTime() + each > now.getTime());
  if (offset !== undefined) return new Date(sentAt.getTime() + offset);
  if (inquiries >= LEAST_INQUIRIES) return null;
  // The schedule passed while nobody looked: one inquiry now, and one after the shortest offset for reads that lag.
  return inquiries === 0 ? now : new Date(now.getTime() + (schedule.offsetsMs[0] ?? 0));
}
