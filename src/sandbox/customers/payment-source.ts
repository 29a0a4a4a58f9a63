/**
 * Storing cards: by token, or by number as the guide "Cargo bajo demanda" shows.
 *
 * The first card of a customer becomes the default, although its own answer says `default: false`.
 *
 * @see the guide "Cargo bajo demanda"
 */
import { invalidParameter, notFound, tokenAlreadyUsed } from "../api/api-error.ts";
import { cardFromNumber } from "../cards/card.ts";
import type { Customer, PaymentSource } from "./customer.ts";
import { type SourceRequest, sourceSchemaFor } from "./customer-request.ts";
import { prefixedId } from "../id.ts";
import { behaviourOfNumber, knownToken, type Tokenized } from "../cards/token.ts";
import { checked } from "../api/validation.ts";
import { nowSeconds, type State } from "../state.ts";

export function newSource(state: State, customerId: string, body: unknown): PaymentSource {
  refuseOtherTypes(body);
  const { card, behaviour } = cardOf(state, checked(sourceSchemaFor(body), body));
  return { id: prefixedId(state.random, "src"), customerId, createdAtSeconds: nowSeconds(state), card, behaviour };
}

export function withSource(customer: Customer, source: PaymentSource): Customer {
  return {
    ...customer,
    sources: [...customer.sources, source],
    defaultSourceId: customer.defaultSourceId ?? source.id,
  };
}

export function findSource(customer: Customer, id: string): PaymentSource {
  const source = customer.sources.find((candidate) => candidate.id === id);
  if (source === undefined) throw notFound("PaymentSource", id);
  return source;
}

function cardOf(state: State, request: SourceRequest): Tokenized {
  if ("token_id" in request) return spendToken(state, request.token_id, "payment_sources.token_id");
  const card = cardFromNumber(request.number, request.name, request.exp_month, request.exp_year);
  return { card, behaviour: behaviourOfNumber(request.number) };
}

/**
 * Test tokens may be used again and again, tokens from `POST /tokens` once.
 *
 * @param name where the token stood, for the error's code
 */
export function spendToken(
  state: State,
  token: string,
  name: "payment_method.token_id" | "payment_sources.token_id",
): Tokenized {
  const known = knownToken(token, state.now());
  if (known !== null) return known;
  if (state.usedTokens.has(token) || token === "tok_sandbox_used") throw tokenAlreadyUsed();

  const made = state.tokens.get(token);
  if (made === undefined) {
    throw invalidParameter(`${name}.nonexistent_token`, name, "El token no existe.", "The token does not exist.");
  }
  state.tokens.delete(token);
  state.usedTokens.add(token);
  return made;
}

function refuseOtherTypes(body: unknown): void {
  const type = (body as { type?: unknown } | null)?.type;
  if (typeof type !== "string" || type === "card") return;
  throw invalidParameter(
    "payment_sources.type.invalid",
    "type",
    `El sandbox solo guarda tarjetas, no "${type}".`,
    `This sandbox stores cards only, not "${type}".`,
  );
}
