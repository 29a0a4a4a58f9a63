/**
 * The end of an order that was not paid: cancelled by the merchant, or expired by the clock.
 *
 * A customer who was about to pay just then (`paysAfterEnd`) pays all the same: the order is over, and then it is paid.
 */
import { preconditionRequired } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import { amountPaidCents, type Order } from "./order.ts";
import { findOrder, viewOptions } from "./order-store.ts";
import { recordChargeEvent, recordOrderEvent } from "./order-events.ts";
import { orderView } from "./order-view.ts";
import { payOnPage } from "./page-payment.ts";
import { nowSeconds, type State } from "../state.ts";

/**
 * Cancels what is not paid, a pending card charge and the page included; again and again. Refused while cash or a
 * transfer may still come, because the reference is in the customer's hands already. (All of it our guess.)
 */
export function cancelOrder(state: State, call: Call): Answer {
  const order = findOrder(state, param(call, 0));
  if (amountPaidCents(order) > 0) {
    throw preconditionRequired(
      "combo.order.cannot_be_updated_because_has_charge_paid",
      "La orden no puede ser cancelada porque ya tiene un cargo pagado.",
      "The order cannot be canceled because it has already a charge which is paid.",
    );
  }
  const hasReference = order.charges.some(({ status, means }) => status === "pending_payment" && means.by !== "card");
  if (hasReference && !state.cancelsReferences) {
    throw preconditionRequired(
      "combo.order.cannot_be_updated_because_has_charge",
      "La orden no puede ser cancelada porque ya tiene un cargo pendiente de pago.",
      "The order cannot be canceled because it has already a charge which is pending payment.",
    );
  }
  const ended = order.paymentStatus === "canceled" ? order : endOrder(state, order, "canceled");
  return ok(orderView(ended, viewOptions(state, call)));
}

/** Open checkouts whose time has come expire; checked before every call, so that it follows a clock set by hand. */
export function expireCheckouts(state: State): void {
  for (const id of state.openCheckouts) {
    const order = findOrder(state, id);
    if ((order.checkout?.expiresAtSeconds ?? Infinity) <= nowSeconds(state)) endOrder(state, order, "expired");
  }
}

/** @returns the order as it ended, even if money comes right afterwards */
export function endOrder(state: State, order: Order, status: "canceled" | "expired"): Order {
  const ended: Order = {
    ...order,
    charges: order.charges.map((charge) =>
      charge.status === "pending_payment" || charge.status === "under_fraud_review" ? { ...charge, status } : charge,
    ),
    awaited: null,
    checkout:
      order.checkout === null ? null : { ...order.checkout, status: status === "canceled" ? "Cancelled" : "Expired" },
    updatedAtSeconds: nowSeconds(state),
    paymentStatus: status,
  };
  state.orders.put(ended, state.now().getTime());
  state.openCheckouts.delete(order.id);
  for (const charge of ended.charges) {
    if (!order.charges.includes(charge)) recordChargeEvent(state, ended, charge, status);
  }
  recordOrderEvent(state, ended, status);
  const late = state.paysAfterEnd.get(order.id);
  state.paysAfterEnd.delete(order.id);
  if (late !== undefined) payOnPage(state, ended, late, true);
  return ended;
}
