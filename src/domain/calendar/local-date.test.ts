import { expect, test } from "@jest/globals";
import { dayNumberOf, daysInMonth, localDateOf } from "./local-date.ts";

const MS_PER_DAY = 86_400_000;

test("agrees with JavaScript's own calendar on every day from 1890 to 2210", () => {
  const faults: unknown[] = [];
  for (let dayNumber = Date.UTC(1890, 0, 1) / MS_PER_DAY; dayNumber < Date.UTC(2210, 0, 1) / MS_PER_DAY; dayNumber++) {
    const judge = new Date(dayNumber * MS_PER_DAY);
    const date = localDateOf(dayNumber);
    const same =
      date.year === judge.getUTCFullYear() &&
      date.month === judge.getUTCMonth() + 1 &&
      date.day === judge.getUTCDate() &&
      dayNumberOf(date) === dayNumber;
    if (!same) faults.push({ dayNumber, date, judge });
  }
  expect(faults).toEqual([]);
});

test.each([
  // year month days  because
  [2026, 1, 31, "January"],
  [2026, 2, 28, "a common year"],
  [2028, 2, 29, "divisible by 4"],
  [2100, 2, 28, "divisible by 100"],
  [2000, 2, 29, "divisible by 400"],
  [2026, 4, 30, "April"],
  [2026, 12, 31, "December"],
])("%i-%i has %i days: %s", (year, month, days) => {
  expect(daysInMonth(year, month)).toBe(days);
});

test.each([0, 13, 1.5])("month %d is a bug of the caller", (month) => {
  expect(() => daysInMonth(2026, month)).toThrow("month must be 1 to 12");
});
