/** What the simulated Conekta writes on the wire: its ledger as the JSON that the real adapter reads. */
import type { GatewayCustomer, PaymentSource } from "../../../src/application/ports/gateway.ts";
import type { Payment } from "../../../src/domain/attempt.ts";
import { isOfPanel, refundedCents, type LedgerOrder } from "../ledger.ts";
import { orderView } from "../order-view.ts";

type Json = Readonly<Record<string, unknown>>;

/** @param claimed what the answer says of the payment, where that is not what happened */
export function orderJson(order: LedgerOrder, asOfMs: number, claimed: Payment | null = null): Json {
  const view = orderView(order, asOfMs);
  const { installationId, subscriptionId, invoiceId, cycle, reference } = order.intent;
  const charges = view.charges.map((charge) => chargeJson(charge, charge.id === claimed?.chargeId ? claimed : null));
  return {
    ...{ object: "order", id: order.id, livemode: view.livemode, amount: view.amountCents, currency: view.currency },
    ...{ payment_status: view.paymentStatus, created_at: seconds(order.createdAtMs) },
    amount_refunded: order.charges.reduce((sum, charge) => sum + refundedCents(charge, asOfMs), 0),
    customer_info: { customer_id: claimed?.customerId ?? view.customerId, object: "customer_info" },
    metadata: isOfPanel(order)
      ? null
      : {
          ...{ puntual_installation: installationId, puntual_subscription: subscriptionId, puntual_invoice: invoiceId },
          ...{ puntual_cycle: cycle, puntual_attempt: reference },
        },
    charges: charges.length === 0 ? null : { object: "list", has_more: false, data: charges },
    ...(view.awaitsCustomer && { next_action: { type: "redirect_to_url" } }),
    ...(view.checkout && {
      checkout: {
        ...{ object: "checkout", status: view.checkout.status, url: view.checkout.url },
        expires_at: view.checkout.expiresAt === null ? null : seconds(view.checkout.expiresAt.getTime()),
      },
    }),
  };
}

const METHODS = { card: "card_payment", cash: "cash_payment", bank_transfer: "bank_transfer_payment" } as const;

function chargeJson(charge: ReturnType<typeof orderView>["charges"][number], claimed: Payment | null): Json {
  return {
    ...{ object: "charge", id: charge.id, status: charge.status, order_id: charge.orderId },
    ...{ amount: claimed?.amountCents ?? charge.amountCents, currency: claimed?.currency ?? charge.currency },
    ...{ livemode: claimed?.livemode ?? charge.livemode, reference_id: charge.referenceId, fee: charge.feeCents },
    customer_id: claimed?.customerId ?? charge.customerId,
    ...{ failure_code: charge.failureCode, failure_message: charge.failureMessage },
    // Unpaid charges carry 0 here and there.
    paid_at: charge.paidAt === null ? 0 : seconds(charge.paidAt.getTime()),
    payment_method: {
      object: METHODS[charge.paymentMethod ?? "card"],
      ...{ auth_code: charge.authCode, brand: charge.cardBrand, last4: charge.cardLast4 },
    },
  };
}

/** @param showsCards false: the answer holds back its cards, which are then listed */
export function customerJson(customer: GatewayCustomer, showsCards: boolean): Json {
  const { id, livemode, name, email, phone, paymentSourceId } = customer;
  const { cardBrand: brand, cardLast4: last4, cardExpMonth: expMonth, cardExpYear: expYear } = customer;
  const source = { id: paymentSourceId ?? "", brand, last4, expMonth, expYear, isDefault: true, status: "active" };
  return {
    ...{ object: "customer", id, livemode, name, email, phone, default_payment_source_id: paymentSourceId },
    payment_sources: {
      ...{ object: "list", has_more: !showsCards },
      data: paymentSourceId === null ? [] : [sourceJson(source)],
    },
  };
}

export function sourceJson({ id, brand, last4, expMonth, expYear, isDefault, status }: PaymentSource): Json {
  return {
    ...{ object: "payment_source", type: "card", id, default: isDefault, brand, last4, payment_source_status: status },
    exp_month: expMonth === null ? null : String(expMonth).padStart(2, "0"),
    exp_year: expYear === null ? null : String(expYear).slice(-2),
  };
}

/** An order of the merchant's shop; some are of a kind that nobody here can read. */
export function strangerJson(number: number, createdAtMs: number): Json {
  const order = { object: "order", id: `ord_of_the_shop_${number}`, created_at: seconds(createdAtMs), metadata: null };
  return number % 3 === 0
    ? order
    : { ...order, livemode: false, amount: 9900 + number, currency: "MXN", charges: null };
}

export function errorJson(code: string, data: Json | null = null): Json {
  const detail = { code, message: "simulated", debug_message: "simulated", param: null };
  return { object: "error", type: "simulated", log_id: "log_simulated", details: [detail], ...(data && { data }) };
}

export function listJson(data: readonly Json[], hasMore: boolean): Json {
  return { object: "list", has_more: hasMore, data };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
