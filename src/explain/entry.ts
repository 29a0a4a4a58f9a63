/** One line of an explanation, and how lines from several tables come into one order. */
import type { Text } from "./text.ts";
import type { Data } from "./told.ts";

export type Entry = {
  readonly at: Date;
  /** An event's type; or attempt.sent, attempt.evidence, refund.requested, webhook.received, which no event has. */
  readonly type: string;
  readonly attemptId: string | null;
  readonly text: Text;
  readonly data: Data;
};

/**
 * Events stay in the order in which they were written, whatever the clock said. Anything else comes before the first
 * event that is younger, or is as old and tells of the same attempt: what was sent comes before what became of it.
 */
export function inOrder(events: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  let waiting = others.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const ordered: Entry[] = [];
  for (const event of events) {
    const comesFirst = (other: Entry): boolean =>
      other.at < event.at || (other.at.getTime() === event.at.getTime() && isAboutTheSame(other, event));
    ordered.push(...waiting.filter(comesFirst), event);
    waiting = waiting.filter((other) => !comesFirst(other));
  }
  return [...ordered, ...waiting];
}

function isAboutTheSame(other: Entry, event: Entry): boolean {
  return other.attemptId === null || other.attemptId === event.attemptId;
}
