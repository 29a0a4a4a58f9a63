/**
 * config/plans.yaml → plans and subscriptions in our words, or every fault of the file at once, each with its place.
 *
 * Pure: text in, values out. Knows only the file; `plans apply` compares it with the store and with Conekta.
 */
import { z } from "zod";
import { normalizeLocalDateTime } from "../../domain/calendar/calendar.ts";
import type { Discount, LineItem } from "../../domain/money.ts";
import { hundredthsOf } from "../../domain/rounding.ts";
import type { LineTax, Tax } from "../../domain/tax.ts";
import type { FileCoupon } from "../../application/coupons/apply-coupons.ts";
import type { FilePlan, FileSubscription } from "./plans-entry.ts";
import {
  noteAmounts,
  notePriceOrder,
  noteTaxes,
  noteTwice,
  noteTwiceGiven,
  noteUnknownPlans,
  noteUnknownPolicies,
} from "./plans-check.ts";
import {
  type CouponEntry,
  couponSchema,
  type DiscountEntry,
  type LineItemEntry,
  type PlanEntry,
  planSchema,
  type SubscriptionEntry,
  subscriptionSchema,
  type TaxEntry,
} from "./plans-schema.ts";
import { readValue } from "./schema-faults.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

export type PlansFile = {
  readonly plans: readonly FilePlan[];
  /** Undefined: the file has no such section. */
  readonly coupons: readonly FileCoupon[] | undefined;
  readonly subscriptions: readonly FileSubscription[];
};

export type PlansFileOptions = {
  /** As messages name it: "config/plans.yaml". */
  readonly fileName: string;
  readonly minChargeCents: number;
  /** The names of dunning.yaml. */
  readonly dunningPolicies: ReadonlySet<string>;
  /** Of subscriptions that name none. */
  readonly timeZone: string;
  /** Of plans that name none; null: nothing is told of their tax. */
  readonly tax: Tax | null;
  /** The local day on which the file is applied, "2026-12-01": rates of tax end. */
  readonly today: string;
};

/** @throws {ConfigurationInvalid} with every fault of the file */
export function parsePlansFile(text: string, options: PlansFileOptions): PlansFile {
  const file = readYaml(text, options.fileName);
  const outline = readOutline(file);
  const plans = outline.plans.map((item) => {
    const entry = readValue(file, planSchema, item.value, item.path);
    return { ...item, sound: entry === null ? null : planOf(entry, options.tax) };
  });
  const subscriptions = outline.subscriptions.map((item) => {
    const entry = readValue(file, subscriptionSchema, item.value, item.path);
    return { ...item, sound: entry === null ? null : subscriptionOf(entry, options.timeZone, file.lineOf(item.path)) };
  });

  const coupons = outline.coupons?.map((item) => {
    const entry = readValue(file, couponSchema, item.value, item.path);
    return { ...item, sound: entry === null ? null : couponOf(entry, file.lineOf(item.path)) };
  });

  noteUnknownPolicies(file, plans, options.dunningPolicies);
  noteUnknownPlans(file, subscriptions, plans);
  noteTwice(file, "plan", plans);
  noteTwice(file, "subscription", subscriptions);
  noteTwiceGiven(file, coupons ?? []);
  notePriceOrder(file, plans);
  noteTaxes(file, plans, subscriptions, options.today);
  noteAmounts(file, plans, subscriptions, options.minChargeCents);
  file.throwFaults();

  return {
    plans: plans.map(({ sound }) => sound).filter((plan) => plan !== null),
    coupons: coupons?.flatMap(({ sound }) => sound ?? []),
    subscriptions: subscriptions.map(({ sound }) => sound).filter((subscription) => subscription !== null),
  };
}

const outlineSchema = z.strictObject({
  plans: z.array(z.unknown()).nullish(),
  coupons: z.array(z.unknown()).nullish(),
  subscriptions: z.array(z.unknown()).nullish(),
});

