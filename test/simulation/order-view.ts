/** What a read of the gateway shows of an order at some instant, in the form that the real adapter judges. */
import type { WireCharge, WireCheckout, WireOrder } from "../../src/adapters/conekta/wire.ts";
import { orderAwaits, refundedCents, statusAsOf, type LedgerCharge, type LedgerOrder } from "./ledger.ts";

/** @param asOfMs the past, where reads lag */
export function orderView(order: LedgerOrder, asOfMs: number): WireOrder {
  const charges = order.charges.flatMap((charge) => chargeView(charge, asOfMs) ?? []);
  return {
    id: order.id,
    livemode: false,
    amountCents: order.intent.amountCents,
    currency: order.intent.currency,
    paymentStatus: paymentStatus(order, charges, asOfMs),
    refundedCents: order.charges.reduce((sum, charge) => sum + refundedCents(charge, asOfMs), 0),
    customerId: order.intent.customerId,
    attemptReference: order.intent.reference || null,
    charges,
    hasMoreCharges: false,
    awaitsCustomer: orderAwaits(order, asOfMs),
    checkout: checkoutView(order, asOfMs),
  };
}

function checkoutView({ page }: LedgerOrder, asOfMs: number): WireCheckout | null {
  if (page === null) return null;
  const { end } = page;
  return {
    status: end !== null && end.atMs <= asOfMs ? end.status : "Issued",
    url: page.url,
    expiresAt: new Date(page.expiresAtMs),
  };
}

function paymentStatus(order: LedgerOrder, charges: readonly WireCharge[], asOfMs: number): string | null {
  const isPaid = charges.some(({ status }) => status === "paid");
  if (isPaid) return order.liesAbout ?? "paid";
  const givenBack = charges.find(({ status }) => GIVEN_BACK.has(status));
  if (givenBack !== undefined) return givenBack.status;
  if (order.canceledAtMs !== null && order.canceledAtMs <= asOfMs) return "canceled";
  // A page that expired may say so on its order, or not.
  if (order.page !== null) return charges.find(({ status }) => status === "pending_payment")?.status ?? null;
  if (charges.length === 0) return order.awaitsCustomer === null ? null : "pending_payment";
  return charges.at(-1)?.status ?? null;
}

const GIVEN_BACK: ReadonlySet<string> = new Set(["refunded", "partially_refunded", "charged_back"]);

function chargeView(charge: LedgerCharge, asOfMs: number): WireCharge | null {
  const status = statusAsOf(charge, asOfMs);
  if (status === null) return null;
  const paidAtMs = charge.history.find((each) => each.status === "paid" && each.atMs <= asOfMs)?.atMs;
  return {
    id: charge.id,
    status,
    amountCents: charge.amountCents,
    currency: charge.currency,
    livemode: false,
    referenceId: charge.isOfPage ? null : charge.reference || null,
    orderId: charge.orderId,
    customerId: charge.customerId,
    failureCode: charge.failureCode,
    failureMessage: null,
    paidAt: paidAtMs === undefined ? null : new Date(paidAtMs),
    feeCents: null,
    authCode: null,
    cardBrand: charge.card?.brand ?? null,
    cardLast4: charge.card?.last4 ?? null,
    paymentMethod: charge.method,
    cardKind: null,
    chargeback: null,
  };
}
