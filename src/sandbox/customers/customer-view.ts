/**
 * Customers and payment sources as Conekta prints them.
 *
 * @see Conekta API 2.3.0 specification, schemas `customer_response` and `payment_method_card_response`
 */
import type { Customer, PaymentSource } from "./customer.ts";
import { innerList } from "../api/list-page.ts";

export function customerView(customer: Customer, livemode: boolean): object {
  const sources = customer.sources.toReversed().map((source) => sourceView(source, customer.defaultSourceId));
  return {
    livemode,
    name: customer.name,
    email: customer.email,
    phone: customer.phone,
    id: customer.id,
    object: "customer",
    created_at: customer.createdAtSeconds,
    corporate: customer.corporate,
    metadata: customer.metadata,
    custom_reference: customer.customReference,
    default_payment_source_id: customer.defaultSourceId,
    payment_sources: innerList(sources),
  };
}

/** @param defaultSourceId null prints `default: false`, as the answer to storing a card does */
export function sourceView(source: PaymentSource, defaultSourceId: string | null): object {
  const { card } = source;
  return {
    id: source.id,
    object: "payment_source",
    type: "card",
    created_at: source.createdAtSeconds,
    last4: card.last4,
    bin: card.bin,
    card_type: card.kind,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    brand: card.brand,
    issuer: card.issuer,
    name: card.holderName,
    parent_id: source.customerId,
    default: source.id === defaultSourceId,
    payment_source_status: "active",
    visible_on_checkout: false,
  };
}
