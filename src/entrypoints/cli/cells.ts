/** How the values of the books are written for people: times, money, cards, lines. Empty where there is nothing. */
import { DateTime } from "luxon";
import { amountsOf, formatMoney, type LineItem } from "../../domain/money.ts";
import type { ListRow } from "../../application/ports/listings.ts";

/** "2026-01-31 09:00": heads of columns say the zone, labels carry it. */
const MINUTE = "yyyy-MM-dd HH:mm";

export function textOf(row: ListRow, key: string): string {
  const value = row[key];
  if (typeof value === "string" || typeof value === "number") return String(value);
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

/** An instant of the books in UTC. */
export function utcOf(row: ListRow, key: string): string {
  const text = textOf(row, key);
  return text === "" ? "" : utc(text);
}

export function utc(instant: string | Date): string {
  const at = instant instanceof Date ? DateTime.fromJSDate(instant) : DateTime.fromISO(instant);
  return at.setZone("utc").toFormat(MINUTE);
}

/** "2026-01-31 09:00 America/Mexico_City" */
export function zoned(instant: unknown, timeZone: string): string {
  if (typeof instant !== "string") return "";
  return `${DateTime.fromISO(instant).setZone(timeZone).toFormat(MINUTE)} ${timeZone}`;
}

export function moneyOf(row: ListRow, key = "amountCents", currency = textOf(row, "currency")): string {
  const cents = row[key];
  return typeof cents === "number" ? formatMoney(cents, currency) : "";
}

/** "$200.15 MXN, $10.00 USD" */
export function moneyTotals(centsByCurrency: Readonly<Record<string, number>>): string {
  return Object.entries(centsByCurrency)
    .map(([currency, cents]) => formatMoney(cents, currency))
    .join(", ");
}

/** "visa 4242, to 12/2030" */
export function cardOf(row: ListRow): string {
  const last4 = textOf(row, "cardLast4");
  if (last4 === "") return "";
  const until =
    textOf(row, "cardExpYear") === "" ? "" : `, to ${textOf(row, "cardExpMonth")}/${textOf(row, "cardExpYear")}`;
  return `${textOf(row, "cardBrand")} ${last4}${until}`.trim();
}

/** "every month", "every 3 weeks", "every half month" */
export function rhythmOf(row: ListRow): string {
  const interval = textOf(row, "interval").replace("_", " ");
  return row["frequency"] === 1 ? `every ${interval}` : `every ${textOf(row, "frequency")} ${interval}s`;
}

/** "2 × Plan Oro $200.15 MXN", one a line. */
export function linesOf(lineItems: unknown, currency: string): readonly string[] {
  if (!Array.isArray(lineItems)) return [];
  return (lineItems as readonly { name: string; unitPriceCents: number; quantity: number }[]).map(
    ({ name, unitPriceCents, quantity }) => `${quantity} × ${name}, ${formatMoney(unitPriceCents, currency)} each`,
  );
}

/** "3 days", for the age of what waits. */
export function ageText(seconds: number): string {
  const units = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ] as const;
  for (const [unit, length] of units)
    if (seconds >= length) {
      const count = Math.floor(seconds / length);
      return `${count} ${unit}${count === 1 ? "" : "s"}`;
    }
  return `${Math.max(0, Math.floor(seconds))} s`;
}

/** What one charge of the plan comes to, before a subscription's quantity and discount. */
export function amountOfPlan(row: ListRow): string {
  const { amountCents } = amountsOf((row["lineItems"] ?? []) as readonly LineItem[], 1, null);
  return formatMoney(amountCents, textOf(row, "currency"));
}
