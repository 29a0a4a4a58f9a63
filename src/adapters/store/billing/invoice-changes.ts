/** What was decided of invoices, written in sets. */
import type { FinalAction } from "../../../domain/dunning/dunning.ts";
import type { InvoiceBefore, InvoiceChange } from "../../../domain/invoice-transition.ts";
import { isSameContent } from "../../../domain/same-content.ts";
import { batch, type Connected, ms, run } from "../dialect/sql.ts";

export type ChangedInvoice = {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly change: InvoiceChange;
  /** What it was, where that is known. */
  readonly before?: InvoiceBefore;
  readonly finalAction: FinalAction | null;
};

/**
 * Alike before and after where an invoice is paid at its first try: a burst consists of nothing else, and a column that is set
 * to what it was costs as much as another, with each index that has it.
 */
const LEFT_BY_FIRST_PAYMENTS: Record<Exclude<keyof InvoiceChange, "status" | "paidAt">, string> = {
  nextAttemptAt: "next_attempt_at",
  statusReason: "status_reason",
  declines: "declines",
  faults: "faults",
  firstDeclinedAt: "first_declined_at",
  dunningStep: "dunning_step",
  dunningClass: "dunning_class",
  dunningDueAt: "dunning_due_at",
  retryRequestedAt: "retry_requested_at",
  reopenedFrom: "reopened_from",
};
const LEFT = Object.keys(LEFT_BY_FIRST_PAYMENTS) as (keyof typeof LEFT_BY_FIRST_PAYMENTS)[];
const SET_LEFT = Object.values(LEFT_BY_FIRST_PAYMENTS)
  .map((column) => `${column} = j.${column},`)
  .join(" ");

function leavesTheRest({ before, change }: Pick<ChangedInvoice, "before" | "change">): boolean {
  return before !== undefined && LEFT.every((name) => isSameContent(before[name], change[name]));
}

/** The one statement that changes the status of an invoice. */
export async function writeChanges(
  em: Connected,
  changed: readonly Pick<ChangedInvoice, "invoiceId" | "change" | "before">[],
): Promise<void> {
  if (changed.length === 0) return;
  const isPlain = changed.every(leavesTheRest);
  await run(
    em,
    `update invoice set
       status = j.status,
       ${isPlain ? "" : SET_LEFT}
       paid_at = coalesce(invoice.paid_at, j.paid_at)
     from rows(?:
       status text, statusReason text, nextAttemptAt int, declines int, faults int, paidAt int, firstDeclinedAt int,
       dunningStep text, dunningClass text, dunningDueAt int, retryRequestedAt int, reopenedFrom text, invoiceId text
     ) j where invoice.id = j.invoice_id`,
    [
      batch(
        changed.map(({ invoiceId, change }) => ({
          ...{ invoiceId, status: change.status, paidAt: ms(change.paidAt) },
          ...(isPlain ? {} : theRest(change)),
        })),
      ),
    ],
  );
}

function theRest({ status: _status, paidAt: _paidAt, ...rest }: InvoiceChange) {
  return {
    ...rest,
    nextAttemptAt: ms(rest.nextAttemptAt),
    firstDeclinedAt: ms(rest.firstDeclinedAt),
    dunningDueAt: ms(rest.dunningDueAt),
    retryRequestedAt: ms(rest.retryRequestedAt),
  };
}
