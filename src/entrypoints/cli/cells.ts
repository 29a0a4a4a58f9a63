/** How the values of the books are written for people: times, money, cards, lines. Empty where there is nothing. */
import { DateTime } from "luxon";
import type { CouponRow } from "../../application/ports/listings/extras.ts";
import { couponText } from "../../domain/coupon.ts";
import { hundredthsOf } from "../../domain/rounding.ts";
import { timeZoneHere } from "./terminal.ts";
import {
  type Discount,
  formatMoney,
  type InvoiceDiscount,
  type LineItem,
  OWN_DISCOUNT_CODE,
} from "../../domain/money.ts";
import { type PartTax, rateText } from "../../domain/tax.ts";
import { type Card, type Plan, priceCentsOf } from "../../domain/plan.ts";

/** "2026-01-31 09:00": heads of columns say the zone, labels carry it. */
const MINUTE = "yyyy-MM-dd HH:mm";

export function textOf(value: string | number | null): string {
  return value === null ? "" : String(value);
}

/** An instant of the books, in the merchant's zone. */
export function localOf(instant: string | null): string {
  return instant === null ? "" : local(instant);
}

export function local(instant: string | Date): string {
  const at = instant instanceof Date ? DateTime.fromJSDate(instant) : DateTime.fromISO(instant);
  return at.setZone(timeZoneHere()).toFormat(MINUTE);
}

/** "2026-01-31 09:00 America/Mexico_City" */
export function zoned(instant: string | null, timeZone: string): string {
  if (instant === null) return "";
  return `${DateTime.fromISO(instant).setZone(timeZone).toFormat(MINUTE)} ${timeZone}`;
}

export function moneyOf(cents: number | null, currency: string): string {
  return cents === null ? "" : formatMoney(cents, currency);
}

/** "$200.15 MXN, $10.00 USD" */
export function moneyTotals(centsByCurrency: Readonly<Record<string, number>>): string {
  return Object.entries(centsByCurrency)
    .map(([currency, cents]) => formatMoney(cents, currency))
    .join(", ");
}

/** "visa 4242, to 12/2030" */
export function cardOf(card: Pick<Card, "cardBrand" | "cardLast4" | "cardExpMonth" | "cardExpYear">): string {
  if (card.cardLast4 === null) return "";
  const until = card.cardExpYear === null ? "" : `, to ${textOf(card.cardExpMonth)}/${card.cardExpYear}`;
  return `${textOf(card.cardBrand)} ${card.cardLast4}${until}`.trim();
}

/** "2 × Plan Oro, $200.15 MXN each, less $20.00 MXN", one a line. */
export function linesOf(
  lineItems:
    readonly (Pick<LineItem, "name" | "unitPriceCents" | "quantity"> & { readonly discountCents?: number })[] | null,
  currency: string,
): readonly string[] {
  return (lineItems ?? []).map(({ name, unitPriceCents, quantity, discountCents = 0 }) => {
    const less = discountCents === 0 ? "" : `, less ${formatMoney(discountCents, currency)}`;
    return `${quantity} × ${name}, ${formatMoney(unitPriceCents, currency)} each${less}`;
  });
}

/** "IVA 16 %: $172.54 MXN + $27.61 MXN", one a rate. */
export function taxesOf({
  taxes,
  currency,
}: {
  readonly taxes: readonly PartTax[];
  readonly currency: string;
}): readonly string[] {
  return taxes.map(
    ({ rate, baseCents, taxCents }) =>
      `IVA ${rateText(rate)}: ${formatMoney(baseCents, currency)} + ${formatMoney(taxCents, currency)}`,
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
export function amountOfPlan(plan: Pick<Plan, "lineItems" | "tax" | "currency">): string {
  return formatMoney(priceCentsOf(plan), plan.currency);
}

/** "50 % off for 2 cycles" */
export function worthOf({
  percent,
  ...coupon
}: Pick<CouponRow, "percent" | "amountCents" | "currency" | "cycles">): string {
  return couponText({ ...coupon, percentHundredths: percent === null ? null : hundredthsOf(percent) });
}

/** "10 % off", "$20.00 MXN off" */
export function discountText(discount: Discount, currency: string): string {
  return "percent" in discount ? `${discount.percent} % off` : `${formatMoney(discount.amountCents, currency)} off`;
}

export function cycleText(cycle: number | null): string {
  return cycle === null ? "one-off" : `cycle ${cycle}`;
}

/** "MITAD $100.08 MXN", one a discount; the subscription's own has no code that anybody knows. */
export function discountsOf({
  discounts,
  currency,
}: {
  readonly discounts: readonly InvoiceDiscount[];
  readonly currency: string;
}): readonly string[] {
  return discounts.map(({ code, amountCents }) => {
    const money = formatMoney(amountCents, currency);
    return code === OWN_DISCOUNT_CODE ? money : `${code} ${money}`;
  });
}
