/**
 * Orders and charges as Conekta prints them.
 *
 * @see Conekta API 2.3.0 specification, schemas `order_response`, `charge_response`, `payment_method_card`;
 *   the guide "Cargo bajo demanda" (version 2.0, with `fee`)
 */
import type { ApiVersion } from "../api/call.ts";
import type { Card } from "../cards/card.ts";
import { checkoutView } from "./checkout.ts";
import {
  amountPaidCents,
  amountRefundedCents,
  type Charge,
  type Chargeback,
  type CustomerInfo,
  type LineItem,
  type Order,
  type PriceLine,
} from "./order.ts";
import { innerList } from "../api/list-page.ts";
import { referenceView } from "./payment-means.ts";

export type ViewOptions = { readonly livemode: boolean; readonly version: ApiVersion };

export function orderView(order: Order, options: ViewOptions): object {
  const { awaited, checkout } = order;
  return {
    livemode: options.livemode,
    amount: order.amountCents,
    currency: order.currency,
    payment_status: order.paymentStatus,
    amount_refunded: amountRefundedCents(order),
    split_payment: null,
    customer_info: customerInfoView(order.customer),
    object: "order",
    id: order.id,
    metadata: order.metadata,
    is_refundable: amountPaidCents(order) > amountRefundedCents(order),
    processing_mode: order.processingMode,
    created_at: order.createdAtSeconds,
    updated_at: order.updatedAtSeconds,
    line_items: innerList(order.lineItems.map((item) => lineItemView(order.id, item))),
    shipping_lines: priceLinesView(order.id, "shipping_line", order.shippingLines),
    tax_lines: priceLinesView(order.id, "tax_line", order.taxLines),
    discount_lines: priceLinesView(order.id, "discount_line", order.discountLines),
    charges:
      order.charges.length === 0
        ? null
        : innerList(order.charges.toReversed().map((charge) => chargeView(order, charge, options))),
    ...(checkout === null
      ? {}
      : {
          checkout: checkoutView(checkout, options.livemode),
          channel: {
            segment: "Checkout",
            checkout_request_id: checkout.id,
            checkout_request_type: checkout.request.type,
            id: `channel_${order.id.slice("ord_".length)}`,
          },
        }),
    ...(awaited === null
      ? {}
      : {
          next_action: {
            type: "redirect_to_url",
            redirect_to_url: { url: awaited.url, return_url: order.returnUrl },
          },
        }),
  };
}

export function chargeView(order: Order, charge: Charge, { livemode, version }: ViewOptions): object {
  const { means } = charge;
  return {
    id: charge.id,
    livemode,
    created_at: charge.createdAtSeconds,
    currency: order.currency,
    failure_code: charge.failureCode,
    failure_message: charge.failureMessage,
    monthly_installments: null,
    device_fingerprint: charge.deviceFingerprint,
    session_id: null,
    payment_method: means.by === "card" ? cardView(charge, means.card) : referenceView(means),
    object: "charge",
    description: "Payment from order",
    is_refundable: charge.status === "paid" || charge.status === "partially_refunded",
    reference_id: charge.referenceId,
    status: charge.status,
    amount: charge.amountCents,
    paid_at: charge.paidAtSeconds,
    // Version 2.0 alone prints the fee; later answers do not have it.
    ...(version === 0 && charge.paidAtSeconds !== null ? { fee: feeCents(charge.amountCents) } : {}),
    // Empty in captured answers, for every customer.
    customer_id: "",
    order_id: order.id,
    refunds: charge.refunds.length === 0 ? null : refundsView(charge),
    chargeback: charge.chargeback === null ? null : chargebackView(charge.id, charge.chargeback),
  };
}

export function chargebackView(chargeId: string, chargeback: Chargeback): object {
  return {
    id: chargeback.id,
    object: "chargeback",
    charge_id: chargeId,
    status: chargeback.status,
    reason: chargeback.reason,
    note: null,
    followup_status: null,
    response_from_client: null,
    files: [],
    created_at: chargeback.createdAtSeconds,
    evidence_due_by: chargeback.evidenceDueBySeconds,
  };
}

function cardView(charge: Charge, card: Card): object {
  return {
    name: card.holderName,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    auth_code: charge.authCode,
    object: "card_payment",
    type: card.kind,
    last4: card.last4,
    brand: card.brand,
    issuer: card.issuer,
    account_type: card.issuer.toUpperCase(),
    contract_id: charge.contractId,
    country: "MX",
    fraud_indicators: [],
    antifraud_is_self_service_rules: false,
    three_ds_flow_required: false,
  };
}

/** 2.9 % + 2.50 MXN, and VAT: about what the guide's sample shows. */
function feeCents(amountCents: number): number {
  return Math.round((amountCents * 0.029 + 250) * 1.16);
}

function refundsView(charge: Charge): object {
  return innerList(
    charge.refunds.map((refund) => ({
      id: refund.id,
      object: "refund",
      amount: -refund.amountCents,
      auth_code: refund.authCode,
      created_at: refund.createdAtSeconds,
      status: "pending",
    })),
  );
}

function customerInfoView(customer: CustomerInfo): object {
  return {
    email: customer.email,
    phone: customer.phone,
    name: customer.name,
    corporate: customer.corporate,
    ...(customer.customerId === null
      ? {}
      : { customer_id: customer.customerId, customer_custom_reference: customer.customReference }),
    object: "customer_info",
  };
}

function lineItemView(orderId: string, item: LineItem): object {
  return {
    name: item.name,
    unit_price: item.unitPriceCents,
    quantity: item.quantity,
    antifraud_info: {},
    ...item.extra,
    object: "line_item",
    id: item.id,
    parent_id: orderId,
    metadata: item.metadata,
  };
}

function priceLinesView(orderId: string, object: string, lines: readonly PriceLine[]): object | null {
  if (lines.length === 0) return null;
  return innerList(
    lines.map((line) => ({ ...line.fields, amount: line.amountCents, object, id: line.id, parent_id: orderId })),
  );
}
