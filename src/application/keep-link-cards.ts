/**
 * Make the card with which a customer paid a link the default: the next charge goes to it.
 *
 * Conekta keeps the card (`on_demand_enabled`), but does not say whether it becomes the default; so the customer is read,
 * and the default changed where it is another. A crash leaves it to be done again, which changes nothing twice.
 */
import { BillingError, DatabaseUnusable, GatewayRefused } from "../domain/errors.ts";
import { noteCustomer } from "./note-customer.ts";
import type { CardToKeep, Gateway, GatewayCustomer } from "./ports.ts";
import type { SettleNeeds } from "./settle-attempts.ts";

type Needs = SettleNeeds & { readonly gateway: Gateway };

const AT_ONCE = 50;

export async function keepLinkCards(needs: Needs): Promise<void> {
  for (const card of await needs.store.cardsToKeep(AT_ONCE))
    try {
      await keepOne(needs, card);
    } catch (error) {
      if (!(error instanceof BillingError) || error instanceof DatabaseUnusable) throw error;
      needs.log.warn("card.not_kept", { ...card, because: error.message });
      // The gateway knows no such customer or card: there is nothing to keep.
      if (error instanceof GatewayRefused)
        await needs.store.write(needs.clock.now(), (books) => books.cardIsKept(card.linkId));
    }
}

async function keepOne({ store, gateway, clock, log }: Needs, card: CardToKeep): Promise<void> {
  const customer = await withCard(gateway, await gateway.readCustomer(card.customerId), card);
  await store.write(clock.now(), async (books) => {
    await noteCustomer(books, customer, "customer.updated");
    await books.cardIsKept(card.linkId);
  });
  log.info("card.kept", { customerId: card.customerId, last4: customer.cardLast4 });
}

/** @returns the customer with the card as the default, or as it is where Conekta did not keep it */
async function withCard(
  gateway: Gateway,
  customer: GatewayCustomer,
  { customerId, last4 }: CardToKeep,
): Promise<GatewayCustomer> {
  if (last4 === null || customer.cardLast4 === last4) return customer;
  const sources = await gateway.listPaymentSources(customerId);
  const kept = sources.findLast((source) => source.last4 === last4 && (source.status ?? "active") === "active");
  return kept === undefined ? customer : await gateway.changeDefault(customerId, kept.id);
}
