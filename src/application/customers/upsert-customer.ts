/**
 * What a read of a customer changes in the books, in one transaction: the card, and the invoices another card may mend.
 */
import type { Customer } from "../../domain/plan.ts";
import type { Records } from "../ports/records.ts";

const CARD = ["paymentSourceId", "cardBrand", "cardLast4", "cardExpMonth", "cardExpYear"] as const;
const KNOWN = ["name", "email", "phone", ...CARD] as const satisfies (keyof Customer)[];

export type CustomerEvent =
  "customer.created" | "customer.updated" | "card.added" | "card.changed" | "card.default_changed" | "card.removed";

/** @param type recorded even when nothing changed, unless it is `customer.updated` */
export async function upsertCustomer(records: Records, customer: Customer, type: CustomerEvent): Promise<void> {
  const known = await records.customer(customer.id);
  const was = known === null ? null : { ...known };
  await records.putCustomer(customer);
  const isOtherCard = was !== null && CARD.some((key) => was[key] !== customer[key]);
  const isNews = was === null || KNOWN.some((key) => was[key] !== customer[key]);
  const { paymentSourceId, cardBrand, cardLast4 } = customer;
  if (isNews || type !== "customer.updated")
    records.record({
      type: isOtherCard && type === "customer.updated" ? "card.changed" : type,
      customerId: customer.id,
      data: { paymentSourceId, cardBrand, cardLast4 },
    });
  if (paymentSourceId === null) return;
  if (!isOtherCard) {
    if (was !== null) await records.tryKnownCard(customer.id);
    return;
  }
  // The same one renewed is no dead card any more. What forbids it for good, forbids it still.
  if (was.paymentSourceId === paymentSourceId)
    await records.clearCard({ customerId: customer.id, paymentSourceId, cardLast4 }, ["new_card"]);
  await records.retryWithNewCard(customer.id, paymentSourceId);
}

/** Conekta no longer knows the customer: nothing can be charged, and dunning waits for a card. */
export async function noteCustomerGone(records: Records, customerId: string): Promise<void> {
  if (!(await records.customerIsGone(customerId))) return;
  records.record({ type: "customer.deleted", customerId, data: {} });
}
