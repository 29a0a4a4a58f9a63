/** A calendar month, "2026-12", as instants in the merchant's zone. */
import { DateTime } from "luxon";

export function monthOf(now: Date, timeZone: string): string {
  return DateTime.fromJSDate(now, { zone: timeZone }).toFormat("yyyy-MM");
}

/** The end is not in it. */
export function monthWindow(month: string, timeZone: string): { readonly from: Date; readonly until: Date } {
  const from = DateTime.fromISO(`${month}-01`, { zone: timeZone });
  return { from: from.toJSDate(), until: from.plus({ months: 1 }).toJSDate() };
}
