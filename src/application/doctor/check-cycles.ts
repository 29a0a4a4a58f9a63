/**
 * I2, from the outside: the cycles that the plan's calendar expects, less the invoices that are recorded, is nothing.
 *
 * Computed from the anchor and the first cycle to now, and never from the cursor: a cursor that jumped must not hide
 * what it jumped over. The cursor is judged by itself.
 */
import { billingAt, firstCycleNotOver } from "../../domain/calendar/calendar.ts";
import { cyclesIn, dueAt, endsAt, isEnded, scheduleOf } from "../../domain/subscription.ts";
import type { Language, Text } from "../../domain/language.ts";
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
      {
        en: `the calendar of ${counted(unreadable.length, "subscription")} cannot be read: ${someOf(unreadable)}`,
        es: `no se puede leer el calendario de ${suscripciones(unreadable.length)}: ${someOf(unreadable, "es")}`,
      },
      "compare_calendar",
    );
  if (skipped.length > 0)
    return bad(
      "cycles",
      {
        en: `${counted(skipped.length, "cycle")} of ${expected} expected have no invoice and will get none: ${named(skipped)}`,
        es: `${counted(skipped.length, "ciclo")} de ${expected} esperados sin factura, y sin que vaya a haberla: ${named(skipped, "es")}`,
      },
      "restore_or_decide",
    );
  return judgeWaiting(waiting, expected, now);
}

function judgeWaiting(waiting: readonly Missing[], expected: number, now: Date): Finding {
  const oldestMs = Math.max(0, ...waiting.map(({ dueAt: at }) => now.getTime() - at.getTime()));
  if (oldestMs <= PATIENCE_MS)
    return ok("cycles", {
      en: `${expected} expected by now, none without an invoice`,
      es: `${expected} esperados hasta ahora, ninguno sin factura`,
    });
  const found = {
    en: `${counted(waiting.length, "cycle")} of ${expected} expected, due and not opened yet: ${named(waiting)}`,
    es: `${counted(waiting.length, "ciclo")} de ${expected} esperados, vencidos y aún sin abrir: ${named(waiting, "es")}`,
  };
  const mend = "see_that_it_runs";
  return oldestMs > DAY_MS ? bad("cycles", found, mend) : warn("cycles", found, mend);
}

/**
 * The last cycle that must have an invoice by now; below the first: none must.
 * @returns null when the calendar cannot be computed
 */
function lastExpectedCycle(row: CalendarRow, now: Date): number | null {
  const { plan } = row;
  const endedAt = endsAt(row);
  try {
    const schedule = scheduleOf(row, plan);
    if (billingAt(schedule, 0) > now) return row.firstCycle - 1;
    const byNow = firstCycleNotOver(schedule, now);
    const byExpiry = (cyclesIn(plan, row.voidCycles) ?? Infinity) - 1;
    if (endedAt === null) return Math.min(byNow, byExpiry);
    // A cycle that begins with the cancellation, or after it, is not owed.
    if (billingAt(schedule, 0) >= endedAt) return row.firstCycle - 1;
    return Math.min(byNow, byExpiry, firstCycleNotOver(schedule, new Date(endedAt.getTime() - 1)));
  } catch {
    return null;
  }
}

/** Where each subscription goes on, against what its invoices and its calendar say. */
export function checkCursors(rows: readonly CalendarRow[]): Finding {
  const wrong = rows.flatMap((row) => {
    const because = whyCursorIsWrong(row);
    return because === null ? [] : [{ en: `${row.id} (${because.en})`, es: `${row.id} (${because.es})` }];
  });
  if (wrong.length === 0)
    return ok("cursors", {
      en: `${counted(rows.length, "subscription")}, each goes on where it should`,
      es: `${suscripciones(rows.length)}, cada una sigue donde debe`,
    });
  return bad(
    "cursors",
    {
      en: `${counted(wrong.length, "subscription")} would go on at the wrong cycle or date: ${someOf(wrong.map(({ en }) => en))}`,
      es: `${suscripciones(wrong.length)} seguirían en otro ciclo o fecha: ${someOf(
        wrong.map(({ es }) => es),
        "es",
      )}`,
    },
    "restore_backup",
  );
}

function whyCursorIsWrong(row: CalendarRow): Text | null {
  const { nextCycle, nextBillingAt, lastInvoicedCycle, firstCycle, plan } = row;
  const afterInvoices = lastInvoicedCycle === null ? firstCycle : lastInvoicedCycle + 1;
  if (nextCycle !== afterInvoices)
    return {
      en: `next cycle ${nextCycle}, by its invoices ${afterInvoices}`,
      es: `siguiente ciclo ${nextCycle}, según sus facturas ${afterInvoices}`,
    };
  if (isEnded(row.status))
    return nextBillingAt === null ? null : { en: "it has ended and is still due", es: "terminó y aún tiene cobro" };
  try {
    const expectedAt = dueAt(scheduleOf(row, plan), nextCycle, cyclesIn(plan, row.voidCycles));
    // A cycle that became void makes one more, which is planned when the last invoice ends at the latest.
    if (nextBillingAt === null && plan.expiryCount !== null) return null;
    if (expectedAt?.getTime() === nextBillingAt?.getTime()) return null;
    const [is, expected] = [nextBillingAt?.toISOString(), expectedAt?.toISOString()];
    return {
      en: `due ${is ?? "never"}, by its calendar ${expected ?? "never"}`,
      es: `se cobra ${is ?? "nunca"}, según su calendario ${expected ?? "nunca"}`,
    };
  } catch {
    return { en: "its calendar cannot be read", es: "no se puede leer su calendario" };
  }
}

function named(missing: readonly Missing[], language: Language = "en"): string {
  return someOf(
    missing.map(({ subscriptionId, cycle }) => `${subscriptionId} ${cycle}`),
    language,
  );
}

function suscripciones(count: number): string {
  return `${count} ${count === 1 ? "suscripción" : "suscripciones"}`;
}
