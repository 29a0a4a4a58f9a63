/**
 * Bodies of the order and charge calls.
 *
 * @see Conekta API 2.3.0 specification, schemas `order_request`, `order_update`, `product`, `charge_request`,
 *   `payment_method_general_request`, `order_discount_lines_request`, `order_tax_request`, `shipping_request`
 */
import { z } from "zod";
import { checkoutSchema } from "./checkout.ts";
import { rawCardFields } from "../customers/customer-request.ts";
import { metadataSchema } from "../api/metadata.ts";

const INT32_MAX = 2 ** 31 - 1;
const cents = z.int().min(0).max(INT32_MAX);
const currency = z.string().regex(/^(MXN|USD)$/i, { error: "MXN or USD" });

const lineItem = z.strictObject({
  name: z.string().min(3).max(249),
  unit_price: cents,
  quantity: z.int().min(1),
  description: z.string().min(3).max(249).optional(),
  brand: z.string().min(2).max(249).optional(),
  sku: z.string().min(1).max(249).optional(),
  tags: z.array(z.string().min(2).max(249)).min(1).optional(),
  metadata: metadataSchema.optional(),
  antifraud_info: z.record(z.string(), z.unknown()).optional(),
});

const paymentMethod = z
  .strictObject({
    type: z.enum(["default", "card"]),
    payment_source_id: z.string().min(1).optional(),
    token_id: z.string().min(1).optional(),
    contract_id: z.string().length(10).optional(),
    customer_ip_address: z.string().optional(),
    monthly_installments: z.union([z.literal(3), z.literal(6), z.literal(9), z.literal(12), z.literal(18)]).optional(),
    expires_at: z.int().optional(),
    ...z.strictObject(rawCardFields).partial().shape,
  })
  .superRefine((method, context) => {
    const given = (["payment_source_id", "token_id", "number"] as const).filter((key) => method[key] !== undefined);
    if (method.type === "default" && given.length > 0) {
      context.addIssue({ code: "custom", path: [given[0] ?? ""], message: 'does not go with type "default"' });
    }
    if (method.type === "card" && given.length !== 1) {
      context.addIssue({
        code: "custom",
        path: ["payment_source_id"],
        message: 'type "card" needs exactly one of payment_source_id, token_id and number',
      });
    }
    if (method.number === undefined) return;
    for (const field of ["name", "exp_month", "exp_year", "cvc"] as const) {
      if (method[field] === undefined) context.addIssue(missing(field));
    }
  });

export const chargeSchema = z.strictObject({
  amount: z.int().min(1).max(INT32_MAX).optional(),
  reference_id: z.string().max(249).optional(),
  payment_method: paymentMethod,
});

export type ChargeRequest = z.output<typeof chargeSchema>;

/** Either `customer_id`, or name, email and phone. */
const customerInfo = z
  .strictObject({
    customer_id: z.string().min(1).optional(),
    name: z.string().min(1).max(249).optional(),
    email: z.email().optional(),
    phone: z.string().min(1).optional(),
    corporate: z.boolean().optional(),
    object: z.literal("customer_info").optional(),
  })
  .superRefine((info, context) => {
    for (const field of ["name", "email", "phone"] as const) {
      const isWrong = (info.customer_id === undefined) === (info[field] === undefined);
      if (isWrong && info.customer_id === undefined) context.addIssue(missing(field));
      if (isWrong && info.customer_id !== undefined) {
        context.addIssue({ code: "custom", path: [field], message: "does not go with customer_id" });
      }
    }
  });

function missing(field: string) {
  return { code: "custom" as const, path: [field], message: "is missing", params: { isMissing: true } };
}

export type CustomerInfoRequest = z.output<typeof customerInfo>;

const discountLine = z.strictObject({
  code: z.string().min(1),
  type: z.enum(["coupon", "campaign", "loyalty", "sign"]),
  amount: cents,
});
const taxLine = z.strictObject({
  description: z.string().min(3),
  amount: cents,
  metadata: metadataSchema.optional(),
});
const shippingLine = z.strictObject({
  amount: cents,
  carrier: z.string().min(3).max(249).optional(),
  tracking_number: z.string().min(3).max(249).optional(),
  method: z.string().min(3).max(249).optional(),
  metadata: metadataSchema.optional(),
});

const lines = {
  line_items: z.array(lineItem).min(1),
  discount_lines: z.array(discountLine).optional(),
  tax_lines: z.array(taxLine).optional(),
  shipping_lines: z.array(shippingLine).optional(),
};

export const newOrderSchema = z.strictObject({
  currency,
  customer_info: customerInfo,
  ...lines,
  metadata: metadataSchema.optional(),
  charges: z.array(chargeSchema).min(1).max(1, { error: "this sandbox takes one charge per call" }).optional(),
  checkout: checkoutSchema.optional(),
  processing_mode: z.string().optional(),
  // Null is refused, as the specification says.
  three_ds_mode: z.enum(["strict", "not_strict", "smart"]).optional(),
  return_url: z.url().optional(),
  pre_authorize: z.literal(false, { error: "this sandbox does not pre-authorize" }).optional(),
  // Taken and not kept.
  needs_shipping_contact: z.boolean().optional(),
  shipping_contact: z.record(z.string(), z.unknown()).optional(),
  fiscal_entity: z.record(z.string(), z.unknown()).optional(),
});

export type NewOrderRequest = z.output<typeof newOrderSchema>;
export type LineRequests = Pick<NewOrderRequest, "line_items" | "discount_lines" | "tax_lines" | "shipping_lines">;

export const orderChangeSchema = z.strictObject({
  currency: currency.optional(),
  customer_info: customerInfo.optional(),
  line_items: lines.line_items.optional(),
  discount_lines: lines.discount_lines,
  tax_lines: lines.tax_lines,
  shipping_lines: lines.shipping_lines,
  metadata: metadataSchema.optional(),
  charges: newOrderSchema.shape.charges,
  shipping_contact: z.record(z.string(), z.unknown()).optional(),
  fiscal_entity: z.record(z.string(), z.unknown()).optional(),
});

const REFUND_REASONS = [
  "requested_by_client",
  "cannot_be_fulfilled",
  "duplicated_transaction",
  "suspected_fraud",
  "other",
] as const;

/** The reasons are those of Conekta's Go library. */
export const refundSchema = z.strictObject({
  amount: z.int().min(1).optional(),
  reason: z.enum(REFUND_REASONS),
  expires_at: z.int().optional(),
});
