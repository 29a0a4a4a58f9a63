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

/**
 * @param next.comesAt when the next cycle falls due
 * @throws {UsageInvalid} a day that is not asked for, or not one of the running period
 */
export function onDay(
  apply: Apply,
  given: string | null,
  { comesAt, timeZone }: { readonly comesAt: Date; readonly timeZone: string },
  { today, isOther, running }: { readonly today: string; readonly isOther: boolean; readonly running: Running | null },
): string {
  if (given !== null && !isProrated(apply)) throw new UsageInvalid(unchanged(said("change_has_its_day", { apply })));
  if (apply === "period_end") return localDateTextOf(comesAt, timeZone);
  if (given === null) return today;
  assert(running !== null, "without a period that runs no day of it can be named");
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
 * @param comesAt when it would have
 * @param begins null: at the end of the period
 */
export function beginAnew(
  subscription: Mutable<Subscription>,
  to: Plan,
  comesAt: Date,
  begins: { readonly at: Date; readonly on: string } | null,
): void {
  const { nextCycle: cycle, timeZone } = subscription;
  const inZone = (at: Date, form: string): string => DateTime.fromJSDate(at, { zone: timeZone }).toFormat(form);
  const usual = inZone(comesAt, "HH:mm");
  const time = begins === null || usual < inZone(begins.at, "HH:mm") ? usual : inZone(begins.at, "HH:mm");
  const at = `${begins?.on ?? inZone(comesAt, "yyyy-MM-dd")}T${time}`;
  const schedule = { interval: to.interval, frequency: to.frequency, timeZone };
  const anchorLocal = anchorFor(at, cycle, schedule);
  if (anchorLocal === null) throw new Refused(said("no_such_day", { day: Number(at.slice(8, 10)), planId: to.id }));
  subscription.anchorLocal = anchorLocal;
  subscription.nextBillingAt = billingAt({ ...schedule, anchorLocal }, cycle);
  assert(subscription.nextBillingAt <= comesAt, "no day is left out");
}
