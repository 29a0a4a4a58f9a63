/** Who is on which plan, and who pays. */
import { z } from "zod";
import type { CustomerRow, PlanRow, SubscriptionRow } from "../../../../application/ports/listings/subscriptions.ts";
import { INTERVALS } from "../../../../domain/calendar/calendar.ts";
import { LANGUAGES } from "../../../../domain/language.ts";
import { CATCH_UPS } from "../../../../domain/calendar/catch-up.ts";
import { EXPIRY_COUNTS } from "../../../../domain/plan.ts";
import { SUBSCRIPTION_STATUSES } from "../../../../domain/subscription.ts";
import { rowOf } from "../row-schema.ts";
import {
  card,
  cents,
  discount,
  instantOrNull,
  lineItem,
  oneOf,
  source,
  tax,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "./values.ts";

export const planRow = rowOf<PlanRow>("Plan")({
  planId: text,
  name: text,
  currency: text,
  interval: oneOf(INTERVALS),
  frequency: whole,
  trialPeriodDays: whole,
  expiryCount: wholeOrNull,
  expiryCounts: oneOf(EXPIRY_COUNTS),
  lineItems: z.array(lineItem),
  dunning: text,
  catchUp: oneOf(CATCH_UPS),
  source,
  subscriptions: whole,
  prices: z.array(z.strictObject({ from: text, line_items: z.array(lineItem) })).nullable(),
  tax: tax.nullable(),
  archivedAt: instantOrNull,
});

export const customerRow = rowOf<CustomerRow>("Customer")({
  customerId: text,
  name: text,
  email: textOrNull,
  phone: textOrNull,
  paymentSourceId: textOrNull,
  ...card,
  cardExpMonth: wholeOrNull,
  cardExpYear: wholeOrNull,
  rfc: textOrNull,
  language: oneOf(LANGUAGES).nullable(),
  metadata: z.record(z.string(), text).nullable(),
});

export const subscriptionRow = rowOf<SubscriptionRow>("Subscription")({
  subscriptionId: text,
  planId: text,
  planName: text,
  customerId: text,
  customerName: text,
  status: oneOf(SUBSCRIPTION_STATUSES),
  timeZone: text,
  anchorLocal: text,
  nextCycle: whole,
  nextBillingAt: instantOrNull,
  cancelAt: instantOrNull,
  pauseFrom: instantOrNull,
  pauseUntil: instantOrNull,
  currency: text,
  paidInvoices: whole,
  paidCents: cents,
  unpaidInvoices: whole,
  owedCents: cents,
  lastPaidAt: instantOrNull,
  ...card,
  cardExpMonth: wholeOrNull,
  cardExpYear: wholeOrNull,
  interval: oneOf(INTERVALS),
  frequency: whole,
  expiryCount: wholeOrNull,
  expiryCounts: oneOf(EXPIRY_COUNTS),
  voidCycles: whole,
  startLocal: text,
  firstCycle: whole,
  quantity: whole,
  discount: discount.nullable(),
  lineItems: z.array(lineItem).nullable(),
  billPast: z.boolean(),
  source,
  refundedCents: cents,
});
