/**
 * Orders: create (with or without a charge), read, change.
 *
 * @see Conekta API 2.3.0 specification, `/orders`
 */
import { declined, invalidParameter, notFound } from "./api-error.ts";
import { type Answer, type Call, ok, param } from "./call.ts";
import { makeCharge } from "./charge.ts";
import { cardFor, refuseIfCharged } from "./charge-checks.ts";
import { isExpiryAllowed, newCheckout } from "./checkout.ts";
import { findCustomer } from "./customer-store.ts";
import { prefixedId } from "./id.ts";
import { amountPaidCents, type CustomerInfo, type Order } from "./order.ts";
import { findOrder, viewOptions } from "./order-store.ts";
import { tellOrderEvent } from "./order-events.ts";
import { changedLines, orderLines } from "./order-lines.ts";
import { type ChargeRequest, type CustomerInfoRequest, newOrderSchema, orderChangeSchema } from "./order-request.ts";
import { orderView } from "./order-view.ts";
import { checked } from "./validation.ts";
import { type ChargeableCard, nowSeconds, type World } from "./world.ts";

export function createOrder(world: World, call: Call): Answer {
  const request = checked(newOrderSchema, call.body);
  const atSeconds = nowSeconds(world);
  if (request.checkout?.expires_at !== undefined && !isExpiryAllowed(request.checkout.expires_at, atSeconds)) {
    const en = "The checkout must expire between 5 minutes and 365 days from now.";
    throw invalidParameter("checkout.expires_at.invalid", "checkout.expires_at", "La expiración es inválida.", en);
  }
  const order: Order = {
    id: prefixedId(world.random, "ord"),
    createdAtSeconds: atSeconds,
    updatedAtSeconds: atSeconds,
    currency: request.currency.toUpperCase(),
    customer: customerInfo(world, request.customer_info),
    ...orderLines(world.random, request),
    metadata: request.metadata ?? {},
    charges: [],
    paymentStatus: null,
    awaited: null,
    threeDsMode: request.three_ds_mode ?? null,
    returnUrl: request.return_url ?? null,
    checkout: request.checkout === undefined ? null : newCheckout(world.random, request.checkout, atSeconds),
    processingMode: request.processing_mode ?? null,
  };
  const chargeRequest = request.charges?.[0];
  // A refusal must leave no order behind, so the card is looked at first.
  const card = chargeRequest === undefined ? null : cardFor(world, order, chargeRequest);

  world.orders.put(order, world.now().getTime());
  if (order.checkout !== null) world.openCheckouts.add(order.id);
  tellOrderEvent(world, order, "created");
  if (chargeRequest === undefined || card === null) return ok(orderView(order, viewOptions(world, call)));
  return chargedOrder(world, call, order, chargeRequest, card);
}

export function getOrder(world: World, call: Call): Answer {
  const order = world.orders.read(param(call, 0), world.now().getTime());
  if (order === undefined) throw notFound("Order", param(call, 0));
  return ok(orderView(order, viewOptions(world, call)));
}

/** Can carry a charge, and then moves money. Once paid, nothing can be changed, not even metadata. */
export function updateOrder(world: World, call: Call): Answer {
  const order = findOrder(world, param(call, 0));
  const change = checked(orderChangeSchema, call.body);
  const changed: Order = {
    ...order,
    ...changedLines(world.random, order, change),
    currency: change.currency?.toUpperCase() ?? order.currency,
    customer: change.customer_info === undefined ? order.customer : customerInfo(world, change.customer_info),
    metadata: change.metadata ?? order.metadata,
    updatedAtSeconds: nowSeconds(world),
  };
  refuseIfCharged(world, order, amountPaidCents(order) > 0 ? order.amountCents : 0);
  const chargeRequest = change.charges?.[0];
  const card = chargeRequest === undefined ? null : cardFor(world, changed, chargeRequest);

  world.orders.put(changed, world.now().getTime());
  tellOrderEvent(world, changed, "updated");
  if (chargeRequest === undefined || card === null) return ok(orderView(changed, viewOptions(world, call)));
  return chargedOrder(world, call, changed, chargeRequest, card);
}

function chargedOrder(world: World, call: Call, order: Order, request: ChargeRequest, card: ChargeableCard): Answer {
  const result = makeCharge(world, call, order, request, card);
  const body = orderView(result.order, viewOptions(world, call));
  if (result.bank.is === "declined") throw declined(result.bank.decline, body);
  return ok(body);
}

function customerInfo(world: World, request: CustomerInfoRequest): CustomerInfo {
  if (request.customer_id === undefined) {
    const { name = "", email = "", phone = "", corporate = false } = request;
    return { customerId: null, name, email, phone, corporate, customReference: null };
  }
  const { id, name, email, phone, corporate, customReference } = findCustomer(world, request.customer_id);
  return { customerId: id, name, email, phone, corporate, customReference };
}
