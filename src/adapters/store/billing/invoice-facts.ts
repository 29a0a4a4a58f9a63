/** What the rules need to know of an invoice, as a row brings it. */
import type { InvoiceFacts } from "../../../domain/settle/settlement.ts";
import { instantOrNull, text, whole, word, wordOrNull } from "../dialect/codec.ts";
import type { RawRow } from "../dialect/sql.ts";

/** Of an invoice `i` and its subscription `s`. */
export const INVOICE_FACTS = `i.id as invoice_id, i.status, i.status_reason, i.amount_cents as invoice_cents,
  i.currency as invoice_currency, i.next_attempt_at, i.declines, i.faults, i.void_when_settled, i.first_declined_at,
  i.dunning_step, i.dunning_class, i.dunning_due_at, i.retry_requested_at, i.reopened_from, s.time_zone`;

export function invoiceFactsOf(
  row: RawRow,
): Omit<InvoiceFacts, "paidByAnother" | "openElsewhere" | "isOtherCardNow" | "cardLast4Now" | "hasUntriedCard"> {
  return {
    id: text(row, "invoice_id"),
    status: word(row, "status"),
    statusReason: wordOrNull(row, "status_reason"),
    nextAttemptAt: instantOrNull(row, "next_attempt_at"),
    amountCents: whole(row, "invoice_cents"),
    currency: text(row, "invoice_currency"),
    declines: whole(row, "declines"),
    faults: whole(row, "faults"),
    voidWhenSettled: wordOrNull(row, "void_when_settled"),
    firstDeclinedAt: instantOrNull(row, "first_declined_at"),
    dunningStep: wordOrNull(row, "dunning_step"),
    dunningClass: wordOrNull(row, "dunning_class"),
    dunningDueAt: instantOrNull(row, "dunning_due_at"),
    retryRequestedAt: instantOrNull(row, "retry_requested_at"),
    reopenedFrom: wordOrNull(row, "reopened_from"),
    timeZone: text(row, "time_zone"),
  };
}
