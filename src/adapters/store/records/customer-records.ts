/** Who pays, and by which card. */
import type { CardOfCustomer, Mutable, Records } from "../../../application/ports/records.ts";
import type { CustomerFacts } from "../../../domain/charging/charge-decision.ts";
import type { DeclineClass } from "../../../domain/decline.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import { isTakenOnTrust, type Customer } from "../../../domain/plan.ts";
import { CustomerEntity } from "../entities/customers.ts";
import { forgetCustomerReads } from "./read-failures.ts";
import type { NamedCard } from "../../../domain/charging/card-check.ts";
import { barredCards } from "../billing/card-facts.ts";
import { payersOf } from "../billing/charge-facts.ts";
import { cardOwner, clearCard } from "../billing/cleared-cards.ts";
import { cardIsKept, retryWithNewCard, tryKnownCardOf } from "../billing/payment-links.ts";
import { resumeUnpaid } from "../billing/unpaid-subscriptions.ts";
import { once, row, type UnitOfWork } from "./unit-of-work.ts";

export function customerRecords({
  em,
  now,
  events,
  toRefresh,
  rows,
}: UnitOfWork): Pick<
  Records,
  | "customer"
  | "putCustomer"
  | "payers"
  | "customerIsGone"
  | "retryWithNewCard"
  | "tryKnownCard"
  | "cardOwner"
  | "forbiddenCards"
  | "clearCard"
  | "noteCardNotice"
  | "cardIsKept"
> {
  /**
   * What another card brings about changes the status of its subscriptions, too: what never failed leaves its step by the
   * try, and its subscription is behind no more.
   */
  function noteTries(tries: readonly NewEvent[]): void {
    events.push(...tries);
    for (const { subscriptionId } of tries) if (subscriptionId) toRefresh.add(subscriptionId);
  }

  async function customer(id: string): Promise<Mutable<Customer> | null> {
    return await once(rows.customers, id, async () => row(await em.findOne(CustomerEntity, { id })));
  }

  return {
    customer,
    async putCustomer(given: Customer): Promise<void> {
      // Named one by one: what else the gateway knows of a customer has no place in our books.
      const { id, name, email, phone, paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear } = given;
      const card = { paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear };
      const readAt = isTakenOnTrust(given) ? null : now;
      const data = { id, name, email, phone, ...card, readAt, deletedAt: null };
      const known = await customer(id);
      if (known === null) {
        rows.customers.set(id, row(em.create(CustomerEntity, data, { persist: true })));
      } else Object.assign(known, data);
      await forgetCustomerReads(em, id);
    },
    async payers(customerIds: readonly string[]): Promise<ReadonlyMap<string, CustomerFacts>> {
      await em.flush();
      return await payersOf(em, customerIds, now);
    },
    async customerIsGone(customerId: string): Promise<boolean> {
      const gone = { deletedAt: now, readAt: now, paymentSourceId: null };
      await forgetCustomerReads(em, customerId);
      await em.flush();
      return (await em.nativeUpdate(CustomerEntity, { id: customerId, deletedAt: null }, gone)) > 0;
    },
    async retryWithNewCard(customerId: string, paymentSourceId: string): Promise<void> {
      await em.flush();
      noteTries(await retryWithNewCard(em, { customerId, paymentSourceId, now }));
      noteTries(await resumeUnpaid(em, customerId, now));
    },
    async tryKnownCard(customerId: string): Promise<void> {
      await em.flush();
      noteTries(await tryKnownCardOf(em, customerId, now));
    },
    async cardOwner(paymentSourceId: string): Promise<CardOfCustomer | null> {
      await em.flush();
      return await cardOwner(em, paymentSourceId);
    },
    async forbiddenCards(customerId: string): Promise<readonly NamedCard[]> {
      await em.flush();
      return (await barredCards(em, [customerId])).get(customerId)?.neverAgain ?? [];
    },
    async clearCard(card: CardOfCustomer, classes: readonly DeclineClass[]): Promise<number> {
      return await clearCard(em, card, classes, now);
    },
    async noteCardNotice(customerId: string, notice: string): Promise<void> {
      await em.nativeUpdate(CustomerEntity, { id: customerId }, { cardNotice: notice });
    },
    async cardIsKept(linkId: string): Promise<void> {
      await cardIsKept(em, linkId);
    },
  };
}
