/** What comes in beside single values, in the words of config/plans.yaml; and the story of a subscription as it goes out. */
import { z } from "zod";
import { type LineItemEntry, planSchema } from "../../../adapters/files/plans-schema.ts";
import type { Explanation } from "../../../explain/explain.ts";
import { NEXT_KINDS } from "../../../explain/next.ts";
import type { Language } from "../../../domain/language.ts";
import type { Entry } from "../../../explain/timeline.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../../domain/invoice.ts";
import { SUBSCRIPTION_STATUSES } from "../../../domain/subscription.ts";

const fileLine = planSchema.shape.line_items.element.shape;
const { unit_price: unitPrice, ...restOfLine } = fileLine;

/** As in the file, where the price in whole cents is called `unit_price`. */
const lineItem = z.strictObject({ ...restOfLine, unit_price_cents: unitPrice });
export const lineItems = z.array(lineItem).min(1).max(100);

export function entryOfLines({ unit_price_cents: cents, ...line }: z.output<typeof lineItem>): LineItemEntry {
  return { ...line, unit_price: cents };
}

// ---------------------------------------------------------------- explanations

const entry = z.strictObject({
  at: z.iso.datetime(),
  type: z.string(),
  attempt_id: z.string().nullable(),
  text: z.string(),
});

export const explanation = z.strictObject({
  subscription: z.strictObject({
    subscription_id: z.string(),
    status: z.enum(SUBSCRIPTION_STATUSES),
    plan_id: z.string(),
    plan_name: z.string(),
    customer_id: z.string(),
    customer_name: z.string(),
    time_zone: z.string(),
    next_billing_at: z.iso.datetime().nullable(),
    cancel_at: z.iso.datetime().nullable(),
  }),
  entries: z.array(entry),
  invoices: z.array(
    z.strictObject({
      invoice_id: z.string(),
      cycle: z.int().nullable(),
      period_start: z.iso.datetime(),
      period_end: z.iso.datetime(),
      amount_cents: z.int(),
      currency: z.string(),
      status: z.enum(INVOICE_STATUSES),
      status_reason: z.enum(STATUS_REASONS).nullable(),
      entries: z.array(entry),
    }),
  ),
  next: z.array(
    z.strictObject({
      what: z.enum(NEXT_KINDS),
      invoice_id: z.string().nullable(),
      at: z.iso.datetime().nullable(),
      why: z.string(),
    }),
  ),
});

/** In the language of whoever asks; what a person at a terminal would type is left out. */
export function explanationDocument(
  { subscription, entries, invoices, next }: Explanation,
  language: Language,
): z.input<typeof explanation> {
  const told = ({ at, type, attemptId, text }: Entry) => ({
    ...{ at: at.toISOString(), type, attempt_id: attemptId, text: text[language] },
  });
  const instantOf = (at: Date | null): string | null => at?.toISOString() ?? null;
  return {
    subscription: {
      subscription_id: subscription.id,
      status: subscription.status,
      plan_id: subscription.planId,
      plan_name: subscription.planName,
      customer_id: subscription.customer.id,
      customer_name: subscription.customer.name,
      time_zone: subscription.timeZone,
      next_billing_at: instantOf(subscription.nextBillingAt),
      cancel_at: instantOf(subscription.cancelAt),
    },
    entries: entries.map(told),
    invoices: invoices.map((invoice) => ({
      invoice_id: invoice.id,
      cycle: invoice.cycle,
      period_start: invoice.periodStart.toISOString(),
      period_end: invoice.periodEnd.toISOString(),
      amount_cents: invoice.amountCents,
      currency: invoice.currency,
      status: invoice.status,
      status_reason: invoice.statusReason,
      entries: invoice.entries.map(told),
    })),
    next: next.map(({ what, invoiceId, at, why }) => ({
      ...{ what, invoice_id: invoiceId, at: instantOf(at), why: why[language] },
    })),
  };
}
