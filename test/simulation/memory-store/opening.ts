/** Opening what is due in the store in memory: the same compare-and-set as `opening.ts` has in SQLite. */
import type { OpeningBatch } from "../../../src/application/ports/charging.ts";
import { lastMissedAt, type DueSubscription } from "../../../src/domain/opening.ts";
import { turnsAt, type Subscription } from "../../../src/domain/subscription.ts";
import { refreshStatuses, voidCycles } from "./status.ts";
import { isAsItWas, waitingFor, writeUses } from "./waiting.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";

export function dueSubscriptions(
  tables: MemoryTables,
  now: Date,
  limit: number,
  except: readonly string[],
): DueSubscription[] {
  const isDue = (at: Date | null): boolean => at !== null && at <= now;
  const due: Subscription[] = [];
  const ending: Subscription[] = [];
  for (const each of tables.subscriptions.rows.values()) {
    if (isDue(each.nextBillingAt)) due.push(each);
    else if (isDue(turnsAt(each))) ending.push(each);
  }
  if (due.length + ending.length === 0) return [];
  return [...inOrder(due, ({ nextBillingAt }) => nextBillingAt), ...inOrder(ending, ({ cancelAt }) => cancelAt)]
    .filter(({ id }) => !except.includes(id))
    .slice(0, limit)
    .map((subscription) => ({
      ...subscription,
      plan: tables.plans.must(subscription.planId),
      lastMissedAt: lastMissedAt(tables.invoices.inGroup("unsettled", subscription.id)),
      voidCycles: voidCycles(tables, subscription),
      waiting: waitingFor(tables, subscription, tables.plans.must(subscription.planId).currency),
    }));
}

function inOrder(rows: readonly Subscription[], at: (row: Subscription) => Date | null): Subscription[] {
  return rows.toSorted((a, b) => (at(a)?.getTime() ?? 0) - (at(b)?.getTime() ?? 0) || (a.id < b.id ? -1 : 1));
}

/** @returns how many invoices were opened */
export function open(tables: MemoryTables, batch: readonly OpeningBatch[], now: Date): number {
  const opened = batch.filter((each) => {
    const { subscriptionId, expected, nextCycle, nextBillingAt, status } = each;
    const current = tables.subscriptions.must(subscriptionId);
    const isAsRead =
      isAsItWas(tables, each) &&
      current.nextCycle === expected.nextCycle &&
      current.status === expected.status &&
      current.cancelAt?.getTime() === expected.cancelAt?.getTime() &&
      current.pauseFrom?.getTime() === expected.pauseFrom?.getTime() &&
      current.pauseUntil?.getTime() === expected.pauseUntil?.getTime();
    if (isAsRead) tables.subscriptions.put({ ...current, nextCycle, nextBillingAt, status });
    return isAsRead;
  });
  const invoices = opened.flatMap((each) => each.invoices);
  for (const invoice of invoices) tables.invoices.put({ ...invoice, openedAt: now, waitsToldAt: null });
  for (const { uses } of opened) writeUses(tables, uses, now);
  const ended = opened.filter(({ nextBillingAt }) => nextBillingAt === null).map((each) => each.subscriptionId);
  const statusEvents = refreshStatuses(tables, ended);
  appendEvents(tables, [...opened.flatMap((each) => each.events), ...statusEvents], now);
  return invoices.length;
}
