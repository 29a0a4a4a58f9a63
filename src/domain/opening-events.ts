/** The events of opening: what is told of a new invoice, and of its subscription. */
import type { EventType, NewEvent } from "./event-types.ts";
import type { Invoice } from "./invoice.ts";
import type { Subscription } from "./subscription.ts";

/** What is told of an invoice that was opened. */
export function openingEvents(subscription: Pick<Subscription, "id" | "customerId">, invoice: Invoice): NewEvent[] {
  const data = {
    cycle: invoice.cycle,
    amountCents: invoice.amountCents,
    ...(invoice.balanceCents === 0 ? {} : { balanceCents: invoice.balanceCents }),
    currency: invoice.currency,
    status: invoice.status,
    reason: invoice.statusReason,
  };
  const of = (type: EventType): NewEvent => ({ ...subscriptionEvent(type, subscription, data), invoiceId: invoice.id });
  if (invoice.status === "paid") return [of("invoice.opened"), of("invoice.paid")];
  if (invoice.status === "void") return [of("invoice.voided")];
  if (invoice.status === "held") return [of("invoice.held")];
  return [of("invoice.opened")];
}

/** An event of a subscription. */
export function subscriptionEvent(
  type: EventType,
  subscription: Pick<Subscription, "id" | "customerId">,
  data: Record<string, unknown>,
): NewEvent {
  return { type, customerId: subscription.customerId, subscriptionId: subscription.id, data };
}
