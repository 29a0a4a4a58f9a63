/**
 * Which events one change of an order causes: several for one payment, as at Conekta.
 *
 * @see "Eventos: order" and "Eventos: charge", developers.conekta.com/docs
 */
import type { Charge, Order } from "./order.ts";
import { chargeView, orderView } from "./order-view.ts";
import type { World } from "./world.ts";

export type OrderEvent =
  | "created"
  | "updated"
  | "paid"
  | "declined"
  | "pending_payment"
  | "canceled"
  | "expired"
  | "refunded"
  | "partially_refunded";

export function tellOrderEvent(world: World, order: Order, event: OrderEvent): void {
  world.events.add(`order.${event}`, () => orderView(order, { livemode: world.livemode, version: 3 }));
}

export function tellChargeEvent(
  world: World,
  order: Order,
  charge: Charge,
  event: "created" | "paid" | "declined" | "refunded" | "canceled" | "expired" | "under_fraud_review",
): void {
  world.events.add(`charge.${event}`, () => chargeView(order, charge, { livemode: world.livemode, version: 3 }));
}

/** @param charge null while 3DS is awaited */
export function tellChargeEvents(world: World, order: Order, charge: Charge | null): void {
  if (charge === null) return tellOrderEvent(world, order, "pending_payment");
  tellChargeEvent(world, order, charge, "created");
  tellOutcomeEvents(world, order, charge);
}

export function tellOutcomeEvents(world: World, order: Order, charge: Charge): void {
  switch (charge.status) {
    case "paid":
      tellChargeEvent(world, order, charge, "paid");
      // The order's own status may be stale on demand; the payment is told all the same.
      if (order.paymentStatus !== "pending_payment") {
        tellOrderEvent(world, order, "paid");
      }
      return;
    case "declined":
      tellChargeEvent(world, order, charge, "declined");
      return tellOrderEvent(world, order, "declined");
    case "under_fraud_review":
      tellChargeEvent(world, order, charge, "under_fraud_review");
      return tellOrderEvent(world, order, "pending_payment");
    case "pending_payment":
      return tellOrderEvent(world, order, "pending_payment");
    case "expired":
    case "canceled":
      tellChargeEvent(world, order, charge, charge.status);
      return tellOrderEvent(world, order, charge.status);
    case "refunded":
    case "partially_refunded":
      tellChargeEvent(world, order, charge, "refunded");
      return tellOrderEvent(world, order, charge.status);
    default:
      charge.status satisfies never;
  }
}
