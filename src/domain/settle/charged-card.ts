/**
 * Which card was charged: the default of the claim, unless the gateway's answer names another one.
 *
 * Pure. Conekta charges the default card of the moment, which the customer may have changed without our knowing. Its
 * answers name a card by brand and last digits, and not by its id.
 */
import type { SeenCard } from "../attempt.ts";
import type { NamedCard } from "../charging/card-check.ts";

export type ChargedCard = NamedCard & { readonly cardBrand: string | null };

/**
 * @param claimed as the attempt has it
 * @param seen what the gateway named; null: nothing; none: that there is no card, so that none was tried
 * @param now the customer's default card as the database has it
 */
export function chargedCard(claimed: ChargedCard, seen: SeenCard | null, now: NamedCard): ChargedCard {
  if (seen === "none") return { paymentSourceId: null, cardBrand: null, cardLast4: null };
  const last4 = seen?.last4 ?? null;
  const isOther = last4 !== null && claimed.cardLast4 !== null && last4 !== claimed.cardLast4;
  return {
    // The id of another card is known only where it is the customer's default by now.
    paymentSourceId: !isOther ? claimed.paymentSourceId : now.cardLast4 === last4 ? now.paymentSourceId : null,
    cardBrand: seen?.brand ?? claimed.cardBrand,
    cardLast4: last4 ?? claimed.cardLast4,
  };
}

/** The gateway charged another card than the default we know of: the customer is to be read again. */
export function isDefaultInDoubt(seen: SeenCard | null, now: NamedCard): boolean {
  return seen !== "none" && Boolean(seen?.last4) && seen?.last4 !== now.cardLast4;
}
