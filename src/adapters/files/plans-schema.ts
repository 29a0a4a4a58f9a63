/**
 * The form of config/plans.yaml, key by key, with the limits that Conekta sets to what is sold.
 *
 * The editors' JSON Schema is made of it, so every key says what it is for. What needs more than one value to be
 * judged (an unknown plan, an amount under the minimum) is in `plans-file.ts`.
 *
 * @see Conekta's OpenAPI specification 2.3.0, schemas "product" (line_items) and "order_request"
 */
import { EXPIRY_COUNTS } from "../../domain/plan.ts";
import { CLAVE_PROD_SERV, CLAVE_UNIDAD } from "../../domain/item.ts";
import { AMOUNT_CENTS_MAX, LINE_NAME_LENGTH } from "../../domain/money.ts";
import { z } from "zod";
import { INTERVALS, isLocalDateTime, isTimeZone } from "../../domain/calendar/calendar.ts";
import { CATCH_UPS } from "../../domain/calendar/catch-up.ts";
import { APPLIES } from "../../domain/proration.ts";
import { IVA_RATES } from "../../domain/tax.ts";
import { type Refusal, said, saidAsText, type Said } from "../../domain/refusals.ts";
import { nearest } from "./did-you-mean.ts";

const COUNT_MAX = 10_000;

/** A check of a value says a code; whoever tells of it has the words. */
const wanted = (code: Refusal): string => code;
const planId = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, wanted("id_wanted"));

const cents = z.int().min(0).max(AMOUNT_CENTS_MAX);
const count = z.int().min(1).max(COUNT_MAX);

function sellable(description: string) {
  return z.string().trim().min(LINE_NAME_LENGTH.least).max(LINE_NAME_LENGTH.most).meta({ description });
}

const localDay = z.string().refine((date) => isLocalDateTime(`${date}T00:00`), wanted("local_day_wanted"));

const taxRate = z
  .literal(IVA_RATES.map(({ rate }) => rate))
  .meta({ description: "Percent of IVA: 16, 8 or 0; or exempt." });

/** The rate alone, or with what else it needs. */
export const taxSchema = z
  .union(
    [
      taxRate,
      z.strictObject({
        rate: taxRate,
        included: z.boolean().optional().meta({ description: "true: prices have it in them, as the law shows them." }),
        confirmed_until: localDay
          .optional()
          .meta({ description: "The last day to which you vouch for a rate whose law has ended: 2027-12-31." }),
      }),
    ],
    { error: wanted("tax_wanted") },
  )
  .meta({ description: "IVA: { rate: 16, included: true }, or the rate alone." });

export const lineItemSchema = z.strictObject({
  name: sellable("What the customer reads on the order: 3 to 249 characters."),
  unit_price: cents.meta({ description: "Price of one piece, in whole cents: 20015 is $200.15." }),
  quantity: count.default(1).meta({ description: "Pieces; 1 if left out." }),
  sku: z.string().min(1).max(249).optional().meta({ description: "Your article number." }),
  description: sellable("More about it: 3 to 249 characters.").optional(),
  tax: taxSchema.optional(),
  clave_prod_serv: z
    .string()
    .regex(CLAVE_PROD_SERV, wanted("clave_prod_serv_wanted"))
    .optional()
    .meta({ description: "The SAT's key of what is sold (c_ClaveProdServ), for the CFDI: '86121700'." }),
  clave_unidad: z
    .string()
    .regex(CLAVE_UNIDAD, wanted("clave_unidad_wanted"))
    .optional()
    .meta({ description: "The SAT's key of its unit (c_ClaveUnidad): E48 is a service, H87 a piece." }),
});

const lineItems = z.array(lineItemSchema).min(1).max(100);

export const planSchema = z.strictObject({
  id: planId.meta({ description: "Never changes; subscriptions and history refer to it." }),
  name: sellable("What people read: 3 to 249 characters."),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, wanted("currency_form"))
    .refine(isCurrency, wanted("no_currency"))
    .default("MXN")
    .meta({ description: "ISO 4217: MXN." }),
  interval: z.enum(INTERVALS).meta({ description: "half_month is the quincena: twice a month." }),
  frequency: count.default(1).meta({ description: "Every how many intervals: 3 with week is every three weeks." }),
  trial_period_days: z.int().min(0).max(3650).default(0).meta({ description: "Days before the first charge." }),
  expiry_count: z
    .int()
    .min(1)
    .max(COUNT_MAX)
    .nullable()
    .default(null)
    .meta({ description: "Number of charges, then the subscription is completed; null: no end." }),
  expiry_counts: z.enum(EXPIRY_COUNTS).default("charges").meta({
    description: "charges: cycles that are skipped, paused or void use none of expiry_count up. cycles: they do.",
  }),
  line_items: lineItems.meta({ description: "What one charge is for." }),
  tax: taxSchema.optional().meta({ description: "IVA of every line that says no other; else that of fiscal.yaml." }),
  prices: z
    .array(
      z.strictObject({
        from: localDay.meta({ description: "The first local day whose charges cost this: 2027-01-01." }),
        line_items: lineItems.meta({ description: "Instead of those above, from that day on." }),
      }),
    )
    .max(100)
    .default([])
    .meta({ description: "Prices that hold from a day on, the earliest first." }),
  dunning: z.string().default("standard").meta({ description: "A policy of dunning.yaml." }),
  catch_up: z
    .enum(CATCH_UPS)
    .default("oldest_first")
    .meta({ description: "How charges that were missed while Puntual was not running are collected." }),
});

