/** What was decided of invoices, written in sets. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { FinalAction } from "../../../domain/dunning/dunning.ts";
import type { InvoiceChange } from "../../../domain/invoice-transition.ts";
import { batch, ms, run } from "../dialect/sql.ts";

export type ChangedInvoice = {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly change: InvoiceChange;
  readonly finalAction: FinalAction | null;
};

/** The one statement that changes the status of an invoice. */
export async function writeChanges(
  em: SqlEntityManager,
  changed: readonly Pick<ChangedInvoice, "invoiceId" | "change">[],
): Promise<void> {
  if (changed.length === 0) return;
  await run(
    em,
    `update invoice set
       status = j.status,
       status_reason = j.status_reason,
       next_attempt_at = j.next_attempt_at,
       declines = j.declines,
       faults = j.faults,
       paid_at = coalesce(invoice.paid_at, j.paid_at),
       first_declined_at = j.first_declined_at,
       dunning_step = j.dunning_step,
       dunning_class = j.dunning_class,
       dunning_due_at = j.dunning_due_at,
       retry_requested_at = j.retry_requested_at,
       reopened_from = j.reopened_from
     from rows(?:
       status text, statusReason text, nextAttemptAt int, declines int, faults int, paidAt int, firstDeclinedAt int,
       dunningStep text, dunningClass text, dunningDueAt int, retryRequestedAt int, reopenedFrom text, invoiceId text
     ) j where invoice.id = j.invoice_id`,
    [
      batch(
        changed.map(({ invoiceId, change }) => ({
          invoiceId,
          ...change,
          nextAttemptAt: ms(change.nextAttemptAt),
          paidAt: ms(change.paidAt),
          firstDeclinedAt: ms(change.firstDeclinedAt),
          dunningDueAt: ms(change.dunningDueAt),
          retryRequestedAt: ms(change.retryRequestedAt),
        })),
      ),
    ],
  );
}
