/**
 * Local dates: the days of the Gregorian calendar as plain integers.
 *
 * Knows no zone, no time of day and no clock; whoever needs an instant asks `calendar.ts`.
 */
import assert from "node:assert/strict";

export type LocalDate = {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  /** 1 to 31 */
  readonly day: number;
};

const { floor } = Math;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const DAYS_IN_400_YEARS = 146_097;
/** From 0000-03-01, where the arithmetic counts from, to 1970-01-01, where the answers do. */
const DAYS_BEFORE_1970 = 719_468;

export function daysInMonth(year: number, month: number): number {
  const days = DAYS_IN_MONTH[month - 1];
  assert(days !== undefined, `month must be 1 to 12, got ${month}`);
  return month === 2 && isLeapYear(year) ? 29 : days;
}

/** Days since 1970-01-01, which is day 0. */
export function dayNumberOf({ year, month, day }: LocalDate): number {
  // A year that begins in March has its leap day at the end, where it disturbs no month's offset.
  const marchYear = month <= 2 ? year - 1 : year;
  const monthsSinceMarch = (month + 9) % 12;
  const dayOfYear = floor((153 * monthsSinceMarch + 2) / 5) + day - 1;
  const leapDays = floor(marchYear / 4) - floor(marchYear / 100) + floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - DAYS_BEFORE_1970;
}

/** @param text "2026-12-31", as files, commands and the API have checked it */
export function dateOfText(text: string): LocalDate {
  const [year, month, day] = text.split("-").map(Number) as [number, number, number];
  return { year, month, day };
}

/** Whole local days from one day to another: "2026-12-01" to "2026-12-31" is 30. */
export function daysBetween(from: string, to: string): number {
  return dayNumberOf(dateOfText(to)) - dayNumberOf(dateOfText(from));
}

/** The inverse of `dayNumberOf`. */
export function localDateOf(dayNumber: number): LocalDate {
  const days = dayNumber + DAYS_BEFORE_1970;
  const era = floor(days / DAYS_IN_400_YEARS);
  const dayOfEra = days - era * DAYS_IN_400_YEARS;
  const yearOfEra = floor(
    (dayOfEra - floor(dayOfEra / 1460) + floor(dayOfEra / 36_524) - floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + floor(yearOfEra / 4) - floor(yearOfEra / 100));
  const monthsSinceMarch = floor((5 * dayOfYear + 2) / 153);
  const month = ((monthsSinceMarch + 2) % 12) + 1;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - floor((153 * monthsSinceMarch + 2) / 5) + 1,
  };
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
