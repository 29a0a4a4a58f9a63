/** The time: this machine's clock against Conekta's and against the books, and what it knows of time zones. */
import { bad, ok, warn, type Finding } from "./finding.ts";
import { isSkewed } from "../../domain/clock-skew.ts";
import { MINUTE_MS } from "../../domain/duration.ts";

/** @param skewMs how far our clock is ahead; null: Conekta's answer carried no date */
export function checkClockAgainstGateway(skewMs: number | null): Finding {
  if (skewMs === null)
    return warn(
      "clock_gateway",
      {
        en: "Conekta's answer carried no date",
        es: "la respuesta de Conekta no traía fecha",
      },
      "compare_clock",
    );
  const seconds = Math.abs(Math.round(skewMs / 1000));
  const found = {
    en: `${seconds} s ${skewMs < 0 ? "behind" : "ahead of"} Conekta's`,
    es: `${seconds} s ${skewMs < 0 ? "atrás" : "adelante"} del de Conekta`,
  };
  if (isSkewed(skewMs))
    return bad(
      "clock_gateway",
      {
        en: `${found.en}: no invoice is opened while it differs by more than 5 minutes`,
        es: `${found.es}: no se abre ninguna factura mientras difiera más de 5 minutos`,
      },
      "synchronize_clock",
    );
  return Math.abs(skewMs) > MINUTE_MS ? warn("clock_gateway", found, "synchronize_clock") : ok("clock_gateway", found);
}

/** @param newest the latest instant in the books; null: they are empty */
export function checkClockAgainstStore(newest: Date | null, now: Date): Finding {
  const aheadMs = newest === null ? 0 : newest.getTime() - now.getTime();
  if (aheadMs <= MINUTE_MS)
    return ok("clock_database", {
      en: "nothing in the books is later than now",
      es: "nada en los libros es posterior a ahora",
    });
  const minutes = Math.round(aheadMs / MINUTE_MS);
  return bad(
    "clock_database",
    {
      en: `the books were written at ${newest?.toISOString()}, ${minutes} minutes after this clock's time: it was set back, or was wrong then`,
      es: `los libros se escribieron a las ${newest?.toISOString()}, ${minutes} minutos después de lo que marca este reloj: se atrasó, o estaba mal entonces`,
    },
    { do: "synchronize_clock_and_look", since: now.toISOString() },
  );
}

const NO_RELEASE = {
  en: "this Node does not name the release of its time zones",
  es: "este Node no dice la versión de sus zonas horarias",
};

/** Offsets from UTC in minutes that a current time zone database knows. */
export const KNOWN_OFFSETS = [
  // zone, instant, minutes, because
  ["America/Mexico_City", "2022-07-01T12:00:00Z", -300, "had summer time until 2022"],
  ["America/Mexico_City", "2023-07-01T12:00:00Z", -360, "has none since"],
  ["America/Mexico_City", "2026-07-01T12:00:00Z", -360, "has none since"],
  ["America/Tijuana", "2026-01-01T12:00:00Z", -480, "follows California"],
  ["America/Tijuana", "2026-07-01T12:00:00Z", -420, "follows California, with summer time"],
  ["America/Cancun", "2026-07-01T12:00:00Z", -300, "one hour ahead of the capital all year"],
] as const;

/**
 * @param tzVersion the name of its release, "2026c"
 * @param offsetMinutes what this machine says
 */
export function checkTimeZones(
  tzVersion: string | null,
  offsetMinutes: (zone: string, at: Date) => number,
  now: Date,
): Finding {
  const wrong = KNOWN_OFFSETS.filter(([zone, at, minutes]) => offsetMinutes(zone, new Date(at)) !== minutes);
  const mend = "update_node";
  const [first] = wrong;
  if (first !== undefined) {
    const [zone, at, minutes, because] = first;
    return bad(
      "tzdata",
      {
        en: `release ${tzVersion ?? "unknown"} gives ${zone} the offset ${offsetMinutes(zone, new Date(at))} minutes on ${at.slice(0, 10)}, not ${minutes} (it ${because}): local times are billed at the wrong hour`,
        es: `la versión ${tzVersion ?? "desconocida"} da a ${zone} una diferencia de ${offsetMinutes(zone, new Date(at))} minutos el ${at.slice(0, 10)}, no de ${minutes}: se cobraría a otra hora local`,
      },
      mend,
    );
  }
  const year = Number(/^(\d{4})[a-z]+$/.exec(tzVersion ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(year)) return warn("tzdata", NO_RELEASE, mend);
  // Its name has only the year, so it is surely older than a year once a whole one lies between.
  if (now.getUTCFullYear() - year > 1)
    return warn(
      "tzdata",
      { en: `release ${tzVersion} is older than a year`, es: `la versión ${tzVersion} tiene más de un año` },
      mend,
    );
  return ok("tzdata", {
    en: `release ${tzVersion}, and it knows Mexico's zones`,
    es: `versión ${tzVersion}, y conoce las zonas de México`,
  });
}
