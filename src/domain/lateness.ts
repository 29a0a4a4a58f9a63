/** Whether what is due has waited for too long: the one measure of `status` and the doctor. */
import { MINUTE_MS } from "./duration.ts";

type Cursor = {
  readonly nextCycle: number;
  readonly firstCycle: number;
  readonly nextBillingAt: Date;
  /** When the subscription was added; null: by a version that did not note it. */
  readonly createdAt: Date | null;
};

/** Since when its next cycle could be opened: one that was added with its past is due for months at once, and late from its adding on. */
export function openableSince({ nextCycle, firstCycle, nextBillingAt, createdAt }: Cursor): Date {
  return nextCycle === firstCycle && createdAt !== null && createdAt > nextBillingAt ? createdAt : nextBillingAt;
}

/** What is due is charged within minutes, or something is wrong: a tick may take a while, and so may a customer's turn. */
const LATE_MS = 15 * MINUTE_MS;

export type Lateness = {
  /** Since when the oldest waits; null: nothing does. */
  readonly since: Date | null;
  readonly ms: number;
  readonly isLate: boolean;
};

/** @param due since when the oldest work of each kind is due, and there; null: there is none of it */
export function latenessOf(due: readonly (Date | null)[], now: Date): Lateness {
  const since = due.filter((at) => at !== null).toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;
  const ms = since === null ? 0 : Math.max(0, now.getTime() - since.getTime());
  return { since, ms, isLate: ms >= LATE_MS };
}
