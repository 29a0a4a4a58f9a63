/** When salaries come. The banks' real holidays: src/adapters/bank-holidays.test.ts. */
import { describe, expect, test } from "@jest/globals";
import { NO_HOLIDAYS } from "../../../test/support/policy.ts";
import { dateOfText, dayNumberOf } from "../calendar/local-date.ts";
import { isoDateOf, nextPayday } from "./payday.ts";

const MS_PER_DAY = 86_400_000;

function dayOf(isoDate: string): number {
  return dayNumberOf(dateOfText(isoDate));
}

function paydayAfter(isoDate: string, closed: readonly string[] = []): string {
  return isoDateOf(nextPayday(dayOf(isoDate), { isBankHoliday: (date) => closed.includes(date) }));
}

describe("nextPayday", () => {
  test.each<[after: string, payday: string, because: string]>([
    ["2026-12-03", "2026-12-15", "a Tuesday"],
    ["2026-12-14", "2026-12-15", "tomorrow"],
    ["2026-12-15", "2026-12-18", "never the day itself; the aguinaldo, as the 20th is a Sunday"],
    ["2026-12-18", "2026-12-31", "the 20th has come already"],
    ["2026-12-31", "2027-01-15", "over the end of the year"],
    ["2026-11-13", "2026-11-30", "the 15th is a Sunday and was paid on Friday the 13th"],
    ["2026-11-14", "2026-11-30", "a Saturday between payday and the 15th"],
    ["2026-10-30", "2026-11-13", "the 31st is a Saturday and was paid on Friday: the next month's first"],
    ["2026-02-20", "2026-02-27", "the 28th is a Saturday"],
    ["2028-02-20", "2028-02-29", "a leap day"],
    ["2026-11-18", "2026-11-30", "only December has an aguinaldo"],
    ["2027-12-16", "2027-12-20", "a Monday"],
    ["2025-12-19", "2025-12-31", "the 20th was a Saturday, and was paid on the 19th"],
    ["2030-12-13", "2030-12-20", "a Friday; the 15th was a Sunday"],
  ])("after %s is %s (%s)", (after, payday, _because) => {
    expect(paydayAfter(after)).toBe(payday);
  });

  test.each<[after: string, closed: readonly string[], payday: string, because: string]>([
    ["2026-12-03", ["2026-12-15"], "2026-12-14", "the business day before"],
    ["2026-12-03", ["2026-12-15", "2026-12-14"], "2026-12-11", "over a weekend as well"],
    ["2026-12-14", ["2026-12-15"], "2026-12-18", "that one is over then"],
    ["2026-12-20", ["2026-12-31"], "2026-12-30", "the last of the year"],
    ["2026-12-30", ["2026-12-31"], "2027-01-15", "over the end of the year"],
  ])("after %s, banks closed on %j, is %s (%s)", (after, closed, payday, _because) => {
    expect(paydayAfter(after, closed)).toBe(payday);
  });

  test("of every day from 2025 to 2031 is the first of that year's paydays after it", () => {
    const paydays = [2025, 2026, 2027, 2028, 2029, 2030, 2031, 2032].flatMap(paydaysByDate);
    const [first, end] = [dayOf("2025-01-01"), dayOf("2032-01-01")];
    const wrong = Array.from({ length: end - first }, (_, index) => first + index).filter(
      (day) => isoDateOf(nextPayday(day, NO_HOLIDAYS)) !== paydays.find((date) => date > isoDateOf(day)),
    );
    expect(wrong.map(isoDateOf)).toEqual([]);
    expect(paydays.filter((date) => date < "2032")).toHaveLength(7 * 25);
  });
});

test.each(["1970-01-01", "1969-12-31", "2000-02-29", "2026-12-09"])("isoDateOf tells %s", (date) => {
  expect(isoDateOf(dayOf(date))).toBe(date);
});

/** By JavaScript's own dates, in order. */
function paydaysByDate(year: number): string[] {
  return Array.from({ length: 12 }, (_, month) => [15, ...(month === 11 ? [20] : []), 0].map((day) => [month, day]))
    .flat()
    .map(([month = 0, day = 0]) => Date.UTC(year, day === 0 ? month + 1 : month, day))
    .map((at) => {
      const weekday = new Date(at).getUTCDay();
      return at - (weekday === 6 ? 1 : weekday === 0 ? 2 : 0) * MS_PER_DAY;
    })
    .map((at) => new Date(at).toISOString().slice(0, 10));
}
