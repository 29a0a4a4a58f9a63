/** Values of options that one look at the text can judge. Wrong ones are told by commander, with exit code 64. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { nearest } from "../../adapters/files/did-you-mean.ts";
import { limitText } from "../../adapters/files/limit-text.ts";
import { EVENT_TYPES } from "../../domain/event-types.ts";
import { LANGUAGES } from "../../domain/language.ts";

export function jsonOption(): Option {
  return new Option("--json", "print one JSON document instead of a table");
}

export function languageOption(): Option {
  const byDefault = "by LC_ALL, LC_MESSAGES or LANG, else en";
  return new Option("--lang <language>", `${LANGUAGES.join(" or ")} (default: ${byDefault})`).choices(LANGUAGES);
}

export function cursorOption(): Option {
  return new Option("--cursor <text>", "from where the list before this one ended, as it said");
}

export function yesOption(): Option {
  return new Option("-y, --yes", "do not ask");
}

/** A parser for commander. @param unit for people: "charges" */
export function whole(unit: string, from: number, to = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= from && number <= to) return number;
    const range = to === Number.MAX_SAFE_INTEGER ? `from ${from}` : `from ${from} to ${limitText(to)}`;
    throw new InvalidArgumentError(`Expected a whole number ${range} (${unit}).`);
  };
}

/** A text that says something. @param what for people: "a code" */
export function filled(what: string): (text: string) => string {
  return (text) => {
    if (text.trim() !== "") return text;
    throw new InvalidArgumentError(`Expected ${what}, not an empty text.`);
  };
}

/** A type of event that is recorded; another one would find nothing, as if nothing had happened. */
export function eventType(text: string): string {
  if ((EVENT_TYPES as readonly string[]).includes(text)) return text;
  const meant = nearest(text, EVENT_TYPES);
  throw new InvalidArgumentError(`No event has this type.${meant === null ? "" : ` Did you mean ${meant}?`}`);
}

/** Gathers an option that may be given several times. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A day in the merchant's zone, which the settings say: `resolveDays` makes its first moment of it. */
export class LocalDay {
  readonly date: string;
  constructor(date: string) {
    this.date = date;
  }
}

/** Before a command acts, for options that `instant` has read. */
export async function resolveDays(command: Command): Promise<void> {
  for (const [name, value] of Object.entries<unknown>(command.opts())) {
    if (!(value instanceof LocalDay)) continue;
    const { readConfig } = await import("./session.ts");
    const { instantOfLocal } = await import("../../domain/calendar/calendar.ts");
    const { billing } = await readConfig();
    command.setOptionValue(name, instantOfLocal(`${value.date}T00:00`, billing.timeZone));
  }
}

/** A day as text: what reads it knows in which zone it begins. */
export function localDay(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(Number.NaN);
  if (!Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError("Expected a day that exists, like 2026-01-31; it begins at midnight, local time.");
}

/** A calendar month. */
export function month(text: string): string {
  if (/^2\d{3}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a month, like 2026-12.");
}

/** An instant, or a date, which means its first moment in the merchant's zone. */
export function instant(text: string): Date | LocalDay {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const at = isDate || isInstant ? new Date(text) : new Date(Number.NaN);
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (!Number.isNaN(at.getTime()) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10)))
    return isDate ? new LocalDay(text) : at;
  throw new InvalidArgumentError(
    "Expected a date that exists (2026-01-31, from midnight in BILLING_TIME_ZONE) or an instant (2026-01-31T15:00:00Z, 2026-01-31T09:00-06:00).",
  );
}
