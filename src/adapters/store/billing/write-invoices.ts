/** Writes what was decided of invoices, and what follows from it for items, balances and subscriptions. */
import type { NewEvent } from "../../../domain/event-types.ts";
import type { InvoiceChange } from "../../../domain/invoice-transition.ts";
import { giveBack, takeAgain } from "./waiting.ts";
import { type ChangedInvoice, writeChanges } from "./invoice-changes.ts";
import { writeFinalActions } from "./final-actions.ts";
import type { Connected } from "../dialect/sql.ts";

/** @returns the events of what follows for the subscriptions */
export async function writeInvoices(em: Connected, changed: readonly ChangedInvoice[], now: Date): Promise<NewEvent[]> {
  await writeChanges(em, changed);
  const idsIn = (status: InvoiceChange["status"]): string[] =>
    changed.filter(({ change }) => change.status === status).map(({ invoiceId }) => invoiceId);
  await giveBack(em, idsIn("void"), now);
  await takeAgain(em, idsIn("paid"));
  return await writeFinalActions(em, changed, now);
}
