/** From which day a change of plan holds, and how the calendar goes on at another interval. */
import assert from "node:assert/strict";
import { DateTime } from "luxon";
import { billingAt, localDateTextOf } from "../../domain/calendar/calendar.ts";
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import type { Plan } from "../../domain/plan.ts";
import { anchorFor, type Apply, isInPeriod, isProrated } from "../../domain/proration.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Mutable } from "../ports/records.ts";
import { said, unchanged } from "../../domain/refusals.ts";
import type { Running } from "./running-period.ts";

/** @throws {UsageInvalid} a day that is not asked for, or not one of the running period */
export function onDay(
  apply: Apply,
  given: string | null,
  { nextBillingAt, timeZone }: Pick<Subscription, "nextBillingAt" | "timeZone">,
  { today, isOther, running }: { readonly today: string; readonly isOther: boolean; readonly running: Running | null },
): string {
  if (given !== null && !isProrated(apply)) throw new UsageInvalid(unchanged(said("change_has_its_day", { apply })));
  if (apply === "period_end") return nextBillingAt === null ? today : localDateTextOf(nextBillingAt, timeZone);
  if (given === null || running === null) return today;
  if (isOther && given !== today) throw new UsageInvalid(unchanged(said("change_begins_today", { given, today })));
  const { periodStart: start, periodEnd: end } = running;
  if (!isInPeriod({ start, end }, given, timeZone))
    throw new UsageInvalid(
      unchanged(
        said("change_outside_period", {
          given,
          from: localDateTextOf(start, timeZone),
          to: localDateTextOf(end, timeZone),
        }),
      ),
    );
  return given;
}

/**
 * Another interval: the cycle that was to come falls due when it would have, or now, and those after it at the new interval.
 * @param begins null: at the end of the period
 */
export function beginAnew(
  subscription: Mutable<Subscription>,
  to: Plan,
  begins: { readonly at: Date; readonly on: string } | null,
): void {
  const { nextBillingAt, nextCycle: cycle, timeZone } = subscription;
  if (nextBillingAt === null) throw new Refused(unchanged(said("no_cycle_to_come")));
  const inZone = (at: Date, form: string): string => DateTime.fromJSDate(at, { zone: timeZone }).toFormat(form);
  const usual = inZone(nextBillingAt, "HH:mm");
  const time = begins === null || usual < inZone(begins.at, "HH:mm") ? usual : inZone(begins.at, "HH:mm");
  const at = `${begins?.on ?? inZone(nextBillingAt, "yyyy-MM-dd")}T${time}`;
  const schedule = { interval: to.interval, frequency: to.frequency, timeZone };
  const anchorLocal = anchorFor(at, cycle, schedule);
  if (anchorLocal === null) throw new Refused(said("no_such_day", { day: Number(at.slice(8, 10)), planId: to.id }));
  subscription.anchorLocal = anchorLocal;
  subscription.nextBillingAt = billingAt({ ...schedule, anchorLocal }, cycle);
  assert(subscription.nextBillingAt <= nextBillingAt, "no day is left out");
}
