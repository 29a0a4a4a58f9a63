/**
 * Conekta's JSON of orders, charges and errors, and what of it we read. With wire-customer.ts, the only place that knows.
 *
 * Tolerant where answers were seen to differ: unknown keys pass, side facts of an odd type become null. Strict where
 * money depends on it: an order or charge without id, status, amount, currency or mode is unreadable, and what is
 * unreadable is never guessed.
 * @see Conekta API 2.3.0 specification: order_response, charges_data_response, error (read 2026-11-23)
 */
import { z } from "zod";
import { CARD_KINDS, type PaymentMethod } from "../../domain/attempt.ts";
import { asStorable, mayHoldUnstorable } from "../../domain/storable-text.ts";

/** A side fact: missing, null, "" and other types all read as null. */
export const label = z.transform((seen): string | null => (typeof seen === "string" && seen !== "" ? seen : null));
const whole = z.transform((seen): number | null => (Number.isSafeInteger(seen) ? Number(seen) : null));

/** 2000 and 2100, in seconds: Conekta's instants lie between, and what lies outside is another unit, or no instant. */
const EARLIEST_SECONDS = 946_684_800;
const LATEST_SECONDS = 4_102_444_800;

/** Seconds since 1970. An impossible instant (0, negative, in milliseconds, beyond 2100) is "not told". */
export const instant = z.transform((seen): Date | null => {
  const seconds = Number.isSafeInteger(seen) ? Number(seen) : 0;
  return seconds >= EARLIEST_SECONDS && seconds < LATEST_SECONDS ? new Date(seconds * 1000) : null;
});

const payment = z
  .object({ object: label, auth_code: label, brand: label, last4: label, type: label })
  .nullish()
  .catch(null);

/** What it was paid with. Others than these are offered on no page of ours. */
const METHODS: Readonly<Record<string, PaymentMethod>> = {
  card_payment: "card",
  cash_payment: "cash",
  bank_transfer_payment: "bank_transfer",
};

/** One that cannot be read is still a dispute: it shows no more than that there is one. */
const chargeback = z
  .object({ id: label, status: label, reason: label, evidence_due_by: instant, created_at: instant })
  .nullish()
  .catch({ id: null, status: null, reason: null, evidence_due_by: null, created_at: null })
  .transform((seen) =>
    seen
      ? {
          id: seen.id,
          status: seen.status,
          reason: seen.reason,
          evidenceDueBy: seen.evidence_due_by,
          disputedAt: seen.created_at,
        }
      : null,
  );

const charge = z
  .object({
    object: z.literal("charge"),
    id: z.string().min(1),
    status: z.string().min(1),
    amount: z.int(),
    currency: z.string().min(1),
    livemode: z.boolean().nullish().catch(null),
    reference_id: label,
    order_id: label,
    customer_id: label,
    failure_code: label,
    failure_message: label,
    paid_at: instant,
    fee: whole,
    payment_method: payment,
    chargeback,
  })
  .transform((seen) => ({
    id: seen.id,
    status: seen.status,
    amountCents: seen.amount,
    currency: seen.currency,
    livemode: seen.livemode ?? null,
    referenceId: seen.reference_id,
    orderId: seen.order_id,
    customerId: seen.customer_id,
    failureCode: seen.failure_code,
    failureMessage: seen.failure_message,
    // Unpaid charges carry null, and 0 was seen.
    paidAt: seen.paid_at,
    feeCents: seen.fee ?? null,
    authCode: seen.payment_method?.auth_code ?? null,
    cardBrand: seen.payment_method?.brand ?? null,
    cardLast4: seen.payment_method?.last4 ?? null,
    paymentMethod: METHODS[seen.payment_method?.object ?? ""] ?? null,
    cardKind: CARD_KINDS.find((kind) => kind === seen.payment_method?.type) ?? null,
    chargeback: seen.chargeback,
  }));
export type WireCharge = Readonly<z.output<typeof charge>>;

/** The hosted page. Only an address that a browser opens safely is one; a page that cannot be read is still a page. */
const checkout = z
  .object({
    status: label,
    url: z
      .url({ protocol: /^https$/ })
      .nullish()
      .catch(null),
    expires_at: instant,
  })
  .catch({ status: null, url: null, expires_at: null })
  .nullish()
  .transform((seen) =>
    seen
      ? {
          status: seen.status,
          url: seen.url ?? null,
          expiresAt: seen.expires_at,
        }
      : null,
  );
