/** Disputes in memory: the same conditions as `records/disputes.ts` has in SQLite. */
import { DAY_MS } from "../../../src/domain/duration.ts";
import { isPaid } from "../../../src/domain/attempt.ts";
import {
  DISPUTE_READS_AFTER_DAYS,
  FIRST_READS_DAYS,
  REREAD_MS,
  type Dispute,
  type PaymentDispute,
} from "../../../src/domain/dispute.ts";
import type { DisputeRead } from "../../../src/application/ports/charging.ts";
import { mayBeRead } from "./read-failures.ts";
import { dayOf } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";

/** About invoices of the subscription. */
export function standingDisputes(
  { disputes, invoices }: MemoryTables,
  subscriptionId: string,
  changed: readonly Dispute[] = [],
): PaymentDispute[] {
  const known = disputes
    .inGroup("subscription", subscriptionId)
    .filter(({ id }) => !changed.some((each) => each.id === id));
  const ofOne = [...known, ...changed].filter((each) => each.subscriptionId === subscriptionId);
  if (ofOne.length === 0) return [];
  const paidAt = invoices.inGroup("subscription", subscriptionId).flatMap((each) => each.paidAt ?? []);
  const lastPaidAt = paidAt.length === 0 ? null : new Date(Math.max(...paidAt.map(Number)));
  return ofOne
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, outcome, invoiceId, closedAt }) => ({
      ...{ id, outcome, closedAt, cycle: invoices.must(invoiceId).cycle, lastPaidAt },
    }));
}

export function disputeReads(tables: MemoryTables, now: Date, limit: number): DisputeRead[] {
  const { attempts, disputes, disputeReading } = tables;
  const waiting = disputes.inGroup("due", "due");
  const open = waiting
    .filter(({ nextReadAt, attemptId }) => (nextReadAt ?? now) <= now && mayBeRead(tables, attemptId, now))
    .map(({ orderId, attemptId, openedAt, nextReadAt }) => ({
      read: { orderId, attemptId, days: null, chargedAt: openedAt } satisfies DisputeRead,
      at: nextReadAt ?? now,
    }));
  const failed = [...tables.readFailures.rows.values()]
    .filter(({ kind, nextReadAt }) => kind === "attempt" && nextReadAt <= now)
    .flatMap(({ of: id, nextReadAt: at }) => {
      const attempt = attempts.get(id);
      if (attempt === undefined || !isPaid(attempt.state) || attempt.orderId === null) return [];
      if (waiting.some(({ orderId }) => orderId === attempt.orderId)) return [];
      const read: DisputeRead = { orderId: attempt.orderId, attemptId: id, days: null, chargedAt: attempt.claimedAt };
      return [{ read, at }];
    });
  const again: DisputeRead[] = [...open, ...failed]
    .toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.read.orderId < b.read.orderId ? -1 : 1))
    .slice(0, limit)
    .map(({ read }) => read);
  if (again.length >= limit) return again;
  const windows = DISPUTE_READS_AFTER_DAYS.map((days) => {
    const reached = disputeReading.get(String(days));
    const fromMs = reached?.chargedAt.getTime() ?? now.getTime() - (days + FIRST_READS_DAYS) * DAY_MS;
    const reads: DisputeRead[] = [];
    return { days, fromMs, after: reached?.attemptId ?? "", toMs: now.getTime() - days * DAY_MS, reads };
  });
  for (const { days, fromMs, after, toMs, reads } of windows)
    for (let day = dayOf(fromMs); day <= dayOf(toMs); day++)
      for (const { id, orderId, claimedAt } of attempts.inGroup("paid", String(day))) {
        const claimedMs = claimedAt.getTime();
        if (orderId !== null && claimedMs <= toMs && (claimedMs > fromMs || (claimedMs === fromMs && id > after)))
          reads.push({ orderId, attemptId: id, days, chargedAt: claimedAt });
      }
  const due = windows.flatMap(({ reads }) => reads);
  if (due.length === 0) return again;
  const byCharge = due.toSorted(
    (a, b) => a.chargedAt.getTime() - b.chargedAt.getTime() || (a.attemptId < b.attemptId ? -1 : 1),
  );
  return [...again, ...byCharge.slice(0, limit - again.length)];
}

type Place = Pick<DisputeRead, "chargedAt" | "attemptId">;

function isBefore(one: Place, other: Place): boolean {
  const ms = other.chargedAt.getTime() - one.chargedAt.getTime();
  return ms > 0 || (ms === 0 && one.attemptId < other.attemptId);
}

export function noteDisputeReads(tables: MemoryTables, reads: readonly DisputeRead[], now: Date): void {
  const { disputes, disputeReading } = tables;
  for (const { days, orderId, chargedAt, attemptId } of reads) {
    if (days !== null) {
      const reached = disputeReading.get(String(days));
      // Who reads beside, or froze meanwhile, may be behind: the place goes forward only.
      if (reached === undefined || isBefore(reached, { chargedAt, attemptId }))
        disputeReading.put({ id: String(days), chargedAt, attemptId });
      continue;
    }
    for (const dispute of disputes.inGroup("order", orderId))
      if (dispute.outcome === "open") disputes.put({ ...dispute, nextReadAt: new Date(now.getTime() + REREAD_MS) });
  }
}
