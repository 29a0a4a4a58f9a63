/**
 * How long what is known of a customer's card may be believed while an invoice waits for another one. Pure.
 *
 * A webhook tells of a new card sooner; without any it is found within a day, and always before a wait is ended.
 */
import { isGivenUp, isLeftUnread, type ReadFailure } from "../backoff.ts";
import { DAY_MS } from "../duration.ts";

/** Whoever was read before this is read again, while an invoice of theirs waits. */
export function rereadBefore(now: Date): Date {
  return new Date(now.getTime() - DAY_MS);
}

export type CardKnown = {
  /** When the customer was last read; null: the books were told by somebody else. */
  readonly readAt: Date | null;
  /** Null: the last read succeeded. */
  readonly failure: (ReadFailure & { readonly failedAt: Date; readonly nextReadAt: Date }) | null;
};

/** @returns whether a customer who is to be read for what was due at `dueAt` may be read now */
export function mayBeRead({ failure }: CardKnown, dueAt: Date, now: Date): boolean {
  return failure === null || !isLeftUnread(failure, dueAt, now);
}

/** @returns whether a cycle of an unpaid subscription may become void: the customer was read within a day, or cannot be read for long */
export function mayVoidUnpaid({ readAt, failure }: CardKnown, now: Date): boolean {
  return (readAt !== null && readAt >= rereadBefore(now)) || (failure !== null && isGivenUp(failure, now));
}

/** @returns whether a wait that was over at `dueAt` may be ended: the customer was read since then, or cannot be read for long */
export function mayEndWait({ readAt, failure }: CardKnown, dueAt: Date, now: Date): boolean {
  return (readAt !== null && readAt >= dueAt) || (failure !== null && isGivenUp(failure, now));
}