const percentOff = z
  .number()
  .min(0.01)
  .max(100)
  .multipleOf(0.01)
  .optional()
  .meta({ description: "Percent off, up to 100, with two decimals at most." });

/** One of the two keys. */
const discountSchema = z
  .strictObject({
    percent: percentOff,
    amount_cents: z.int().min(1).max(AMOUNT_CENTS_MAX).optional().meta({ description: "Whole cents off." }),
  })
  .refine((discount) => (discount.percent === undefined) !== (discount.amount_cents === undefined), {
    error: wanted("one_discount"),
  })
  .meta({ minProperties: 1, maxProperties: 1 });

export const subscriptionSchema = z.strictObject({
  id: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, wanted("id_wanted"))
    .optional()
    .meta({ description: "Never changes; customer:plan if left out." }),
  plan: z.string().meta({ description: "The id of a plan above." }),
  customer: z
    .string()
    .regex(/^cus_[A-Za-z0-9]{1,60}$/, wanted("customer_id_wanted"))
    .meta({ description: "Conekta's id of the customer; its default card is charged." }),
  start: z
    .string()
    .refine((start) => startFault(start) === null, { error: ({ input }) => textOf(startFault(String(input))) })
    .meta({
      description: "Local date and time of the first charge (or of the trial's begin): 2026-12-01T09:00",
      pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$`,
    }),
  time_zone: z
    .string()
    .refine(isTimeZone, { error: ({ input }) => textOf(zoneFault(String(input))) })
    .optional()
    .meta({ description: "IANA zone of start; BILLING_TIME_ZONE if left out." }),
  quantity: count.default(1).meta({ description: "How many times the plan's line items; 1 if left out." }),
  line_items: lineItems.nullable().default(null).meta({ description: "Instead of the plan's." }),
  discount: discountSchema.nullable().default(null).meta({ description: "Taken off every charge." }),
  change: z.enum(APPLIES).optional().meta({
    description:
      "What another plan or quantity of this entry makes of the running period: period_end, next_invoice, now or none.",
  }),
  bill_past: z.boolean().default(false).meta({ description: "true: charge the periods that are already over, too." }),
});

export const couponSchema = z
  .strictObject({
    code: z
      .string()
      .min(1)
      .max(100)
      .refine((code) => code.trim() === code, wanted("blanks_around"))
      .meta({ description: "As customers write it; also on Conekta's order." }),
    percent: percentOff,
    amount_cents: z.int().min(1).max(AMOUNT_CENTS_MAX).optional().meta({ description: "Or whole cents off." }),
    currency: z
      .string()
      .refine(isCurrency, wanted("no_currency"))
      .default("MXN")
      .meta({ description: "Of the amount." }),
    cycles: z
      .int()
      .min(1)
      .max(COUNT_MAX)
      .nullable()
      .default(null)
      .meta({ description: "For how many cycles, skipped ones too: 1 is once; null: for ever." }),
    last_day: localDay.optional().meta({ description: "The last day on which it may be given: 2026-12-31." }),
    max_redemptions: z.int().min(1).max(999_999_999).optional().meta({ description: "May be given so often." }),
    plans: z.array(planId).min(1).optional().meta({ description: "Only for these plans." }),
  })
  .refine((coupon) => (coupon.percent === undefined) !== (coupon.amount_cents === undefined), {
    error: wanted("one_discount"),
  });

export type CouponEntry = z.output<typeof couponSchema>;
export type TaxEntry = z.output<typeof taxSchema>;
export type LineItemEntry = z.output<typeof lineItemSchema>;
export type PlanEntry = z.output<typeof planSchema>;
export type SubscriptionEntry = z.output<typeof subscriptionSchema>;
export type DiscountEntry = z.output<typeof discountSchema>;

export const plansFileSchema = z
  .strictObject({
    plans: z.array(planSchema).nullish().meta({ description: "What is sold and how often." }),
    coupons: z.array(couponSchema).nullish().meta({ description: "What may be given to subscriptions." }),
    subscriptions: z.array(subscriptionSchema).nullish().meta({ description: "Who is charged for which plan." }),
  })
  .meta({ title: "Puntual: plans and subscriptions (config/plans.yaml)" });

function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf("currency").includes(code);
}

function textOf(fault: Said | null): string {
  return fault === null ? "" : saidAsText(fault);
}

function zoneFault(zone: string): Said {
  const near = nearest(zone, Intl.supportedValuesOf("timeZone"));
  return near === null ? said("zone_wanted") : said("zone_near", { near: `"${near}"` });
}

/** What is wrong with a start, or null. */
function startFault(start: string): Said | null {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?))?/.exec(start) ?? [];
  if (isLocalDateTime(start)) {
    const year = Number(start.slice(0, 4));
    return year >= 2000 && year < 2200 ? null : said("start_year");
  }
  if (date === undefined) return said("start_wanted");
  if (!isLocalDateTime(`${date}T00:00`)) return said("start_no_day", { date });
  if (start === date) return said("start_no_time", { date });
  if (time === undefined || !isLocalDateTime(`${date}T${time}`)) return said("start_odd_time", { date });
  return said("start_with_zone", { date, time });
}
