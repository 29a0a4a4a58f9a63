/**
 * The days on which Mexico's banks are closed, besides Saturdays and Sundays.
 *
 * CNBV publishes them every year; the library computes them, but for one: a President takes office on 1 October, every
 * six years from 2024, where it still has 1 December.
 * @see "Disposiciones de carácter general que señalan los días del año 2025 en que las entidades … deberán cerrar",
 *   Diario Oficial de la Federación, 27-12-2024 (read 2026-11-23)
 */
import { createRequire } from "node:module";
import type Holidays from "date-holidays";
import type { BankCalendar } from "../domain/dunning/payday.ts";

const FIRST_INAUGURATION = 2024;
const YEARS_BETWEEN = 6;

/** @param closedDays the merchant's own, "2026-12-24" */
export function createBankCalendar(closedDays: readonly string[]): BankCalendar {
  let mexico: Holidays | null = null;
  const own = new Set(closedDays);
  const byYear = new Map<number, ReadonlySet<string>>();

  function daysOf(year: number): ReadonlySet<string> {
    const known = byYear.get(year);
    if (known !== undefined) return known;
    mexico ??= loadMexico();
    const days = new Set(mexico.getHolidays(year).map(({ date }) => date.slice(0, 10)));
    days.delete(`${year}-12-01`);
    if (year >= FIRST_INAUGURATION && (year - FIRST_INAUGURATION) % YEARS_BETWEEN === 0) days.add(`${year}-10-01`);
    byYear.set(year, days);
    return days;
  }

  return { isBankHoliday: (isoDate) => own.has(isoDate) || daysOf(Number(isoDate.slice(0, 4))).has(isoDate) };
}

/** Large: loaded when the first payday is computed, which most commands never do. */
function loadMexico(): Holidays {
  const Loaded = createRequire(import.meta.url)("date-holidays") as typeof Holidays;
  return new Loaded("MX", { types: ["public", "bank"] });
}
