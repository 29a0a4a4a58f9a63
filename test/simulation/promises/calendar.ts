/**
 * When each cycle falls due, as the documentation says it: a second calendar, written with luxon's own arithmetic and
 * without a look at the program's, so that a mistake of one shows against the other.
 */
import { DateTime, IANAZone } from "luxon";
import type { ChangeShown, PromisedPlan, PromisedSubscription } from "./promised.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** From a cycle on it is billed at this interval, counted from this local time. */
export type Stretch = {
  readonly fromCycle: number;
  readonly plan: Pick<PromisedPlan, "interval" | "frequency">;
  readonly begins: DateTime;
};

/** The instant of cycle n: billed in advance, counted from the first billing date and never from the date before. */
export function dueAtMs(plan: PromisedPlan, order: PromisedSubscription, cycle: number): number {
  const start = DateTime.fromISO(order.startLocal, { zone: "utc" }).plus({ days: plan.trialPeriodDays });
  return instantMs(localOf(plan, start, cycle * plan.frequency), order.timeZone);
}

/**
 * A change to another interval begins where the running period ends, or, with `now`, today at the usual time or at once, whichever
 * comes first; what was billed before stays as it was.
 */
export function stretchesOf(
  order: PromisedSubscription,
  changes: readonly ChangeShown[],
  planOf: (planId: string) => PromisedPlan,
): readonly Stretch[] {
  const signed = planOf(changes[0]?.fromPlanId ?? order.planId);
  const start = DateTime.fromISO(order.startLocal, { zone: "utc" }).plus({ days: signed.trialPeriodDays });
  const stretches: Stretch[] = [{ fromCycle: 0, plan: signed, begins: start }];
  for (const { apply, onDate, madeAt, nextCycle: fromCycle, isUndone, fromPlanId, toPlanId } of changes) {
    const [from, plan] = [planOf(fromPlanId), planOf(toPlanId)];
    if (isUndone || (from.interval === plan.interval && from.frequency === plan.frequency)) continue;
    const usual = localAt(stretches, fromCycle);
    const made = DateTime.fromJSDate(madeAt, { zone: order.timeZone });
    const time = [usual, made].map((at) => at.toFormat("HH:mm")).toSorted()[0];
    const begins = apply === "now" ? DateTime.fromISO(`${onDate}T${time}`, { zone: "utc" }) : usual;
    stretches.push({ fromCycle, plan, begins });
  }
  return stretches;
}

/** The local time of the cycle, told as if it were UTC. */
export function localAt(stretches: readonly Stretch[], cycle: number): DateTime {
  const { plan, begins, fromCycle } = stretches.findLast((each) => each.fromCycle <= cycle) ?? stretches[0]!;
  return localOf(plan, begins, (cycle - fromCycle) * plan.frequency);
}

export function dueInMs(stretches: readonly Stretch[], cycle: number, timeZone: string): number {
  return instantMs(localAt(stretches, cycle), timeZone);
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

function localOf({ interval }: Pick<PromisedPlan, "interval">, start: DateTime, steps: number): DateTime {
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
  const zone = IANAZone.create(timeZone);
  const earlier = zone.offset(local.toMillis() - 2 * DAY_MS);
  // Nobody changes a clock thereabouts: most dates need no more than that.
  if (earlier === zone.offset(local.toMillis() + 2 * DAY_MS)) return local.toMillis() - earlier * MINUTE_MS;
  const there = DateTime.fromObject(
    { year: local.year, month: local.month, day: local.day, hour: local.hour, minute: local.minute },
    { zone: timeZone },
  );
  const before = there.minus({ days: 1 }).offset;
  const byOffsetBefore = local.toMillis() - before * MINUTE_MS;
  const shown = DateTime.fromMillis(byOffsetBefore, { zone: timeZone });
  const says = (at: DateTime): boolean => at.hour === local.hour && at.minute === local.minute && at.day === local.day;
  if (says(shown)) return byOffsetBefore;
  return says(there) ? there.toMillis() : byOffsetBefore;
}
