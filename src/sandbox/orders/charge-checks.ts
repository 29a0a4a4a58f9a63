/**
 * Everything that can refuse a charge without leaving a trace: the order's state, the amount, the card.
 */
import { invalidParameter, preconditionRequired } from "../api/api-error.ts";
import { CardFault } from "../api/call.ts";
import { cardToCharge } from "./card-to-charge.ts";
import { DECLINES } from "../cards/decline.ts";
import { traitsOf } from "../faults/fault-kind.ts";
import { amountPaidCents, hasPendingCharge, type Order } from "./order.ts";
import type { ChargeRequest } from "./order-request.ts";
import type { ChargeableCard, State } from "../state.ts";

/** Conekta's smallest card charge: 3.00 MXN. See help.conekta.com, article 360018667753. */
const CHARGE_CENTS_MIN = 300;

/**
 * The card to charge, when nothing stands against it.
 *
 * @throws {ApiError | CardFault}
 */
export function cardFor(state: State, order: Order, request: ChargeRequest): ChargeableCard {
  const amountCents = request.amount ?? order.amountCents;
  refuseIfCharged(state, order, amountCents);
  checkAmount(amountCents, order.amountCents);
  const card = cardToCharge(state, request, order.customer.customerId);
  refuseByCard(card);
  return card;
}

/** @throws {ApiError} 428 or 422 (as the state's guard says) when the order is paid, 428 when a charge is pending */
export function refuseIfCharged(state: State, order: Order, amountCents: number): void {
  if (order.paymentStatus === "canceled" || order.paymentStatus === "expired") {
    // Our guess: no source says what charging a dead order answers.
    throw preconditionRequired(
      `combo.order.is_${order.paymentStatus}`,
      "La orden ya no admite cargos.",
      "The order accepts no more charges.",
    );
  }
  const paidCents = amountPaidCents(order);
  if (paidCents > 0 && paidCents + amountCents > order.amountCents && state.guard !== "off") {
    throw preconditionRequired(
      "combo.order.cannot_be_updated_because_has_charge_paid",
      "La orden no puede ser modificada porque ya tiene un cargo pagado.",
      "The order cannot be modified because it has already a charge which is paid.",
      state.guard,
    );
  }
  if (hasPendingCharge(order)) {
    throw preconditionRequired(
      "combo.order.cannot_be_updated_because_has_charge",
      "La orden no puede ser modificada porque ya tiene un cargo pendiente de pago.",
      "The order cannot be modified because it has already a charge which is pending payment.",
    );
  }
}

/** @throws {ApiError} 422 for an amount under the minimum, or over the order's (codes are our guess) */
function checkAmount(amountCents: number, orderCents: number): void {
  if (amountCents < CHARGE_CENTS_MIN) {
    const en = `The amount of a card charge must be at least ${CHARGE_CENTS_MIN} cents.`;
    const es = "El monto de un cargo con tarjeta debe ser de al menos 3.00 MXN.";
    throw invalidParameter("combo.order.currency_type.card.minimum", "charges[0].amount", es, en);
  }
  if (amountCents > orderCents) {
    const en = "The charge's amount is larger than the order's.";
    throw invalidParameter(
      "charges.amount.invalid",
      "charges[0].amount",
      "El monto del cargo excede el de la orden.",
      en,
    );
  }
}

/**
 * A card that refuses without a trace, or whose fault comes before acting, speaks here.
 *
 * @throws {CardFault | ApiError}
 */
function refuseByCard(card: ChargeableCard): void {
  const { behaviour } = card;
  if (behaviour.does === "fault" && traitsOf(behaviour.kind).strikes === "before") {
    throw new CardFault(behaviour.kind);
  }
  if (behaviour.does !== "decline") return;
  const decline = DECLINES[behaviour.decline];
  if (decline.status === 422) {
    throw invalidParameter(decline.code.replace("parameter_validation.", ""), "payment_method", decline.es, decline.en);
  }
}
