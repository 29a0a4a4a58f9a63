/**
 * The statuses of orders and charges, by what they say of the money. One that is in none of these sets is not known.
 *
 * @see "Eventos: order" and "Eventos: charge", developers.conekta.com/docs; captured answers (read 2026-11-23)
 */

/** It may still be paid. */
export const PENDING: ReadonlySet<string> = new Set(["pending_payment", "pending_confirmation", "under_fraud_review"]);
/** Over without money. */
export const ENDED: ReadonlySet<string> = new Set(["expired", "canceled", "voided"]);
/** Money moved, at least for a while. */
export const MOVED: ReadonlySet<string> = new Set([
  "refunded",
  "partially_refunded",
  "charged_back",
  "reversed",
  "fraudulent",
  "pre_authorized",
]);

/** Statuses come from outside and go into sentences that people read. */
export function word(status: string): string {
  return /^[\w.-]{1,40}$/.test(status) ? status : "(not a word)";
}
