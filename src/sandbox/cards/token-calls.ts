/**
 * `POST /tokens`: a card for one use. At Conekta only its own components may call this with a public key.
 *
 * @see Conekta API 2.3.0 specification, schemas `token_request` and `token_response`
 */
import { z } from "zod";
import { type Answer, type Call, ok } from "../api/call.ts";
import { cardFromNumber } from "./card.ts";
import { rawCardFields } from "../customers/customer-request.ts";
import { prefixedId } from "../id.ts";
import { behaviourOfNumber } from "./token.ts";
import { checked } from "../api/validation.ts";
import type { State } from "../state.ts";

const tokenSchema = z.strictObject({
  card: z.strictObject({ ...rawCardFields, device_fingerprint: z.string().optional() }),
});

export function createToken(state: State, call: Call): Answer {
  const { card } = checked(tokenSchema, call.body);
  const id = prefixedId(state.random, "tok");
  state.tokens.set(id, {
    card: cardFromNumber(card.number, card.name, card.exp_month, card.exp_year),
    behaviour: behaviourOfNumber(card.number),
  });
  return ok({ id, object: "token", livemode: state.livemode, used: false });
}
