/**
 * `POST /tokens`: a card for one use. At Conekta only its own components may call this with a public key.
 *
 * @see Conekta API 2.3.0 specification, schemas `token_request` and `token_response`
 */
import { z } from "zod";
import { type Answer, type Call, ok } from "./call.ts";
import { cardFromNumber } from "./card.ts";
import { rawCardFields } from "./customer-request.ts";
import { prefixedId } from "./id.ts";
import { behaviourOfNumber } from "./token.ts";
import { checked } from "./validation.ts";
import type { World } from "./world.ts";

const tokenSchema = z.strictObject({
  card: z.strictObject({ ...rawCardFields, device_fingerprint: z.string().optional() }),
});

export function createToken(world: World, call: Call): Answer {
  const { card } = checked(tokenSchema, call.body);
  const id = prefixedId(world.random, "tok");
  world.tokens.set(id, {
    card: cardFromNumber(card.number, card.name, card.exp_month, card.exp_year),
    behaviour: behaviourOfNumber(card.number),
  });
  return ok({ id, object: "token", livemode: world.livemode, used: false });
}
