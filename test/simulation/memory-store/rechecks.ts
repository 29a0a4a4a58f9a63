/** What is over, and is asked about once more: the same conditions as `rechecks.ts` has in SQLite. */
import type { DueRecheck } from "../../../src/application/ports/charging.ts";
import { claimedAttempt } from "./claiming.ts";
import { mayBeRead } from "./read-failures.ts";
import type { MemoryTables } from "./tables.ts";

export function dueRechecks(tables: MemoryTables, now: Date, limit: number): DueRecheck[] {
  const { links, denials, attempts } = tables;
  const all = [
    ...links.inGroup("recheck", "recheck"),
    ...denials.inGroup("recheck", "recheck").map(({ id, ...row }) => ({ attemptId: id, ...row })),
  ];
  return all
    .flatMap(({ attemptId, rechecks, recheckAt }) => {
      const attempt = attempts.must(attemptId);
      const isReadable = attempt.orderId !== null || attempt.flow !== "link";
      if (recheckAt === null || recheckAt > now || !isReadable || !mayBeRead(tables, attemptId, now)) return [];
      return [{ attempt, rechecks, recheckAt }];
    })
    .toSorted((a, b) => a.recheckAt.getTime() - b.recheckAt.getTime() || (a.attempt.id < b.attempt.id ? -1 : 1))
    .slice(0, limit)
    .map(({ attempt, rechecks }) => ({
      ...claimedAttempt(tables, attempt),
      sentAt: attempt.sentAt ?? attempt.claimedAt,
      rechecks,
    }));
}

export function noteRecheck({ links, denials }: MemoryTables, attemptId: string, next: Date | null): void {
  const link = links.byUnique("attempt", attemptId);
  if (link !== undefined) links.put({ ...link, recheckAt: next, rechecks: link.rechecks + 1 });
  const denial = denials.get(attemptId);
  if (denial !== undefined) denials.put({ ...denial, recheckAt: next, rechecks: denial.rechecks + 1 });
}
