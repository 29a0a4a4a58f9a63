/**
 * Charging an order: the one place where sandbox money moves.
 *
 * What can be refused without a trace was refused before (charge-checks.ts). Here the bank is asked, and charge, order
 * and events are kept together.
 */
import assert from "node:assert/strict";
import { type BankAnswer, bankAnswer } from "../cards/behaviour.ts";
import type { Call } from "../api/call.ts";
import { isExpired } from "../cards/card.ts";
import { DECLINES } from "../cards/decline.ts";
import { decimalDigits, hexDigits, timedId } from "../id.ts";
import { amountPaidCents, type Charge, type Order, type OrderStatus } from "./order.ts";
import { recordChargeEvents } from "./order-events.ts";
import type { ChargeRequest } from "./order-request.ts";
import { type ChargeableCard, countCharge, nowSeconds, type State } from "../state.ts";

const ONE_PESO_CENTS = 100;

export type ChargeResult = {
  readonly order: Order;
  /** Null when the customer must first pass 3DS: then there is no charge yet. */
  readonly charge: Charge | null;
  readonly bank: BankAnswer;
};

export function makeCharge(
  state: State,
  call: Call,
  order: Order,
  request: ChargeRequest,
  card: ChargeableCard,
): ChargeResult {
  const bank = isExpired(card.card, state.now())
    ? ({ is: "declined", decline: "expired_card" } as const)
    : bankAnswer(card.behaviour, countCharge(state, card.key), order.threeDsMode);
  if (card.behaviour.does === "fault") call.effects.cardFault = card.behaviour.kind;

  const askedCents = request.amount ?? order.amountCents;
  if (bank.is === "needs_customer") {
    return { order: awaitCustomer(state, order, request, card, askedCents), charge: null, bank };
  }

  const otherAmount = call.effects.otherAmount || call.effects.cardFault === "other_amount";
  const made = newCharge(state, call, request, card, otherAmount ? askedCents + ONE_PESO_CENTS : askedCents, bank);
  const staleStatus = call.effects.staleStatus || call.effects.cardFault === "stale_status";
  const charged = {
    ...order,
    charges: [...order.charges, made],
    updatedAtSeconds: nowSeconds(state),
    paymentStatus: staleStatus ? order.paymentStatus : statusAfter(order, made),
  };
  state.orders.put(charged, state.now().getTime());
  recordChargeEvents(state, charged, made);
  return { order: charged, charge: made, bank };
}

function newCharge(
  state: State,
  call: Call,
  request: ChargeRequest,
  card: ChargeableCard,
  amountCents: number,
  bank: Exclude<BankAnswer, { is: "needs_customer" }>,
): Charge {
  const atSeconds = nowSeconds(state);
  const decline = bank.is === "declined" ? DECLINES[bank.decline] : null;
  return {
    id: timedId(state.random, atSeconds),
    createdAtSeconds: atSeconds,
    amountCents,
    status: bank.is,
    means: { by: "card", card: card.card },
    referenceId: request.reference_id ?? null,
    contractId: request.payment_method.contract_id ?? null,
    authCode: bank.is === "paid" ? decimalDigits(state.random, 6) : null,
    deviceFingerprint: hexDigits(state.random, 32),
    failureCode: decline?.failureCode ?? null,
    failureMessage: decline?.[call.language] ?? null,
    paidAtSeconds: bank.is === "paid" ? atSeconds : null,
    refunds: [],
    chargeback: null,
  };
}

/** A part of the amount leaves the order waiting for the rest (our guess). */
export function statusAfter(order: Order, made: Charge): OrderStatus {
  if (made.status === "declined") return amountPaidCents(order) > 0 ? (order.paymentStatus ?? "declined") : "declined";
  if (made.status !== "paid") return "pending_payment";
  return amountPaidCents(order) + made.amountCents >= order.amountCents ? "paid" : "pending_payment";
}

function awaitCustomer(
  state: State,
  order: Order,
  request: ChargeRequest,
  card: ChargeableCard,
  amountCents: number,
): Order {
  assert(order.awaited === null, `order ${order.id} awaits 3DS already`);
  const waiting: Order = {
    ...order,
    paymentStatus: "pending_payment",
    updatedAtSeconds: nowSeconds(state),
    awaited: {
      amountCents,
      card: card.card,
      referenceId: request.reference_id ?? null,
      contractId: request.payment_method.contract_id ?? null,
      url: `https://pay.conekta.com/${hexDigits(state.random, 32)}`,
    },
  };
  state.orders.put(waiting, state.now().getTime());
  recordChargeEvents(state, waiting, null);
  return waiting;
}
