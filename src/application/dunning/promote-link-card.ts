/**
 * Make the card with which a customer paid a link the default: the next charge goes to it.
 *
 * Conekta keeps the card (`on_demand_enabled`), but does not say whether it becomes the default; so the customer is read,
 * and the default changed where it is another. A crash leaves it to be done again, which changes nothing twice.
 */
import { isGivenUp } from "../../domain/backoff.ts";
import { BillingError, GatewayRefused } from "../../domain/errors.ts";
import { upsertCustomer } from "../customers/upsert-customer.ts";
import type { Gateway, GatewayCustomer } from "../ports/gateway.ts";
import type { CardToKeep } from "../ports/charging.ts";
import { putAside, type FailedReadNeeds } from "../settling/failed-reads.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";

type Needs = SettleNeeds & FailedReadNeeds & { readonly gateway: Gateway };

const AT_ONCE = 50;

export async function promoteLinkCards(needs: Needs, summary: RunSummary, signal: AbortSignal): Promise<void> {
  const { store, clock, log, breaker } = needs;
  while (!signal.aborted) {
    const cards = await store.cardsToKeep(clock.now(), AT_ONCE);
    for (const card of cards) {
      if (signal.aborted || breaker.isOpen || summary.haltReason !== null) return;
      try {
        await keepOne(needs, card);
        breaker.readAnswered();
      } catch (error) {
        log[error instanceof BillingError ? "warn" : "error"]("card.not_kept", { ...card, error });
        const failure = await putAside(needs, { kind: "customer", id: card.customerId }, error, summary);
        // The gateway knows no such customer or card, or never shows them: billing goes on without it.
        if (error instanceof GatewayRefused || isGivenUp(failure, clock.now()) || !(error instanceof BillingError))
          await store.write(clock.now(), (records) => records.cardIsKept(card.linkId));
      }
    }
    if (cards.length < AT_ONCE) return;
  }
}

async function keepOne({ store, gateway, clock, log }: Needs, card: CardToKeep): Promise<void> {
  const [known] = await store.list("customers", { where: { customerId: card.customerId } });
  const read = await gateway.readCustomer(card.customerId);
  // Whoever chose another default since then knows better.
  const isAsKnown = read.paymentSourceId === null || read.paymentSourceId === known?.paymentSourceId;
  const customer = isAsKnown ? await withCard(gateway, read, card) : read;
  await store.write(clock.now(), async (records) => {
    await upsertCustomer(records, customer, "customer.updated");
    await records.cardIsKept(card.linkId);
  });
  log.info("card.kept", { customerId: card.customerId, last4: customer.cardLast4 });
}

/** @returns the customer with the card as the default, or as it is where Conekta did not keep it */
async function withCard(
  gateway: Gateway,
  customer: GatewayCustomer,
  { customerId, last4 }: CardToKeep,
): Promise<GatewayCustomer> {
  if (last4 === null) return customer;
  // By its id: a renewed card may bear the digits of the one that has expired. The newest is the last.
  const sources = await gateway.listPaymentSources(customerId);
  const kept = sources.findLast((source) => source.last4 === last4 && (source.status ?? "active") === "active");
  return kept === undefined || kept.isDefault ? customer : await gateway.changeDefault(customerId, kept.id);
}
