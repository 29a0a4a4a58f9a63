/**
 * Dates as spreadsheets write them, and what is to be written instead.
 *
 * Pure. None of them is taken: 01/12/2026 is the 1st of December or the 12th of January, and a wrong guess charges a
 * customer in another month.
 */
import { DateTime } from "luxon";

/** The days from 30 December 1899 on, as Excel, LibreOffice and Google Sheets count them; these are 2000 to 2199. */
const SERIAL = { first: 36_526, last: 109_574 };
const SLASHED = /^(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap])?\.?m?\.?)?$/i;

/** @returns what is wrong with this text as a start; null: it is none of a spreadsheet's */
export function spreadsheetDateFault(text: string): string | null {
  if (/^\d{5,6}(\.\d+)?$/.test(text)) return serialFault(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const [, first, second, third, hour, minute, half] = SLASHED.exec(text) ?? [];
  if (first === undefined || second === undefined || third === undefined) return null;
  const time = hour === undefined ? "09:00" : timeOf(Number(hour), String(minute), half?.toLowerCase());
  const readings =
    first.length === 4 ? [dayOf(first, second, third)] : [dayOf(third, second, first), dayOf(third, first, second)];
  const days = [...new Set(readings.filter((day) => day !== null))];
  if (days.length === 0) return null;
  const written = days.map((day) => `${day.toISODate()}T${time} for ${day.toFormat("d LLLL yyyy", { locale: "en" })}`);
  return `"${text}" is a spreadsheet's date; write ${written.join(", or ")}`;
}

function serialFault(text: string): string | null {
  const serial = Number(text);
  if (serial < SERIAL.first || serial > SERIAL.last) return null;
  const at = DateTime.fromISO("1899-12-30T00:00", { zone: "utc" }).plus({ minutes: Math.round(serial * 24 * 60) });
  const time = text.includes(".") ? at.toFormat("HH:mm") : "09:00";
  return (
    `"${text}" is a spreadsheet's number of a day; write ${at.toISODate()}T${time}, ` +
    "with the column formatted as text"
  );
}

function dayOf(year: string, month: string, day: string): DateTime<true> | null {
  const whole = year.length <= 2 ? 2000 + Number(year) : Number(year);
  const found = DateTime.fromObject({ year: whole, month: Number(month), day: Number(day) }, { zone: "utc" });
  return found.isValid && whole >= 2000 && whole < 2200 ? found : null;
}

function timeOf(hour: number, minute: string, half: string | undefined): string {
  const whole = half === undefined ? hour : (hour % 12) + (half === "p" ? 12 : 0);
  return `${String(whole).padStart(2, "0")}:${minute}`;
}
