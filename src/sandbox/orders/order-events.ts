/**
 * Which events one change of an order causes: several for one payment, as at Conekta.
 *
 * @see "Eventos: order" and "Eventos: charge", developers.conekta.com/docs
 */
import type { Charge, Chargeback, Order } from "./order.ts";
import { chargebackView, chargeView, orderView } from "./order-view.ts";
import type { State } from "../state.ts";

export type OrderEvent =
  | "created"
  | "updated"
  | "paid"
  | "declined"
  | "pending_payment"
  | "canceled"
  | "expired"
  | "refunded"
  | "partially_refunded"
  | "charged_back";

export function recordOrderEvent(state: State, order: Order, event: OrderEvent): void {
  state.events.add(`order.${event}`, () => orderView(order, { livemode: state.livemode, version: 3 }));
}

export function recordChargeEvent(
  state: State,
  order: Order,
  charge: Charge,
  event: "created" | "paid" | "declined" | "refunded" | "canceled" | "expired" | "under_fraud_review",
): void {
  state.events.add(`charge.${event}`, () => chargeView(order, charge, { livemode: state.livemode, version: 3 }));
}

export type ChargebackEvent = "created" | "updated" | "under_review" | "lost" | "won";

export function recordChargebackEvent(
  state: State,
  charge: Charge,
  chargeback: Chargeback,
  event: ChargebackEvent,
): void {
  state.events.add(`charge.chargeback.${event}`, () => chargebackView(charge.id, chargeback));
}

/** @param charge null while 3DS is awaited */
export function recordChargeEvents(state: State, order: Order, charge: Charge | null): void {
  if (charge === null) return recordOrderEvent(state, order, "pending_payment");
  recordChargeEvent(state, order, charge, "created");
  recordOutcomeEvents(state, order, charge);
}

export function recordOutcomeEvents(state: State, order: Order, charge: Charge): void {
  switch (charge.status) {
    case "paid":
      recordChargeEvent(state, order, charge, "paid");
      // The order's own status may be stale on demand; the payment has its event all the same.
      if (order.paymentStatus !== "pending_payment") {
        recordOrderEvent(state, order, "paid");
      }
      return;
    case "declined":
      recordChargeEvent(state, order, charge, "declined");
      return recordOrderEvent(state, order, "declined");
    case "under_fraud_review":
      recordChargeEvent(state, order, charge, "under_fraud_review");
      return recordOrderEvent(state, order, "pending_payment");
    case "pending_payment":
      return recordOrderEvent(state, order, "pending_payment");
    case "expired":
    case "canceled":
      recordChargeEvent(state, order, charge, charge.status);
      return recordOrderEvent(state, order, charge.status);
    case "refunded":
    case "partially_refunded":
      recordChargeEvent(state, order, charge, "refunded");
      return recordOrderEvent(state, order, charge.status);
    case "charged_back":
      return recordOrderEvent(state, order, "charged_back");
    default:
      charge.status satisfies never;
  }
}
