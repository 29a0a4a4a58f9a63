/** What a read of the gateway shows of an order at some instant, in the form that the real adapter judges. */
import type { WireCharge, WireOrder } from "../../src/adapters/conekta/wire.ts";
import { statusAsOf, type LedgerCharge, type LedgerOrder } from "./ledger.ts";

/** @param asOfMs the past, where reads lag */
export function orderView(order: LedgerOrder, asOfMs: number): WireOrder {
  const charges = order.charges.flatMap((charge) => chargeView(charge, asOfMs) ?? []);
  const { awaitsCustomer } = order;
  const awaits = awaitsCustomer !== null && awaitsCustomer.fromMs <= asOfMs && asOfMs < awaitsCustomer.untilMs;
  return {
    id: order.id,
    livemode: false,
    amountCents: order.intent.amountCents,
    currency: order.intent.currency,
    paymentStatus: paymentStatus(order, charges, asOfMs),
    customerId: order.intent.customerId,
    attemptReference: order.intent.reference,
    charges,
    hasMoreCharges: false,
    awaitsCustomer: awaits,
  };
}

function paymentStatus(order: LedgerOrder, charges: readonly WireCharge[], asOfMs: number): string | null {
  const isPaid = charges.some(({ status }) => status === "paid");
  if (isPaid) return order.liesAbout ?? "paid";
  if (order.canceledAtMs !== null && order.canceledAtMs <= asOfMs) return "canceled";
  if (charges.length === 0) return order.awaitsCustomer === null ? null : "pending_payment";
  return charges.at(-1)?.status ?? null;
}

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
    referenceId: charge.reference,
    orderId: charge.orderId,
    customerId: charge.customerId,
    failureCode: charge.failureCode,
    failureMessage: null,
    paidAt: paidAtMs === undefined ? null : new Date(paidAtMs),
    feeCents: null,
    authCode: null,
    cardBrand: null,
    cardLast4: null,
  };
}
