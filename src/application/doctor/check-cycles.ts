/**
 * I2, from the outside: the cycles that the plan's calendar expects, less the invoices that are recorded, is nothing.
 *
 * Computed from the anchor and the first cycle to now, and never from the cursor: a cursor that jumped must not hide
 * what it jumped over. The cursor is judged by itself.
 */
import { billingAt, firstCycleNotOver } from "../../domain/calendar/calendar.ts";
import { cyclesIn, dueAt, isEnded, scheduleOf } from "../../domain/subscription.ts";
import type { StoreInspection, CalendarRow } from "../ports/doctor.ts";
import { bad, counted, ok, someOf, warn, type Finding } from "./finding.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/duration.ts";

/** A tick may take a while. */
const PATIENCE_MS = 5 * MINUTE_MS;

type Missing = { readonly subscriptionId: string; readonly cycle: number; readonly dueAt: Date };

export async function checkCycles(
  records: Pick<StoreInspection, "cyclesOf">,
  rows: readonly CalendarRow[],
  now: Date,
): Promise<Finding> {
  const skipped: Missing[] = [];
  const waiting: Missing[] = [];
  const unreadable: string[] = [];
  let expected = 0;
  for (const row of rows) {
    const last = lastExpectedCycle(row, now);
    if (last === null) {
      unreadable.push(row.id);
      continue;
    }
    const count = Math.max(0, last - row.firstCycle + 1);
    expected += count;
    // As many as there should be, and none beyond: each cycle has one, since a cycle cannot have two.
    if (row.invoices === count && (row.lastInvoicedCycle ?? row.firstCycle - 1) <= last) continue;
    const recorded = await records.cyclesOf(row.id);
    for (let cycle = row.firstCycle; cycle <= last; cycle++) {
      if (recorded.has(cycle)) continue;
      const missing = { subscriptionId: row.id, cycle, dueAt: billingAt(scheduleOf(row, row.plan), cycle) };
      (isEnded(row.status) || cycle < row.nextCycle ? skipped : waiting).push(missing);
    }
  }
  if (unreadable.length > 0)
    return bad(
      "cycles",
      `the calendar of ${counted(unreadable.length, "subscription")} cannot be read: ${someOf(unreadable)}`,
      "compare_calendar",
    );
  if (skipped.length > 0)
    return bad(
      "cycles",
      `${counted(skipped.length, "cycle")} of ${expected} expected have no invoice and will get none: ${named(skipped)}`,
      "restore_or_decide",
    );
  return judgeWaiting(waiting, expected, now);
}

function judgeWaiting(waiting: readonly Missing[], expected: number, now: Date): Finding {
  const oldestMs = Math.max(0, ...waiting.map(({ dueAt: at }) => now.getTime() - at.getTime()));
  if (oldestMs <= PATIENCE_MS) return ok("cycles", `${expected} expected by now, none without an invoice`);
  const found = `${counted(waiting.length, "cycle")} of ${expected} expected, due and not opened yet: ${named(waiting)}`;
  const mend = "see_that_it_runs";
  return oldestMs > DAY_MS ? bad("cycles", found, mend) : warn("cycles", found, mend);
}

/**
 * The last cycle that must have an invoice by now; below the first: none must.
 * @returns null when the calendar cannot be computed
 */
function lastExpectedCycle(row: CalendarRow, now: Date): number | null {
  const { plan, cancelAt } = row;
  try {
    const schedule = scheduleOf(row, plan);
    if (billingAt(schedule, 0) > now) return row.firstCycle - 1;
    const byNow = firstCycleNotOver(schedule, now);
    const byExpiry = (cyclesIn(plan, row.voidCycles) ?? Infinity) - 1;
    if (cancelAt === null) return Math.min(byNow, byExpiry);
    // A cycle that begins with the cancellation, or after it, is not owed.
    if (billingAt(schedule, 0) >= cancelAt) return row.firstCycle - 1;
    return Math.min(byNow, byExpiry, firstCycleNotOver(schedule, new Date(cancelAt.getTime() - 1)));
  } catch {
    return null;
  }
}

/** Where each subscription goes on, against what its invoices and its calendar say. */
export function checkCursors(rows: readonly CalendarRow[]): Finding {
  const wrong = rows.flatMap((row) => {
    const because = whyCursorIsWrong(row);
    return because === null ? [] : [`${row.id} (${because})`];
  });
  if (wrong.length === 0) return ok("cursors", `${counted(rows.length, "subscription")}, each goes on where it should`);
  return bad(
    "cursors",
    `${counted(wrong.length, "subscription")} would go on at the wrong cycle or date: ${someOf(wrong)}`,
    "restore_backup",
  );
}

function whyCursorIsWrong(row: CalendarRow): string | null {
  const { nextCycle, nextBillingAt, lastInvoicedCycle, firstCycle, plan } = row;
  const afterInvoices = lastInvoicedCycle === null ? firstCycle : lastInvoicedCycle + 1;
  if (nextCycle !== afterInvoices) return `next cycle ${nextCycle}, by its invoices ${afterInvoices}`;
  if (isEnded(row.status)) return nextBillingAt === null ? null : "it has ended and is still due";
  try {
    const expectedAt = dueAt(scheduleOf(row, plan), nextCycle, cyclesIn(plan, row.voidCycles));
    // A cycle that became void makes one more, which is planned when the last invoice ends at the latest.
    if (nextBillingAt === null && plan.expiryCount !== null) return null;
    if (expectedAt?.getTime() === nextBillingAt?.getTime()) return null;
    return `due ${nextBillingAt?.toISOString() ?? "never"}, by its calendar ${expectedAt?.toISOString() ?? "never"}`;
  } catch {
    return "its calendar cannot be read";
  }
}

function named(missing: readonly Missing[]): string {
  return someOf(missing.map(({ subscriptionId, cycle }) => `${subscriptionId} ${cycle}`));
}
