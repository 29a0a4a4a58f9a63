/**
 * Which card a charge means: the customer's default, a stored one, a token, or a number.
 */
import { ApiError, invalidParameter } from "./api-error.ts";
import { cardFromNumber } from "./card.ts";
import { findCustomer } from "./customer-store.ts";
import type { PaymentSource } from "./customer.ts";
import type { ChargeRequest } from "./order-request.ts";
import { findSource, spendToken } from "./payment-source.ts";
import { behaviourOfNumber } from "./token.ts";
import type { ChargeableCard, World } from "./world.ts";

/** @throws {ApiError} 404 for an unknown source; 422 for no default, or no customer to look in (our guess) */
export function cardToCharge(world: World, request: ChargeRequest, customerId: string | null): ChargeableCard {
  const method = request.payment_method;
  if (method.type === "default") return stored(defaultSource(world, customerId));
  if (method.payment_source_id !== undefined) {
    return stored(findSource(findCustomer(world, customerId ?? ""), method.payment_source_id));
  }
  if (method.token_id !== undefined) {
    return { key: method.token_id, ...spendToken(world, method.token_id, "payment_method.token_id") };
  }
  const { number = "", name = "", exp_month = "", exp_year = "" } = method;
  const card = cardFromNumber(number, name, exp_month, exp_year);
  // Its charges are counted without keeping the number.
  return { key: `${card.bin}…${card.last4}`, card, behaviour: behaviourOfNumber(number) };
}

function stored(source: PaymentSource): ChargeableCard {
  return { key: source.id, card: source.card, behaviour: source.behaviour };
}

function defaultSource(world: World, customerId: string | null): PaymentSource {
  if (customerId === null) throw noDefault("The order has no customer_id, so there is no default payment source.");
  const customer = findCustomer(world, customerId);
  const source = customer.sources.find((candidate) => candidate.id === customer.defaultSourceId);
  if (source === undefined) throw noDefault(`The customer ${customerId} has no default payment source.`);
  return source;
}

/** Neither code nor status of this refusal is published: our guess, and the debug message says so. */
function noDefault(reason: string): ApiError {
  return invalidParameter(
    "payment_method.default_payment_source.missing",
    "payment_method.type",
    "El cliente no tiene un método de pago predeterminado.",
    "The customer has no default payment source.",
    `${reason} (A guess of this sandbox: what the real service answers here is not published.)`,
  );
}
