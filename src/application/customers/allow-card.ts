/**
 * A person lifts the ban on a card: a decline said that it must never be tried again, and the person knows better.
 *
 * Charges nothing: the next charge of this customer may use the card again, and a decline bans it anew. Lift and event are
 * one transaction.
 */
import { NotFound, Refused } from "../../domain/errors.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { CardOfCustomer } from "../ports/records.ts";
import { said } from "../../domain/refusals.ts";

/** @throws {NotFound} the books know no such card @throws {Refused} nothing keeps it from being charged */
export async function allowCard(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  paymentSourceId: string,
  { by, why }: { readonly by: string; readonly why: string },
): Promise<CardOfCustomer> {
  return await store.write(clock.now(), async (records) => {
    const card = await records.cardOwner(paymentSourceId);
    if (card === null) throw new NotFound(said("no_card", { id: paymentSourceId }));
    const declines = await records.clearCard(card, ["never_again", "new_card"]);
    if (declines === 0) throw new Refused(said("card_not_banned", { id: paymentSourceId }));
    const { customerId, cardLast4 } = card;
    records.record({ type: "card.allowed", customerId, data: { paymentSourceId, cardLast4, declines, by, why } });
    return card;
  });
}
