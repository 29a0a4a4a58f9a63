/**
 * Customers and their cards: done at Conekta first, then noted in our books.
 *
 * A crash between the two leaves the customer or card at Conekta only. The same request finds the customer again
 * (customers-at-conekta.ts); of a card the next read tells.
 */
import { NeedsConfirmation, NotFound, Refused } from "../../domain/errors.ts";
import type { Customer } from "../../domain/plan.ts";
import { customerMadeOnce, type Making } from "./customers-at-conekta.ts";
import { upsertCustomer, type CustomerEvent } from "./upsert-customer.ts";
import type { Gateway, GatewayCustomer, NewCard, NewCustomer, PaymentSource } from "../ports/gateway.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

type Needs = { readonly store: Store; readonly gateway: Gateway; readonly clock: Clock };

/**
 * Creates the customer at Conekta, with a card in the same call when one is given; or takes the one that an earlier try
 * of the same request has made there.
 *
 * @throws {NeedsConfirmation} there is one of the same e-mail and phone, and nobody has said that it is somebody else
 */
export async function createCustomer(needs: Needs, customer: NewCustomer, making: Making): Promise<Customer> {
  const { email, phone } = customer;
  const alike = making.confirmed ? [] : await needs.store.list("customers", { where: { email, phone } });
  if (alike.length > 0)
    throw new NeedsConfirmation(
      said("nobody_added"),
      alike.map(({ customerId, name }) => ({
        where: `customer ${customerId}`,
        what: said("same_person", { name }),
        mend: { do: "use_customer", customerId },
      })),
    );
  return await note(needs, await customerMadeOnce(needs, customer, making), "customer.created");
}

/** Takes a customer who exists at Conekta into the books, or brings what we know up to date. */
export async function importCustomer(needs: Needs, customerId: string): Promise<Customer> {
  return await note(needs, await needs.gateway.readCustomer(customerId), "customer.updated");
}

export async function addCard(needs: Needs, customerId: string, card: NewCard): Promise<PaymentSource> {
  await mustBeKnown(needs, customerId);
  const added = await needs.gateway.addPaymentSource(customerId, card);
  await note(needs, await needs.gateway.readCustomer(customerId), "card.added");
  // The answer to the addition says `default: false` even where the card became the default.
  return (await needs.gateway.listPaymentSources(customerId)).find(({ id }) => id === added.id) ?? added;
}

export async function changeDefaultCard(needs: Needs, customerId: string, paymentSourceId: string): Promise<Customer> {
  await mustBeKnown(needs, customerId);
  return await note(needs, await needs.gateway.changeDefault(customerId, paymentSourceId), "card.default_changed");
}

/** @throws {Refused} the card is the default, which every charge needs */
export async function removeCard(needs: Needs, customerId: string, paymentSourceId: string): Promise<Customer> {
  const customer = await needs.gateway.readCustomer(customerId);
  if (customer.paymentSourceId === paymentSourceId)
    throw new Refused(said("default_card", { sourceId: paymentSourceId, customerId }), {
      mend: { do: "choose_default_card", customerId },
    });
  await needs.gateway.removePaymentSource(customerId, paymentSourceId);
  return await note(needs, await needs.gateway.readCustomer(customerId), "card.removed");
}

async function mustBeKnown({ store, clock }: Needs, customerId: string): Promise<void> {
  await store.write(clock.now(), async (records) => {
    if ((await records.customer(customerId)) === null)
      throw new NotFound(said("no_customer", { id: customerId }), { mend: { do: "add_customer", customerId } });
  });
}

async function note({ store, clock }: Needs, customer: GatewayCustomer, type: CustomerEvent): Promise<Customer> {
  await store.confirmMode(customer.livemode);
  await store.write(clock.now(), (records) => upsertCustomer(records, customer, type));
  return customer;
}
