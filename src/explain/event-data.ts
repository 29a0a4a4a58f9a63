/**
 * Reads the data of an event, which an older or newer program may have written in another shape.
 *
 * What is missing or of another shape reads as null.
 */
import { formatMoney } from "../domain/money.ts";
import type { DeclineText } from "../domain/decline.ts";
import type { AttemptStory, InvoiceStory } from "./facts.ts";
import type { Text } from "../domain/language.ts";
import { dayAndTime } from "./text.ts";

export type Data = Readonly<Record<string, unknown>>;

export type EventStory = {
  readonly at: Date;
  readonly data: Data;
  readonly attempt: AttemptStory | null;
  readonly invoice: InvoiceStory | null;
  readonly timeZone: string;
  readonly declineText: DeclineText;
};

export function wordIn(data: Data, key: string): string | null {
  const value = data[key];
  return typeof value === "string" && value !== "" ? value : null;
}

export function numberIn(data: Data, key: string): number | null {
  const value = data[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function instantIn(data: Data, key: string): Date | null {
  const text = wordIn(data, key);
  const at = text === null ? null : new Date(text);
  return at === null || Number.isNaN(at.getTime()) ? null : at;
}

export function recordIn(data: Data, key: string): Data | null {
  const value = data[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : null;
}

export function wordsIn(data: Data, key: string): readonly string[] {
  const value = data[key];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

/** " on Tuesday 15 December 2026, 09:00", or nothing. */
export function timeIn(
  { data, timeZone }: Pick<EventStory, "data" | "timeZone">,
  key: string,
  before: Text = { es: " el ", en: " on " },
): Text {
  const at = instantIn(data, key);
  if (at === null) return { es: "", en: "" };
  const time = dayAndTime(at, timeZone);
  return { es: before.es + time.es, en: before.en + time.en };
}

/** "$200.15 MXN", of the event, or else of the attempt or invoice; null: not known. */
export function moneyOf({ data, attempt, invoice }: Pick<EventStory, "data" | "attempt" | "invoice">): string | null {
  const amountCents = numberIn(data, "amountCents") ?? attempt?.amountCents ?? invoice?.amountCents ?? null;
  const currency = wordIn(data, "currency") ?? attempt?.currency ?? invoice?.currency ?? null;
  return amountCents === null || currency === null ? null : formatMoney(amountCents, currency);
}

/** " (what was written)", or nothing. */
export function bracketed(text: string | null): string {
  return text === null ? "" : ` (${text})`;
}

/** `prefix` and the text, or nothing. */
export function prefixed(prefix: string, text: string | null | undefined): string {
  return text === null || text === undefined || text === "" ? "" : prefix + text;
}
