/**
 * The end of an order that nobody paid: cancelled by the merchant, or expired by the clock.
 *
 * A customer who was about to pay just then (`paysAfterEnd`) pays all the same: the order is over, and then it is paid.
 */
import { preconditionRequired } from "./api-error.ts";
import { type Answer, type Call, ok, param } from "./call.ts";
import { amountPaidCents, type Order } from "./order.ts";
import { findOrder, viewOptions } from "./order-store.ts";
import { tellChargeEvent, tellOrderEvent } from "./order-events.ts";
import { orderView } from "./order-view.ts";
import { payOnPage } from "./page-payment.ts";
import { nowSeconds, type World } from "./world.ts";

/**
 * Cancels what is not paid, a pending card charge and the page included; again and again. Refused while cash or a
 * transfer may still come, for nobody can take the reference back from the customer. (All of it our guess.)
 */
export function cancelOrder(world: World, call: Call): Answer {
  const order = findOrder(world, param(call, 0));
  if (amountPaidCents(order) > 0) {
    throw preconditionRequired(
      "combo.order.cannot_be_updated_because_has_charge_paid",
      "La orden no puede ser cancelada porque ya tiene un cargo pagado.",
      "The order cannot be canceled because it has already a charge which is paid.",
    );
  }
  const hasReference = order.charges.some(({ status, means }) => status === "pending_payment" && means.by !== "card");
  if (hasReference && !world.cancelsReferences) {
    throw preconditionRequired(
      "combo.order.cannot_be_updated_because_has_charge",
      "La orden no puede ser cancelada porque ya tiene un cargo pendiente de pago.",
      "The order cannot be canceled because it has already a charge which is pending payment.",
    );
  }
  const ended = order.paymentStatus === "canceled" ? order : endOrder(world, order, "canceled");
  return ok(orderView(ended, viewOptions(world, call)));
}

/** Open checkouts whose time has come expire; looked at before every call, so that it follows a clock driven by hand. */
export function expireCheckouts(world: World): void {
  for (const id of world.openCheckouts) {
    const order = findOrder(world, id);
    if ((order.checkout?.expiresAtSeconds ?? Infinity) <= nowSeconds(world)) endOrder(world, order, "expired");
  }
}

/** @returns the order as it ended, even if money comes right afterwards */
export function endOrder(world: World, order: Order, status: "canceled" | "expired"): Order {
  const ended: Order = {
    ...order,
    charges: order.charges.map((charge) =>
      charge.status === "pending_payment" || charge.status === "under_fraud_review" ? { ...charge, status } : charge,
    ),
    awaited: null,
    checkout:
      order.checkout === null ? null : { ...order.checkout, status: status === "canceled" ? "Cancelled" : "Expired" },
    updatedAtSeconds: nowSeconds(world),
    paymentStatus: status,
  };
  world.orders.put(ended, world.now().getTime());
  world.openCheckouts.delete(order.id);
  for (const charge of ended.charges) {
    if (!order.charges.includes(charge)) tellChargeEvent(world, ended, charge, status);
  }
  tellOrderEvent(world, ended, status);
  const late = world.paysAfterEnd.get(order.id);
  world.paysAfterEnd.delete(order.id);
  if (late !== undefined) payOnPage(world, ended, late, true);
  return ended;
}