export type WireCheckout = Readonly<NonNullable<z.output<typeof checkout>>>;

const order = z
  .object({
    object: z.literal("order"),
    id: z.string().min(1),
    livemode: z.boolean(),
    amount: z.int(),
    currency: z.string().min(1),
    payment_status: label,
    amount_refunded: whole,
    customer_info: z.object({ customer_id: label }).nullish().catch(null),
    metadata: z.object({ puntual_attempt: label }).nullish().catch(null),
    charges: z.object({ has_more: z.boolean().nullish().catch(null), data: z.array(charge).nullish() }).nullish(),
    next_action: z.unknown().optional(),
    checkout,
  })
  .transform((seen) => ({
    id: seen.id,
    livemode: seen.livemode,
    amountCents: seen.amount,
    currency: seen.currency,
    paymentStatus: seen.payment_status,
    /** Null: not told. */
    refundedCents: seen.amount_refunded ?? null,
    customerId: seen.customer_info?.customer_id ?? null,
    /** The attempt the order was created for. */
    attemptReference: seen.metadata?.puntual_attempt ?? null,
    charges: (seen.charges?.data ?? []) as readonly WireCharge[],
    hasMoreCharges: seen.charges?.has_more ?? false,
    /** 3DS: the customer has to act before anything is charged. */
    awaitsCustomer: seen.next_action !== null && seen.next_action !== undefined,
    /** Null: an order without a hosted page. */
    checkout: seen.checkout,
  }));
export type WireOrder = Readonly<z.output<typeof order>>;

const errorDetail = z.object({ code: label, message: label, param: label });
export type WireErrorDetail = Readonly<z.output<typeof errorDetail>>;

const error = z
  .object({
    object: z.literal("error"),
    log_id: label,
    details: z.array(z.unknown()).nullish().catch(null),
    data: z.unknown().optional(),
  })
  .transform((seen) => ({
    logId: seen.log_id,
    details: (seen.details ?? []).flatMap(detailsIn),
    /** What was changed all the same: the order or the charge of a decline. */
    order: order.safeParse(seen.data).data ?? null,
    charge: charge.safeParse(seen.data).data ?? null,
  }));
export type WireError = Readonly<z.output<typeof error>>;

/** Some errors of hosted checkout nest `details[0].details[0]`. */
function detailsIn(raw: unknown): WireErrorDetail[] {
  const nested = z.object({ details: z.array(z.unknown()) }).safeParse(raw).data;
  return (nested?.details ?? [raw])
    .map((each) => errorDetail.safeParse(each).data)
    .filter((each) => each !== undefined);
}

export function listOf<T extends z.ZodType>(item: T) {
  return z
    .object({ object: z.literal("list"), has_more: z.boolean(), data: z.array(item) })
    .transform((seen) => ({ hasMore: seen.has_more, data: seen.data as readonly z.output<T>[] }));
}

export const wire = {
  order,
  charge,
  error,
  /** Orders are parsed one by one: an odd order of another system must not hide ours. */
  anything: listOf(z.unknown()),
  identified: z.object({ id: z.string().min(1) }),
  /** Where the answer's status says all we need. */
  any: z.unknown(),
} as const;

/** The answer's body, as far as any of our calls is answered with it. */
export type Body =
  | { readonly kind: "order"; readonly order: WireOrder }
  | { readonly kind: "charge"; readonly charge: WireCharge }
  | { readonly kind: "error"; readonly error: WireError }
  | { readonly kind: "unreadable"; readonly because: string };

export function readBody(text: string): Body {
  const json = readJson(text);
  if (json === undefined)
    return { kind: "unreadable", because: text.trim() === "" ? "the body is empty" : "the body is not JSON" };
  const asOrder = order.safeParse(json);
  if (asOrder.success) return { kind: "order", order: asOrder.data };
  const asCharge = charge.safeParse(json);
  if (asCharge.success) return { kind: "charge", charge: asCharge.data };
  const asError = error.safeParse(json);
  if (asError.success) return { kind: "error", error: asError.data };
  return { kind: "unreadable", because: "the body is JSON, but not of Conekta's shape" };
}

/** @returns undefined when the text is not JSON, which JSON itself cannot say */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text, mayHoldUnstorable(text) ? asStorable : undefined) as unknown;
  } catch {
    return undefined;
  }
}
