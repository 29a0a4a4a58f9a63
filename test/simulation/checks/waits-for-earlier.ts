/**
 * The rule of docs/decisions/0019, written a second time: an invoice is not collected while an earlier one of its
 * subscription is failing, held or uncertain. What waits for an answer about the past stands aside. What was missed waits
 * for one thing only: an earlier one that waits for its customer (another card, a page, the days of grace), as one after the
 * other fails.
 */
import type { AttemptSeen, InvoiceSeen } from "../books-view.ts";

/** @param cycles the invoices of its subscription @returns the one it waits for; null: none */
export function waitsForEarlier<Seen extends InvoiceSeen>(
  { cycle, missed }: InvoiceSeen,
  cycles: Iterable<Seen>,
  attemptsOf: (invoiceId: string) => Iterable<Pick<AttemptSeen, "state">>,
): Seen | null {
  if (missed) {
    for (const other of cycles) if (other.cycle < cycle && waitsForCustomer(other)) return other;
    return null;
  }
  for (const other of cycles) if (other.cycle < cycle && isUnpaid(other, attemptsOf)) return other;
  return null;
}

function waitsForCustomer({ status, dunningStep }: InvoiceSeen): boolean {
  return status === "open" && (dunningStep ?? null) !== null && dunningStep !== "retry";
}

function isUnpaid(
  { id, status, statusReason, dunningStep }: InvoiceSeen,
  attemptsOf: (invoiceId: string) => Iterable<Pick<AttemptSeen, "state">>,
): boolean {
  if (status === "held" && statusReason !== "catch_up_ask") return true;
  if (status !== "open" && status !== "held") return false;
  if ((dunningStep ?? null) !== null) return true;
  for (const { state } of attemptsOf(id)) if (state === "pending" || state === "unknown") return true;
  return false;
}
