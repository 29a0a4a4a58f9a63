/** What explanations say, in the two languages that a support desk reads; dates and times as people write them. */
import { DateTime } from "luxon";
import type { Language, Text } from "../domain/language.ts";

/** The same in both: an id, an amount, a command. */
export function same(text: string): Text {
  return { es: text, en: text };
}

export const NOTHING = same("");

/** One sentence after the other; empty ones are left out. */
export function join(...parts: readonly Text[]): Text {
  const inLanguage = (language: Language): string =>
    parts
      .map((part) => part[language])
      .filter((part) => part !== "")
      .join(" ");
  return { es: inLanguage("es"), en: inLanguage("en") };
}

export function sentence({ es, en }: Text): Text {
  return { es: begun(es), en: begun(en) };
}

function begun(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const WEEKDAYS: readonly Text[] = [
  { es: "lunes", en: "Monday" },
  { es: "martes", en: "Tuesday" },
  { es: "miércoles", en: "Wednesday" },
  { es: "jueves", en: "Thursday" },
  { es: "viernes", en: "Friday" },
  { es: "sábado", en: "Saturday" },
  { es: "domingo", en: "Sunday" },
];

const MONTHS: readonly Text[] = [
  { es: "enero", en: "January" },
  { es: "febrero", en: "February" },
  { es: "marzo", en: "March" },
  { es: "abril", en: "April" },
  { es: "mayo", en: "May" },
  { es: "junio", en: "June" },
  { es: "julio", en: "July" },
  { es: "agosto", en: "August" },
  { es: "septiembre", en: "September" },
  { es: "octubre", en: "October" },
  { es: "noviembre", en: "November" },
  { es: "diciembre", en: "December" },
];

/** "Tuesday 15 December 2026, 09:00" */
export function dayAndTime(at: Date, timeZone: string): Text {
  const local = DateTime.fromJSDate(at).setZone(timeZone);
  const time = local.toFormat("HH:mm");
  const date = day(local);
  return { es: `${date.es}, ${time}`, en: `${date.en}, ${time}` };
}

/** "Tuesday 15 December 2026", of an instant. */
export function dayOf(at: Date, timeZone: string): Text {
  return day(DateTime.fromJSDate(at).setZone(timeZone));
}

/** The same, of "2026-12-15"; what is no date comes back as it is. */
export function dayOfDate(isoDate: string): Text {
  const date = DateTime.fromISO(isoDate, { zone: "utc" });
  return date.isValid ? day(date) : same(isoDate);
}

/** "Tue 15 Dec 2026 09:00": the head of a line. */
export function shortTime(at: Date, timeZone: string): Text {
  const local = DateTime.fromJSDate(at).setZone(timeZone);
  const weekday = WEEKDAYS[local.weekday - 1] ?? same("");
  const month = MONTHS[local.month - 1] ?? same("");
  const short = (language: Language): string =>
    `${weekday[language].slice(0, 3)} ${local.day} ${month[language].slice(0, 3)} ${local.toFormat("yyyy HH:mm")}`;
  return { es: short("es"), en: short("en") };
}

function day(local: DateTime): Text {
  const weekday = WEEKDAYS[local.weekday - 1] ?? same("");
  const month = MONTHS[local.month - 1] ?? same("");
  return {
    es: `${weekday.es} ${local.day} de ${month.es} de ${local.year}`,
    en: `${weekday.en} ${local.day} ${month.en} ${local.year}`,
  };
}
