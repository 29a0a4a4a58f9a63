/**
 * Calendar: at which instant each cycle of a subscription falls due.
 *
 * Pure and synchronous. Every date is computed from the anchor and the cycle's index, never from the date before it,
 * so that a 31st which became a 28th in February is a 31st again in March. Never reads the current time.
 *
 * The arithmetic is on whole local days; the zone is asked only at the end, for one instant. luxon knows the zone's
 * offsets, but which instant a local time means is decided here: for a local time that happens twice, luxon picks by
 * the offset in force on the day of the asking (3.7.2: 01:30 of 2026-11-01 in Tijuana is one instant when asked in
 * January and another when asked in July), and a due date may not depend on that.
 */
import { DAY_MS, MINUTE_MS } from "../duration.ts";
import assert from "node:assert/strict";
import { IANAZone } from "luxon";
import { dayNumberOf, daysInMonth, type LocalDate, localDateOf } from "./local-date.ts";

/** Conekta's own words for a plan's `interval`. */
export const INTERVALS = ["day", "week", "half_month", "month", "year"] as const;
export type Interval = (typeof INTERVALS)[number];

export type Schedule = {
  readonly interval: Interval;
  /** How many intervals from one cycle to the next: whole, at least 1. */
  readonly frequency: number;
  /** First local billing date-time, after any trial: "2026-12-01T09:00". */
  readonly anchorLocal: string;
  /** IANA zone: "America/Mexico_City". */
  readonly timeZone: string;
};

/** Both ends are instants; `end` is the next cycle's `start` and belongs to that cycle. */
export type Period = { readonly start: Date; readonly end: Date };

/** Only a first guess for `firstCycleNotOver`, which corrects it. */
const MEAN_DAYS: Readonly<Record<Interval, number>> = {
  day: 1,
  week: 7,
  half_month: 15.2,
  month: 30.4,
  year: 365.2,
};

/**
 * The instant at which a cycle falls due; cycle 0 is the anchor's.
 *
 * Later cycles are due later, with one exception: where a zone left out a whole day (Apia has no 2011-12-30), that
 * day's cycle moves forward by the gap like any local time that does not exist, onto the instant of the next day's.
 */
export function billingAt(schedule: Schedule, cycle: number): Date {
  const { date, msOfDay } = readLocalDateTime(schedule.anchorLocal);
  const billingDay = dayNumberOf(billingDate(schedule.interval, schedule.frequency, date, cycle));
  return instantOf(billingDay * DAY_MS + msOfDay, zoneOf(schedule.timeZone));
}

/** What a cycle's invoice pays for: billed in advance, so it begins when the invoice falls due. */
export function periodOf(schedule: Schedule, cycle: number): Period {
  return { start: billingAt(schedule, cycle), end: billingAt(schedule, cycle + 1) };
}

/**
 * The first cycle whose period is not over at `now`. Before the anchor it is cycle 0, which is not due yet; from the
 * anchor on it is the one cycle whose period contains `now`.
 */
export function firstCycleNotOver(schedule: Schedule, now: Date): number {
  const daysSinceAnchor = (now.getTime() - billingAt(schedule, 0).getTime()) / DAY_MS;
  let cycle = Math.max(0, Math.floor(daysSinceAnchor / (schedule.frequency * MEAN_DAYS[schedule.interval])));
  // The mean is never more than a few days from the dates, so the loops turn a handful of times at the very most.
  while (billingAt(schedule, cycle + 1) <= now) cycle += 1;
  while (cycle > 0 && billingAt(schedule, cycle) > now) cycle -= 1;
  return cycle;
}

/** The anchor of a subscription that starts with a trial: as many local days later, at the same wall time. */
export function anchorAfterTrial(startLocal: string, trialDays: number): string {
  assert(Number.isSafeInteger(trialDays) && trialDays >= 0, `trialDays must be a count, got ${trialDays}`);
  const start = readLocalDateTime(startLocal);
  return textOf({ ...start, date: localDateOf(dayNumberOf(start.date) + trialDays) });
}

/**
 * The same wall time so many local days later: 09:00 stays 09:00 over a change of the clocks.
 * 0 days is the instant itself, also when its wall time happens twice and it is the later of the two.
 */
export function plusLocalDays(instant: Date, days: number, timeZone: string): Date {
  assert(Number.isSafeInteger(days) && days >= 0, `days must be a count, got ${days}`);
  if (days === 0) return instant;
  const zone = zoneOf(timeZone);
  const localMs = instant.getTime() + offsetMs(zone, instant.getTime());
  return instantOf(localMs + days * DAY_MS, zone);
}

