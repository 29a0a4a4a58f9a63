/**
 * Hosted checkout: an order with a payment page instead of a charge.
 *
 * There is no page behind the URL. Whoever plays the customer visits it through the control endpoint
 * `POST /_sandbox/orders/{id}/page`.
 *
 * @see Conekta API 2.3.0 specification, schemas `order_checkout_request` and `order_response_checkout`
 */
import { z } from "zod";
import { uuid } from "../id.ts";
import type { Random } from "../random.ts";

const METHODS = ["cash", "card", "bank_transfer", "bnpl", "pay_by_bank", "apple", "google"] as const;
const EXPIRES_AFTER_SECONDS_MIN = 5 * 60;
const EXPIRES_AFTER_SECONDS_MAX = 365 * 24 * 60 * 60;
const EXPIRES_AFTER_SECONDS_DEFAULT = 3 * 24 * 60 * 60;

export const checkoutSchema = z
  .strictObject({
    type: z.enum(["HostedPayment", "Integration"]),
    allowed_payment_methods: z.array(z.enum(METHODS)).min(1).optional(),
    excluded_payment_methods: z.array(z.enum(METHODS)).optional(),
    exclude_card_networks: z.array(z.enum(["visa_master_card", "amex"])).optional(),
    expires_at: z.int().min(1).optional(),
    success_url: z.url().optional(),
    failure_url: z.url().optional(),
    name: z.string().optional(),
    redirection_time: z.int().min(0).optional(),
    max_failed_retries: z.int().min(0).optional(),
    monthly_installments_enabled: z.boolean().optional(),
    monthly_installments_options: z.array(z.int()).optional(),
    on_demand_enabled: z.boolean().optional(),
    force_save_card: z.boolean().optional(),
    is_redirect_on_failure: z.boolean().optional(),
  })
  .refine((checkout) => !(checkout.allowed_payment_methods && checkout.excluded_payment_methods), {
    error: "allowed_payment_methods and excluded_payment_methods exclude each other",
  });

export type CheckoutRequest = z.output<typeof checkoutSchema>;

export type Checkout = {
  readonly id: string;
  readonly status: "Issued" | "Expired" | "Cancelled" | "Finalized";
  readonly startsAtSeconds: number;
  readonly expiresAtSeconds: number;
  readonly paidPayments: number;
  readonly request: CheckoutRequest;
};

export function newCheckout(random: Random, request: CheckoutRequest, atSeconds: number): Checkout {
  return {
    id: uuid(random),
    status: "Issued",
    startsAtSeconds: atSeconds,
    expiresAtSeconds: request.expires_at ?? atSeconds + EXPIRES_AFTER_SECONDS_DEFAULT,
    paidPayments: 0,
    request,
  };
}

/** Five minutes to a year ahead. */
export function isExpiryAllowed(expiresAtSeconds: number, atSeconds: number): boolean {
  const ahead = expiresAtSeconds - atSeconds;
  return ahead >= EXPIRES_AFTER_SECONDS_MIN && ahead <= EXPIRES_AFTER_SECONDS_MAX;
}

export function checkoutView(checkout: Checkout, livemode: boolean): object {
  const { request } = checkout;
  const slug = checkout.id.replaceAll("-", "");
  return {
    id: checkout.id,
    object: "checkout",
    livemode,
    type: request.type,
    name: request.name ?? `ord-${slug.slice(0, 17)}`,
    status: checkout.status,
    slug,
    url: `https://pay.conekta.com/checkout/${slug}`,
    allowed_payment_methods: request.allowed_payment_methods ?? ["cash", "card", "bank_transfer"],
    ...(request.excluded_payment_methods ? { excluded_payment_methods: request.excluded_payment_methods } : {}),
    exclude_card_networks: request.exclude_card_networks ?? [],
    starts_at: checkout.startsAtSeconds,
    expires_at: checkout.expiresAtSeconds,
    can_not_expire: false,
    success_url: request.success_url,
    failure_url: request.failure_url,
    redirection_time: request.redirection_time ?? null,
    max_failed_retries: request.max_failed_retries ?? null,
    monthly_installments_enabled: request.monthly_installments_enabled ?? false,
    monthly_installments_options: request.monthly_installments_options ?? [],
    on_demand_enabled: request.on_demand_enabled ?? null,
    force_save_card: request.force_save_card ?? null,
    is_redirect_on_failure: request.is_redirect_on_failure ?? false,
    force_3ds_flow: false,
    needs_shipping_contact: false,
    recurrent: false,
    paid_payments_count: checkout.paidPayments,
    emails_sent: 0,
    sms_sent: 0,
    metadata: {},
  };
}
