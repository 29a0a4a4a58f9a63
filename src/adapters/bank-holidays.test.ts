/** The days on which Mexico's banks are closed, day by day against the lists that CNBV publishes. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import { dayNumberOf, localDateOf } from "../domain/calendar/local-date.ts";
import { isoDateOf, nextPayday } from "../domain/dunning/payday.ts";
import { createBankCalendar } from "./bank-holidays.ts";

/** @see Diario Oficial de la Federación, 27-12-2024 for 2025; other years by the same rules. */
const CLOSED: Readonly<Record<number, readonly string[]>> = {
  2024: [
    ...["01-01", "02-05", "03-18", "03-28", "03-29", "05-01", "09-16"],
    ...["10-01", "11-02", "11-18", "12-12", "12-25"],
  ],
  2025: ["01-01", "02-03", "03-17", "04-17", "04-18", "05-01", "09-16", "11-02", "11-17", "12-12", "12-25"],
  2026: ["01-01", "02-02", "03-16", "04-02", "04-03", "05-01", "09-16", "11-02", "11-16", "12-12", "12-25"],
  2030: [
    ...["01-01", "02-04", "03-18", "04-18", "04-19", "05-01", "09-16"],
    ...["10-01", "11-02", "11-18", "12-12", "12-25"],
  ],
};

function daysOf(year: number): string[] {
  const first = dayNumberOf({ year, month: 1, day: 1 });
  const length = dayNumberOf({ year: year + 1, month: 1, day: 1 }) - first;
  return Array.from({ length }, (_, index) => isoDateOf(first + index));
}

describe("createBankCalendar", () => {
  test.each(Object.keys(CLOSED).map(Number))("closes on the days of CNBV's list in %i, and on no other", (year) => {
    const calendar = createBankCalendar([]);
    const closed = daysOf(year).filter((date) => calendar.isBankHoliday(date));
    expect(closed.map((date) => date.slice(5))).toEqual(CLOSED[year]);
  });

  test.each([2024, 2025, 2026, 2027, 2028, 2029, 2030, 2031, 2032, 2033, 2034, 2035, 2036])(
    "closes on 1 October, and not on 1 December, when a President takes office: %i",
    (year) => {
      const calendar = createBankCalendar([]);
      expect(calendar.isBankHoliday(`${year}-10-01`)).toBe([2024, 2030, 2036].includes(year));
      expect(calendar.isBankHoliday(`${year}-12-01`)).toBe(false);
    },
  );

  test("closes on the merchant's own days besides", async () => {
    const calendar = createBankCalendar(["2026-12-24", "2030-12-01"]);
    expect(["2026-12-24", "2026-12-25", "2030-12-01"].every((date) => calendar.isBankHoliday(date))).toBe(true);
    expect(calendar.isBankHoliday("2027-12-24")).toBe(false);
  });
});

describe("with it, salaries come", () => {
  /** Written by hand from a calendar of each year. */
  const PAYDAYS: Readonly<Record<number, readonly string[]>> = {
    2026: [
      ...["01-15", "01-30", "02-13", "02-27", "03-13", "03-31", "04-15", "04-30", "05-15", "05-29", "06-15", "06-30"],
      ...["07-15", "07-31", "08-14", "08-31", "09-15", "09-30", "10-15", "10-30", "11-13", "11-30"],
      ...["12-15", "12-18", "12-31"],
    ],
    2030: [
      ...["01-15", "01-31", "02-15", "02-28", "03-15", "03-29", "04-15", "04-30", "05-15", "05-31", "06-14", "06-28"],
      ...["07-15", "07-31", "08-15", "08-30", "09-13", "09-30", "10-15", "10-31", "11-15", "11-29"],
      ...["12-13", "12-20", "12-31"],
    ],
  };

  test.each(Object.keys(PAYDAYS).map(Number))("on these days of %i", (year) => {
    const calendar = createBankCalendar([]);
    const found: string[] = [];
    let day = nextPayday(dayNumberOf({ year: year - 1, month: 12, day: 31 }), calendar);
    while (localDateOf(day).year === year) {
      found.push(isoDateOf(day).slice(5));
      day = nextPayday(day, calendar);
    }
    expect(found).toEqual(PAYDAYS[year]);
  });

  test.each<[after: string, payday: string, because: string]>([
    ["2024-03-20", "2024-03-27", "the 31st is Easter Sunday, and Thursday and Friday are holy: Wednesday"],
    ["2029-03-20", "2029-03-28", "the 31st is Holy Saturday: Wednesday again"],
  ])("after %s on %s (%s)", (after, payday, _because) => {
    const [year = 0, month = 0, day = 0] = after.split("-").map(Number);
    expect(isoDateOf(nextPayday(dayNumberOf({ year, month, day }), createBankCalendar([])))).toBe(payday);
  });
});

test("the library is loaded when the first day is asked about, and not before", () => {
  const script = `
    import { createRequire } from "node:module";
    import { createBankCalendar } from "./src/adapters/bank-holidays.ts";
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes("date-holidays"));
    const calendar = createBankCalendar([]);
    const before = isLoaded();
    calendar.isBankHoliday("2026-12-25");
    console.log(before, isLoaded());`;
  const root = path.join(import.meta.dirname, "..", "..");
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root, encoding: "utf8" });
  expect([ended.stdout.trim(), ended.stderr]).toEqual(["false true", ""]);
});
