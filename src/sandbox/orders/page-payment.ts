/**
 * The customer at the hosted page: chooses cash or a transfer, pays it, or pays by card.
 *
 * Money may come late: a reference that was given out is paid at a shop that does not know the order has ended. Then the
 * order is paid all the same, and its page stays as it was (our guess).
 */
import { invalidParameter, preconditionRequired } from "../api/api-error.ts";
import { bankAnswer } from "../cards/behaviour.ts";
import { statusAfter } from "./charge.ts";
import { findCustomer, saveCustomer } from "../customers/customer-store.ts";
import { DECLINES } from "../cards/decline.ts";
import { decimalDigits, hexDigits, prefixedId, timedId } from "../id.ts";
import { amountPaidCents, type Charge, hasPendingCharge, type Order } from "./order.ts";
import { recordChargeEvents, recordOutcomeEvents } from "./order-events.ts";
import { type Means, type Method, newReference, type OfflineMethod } from "./payment-means.ts";
import type { CardAtPage, PagePayment } from "./paying.ts";
import { withSource } from "../customers/payment-source.ts";
import { countCharge, nowSeconds, type State } from "../state.ts";

/** @throws {ApiError} 428 when the page is over, or its order has a charge; 422 for a method that it does not offer */
export function chooseMethod(state: State, order: Order, method: OfflineMethod): Order {
  refuseUnlessOpen(order);
  refuseUnlessOffered(order, method);
  const means = newReference(state.random, method, order.checkout?.expiresAtSeconds ?? nowSeconds(state));
  const waiting = withCharge(state, order, newCharge(state, order, means, "pending_payment"));
  recordChargeEvents(state, waiting, waiting.charges.at(-1) ?? null);
  return waiting;
}

/**
 * @param crossesEnd it was under way when the order ended, and comes all the same
 * @throws {ApiError} 428 when nothing can be paid; 422 for a method that the page does not offer
 */
export function payOnPage(state: State, order: Order, payment: PagePayment, crossesEnd = false): Order {
  if (amountPaidCents(order) > 0) throw hasCharge("_paid", "paid");
  if (payment.method !== "card") return payReference(state, order, payment.method, crossesEnd);
  if (!crossesEnd) refuseUnlessOpen(order);
  return payByCard(state, order, payment);
}

function payByCard(state: State, order: Order, paying: CardAtPage): Order {
  refuseUnlessOffered(order, "card");
  const bank = bankAnswer(paying.behaviour, countCharge(state, paying.token), order.threeDsMode);
  const card: Means = { by: "card", card: paying.card };
  // At the page the customer passes 3DS at once.
  const status = bank.is === "needs_customer" ? "paid" : bank.is;
  const decline = bank.is === "declined" ? DECLINES[bank.decline] : null;
  const made: Charge = {
    ...newCharge(state, order, card, status),
    authCode: status === "paid" ? decimalDigits(state.random, 6) : null,
    paidAtSeconds: status === "paid" ? nowSeconds(state) : null,
    failureCode: decline?.failureCode ?? null,
    failureMessage: decline?.es ?? null,
  };
  const charged = withCharge(state, order, made);
  recordChargeEvents(state, charged, made);
  if (status === "paid") storeCard(state, charged, paying);
  return charged;
}

/** The reference that was taken, however long ago; without one, it is taken at once. */
function payReference(state: State, order: Order, method: OfflineMethod, crossesEnd: boolean): Order {
  const taken = order.charges.findLast(({ means }) => means.by === method);
  if (taken === undefined) return payReference(state, chooseMethod(state, order, method), method, crossesEnd);
  const isLate = taken.status !== "pending_payment" && !crossesEnd;
  if (isLate && !state.takesLatePayments) {
    throw preconditionRequired("sandbox.too_late", "La referencia ya expiró.", "The reference has expired.");
  }
  const paid: Charge = { ...taken, status: "paid", paidAtSeconds: nowSeconds(state) };
  const others = { ...order, charges: order.charges.filter(({ id }) => id !== taken.id) };
  const settled = withCharge(state, others, paid);
  recordOutcomeEvents(state, settled, paid);
  return settled;
}

/** The charge goes last, and the order becomes what the charge makes of it. */
function withCharge(state: State, order: Order, charge: Charge): Order {
  const { checkout } = order;
  const isPaid = charge.status === "paid";
  const paidStatus = checkout?.status === "Issued" ? "Finalized" : checkout?.status;
  const changed: Order = {
    ...order,
    charges: [...order.charges, charge],
    checkout:
      checkout === null || !isPaid
        ? checkout
        : { ...checkout, status: paidStatus ?? "Finalized", paidPayments: checkout.paidPayments + 1 },
    updatedAtSeconds: nowSeconds(state),
    // A decline that comes after the end revives nothing.
    paymentStatus: charge.status === "declined" && isOver(order) ? order.paymentStatus : statusAfter(order, charge),
  };
  state.orders.put(changed, state.now().getTime());
  if (isPaid) state.openCheckouts.delete(order.id);
  return changed;
}

function newCharge(state: State, order: Order, means: Means, status: Charge["status"]): Charge {
  const atSeconds = nowSeconds(state);
  return {
    id: timedId(state.random, atSeconds),
    createdAtSeconds: atSeconds,
    amountCents: order.amountCents,
    status,
    means,
    // What was paid at a page carries no reference of the merchant's.
    referenceId: null,
    contractId: null,
    authCode: null,
    deviceFingerprint: hexDigits(state.random, 32),
    failureCode: null,
    failureMessage: null,
    paidAtSeconds: null,
    refunds: [],
    chargeback: null,
  };
}

/** Only where the merchant asked for it, and for a customer that is stored. */
function storeCard(state: State, order: Order, { card, behaviour, becomesDefault }: CardAtPage): void {
  const request = order.checkout?.request;
  const { customerId } = order.customer;
  if (customerId === null || (request?.on_demand_enabled !== true && request?.force_save_card !== true)) return;
  const createdAtSeconds = nowSeconds(state);
  const source = { id: prefixedId(state.random, "src"), customerId, createdAtSeconds, card, behaviour };
  const grown = withSource(findCustomer(state, customerId), source);
  saveCustomer(state, becomesDefault ? { ...grown, defaultSourceId: source.id } : grown);
}

function refuseUnlessOpen(order: Order): void {
  if (order.checkout?.status !== "Issued") {
    throw preconditionRequired("sandbox.page_is_over", "La página ya no está abierta.", "The page is not open.");
  }
  if (hasPendingCharge(order)) throw hasCharge("", "pending payment");
}

function isOver({ paymentStatus }: Order): boolean {
  return paymentStatus === "canceled" || paymentStatus === "expired";
}

function refuseUnlessOffered({ checkout }: Order, method: Method): void {
  const { allowed_payment_methods: allowed, excluded_payment_methods: excluded } = checkout?.request ?? {};
  if ((allowed?.includes(method) ?? true) && !excluded?.includes(method)) return;
  const en = `The page does not offer "${method}".`;
  throw invalidParameter("sandbox.method_not_offered", "method", `La página no ofrece "${method}".`, en);
}

function hasCharge(suffix: "" | "_paid", en: string) {
  return preconditionRequired(
    `combo.order.cannot_be_updated_because_has_charge${suffix}`,
    "La orden ya tiene un cargo.",
    `The order has already a charge which is ${en}.`,
  );
}
