/** What was given back, or may have been: of payments, and of invoices. The statements bring sums and states, `refund.ts` says what counts. */
import { countedCents, keptCents, type RefundedPart } from "../../../domain/refund.ts";
import { whole, word } from "../dialect/codec.ts";
import { all, batch, type Connected, type RawRow } from "../dialect/sql.ts";

/** Of an invoice: what was paid, from the balance too, and did not go back. */
export async function paidCents(em: Connected, invoiceId: string): Promise<number> {
  const [invoice] = await all(
    em,
    "select status, amount_cents + balance_cents as total_cents from invoice where id = ?",
    [invoiceId],
  );
  if (invoice === undefined) return 0;
  const refunds = await all(
    em,
    `select r.amount_cents, r.state, a.state as paid_state from refund r join attempt a on a.id = r.attempt_id
     where r.invoice_id = ?`,
    [invoiceId],
  );
  return keptCents({
    status: word(invoice, "status"),
    totalCents: whole(invoice, "total_cents"),
    refunds: refunds.map((row) => ({ ...refundedPartOf(row), paidState: word(row, "paid_state") })),
  });
}

/** Of one payment. */
export async function refundedParts(em: Connected, attemptId: string): Promise<RefundedPart[]> {
  const rows = await all(em, "select amount_cents, state from refund where attempt_id = ?", [attemptId]);
  return rows.map(refundedPartOf);
}

export async function countedRefundCents(em: Connected, attemptIds: readonly string[]): Promise<number> {
  const rows = await all(
    em,
    "select amount_cents, state from refund where attempt_id in (select value from json_each(?))",
    [batch(attemptIds)],
  );
  return countedCents(rows.map(refundedPartOf));
}

function refundedPartOf(row: RawRow): RefundedPart {
  return { amountCents: whole(row, "amount_cents"), state: word(row, "state") };
}
