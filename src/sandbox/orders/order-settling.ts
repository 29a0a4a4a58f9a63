/**
 * What happens to an order after it was charged: refunds, and the end of what was pending.
 */
import { invalidParameter, preconditionRequired } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import { cardFromNumber } from "../cards/card.ts";
import { statusAfter } from "./charge.ts";
import { DECLINES } from "../cards/decline.ts";
import { decimalDigits, hexDigits, timedId } from "../id.ts";
import { amountPaidCents, amountRefundedCents, type Charge, type Order } from "./order.ts";
import { endOrder } from "./order-ending.ts";
import { findOrder, viewOptions } from "./order-store.ts";
import { recordChargeEvent, recordOrderEvent, recordOutcomeEvents } from "./order-events.ts";
import { refundSchema } from "./order-request.ts";
import { orderView } from "./order-view.ts";
import { checked } from "../api/validation.ts";
import { nowSeconds, type State } from "../state.ts";

/** Newest charge first; without an amount, everything that is left. */
export function refundOrder(state: State, call: Call): Answer {
  const order = findOrder(state, param(call, 0));
  const request = checked(refundSchema, call.body);
  const leftCents = amountPaidCents(order) - amountRefundedCents(order);
  const amountCents = request.amount ?? leftCents;
  if (amountCents > leftCents || leftCents === 0) {
    const en = `Only ${leftCents} cents of this order can be refunded.`;
    throw invalidParameter("amount.invalid", "amount", "El monto a reembolsar excede lo pagado.", en);
  }
  const charges = withRefund(state, order.charges, amountCents);
  const refunded: Order = {
    ...order,
    charges,
    updatedAtSeconds: nowSeconds(state),
    paymentStatus: amountCents === leftCents ? "refunded" : "partially_refunded",
  };
  state.orders.put(refunded, state.now().getTime());
  for (const charge of charges) {
    if (!order.charges.includes(charge)) recordChargeEvent(state, refunded, charge, "refunded");
  }
  recordOrderEvent(state, refunded, amountCents === leftCents ? "refunded" : "partially_refunded");
  return ok(orderView(refunded, viewOptions(state, call)));
}

export type Settlement = "paid" | "declined" | "expired" | "canceled";

/**
 * Plays the bank, or the customer at the payment page: the order's pending charge, 3DS or open checkout ends so.
 *
 * @throws {ApiError} 428 when nothing is pending
 */
export function settleOrder(state: State, id: string, settlement: Settlement): Order {
  const order = findOrder(state, id);
  const isOpen = order.checkout?.status === "Issued";
  const pending = order.charges.find(({ status }) => status === "pending_payment" || status === "under_fraud_review");
  if (!isOpen && pending === undefined && order.awaited === null) {
    throw preconditionRequired("sandbox.nothing_pending", "Nada está pendiente.", "Nothing is pending on this order.");
  }
  if (settlement === "expired" || settlement === "canceled") return endOrder(state, order, settlement);

  const ended = settledCharge(state, pending ?? awaitedCharge(state, order), settlement);
  const others = order.charges.filter((charge) => charge.id !== ended.id);
  const settled: Order = {
    ...order,
    charges: [...others, ended],
    awaited: null,
    checkout:
      order.checkout === null || settlement !== "paid"
        ? order.checkout
        : { ...order.checkout, status: "Finalized", paidPayments: order.checkout.paidPayments + 1 },
    updatedAtSeconds: nowSeconds(state),
    paymentStatus: statusAfter({ ...order, charges: others }, ended),
  };
  state.orders.put(settled, state.now().getTime());
  if (settlement === "paid") state.openCheckouts.delete(id);
  if (pending === undefined) recordChargeEvent(state, settled, ended, "created");
  recordOutcomeEvents(state, settled, ended);
  return settled;
}

function settledCharge(state: State, charge: Charge, settlement: "paid" | "declined"): Charge {
  const decline = DECLINES.card_declined;
  return settlement === "paid"
    ? { ...charge, status: "paid", paidAtSeconds: nowSeconds(state), authCode: authCode(state, charge) }
    : { ...charge, status: "declined", failureCode: decline.failureCode, failureMessage: decline.es };
}

/** Banks authorise; shops do not. */
function authCode(state: State, { means }: Charge): string | null {
  return means.by === "card" ? decimalDigits(state.random, 6) : null;
}

/** The charge that 3DS or the payment page leads to; a customer at the page pays with a test card. */
function awaitedCharge(state: State, order: Order): Charge {
  const atSeconds = nowSeconds(state);
  const years = String(state.now().getUTCFullYear() + 5).slice(-2);
  return {
    id: timedId(state.random, atSeconds),
    createdAtSeconds: atSeconds,
    amountCents: order.awaited?.amountCents ?? order.amountCents,
    status: "pending_payment",
    means: {
      by: "card",
      card: order.awaited?.card ?? cardFromNumber("4242424242424242", order.customer.name, "12", years),
    },
    referenceId: order.awaited?.referenceId ?? null,
    contractId: order.awaited?.contractId ?? null,
    authCode: null,
    deviceFingerprint: hexDigits(state.random, 32),
    failureCode: null,
    failureMessage: null,
    paidAtSeconds: null,
    refunds: [],
    chargeback: null,
  };
}

function withRefund(state: State, charges: readonly Charge[], amountCents: number): readonly Charge[] {
  let leftCents = amountCents;
  const refunded = charges.toReversed().map((charge): Charge => {
    const before = charge.refunds.reduce((sum, refund) => sum + refund.amountCents, 0);
    const part = charge.paidAtSeconds === null ? 0 : Math.min(leftCents, charge.amountCents - before);
    if (part === 0) return charge;
    leftCents -= part;
    const refund = {
      id: timedId(state.random, nowSeconds(state)),
      amountCents: part,
      createdAtSeconds: nowSeconds(state),
      authCode: decimalDigits(state.random, 6),
    };
    const status = before + part === charge.amountCents ? "refunded" : "partially_refunded";
    return { ...charge, status, refunds: [...charge.refunds, refund] };
  });
  return refunded.toReversed();
}
