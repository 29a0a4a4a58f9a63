/**
 * Paydays: when salaries reach people's accounts in Mexico.
 *
 * Pure. A quincena is paid on the 15th and on the last day of the month; in December the aguinaldo comes by the 20th.
 * Where that day is a weekend or a bank holiday, salaries come on the business day before.
 * @see "Ley Federal del Trabajo", articles 87 and 88 (read 2026-11-23): the aguinaldo before the 20th of December,
 *   wages at intervals of at most 15 days
 */
import { dayNumberOf, daysInMonth, localDateOf } from "../calendar/local-date.ts";

/** When banks are closed, besides Saturdays and Sundays. */
export type BankCalendar = {
  /** @param isoDate "2026-12-25" */
  isBankHoliday(isoDate: string): boolean;
};

/** @returns the first payday after the local day `afterDay`; both are numbers of days, as `dayNumberOf` counts them */
export function nextPayday(afterDay: number, calendar: BankCalendar): number {
  const { year, month } = localDateOf(afterDay);
  // The last payday of a month may lie before its last days: then it is the next month's first.
  for (let monthIndex = year * 12 + month - 1; ; monthIndex += 1) {
    const paydays = paydaysOf(Math.floor(monthIndex / 12), (monthIndex % 12) + 1);
    const next = paydays.map((day) => businessDayUntil(day, calendar)).find((day) => day > afterDay);
    if (next !== undefined) return next;
  }
}

/** Ascending. */
function paydaysOf(year: number, month: number): number[] {
  const days = [15, ...(month === 12 ? [20] : []), daysInMonth(year, month)];
  return days.map((day) => dayNumberOf({ year, month, day }));
}

/** Salaries never come later than they are due. */
function businessDayUntil(day: number, calendar: BankCalendar): number {
  let business = day;
  while (isWeekend(business) || calendar.isBankHoliday(isoDateOf(business))) business -= 1;
  return business;
}

/** 1970-01-01, day 0, was a Thursday. */
function isWeekend(day: number): boolean {
  const weekday = (((day + 3) % 7) + 7) % 7;
  return weekday >= 5;
}

/** "2026-12-15" */
export function isoDateOf(day: number): string {
  const { year, month, day: dayOfMonth } = localDateOf(day);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${year}-${two(month)}-${two(dayOfMonth)}`;
}
