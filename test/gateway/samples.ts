/**
 * Conekta's answers, as its documents and captures show them, cut down to what is read; and what we asked.
 *
 * @see "Cargo bajo demanda", the order's answer; Conekta API 2.3.0 specification, orders and errors
 */
import type { ChargeIntent } from "../../src/application/ports/gateway.ts";
import type { Asked } from "../../src/adapters/conekta/charge-answer.ts";

export const REFERENCE = "att_01KAR5Q0000000000000000001";
export const OTHER_REFERENCE = "att_01KAR5Q0000000000000000002";

export const INTENT: ChargeIntent = {
  reference: REFERENCE,
  installationId: "ins_01KAR5Q0000000000000000001",
  subscriptionId: "jorge-oro",
  invoiceId: "inv_01KAR5Q0000000000000000001",
  cycle: 3,
  customerId: "cus_2tTU5GdkwZvBmS3fN",
  currency: "MXN",
  amountCents: 20015,
  discountCents: 0,
  discounts: null,
  balanceCents: 0,
  taxes: null,
  lineItems: [{ name: "Plan Oro", unitPriceCents: 20015, quantity: 1 }],
};

export const SINGLE: Asked = { reference: REFERENCE, amountCents: 20015, flow: "single", orderId: null };
export const ON_ORDER: Asked = { ...SINGLE, flow: "order_first", orderId: "ord_2tTUAiM5p5JbLGbDw" };

export function charge(change: Record<string, unknown> = {}) {
  return {
    id: "63f3ea0d88dc6c0019a3fe39",
    livemode: false,
    created_at: 1676929549,
    currency: "MXN",
    failure_code: null,
    failure_message: null,
    payment_method: { object: "card_payment", type: "credit", last4: "4242", brand: "visa", auth_code: "731650" },
    object: "charge",
    description: "Payment from order",
    reference_id: REFERENCE,
    status: "paid",
    amount: 20015,
    paid_at: 1676929550,
    fee: 1255,
    customer_id: "",
    order_id: "ord_2tTUAiM5p5JbLGbDw",
    ...change,
  };
}

export function declinedCharge(failureCode: string | null, change: Record<string, unknown> = {}) {
  const told = failureCode === null ? {} : { failure_message: "La tarjeta fue declinada." };
  return charge({ status: "declined", paid_at: null, failure_code: failureCode, ...told, ...change });
}

export function order(charges: object[] | null, change: Record<string, unknown> = {}) {
  return {
    livemode: false,
    amount: 20015,
    currency: "MXN",
    payment_status: "paid",
    amount_refunded: 0,
    customer_info: { customer_id: INTENT.customerId, object: "customer_info", corporate: false },
    object: "order",
    id: "ord_2tTUAiM5p5JbLGbDw",
    metadata: { puntual_attempt: REFERENCE },
    created_at: 1677803708,
    charges: charges === null ? null : { object: "list", has_more: false, total: charges.length, data: charges },
    ...change,
  };
}

export function conektaError(code: string | null, data?: object) {
  return {
    object: "error",
    type: "processing_error",
    log_id: "507f1f77bcf86cd799439011",
    details: code === null ? [] : [{ code: `conekta.errors.${code}`, message: "Un texto.", debug_message: "A text." }],
    ...(data === undefined ? {} : { data }),
  };
}
