/**
 * Which card is charged: the customer's default, a stored one, a token, or a number.
 */
import { ApiError, invalidParameter } from "../api/api-error.ts";
import { cardFromNumber } from "../cards/card.ts";
import { findCustomer } from "../customers/customer-store.ts";
import type { PaymentSource } from "../customers/customer.ts";
import type { ChargeRequest } from "./order-request.ts";
import { findSource, spendToken } from "../customers/payment-source.ts";
import { behaviourOfNumber } from "../cards/token.ts";
import type { ChargeableCard, State } from "../state.ts";

/** @throws {ApiError} 404 for an unknown source; 422 for no default, or no customer to look in (our guess) */
export function cardToCharge(state: State, request: ChargeRequest, customerId: string | null): ChargeableCard {
  const method = request.payment_method;
  if (method.type === "default") return stored(defaultSource(state, customerId));
  if (method.payment_source_id !== undefined) {
    return stored(findSource(findCustomer(state, customerId ?? ""), method.payment_source_id));
  }
  if (method.token_id !== undefined) {
    return { key: method.token_id, ...spendToken(state, method.token_id, "payment_method.token_id") };
  }
  const { number = "", name = "", exp_month = "", exp_year = "" } = method;
  const card = cardFromNumber(number, name, exp_month, exp_year);
  // Its charges are counted without keeping the number.
  return { key: `${card.bin}…${card.last4}`, card, behaviour: behaviourOfNumber(number) };
}

function stored(source: PaymentSource): ChargeableCard {
  return { key: source.id, card: source.card, behaviour: source.behaviour };
}

function defaultSource(state: State, customerId: string | null): PaymentSource {
  if (customerId === null) throw noDefault("The order has no customer_id, so there is no default payment source.");
  const customer = findCustomer(state, customerId);
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
