/** Values, names and dates as `plans apply` prints them. */
import { DateTime } from "luxon";

export function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** "2026-12-01 09:00 America/Mexico_City" */
export function localText(at: Date, timeZone: string): string {
  return `${DateTime.fromJSDate(at, { zone: timeZone }).toFormat("yyyy-MM-dd HH:mm")} ${timeZone}`;
}
