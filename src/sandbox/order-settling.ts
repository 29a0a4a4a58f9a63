/**
 * What happens to an order after it was charged: refunds, and the end of what was pending.
 */
import { invalidParameter, preconditionRequired } from "./api-error.ts";
import { type Answer, type Call, ok, param } from "./call.ts";
import { cardFromNumber } from "./card.ts";
import { statusAfter } from "./charge.ts";
import { DECLINES } from "./decline.ts";
import { decimalDigits, hexDigits, timedId } from "./id.ts";
import { amountPaidCents, amountRefundedCents, type Charge, type Order } from "./order.ts";
import { endOrder } from "./order-ending.ts";
import { findOrder, viewOptions } from "./order-store.ts";
import { tellChargeEvent, tellOrderEvent, tellOutcomeEvents } from "./order-events.ts";
import { refundSchema } from "./order-request.ts";
import { orderView } from "./order-view.ts";
import { checked } from "./validation.ts";
import { nowSeconds, type World } from "./world.ts";

/** Newest charge first; without an amount, everything that is left. */
export function refundOrder(world: World, call: Call): Answer {
  const order = findOrder(world, param(call, 0));
  const request = checked(refundSchema, call.body);
  const leftCents = amountPaidCents(order) - amountRefundedCents(order);
  const amountCents = request.amount ?? leftCents;
  if (amountCents > leftCents || leftCents === 0) {
    const en = `Only ${leftCents} cents of this order can be refunded.`;
    throw invalidParameter("amount.invalid", "amount", "El monto a reembolsar excede lo pagado.", en);
  }
  const charges = withRefund(world, order.charges, amountCents);
  const refunded: Order = {
    ...order,
    charges,
    updatedAtSeconds: nowSeconds(world),
    paymentStatus: amountCents === leftCents ? "refunded" : "partially_refunded",
  };
  world.orders.put(refunded, world.now().getTime());
  for (const charge of charges) {
    if (!order.charges.includes(charge)) tellChargeEvent(world, refunded, charge, "refunded");
  }
  tellOrderEvent(world, refunded, amountCents === leftCents ? "refunded" : "partially_refunded");
  return ok(orderView(refunded, viewOptions(world, call)));
}

export type Settlement = "paid" | "declined" | "expired" | "canceled";

/**
 * Plays the bank, or the customer at the payment page: the order's pending charge, 3DS or open checkout ends so.
 *
 * @throws {ApiError} 428 when nothing is pending
 */
export function settleOrder(world: World, id: string, settlement: Settlement): Order {
  const order = findOrder(world, id);
  const isOpen = order.checkout?.status === "Issued";
  const pending = order.charges.find(({ status }) => status === "pending_payment" || status === "under_fraud_review");
  if (!isOpen && pending === undefined && order.awaited === null) {
    throw preconditionRequired("sandbox.nothing_pending", "Nada está pendiente.", "Nothing is pending on this order.");
  }
  if (settlement === "expired" || settlement === "canceled") return endOrder(world, order, settlement);

  const ended = settledCharge(world, pending ?? awaitedCharge(world, order), settlement);
  const others = order.charges.filter((charge) => charge.id !== ended.id);
  const settled: Order = {
    ...order,
    charges: [...others, ended],
    awaited: null,
    checkout:
      order.checkout === null || settlement !== "paid"
        ? order.checkout
        : { ...order.checkout, status: "Finalized", paidPayments: order.checkout.paidPayments + 1 },
    updatedAtSeconds: nowSeconds(world),
    paymentStatus: statusAfter({ ...order, charges: others }, ended),
  };
  world.orders.put(settled, world.now().getTime());
  if (settlement === "paid") world.openCheckouts.delete(id);
  if (pending === undefined) tellChargeEvent(world, settled, ended, "created");
  tellOutcomeEvents(world, settled, ended);
  return settled;
}

function settledCharge(world: World, charge: Charge, settlement: "paid" | "declined"): Charge {
  const decline = DECLINES.card_declined;
  return settlement === "paid"
    ? { ...charge, status: "paid", paidAtSeconds: nowSeconds(world), authCode: authCode(world, charge) }
    : { ...charge, status: "declined", failureCode: decline.failureCode, failureMessage: decline.es };
}

/** Banks authorise; shops do not. */
function authCode(world: World, { means }: Charge): string | null {
  return means.by === "card" ? decimalDigits(world.random, 6) : null;
}

/** The charge that 3DS or the payment page leads to; a customer at the page pays with a test card. */
function awaitedCharge(world: World, order: Order): Charge {
  const atSeconds = nowSeconds(world);
  const years = String(world.now().getUTCFullYear() + 5).slice(-2);
  return {
    id: timedId(world.random, atSeconds),
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
    deviceFingerprint: hexDigits(world.random, 32),
    failureCode: null,
    failureMessage: null,
    paidAtSeconds: null,
    refunds: [],
  };
}

function withRefund(world: World, charges: readonly Charge[], amountCents: number): readonly Charge[] {
  let leftCents = amountCents;
  const refunded = charges.toReversed().map((charge): Charge => {
    const before = charge.refunds.reduce((sum, refund) => sum + refund.amountCents, 0);
    const part = charge.paidAtSeconds === null ? 0 : Math.min(leftCents, charge.amountCents - before);
    if (part === 0) return charge;
    leftCents -= part;
    const refund = {
      id: timedId(world.random, nowSeconds(world)),
      amountCents: part,
      createdAtSeconds: nowSeconds(world),
      authCode: decimalDigits(world.random, 6),
    };
    const status = before + part === charge.amountCents ? "refunded" : "partially_refunded";
    return { ...charge, status, refunds: [...charge.refunds, refund] };
  });
  return refunded.toReversed();
}
