/**
 * When each cycle falls due, as the documentation says it: a second calendar, written with luxon's own arithmetic and
 * without a look at the program's, so that a mistake of one shows against the other.
 */
import { DateTime } from "luxon";
import type { PromisedPlan, PromisedSubscription } from "./promised.ts";

/** The instant of cycle n: billed in advance, counted from the first billing date and never from the date before. */
export function dueAtMs(plan: PromisedPlan, order: PromisedSubscription, cycle: number): number {
  const start = DateTime.fromISO(order.startLocal, { zone: "utc" }).plus({ days: plan.trialPeriodDays });
  return instantMs(localOf(plan, start, cycle * plan.frequency), order.timeZone);
}

/** What nobody asked to be billed for is not: the first cycle whose period is not over, unless the past is billed. */
export function firstCycleOf(plan: PromisedPlan, order: PromisedSubscription, begunMs: number): number {
  if (order.billPast) return 0;
  for (let cycle = 0; ; cycle++) if (dueAtMs(plan, order, cycle + 1) > begunMs) return cycle;
}

/** The end of the period that contains the instant; before the first one its beginning. */
export function periodEndMs(plan: PromisedPlan, order: PromisedSubscription, first: number, atMs: number): number {
  for (let cycle = first; ; cycle++) {
    const at = dueAtMs(plan, order, cycle);
    if (at > atMs) return at;
  }
}

function localOf({ interval }: PromisedPlan, start: DateTime, steps: number): DateTime {
  switch (interval) {
    case "day":
      return start.plus({ days: steps });
    case "week":
      return start.plus({ weeks: steps });
    case "month":
      return start.plus({ months: steps });
    case "year":
      return start.plus({ years: steps });
    case "half_month":
      return quincena(start, steps);
    default:
      return interval satisfies never;
  }
}

/** Two days a month, fifteen apart; the partner of a 15th is the month's last day. */
function quincena(start: DateTime, steps: number): DateTime {
  const isSecond = start.day > 15;
  const firstDay = isSecond ? Math.min(start.day - 15, 15) : start.day;
  const halves = steps + (isSecond ? 1 : 0);
  const month = start.set({ day: 1 }).plus({ months: Math.floor(halves / 2) });
  const last = month.daysInMonth ?? 28;
  if (halves % 2 === 0) return month.set({ day: firstDay });
  return month.set({ day: firstDay === 15 ? last : Math.min(firstDay + 15, last) });
}

/** Of a local time that happens twice the earlier instant; one that does not exist moves forward by the gap. */
function instantMs(local: DateTime, timeZone: string): number {
  const there = DateTime.fromObject(
    { year: local.year, month: local.month, day: local.day, hour: local.hour, minute: local.minute },
    { zone: timeZone },
  );
  const before = there.minus({ days: 1 }).offset;
  const byOffsetBefore = local.toMillis() - before * 60_000;
  const shown = DateTime.fromMillis(byOffsetBefore, { zone: timeZone });
  const says = (at: DateTime): boolean => at.hour === local.hour && at.minute === local.minute && at.day === local.day;
  if (says(shown)) return byOffsetBefore;
  return says(there) ? there.toMillis() : byOffsetBefore;
}
