/** What is sold. */
import { defineEntity, p } from "@mikro-orm/core";
import { INTERVALS } from "../../../domain/calendar/calendar.ts";
import { CATCH_UPS } from "../../../domain/calendar/catch-up.ts";
import type { LineItem } from "../../../domain/money.ts";
import { type DatedPrice, EXPIRY_COUNTS } from "../../../domain/plan.ts";
import type { Tax } from "../../../domain/tax.ts";

export const SOURCES = ["file", "cli", "code"] as const;

export const PlanEntity = defineEntity({
  name: "Plan",
  tableName: "plan",
  properties: {
    id: p.text().primary(),
    name: p.text(),
    currency: p.text().check("length(currency) = 3"),
    interval: p.enum(INTERVALS),
    frequency: p.integer().check("frequency >= 1"),
    trialPeriodDays: p.integer().check("trial_period_days >= 0"),
    expiryCount: p.integer().nullable().check("expiry_count >= 1"),
    lineItems: p.json<readonly LineItem[]>(),
    dunning: p.text(),
    catchUp: p.enum(CATCH_UPS),
    source: p.enum(SOURCES),
    /** Null: the line items hold for ever. */
    prices: p.json<readonly DatedPrice[]>().nullable(),
    /** Null: nothing is told of its tax. */
    tax: p.json<Tax>().nullable(),
    expiryCounts: p.enum(EXPIRY_COUNTS).default("charges"),
    /** It takes no new subscription from then on. */
    archivedAt: p.datetime(3).nullable(),
  },
});
