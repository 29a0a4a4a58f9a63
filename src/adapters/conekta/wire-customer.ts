/**
 * Conekta's JSON of customers and payment sources, and what of it we read.
 *
 * @see Conekta API 2.3.0 specification: customer_response, payment_method_card_response (read 2026-11-23)
 */
import { z } from "zod";
import { label, listOf } from "./wire.ts";

const paymentSource = z
  .object({
    id: z.string().min(1),
    type: label,
    default: z.boolean().nullish().catch(null),
    brand: label,
    last4: label,
    exp_month: label,
    exp_year: label,
    payment_source_status: label,
  })
  .transform((seen) => ({
    id: seen.id,
    isCard: seen.type === "card",
    isDefault: seen.default ?? false,
    brand: seen.brand,
    last4: seen.last4,
    expMonth: monthOf(seen.exp_month ?? ""),
    expYear: yearOf(seen.exp_year ?? ""),
    status: seen.payment_source_status,
  }));
export type WirePaymentSource = Readonly<z.output<typeof paymentSource>>;

const customer = z
  .object({
    object: z.literal("customer"),
    id: z.string().min(1),
    livemode: z.boolean(),
    name: z.string(),
    email: label,
    phone: label,
    default_payment_source_id: label,
    payment_sources: z
      .object({ has_more: z.boolean().nullish().catch(null), data: z.array(paymentSource) })
      .nullish()
      .catch(null),
  })
  .transform((seen) => ({
    id: seen.id,
    livemode: seen.livemode,
    name: seen.name,
    email: seen.email,
    phone: seen.phone,
    defaultSourceId: seen.default_payment_source_id,
    /** Null when the answer does not show them all. */
    sources: seen.payment_sources && !seen.payment_sources.has_more ? seen.payment_sources.data : null,
  }));
export type WireCustomer = Readonly<z.output<typeof customer>>;

/** What we wrote on a customer ourselves; one of another system, or an odd one, bears nothing of it. */
const labels = z
  .object({
    id: z.string().min(1),
    name: label,
    email: label,
    phone: label,
    metadata: z.object({ puntual_installation: label, puntual_request: label }).nullish().catch(null),
  })
  .transform(({ id, name, email, phone, metadata }) => ({
    ...{ customerId: id, name: name ?? "", email, phone },
    installationId: metadata?.puntual_installation ?? null,
    request: metadata?.puntual_request ?? "",
  }))
  .nullable()
  .catch(null);

export const wireCustomer = {
  customer,
  paymentSource,
  paymentSources: listOf(paymentSource),
  labels: listOf(labels),
  /** Only the mode is read: an odd customer of another system must not fail the probe. */
  modes: listOf(z.object({ livemode: z.boolean().nullish().catch(null) })),
} as const;

function monthOf(text: string): number | null {
  const month = Number(text);
  return Number.isInteger(month) && month >= 1 && month <= 12 ? month : null;
}

/** Stored cards carry two or four digits, as they were given. */
function yearOf(text: string): number | null {
  if (!/^(\d{2}|\d{4})$/.test(text)) return null;
  return text.length === 2 ? 2000 + Number(text) : Number(text);
}
