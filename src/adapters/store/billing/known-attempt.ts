/** An attempt as the books know it, for whoever compares it with what the gateway shows. */
import type { KnownAttempt } from "../../../application/ports/webhooks.ts";
import { flag, text, textOrNull, whole, word } from "../dialect/codec.ts";
import type { RawRow } from "../dialect/sql.ts";

/** Of an attempt `a` and its invoice `i`, for `knownAttempt`. */
export const KNOWN_ATTEMPT = `a.id, a.number, a.reference, a.state, a.flow, a.order_id, a.charge_id, a.invoice_id,
  i.subscription_id, a.customer_id, a.amount_cents, a.currency,
  exists (select 1 from denied_charge d where d.attempt_id = a.id) as is_denied`;

export function knownAttempt(row: RawRow): KnownAttempt {
  return {
    attemptId: text(row, "id"),
    number: whole(row, "number"),
    reference: text(row, "reference"),
    state: word<KnownAttempt["state"]>(row, "state"),
    flow: word<KnownAttempt["flow"]>(row, "flow"),
    orderId: textOrNull(row, "order_id"),
    chargeId: textOrNull(row, "charge_id"),
    invoiceId: text(row, "invoice_id"),
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
    amountCents: whole(row, "amount_cents"),
    currency: text(row, "currency"),
    isDenied: flag(row, "is_denied"),
  };
}
