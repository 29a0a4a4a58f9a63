/** Whether the rates of tax that plans name are the law's, and for how long. */
import type { DatedPrice } from "../../domain/plan.ts";
import { type LineTax, rateText, type Tax, verdictOn } from "../../domain/tax.ts";
import { daysBetween } from "../../domain/calendar/local-date.ts";
import type { PlanRow } from "../ports/listings/subscriptions.ts";
import { bad, ok, warn, type Finding } from "./finding.ts";

/** So long before a rate ends it is told. */
const DAYS_BEFORE = 45;

type Taxed = Pick<PlanRow, "planId" | "lineItems" | "tax"> & { readonly prices: readonly DatedPrice[] | null };

/** @param today the merchant's local day: "2026-12-01" */
export function checkTaxRates(plans: readonly Taxed[], today: string): Finding {
  const named = plans.flatMap(({ planId, lineItems, prices, tax }) =>
    [tax, ...[lineItems, ...(prices ?? []).map((price) => price.lineItems)].flat().map((line) => line.tax)]
      .filter((each): each is Tax | LineTax => each !== null && each !== undefined)
      .map((each) => ({ planId, rate: each.rate, verdict: verdictOn(each, today) })),
  );
  const expired = named.find(({ verdict }) => verdict.is === "expired");
  if (expired?.verdict.is === "expired")
    return bad(
      "tax",
      {
        en: `plan ${expired.planId} is billed with IVA of ${rateText(expired.rate)}, a rate that ended on ${expired.verdict.lastDay}`,
        es: `el plan ${expired.planId} se cobra con IVA de ${rateText(expired.rate)}, tasa que terminó el ${expired.verdict.lastDay}`,
      },
      "write_valid_rate",
    );
  const ending = named
    .flatMap(({ planId, rate, verdict }) =>
      verdict.is === "valid" && verdict.lastDay !== null ? [{ planId, rate, lastDay: verdict.lastDay }] : [],
    )
    .filter(({ lastDay }) => daysBetween(today, lastDay) <= DAYS_BEFORE)
    .toSorted((a, b) => (a.lastDay < b.lastDay ? -1 : 1))[0];
  if (ending !== undefined)
    return warn(
      "tax",
      {
        en: `the rate of ${rateText(ending.rate)} of plan ${ending.planId} ends on ${ending.lastDay}`,
        es: `la tasa de ${rateText(ending.rate)} del plan ${ending.planId} termina el ${ending.lastDay}`,
      },
      "write_valid_rate",
    );
  return ok(
    "tax",
    named.length === 0
      ? { en: "no plan tells its tax", es: "ningún plan dice su impuesto" }
      : { en: "all rates hold", es: "todas las tasas están vigentes" },
  );
}