/** The entries are read one by one, so that a fault in one does not hide those of the others. */
function readOutline(file: YamlFile) {
  if (file.value === undefined) file.throwFaults();
  // An empty file is one without plans.
  const outline = readValue(file, outlineSchema, file.value ?? {}, []);
  const itemsOf = (key: "plans" | "coupons" | "subscriptions") =>
    (outline?.[key] ?? []).map((value, index) => ({ value, path: [key, index] }));
  return {
    plans: itemsOf("plans"),
    coupons: outline?.coupons === undefined ? undefined : itemsOf("coupons"),
    subscriptions: itemsOf("subscriptions"),
  };
}

export function planOf(entry: PlanEntry, tax: Tax | null): FilePlan {
  const planTax = entry.tax === undefined ? tax : wholeTaxOf(entry.tax);
  return {
    id: entry.id,
    name: entry.name,
    currency: entry.currency,
    interval: entry.interval,
    frequency: entry.frequency,
    trialPeriodDays: entry.trial_period_days,
    expiryCount: entry.expiry_count,
    expiryCounts: entry.expiry_counts,
    lineItems: entry.line_items.map(lineItemOf),
    dunning: entry.dunning,
    catchUp: entry.catch_up,
    ...(planTax !== null && { tax: planTax }),
    ...(entry.prices.length > 0 && {
      prices: entry.prices.map(({ from, line_items: lines }) => ({ from, lineItems: lines.map(lineItemOf) })),
    }),
  };
}

function couponOf(entry: CouponEntry, line: number): FileCoupon {
  const { code, percent, amount_cents: amountCents = null, currency, cycles } = entry;
  return {
    ...{ code, percentHundredths: percent === undefined ? null : hundredthsOf(percent), amountCents, cycles },
    currency: amountCents === null ? null : currency,
    redeemBy: entry.last_day ?? null,
    maxRedemptions: entry.max_redemptions ?? null,
    planIds: entry.plans ?? null,
    where: `line ${line}`,
  };
}

/** @param line where it stands in the file, for messages */
export function subscriptionOf(entry: SubscriptionEntry, timeZone: string, line: number): FileSubscription {
  return {
    id: entry.id ?? `${entry.customer}:${entry.plan}`,
    planId: entry.plan,
    customerId: entry.customer,
    startLocal: normalizeLocalDateTime(entry.start),
    timeZone: entry.time_zone ?? timeZone,
    quantity: entry.quantity,
    lineItems: entry.line_items?.map(lineItemOf) ?? null,
    discount: discountOf(entry.discount),
    billPast: entry.bill_past,
    ...(entry.change !== undefined && { change: entry.change }),
    where: `line ${line}`,
  };
}

/** Always in this order of keys, whatever the file's: lines are stored, shown and compared as JSON. */
function lineItemOf(entry: LineItemEntry): LineItem {
  const { name, unit_price: unitPriceCents, quantity, sku, description, tax } = entry;
  const { clave_prod_serv: claveProdServ, clave_unidad: claveUnidad } = entry;
  return {
    name,
    unitPriceCents,
    quantity,
    ...(sku === undefined ? {} : { sku }),
    ...(description === undefined ? {} : { description }),
    ...(tax === undefined ? {} : { tax: taxOf(tax) }),
    ...(claveProdServ === undefined ? {} : { claveProdServ }),
    ...(claveUnidad === undefined ? {} : { claveUnidad }),
  };
}

function taxOf(entry: TaxEntry): LineTax {
  if (typeof entry !== "object") return { rate: entry };
  const { rate, included, confirmed_until: confirmedUntil } = entry;
  return {
    rate,
    ...(included === undefined ? {} : { included }),
    ...(confirmedUntil === undefined ? {} : { confirmedUntil }),
  };
}

/** Prices are what the customer is shown: their tax is in them, unless the file says otherwise. */
export function wholeTaxOf(entry: TaxEntry): Tax {
  const { included = true, ...rest } = taxOf(entry);
  return { ...rest, included };
}

function discountOf(entry: DiscountEntry | null): Discount | null {
  if (entry?.percent !== undefined) return { percent: entry.percent };
  return entry?.amount_cents === undefined ? null : { amountCents: entry.amount_cents };
}
