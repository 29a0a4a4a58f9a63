/**
 * How an invoice moves. Every status that is ever written comes out of `transition`: from the reducer, from a person's
 * command, from what a final action of dunning ends, from the opening of a cycle.
 *
 * It asserts `INVOICE_MOVES`, and keeps together what belongs together, as the CHECKs of the tables demand:
 *
 * - only an open invoice has a next attempt, or a step of dunning;
 * - void, held and uncollectible have a reason, open and paid have none;
 * - paid has the instant of the payment;
 * - what an invoice was reopened from is kept while it is open or held;
 * - a request for another try ends where no other try may come. A held invoice may still have that try under way.
 */
import assert from "node:assert/strict";
import { INVOICE_MOVES, OUT_OF_DUNNING, type Invoice, type StatusReason } from "./invoice.ts";

/** What a move may change, as it is afterwards. `paidAt`: set by the move that pays, null by every other. */
export type InvoiceChange = Pick<
  Invoice,
  | "status"
  | "statusReason"
  | "nextAttemptAt"
  | "declines"
  | "faults"
  | "paidAt"
  | "firstDeclinedAt"
  | "dunningStep"
  | "dunningClass"
  | "dunningDueAt"
  | "retryRequestedAt"
  | "reopenedFrom"
>;

/** What must be known of an invoice to move it. */
export type InvoiceBefore = Omit<InvoiceChange, "paidAt"> & Pick<Invoice, "id">;

type Counts = Partial<Pick<Invoice, "declines" | "faults" | "firstDeclinedAt">>;
type Plans = Partial<
  Pick<Invoice, "nextAttemptAt" | "dunningStep" | "dunningClass" | "dunningDueAt" | "retryRequestedAt" | "reopenedFrom">
>;

/** What is named changes; the rest follows from the status, or stays. Without a status the invoice stays where it is. */
export type InvoiceMove = Counts &
  (
    | ({ readonly status?: "open" } & Plans)
    | { readonly status: "held" | "void" | "uncollectible"; readonly statusReason: StatusReason }
    | { readonly status: "paid"; readonly paidAt: Date }
  );

export function transition(invoice: InvoiceBefore, move: InvoiceMove = {}): InvoiceChange {
  const { status: from } = invoice;
  const status = move.status ?? from;
  assert(INVOICE_MOVES[from].includes(status), `invoice ${invoice.id} cannot go ${from} -> ${status}`);
  const { declines, faults, firstDeclinedAt, nextAttemptAt, retryRequestedAt } = invoice;
  const { dunningStep, dunningClass, dunningDueAt, reopenedFrom } = invoice;
  const planned = { nextAttemptAt, dunningStep, dunningClass, dunningDueAt, retryRequestedAt, reopenedFrom };
  const changed: InvoiceChange = {
    ...{ declines, faults, firstDeclinedAt, ...planned, paidAt: null },
    statusReason: move.status === undefined ? invoice.statusReason : null,
    ...move,
    status,
  };
  if (status === "open") return checked(invoice, changed);
  const isOver = status !== "held";
  return checked(invoice, {
    ...{ ...changed, nextAttemptAt: null, ...OUT_OF_DUNNING },
    ...(isOver ? { retryRequestedAt: null } : { reopenedFrom }),
  });
}

/** A contradiction is a bug, and stops here instead of at the table. */
function checked({ id }: InvoiceBefore, change: InvoiceChange): InvoiceChange {
  const { status, statusReason, dunningStep, dunningClass, dunningDueAt } = change;
  const hasReason = status === "void" || status === "held" || status === "uncollectible";
  assert((statusReason !== null) === hasReason, `invoice ${id} is ${status} with the reason ${statusReason}`);
  assert((dunningStep === null) === (dunningClass === null), `invoice ${id} is in half a step of dunning`);
  assert(dunningDueAt === null || dunningStep !== null, `invoice ${id} has a date of dunning, and no step`);
  return change;
}
