/**
 * Orders: create (with or without a charge), read, change.
 *
 * @see Conekta API 2.3.0 specification, `/orders`
 */
import { declined, invalidParameter, notFound } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import { makeCharge } from "./charge.ts";
import { cardFor, refuseIfCharged } from "./charge-checks.ts";
import { isExpiryAllowed, newCheckout } from "./checkout.ts";
import { findCustomer } from "../customers/customer-store.ts";
import { prefixedId } from "../id.ts";
import { amountPaidCents, type CustomerInfo, type Order } from "./order.ts";
import { findOrder, viewOptions } from "./order-store.ts";
import { recordOrderEvent } from "./order-events.ts";
import { changedLines, orderLines } from "./order-lines.ts";
import { type ChargeRequest, type CustomerInfoRequest, newOrderSchema, orderChangeSchema } from "./order-request.ts";
import { orderView } from "./order-view.ts";
import { checked } from "../api/validation.ts";
import { type ChargeableCard, nowSeconds, type State } from "../state.ts";

export function createOrder(state: State, call: Call): Answer {
  const request = checked(newOrderSchema, call.body);
  const atSeconds = nowSeconds(state);
  if (request.checkout?.expires_at !== undefined && !isExpiryAllowed(request.checkout.expires_at, atSeconds)) {
    const en = "The checkout must expire between 5 minutes and 365 days from now.";
    throw invalidParameter("checkout.expires_at.invalid", "checkout.expires_at", "La expiración es inválida.", en);
  }
  const order: Order = {
    id: prefixedId(state.random, "ord"),
    createdAtSeconds: atSeconds,
    updatedAtSeconds: atSeconds,
    currency: request.currency.toUpperCase(),
    customer: customerInfo(state, request.customer_info),
    ...orderLines(state.random, request),
    metadata: request.metadata ?? {},
    charges: [],
    paymentStatus: null,
    awaited: null,
    threeDsMode: request.three_ds_mode ?? null,
    returnUrl: request.return_url ?? null,
    checkout: request.checkout === undefined ? null : newCheckout(state.random, request.checkout, atSeconds),
    processingMode: request.processing_mode ?? null,
  };
  const chargeRequest = request.charges?.[0];
  // A refusal must leave no order behind, so the card is checked first.
  const card = chargeRequest === undefined ? null : cardFor(state, order, chargeRequest);

  state.orders.put(order, state.now().getTime());
  if (order.checkout !== null) state.openCheckouts.add(order.id);
  recordOrderEvent(state, order, "created");
  if (chargeRequest === undefined || card === null) return ok(orderView(order, viewOptions(state, call)));
  return chargedOrder(state, call, order, chargeRequest, card);
}

export function getOrder(state: State, call: Call): Answer {
  const order = state.orders.read(param(call, 0), state.now().getTime());
  if (order === undefined) throw notFound("Order", param(call, 0));
  return ok(orderView(order, viewOptions(state, call)));
}

/** Can carry a charge, and then moves money. Once paid, nothing can be changed, not even metadata. */
export function updateOrder(state: State, call: Call): Answer {
  const order = findOrder(state, param(call, 0));
  const change = checked(orderChangeSchema, call.body);
  const changed: Order = {
    ...order,
    ...changedLines(state.random, order, change),
    currency: change.currency?.toUpperCase() ?? order.currency,
    customer: change.customer_info === undefined ? order.customer : customerInfo(state, change.customer_info),
    metadata: change.metadata ?? order.metadata,
    updatedAtSeconds: nowSeconds(state),
  };
  refuseIfCharged(state, order, amountPaidCents(order) > 0 ? order.amountCents : 0);
  const chargeRequest = change.charges?.[0];
  const card = chargeRequest === undefined ? null : cardFor(state, changed, chargeRequest);

  state.orders.put(changed, state.now().getTime());
  recordOrderEvent(state, changed, "updated");
  if (chargeRequest === undefined || card === null) return ok(orderView(changed, viewOptions(state, call)));
  return chargedOrder(state, call, changed, chargeRequest, card);
}

function chargedOrder(state: State, call: Call, order: Order, request: ChargeRequest, card: ChargeableCard): Answer {
  const result = makeCharge(state, call, order, request, card);
  const body = orderView(result.order, viewOptions(state, call));
  if (result.bank.is === "declined") throw declined(result.bank.decline, body);
  return ok(body);
}

function customerInfo(state: State, request: CustomerInfoRequest): CustomerInfo {
  if (request.customer_id === undefined) {
    const { name = "", email = "", phone = "", corporate = false } = request;
    return { customerId: null, name, email, phone, corporate, customReference: null };
  }
  const { id, name, email, phone, corporate, customReference } = findCustomer(state, request.customer_id);
  return { customerId: id, name, email, phone, corporate, customReference };
}