/** @param localDateTime "2026-12-01T09:00" */
export function instantOfLocal(localDateTime: string, timeZone: string): Date {
  const { date, msOfDay } = readLocalDateTime(localDateTime);
  return instantOf(dayNumberOf(date) * DAY_MS + msOfDay, zoneOf(timeZone));
}

/** "2026-12-01" */
export function localDateTextOf(instant: Date, timeZone: string): string {
  const { year, month, day } = localDateOf(localDayOf(instant, timeZone));
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** The local date of an instant, as a number that grows by one a day. */
export function localDayOf(instant: Date, timeZone: string): number {
  return Math.floor((instant.getTime() + offsetMs(zoneOf(timeZone), instant.getTime())) / DAY_MS);
}

/** The instant of a local time on a local day. @param time "09:00" */
export function localInstant(localDay: number, time: string, timeZone: string): Date {
  const [hours, minutes] = time.split(":").map(Number);
  assert(hours !== undefined && minutes !== undefined, `time must be like 09:00, got ${time}`);
  return instantOf(localDay * DAY_MS + (hours * 60 + minutes) * MINUTE_MS, zoneOf(timeZone));
}

/**
 * The local date of a cycle: the rule itself, without a zone.
 *
 * `month` and `year` keep the anchor's day, or take the month's last. `half_month` (the quincena) keeps two days a
 * month, 15 days apart: an anchor on the 1st to the 15th is the first of them; a later anchor is the second, and cycle
 * 0 is then the second half of the anchor's month. The pair of the 15th is the month's last day, whatever its number.
 */
export function billingDate(interval: Interval, frequency: number, anchor: LocalDate, cycle: number): LocalDate {
  assert(Number.isSafeInteger(frequency) && frequency >= 1, `frequency must be a count from 1, got ${frequency}`);
  assert(Number.isSafeInteger(cycle) && cycle >= 0, `cycle must be an index from 0, got ${cycle}`);

  const steps = cycle * frequency;
  switch (interval) {
    case "day":
      return localDateOf(dayNumberOf(anchor) + steps);
    case "week":
      return localDateOf(dayNumberOf(anchor) + 7 * steps);
    case "half_month":
      return halfMonthDate(anchor, steps);
    case "month":
      return dateInMonth(monthIndexOf(anchor) + steps, anchor.day);
    case "year":
      return dateInMonth(monthIndexOf(anchor) + 12 * steps, anchor.day);
    default:
      return interval satisfies never;
  }
}

/** "YYYY-MM-DDTHH:mm" of a day that exists, seconds allowed, without offset: the zone is told apart. */
export function isLocalDateTime(text: string): boolean {
  return parseLocalDateTime(text) !== null;
}

/** One spelling for one local time: zero seconds are left out ("2026-12-01T09:00:00" → "2026-12-01T09:00"). */
export function normalizeLocalDateTime(text: string): string {
  return textOf(readLocalDateTime(text));
}

/**
 * A name of the IANA database, as this Node knows it ("America/Tijuana", "UTC").
 * A bare offset ("-06:00"), which Intl would take, is refused: it follows no country's clocks.
 */
export function isTimeZone(zone: string): boolean {
  if (VALID_ZONES.has(zone)) return true;
  const isValid = /^[A-Za-z]/.test(zone) && IANAZone.isValidZone(zone);
  if (isValid) VALID_ZONES.add(zone);
  return isValid;
}

/** Asking takes half a millisecond and some memory of ICU's; there are some 600. */
const VALID_ZONES = new Set<string>();

const FIRST_HALF_LAST_DAY = 15;

function halfMonthDate(anchor: LocalDate, steps: number): LocalDate {
  const anchorIsSecond = anchor.day > FIRST_HALF_LAST_DAY;
  const firstDay = anchorIsSecond ? Math.min(anchor.day - 15, FIRST_HALF_LAST_DAY) : anchor.day;
  const secondDay = firstDay === FIRST_HALF_LAST_DAY ? 31 : firstDay + 15;

  const halfIndex = 2 * monthIndexOf(anchor) + (anchorIsSecond ? 1 : 0) + steps;
  const half = halfIndex % 2;
  return dateInMonth((halfIndex - half) / 2, half === 0 ? firstDay : secondDay);
}

function monthIndexOf({ year, month }: LocalDate): number {
  return year * 12 + month - 1;
}

/** The wanted day of the month, or the month's last where it is too short. */
function dateInMonth(monthIndex: number, wantedDay: number): LocalDate {
  const monthsOfYear = monthIndex % 12;
  const year = (monthIndex - monthsOfYear) / 12;
  const month = monthsOfYear + 1;
  const lastDay = daysInMonth(year, month);
  return { year, month, day: Math.min(wantedDay, lastDay) };
}

/**
 * The instant of a local time, given as the milliseconds it would have in UTC.
 *
 * A local time that happens twice is the earlier instant; one that does not exist moves forward by the gap. Both
 * follow from trying the offset that was in force before: a day earlier is before any change that can matter, because
 * no zone changed its clocks twice within six days since 1990 (tzdata 2026c).
 */
function instantOf(localMs: number, zone: IANAZone): Date {
  const byOffsetBefore = localMs - offsetMs(zone, localMs - DAY_MS);
  const offsetThereMs = offsetMs(zone, byOffsetBefore);

  // Where the clocks have changed by then, either the new offset explains the local time, or nothing does.
  const byOffsetThere = localMs - offsetThereMs;
  const exists = offsetMs(zone, byOffsetThere) === offsetThereMs;
  return new Date(exists ? byOffsetThere : byOffsetBefore);
}

/**
 * Asking Intl for an offset costs more than the rest of a due subscription. No zone changed its clocks twice within six days
 * since 1990 (tzdata 2026c): where both ends of three days have the same offset, so has every instant between them.
 */
const SPAN_MS = 3 * DAY_MS;
const SPANS_MAX = 10_000;
/** By zone and span; null: the clocks change within it. */
const spans = new Map<string, Map<number, number | null>>();
let spansKept = 0;

function offsetMs(zone: IANAZone, atMs: number): number {
  const span = Math.floor(atMs / SPAN_MS);
  const known = spans.get(zone.name)?.get(span);
  if (typeof known === "number") return known;
  const offset = zone.offset(atMs) * MINUTE_MS;
  assert(Number.isFinite(offset), `${atMs} ms is beyond the instants a Date can hold`);
  if (known === undefined) {
    const isSame = [span, span + 1].every((end) => zone.offset(end * SPAN_MS) * MINUTE_MS === offset);
    keepSpan(zone.name, span, isSame ? offset : null);
  }
  return offset;
}

function keepSpan(zone: string, span: number, offset: number | null): void {
  if (spansKept >= SPANS_MAX) {
    spans.clear();
    spansKept = 0;
  }
  const ofZone = spans.get(zone) ?? new Map<number, number | null>();
  spans.set(zone, ofZone.set(span, offset));
  spansKept += 1;
}

/** luxon keeps one zone object (and its Intl formatter) per name, so none is kept here. */
function zoneOf(timeZone: string): IANAZone {
  const zone = IANAZone.create(timeZone);
  assert(zone.isValid, `timeZone must be an IANA zone, got "${timeZone}"`);
  return zone;
}

type LocalDateTime = { readonly date: LocalDate; readonly msOfDay: number };

const LOCAL_DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/;

type SixNumbers = [number, number, number, number, number, number];

/** An anchor is asked for at each of a subscription's cycles, and many have the same. */
const PARSED_MAX = 10_000;
const parsed = new Map<string, LocalDateTime>();

function parseLocalDateTime(text: string): LocalDateTime | null {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const read = readText(text);
  if (read === null) return null;
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(text, read);
  return read;
}

function readText(text: string): LocalDateTime | null {
  const match = LOCAL_DATE_TIME.exec(text);
  if (match === null) return null;

  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as SixNumbers;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  return { date: { year, month, day }, msOfDay: ((hour * 60 + minute) * 60 + second) * 1000 };
}

function readLocalDateTime(text: string): LocalDateTime {
  const read = parseLocalDateTime(text);
  assert(read !== null, `a local date-time looks like "2026-12-01T09:00", got "${text}"`);
  return read;
}

function textOf({ date, msOfDay }: LocalDateTime): string {
  assert(date.year <= 9999, `the year ${date.year} does not fit into four digits`);
  const minutes = Math.floor(msOfDay / MINUTE_MS);
  const seconds = (msOfDay / 1000) % 60;
  const time = `${digits(Math.floor(minutes / 60), 2)}:${digits(minutes % 60, 2)}`;
  const day = `${digits(date.year, 4)}-${digits(date.month, 2)}-${digits(date.day, 2)}`;
  return seconds === 0 ? `${day}T${time}` : `${day}T${time}:${digits(seconds, 2)}`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
