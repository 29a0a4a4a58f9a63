/**
 * Instants as people of the subscription's zone read them: with the day of the week, in both languages.
 *
 * The names are written here, so that what is said does not depend on the machine's own language data.
 */
import { DateTime } from "luxon";
import { same, type Text } from "./text.ts";

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
  const short = (language: keyof Text): string =>
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
