/** What the rules need to know of an invoice in memory, and what they make of it, as `invoice-changes.ts` does in SQLite. */
import type { NewEvent } from "../../../src/domain/event-types.ts";
import type { FinalAction } from "../../../src/domain/dunning/dunning.ts";
import type { Invoice } from "../../../src/domain/invoice.ts";
import type { InvoiceChange } from "../../../src/domain/invoice-transition.ts";
import type { InvoiceFacts } from "../../../src/domain/settle/settlement.ts";
import { stopCollection } from "../../../src/domain/dunning/final-action.ts";
import { afterFinalAction } from "../../../src/domain/dunning/final-action.ts";
import type { InvoiceRow } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";
import { settleUses } from "./waiting.ts";

export function invoiceFactsOf(
  { subscriptions }: MemoryTables,
  invoice: Invoice,
): Omit<InvoiceFacts, "paidByAnother" | "openElsewhere" | "isOtherCardNow" | "cardLast4Now" | "hasUntriedCard"> {
  const { id, status, statusReason, nextAttemptAt, amountCents, currency, declines, faults } = invoice;
  const { voidWhenSettled, firstDeclinedAt, dunningStep, dunningClass, dunningDueAt, retryRequestedAt, reopenedFrom } =
    invoice;
  return {
    ...{ id, status, statusReason, nextAttemptAt, amountCents, currency, declines, faults },
    ...{ voidWhenSettled, firstDeclinedAt, dunningStep, dunningClass, dunningDueAt, retryRequestedAt, reopenedFrom },
    timeZone: subscriptions.must(invoice.subscriptionId).timeZone,
  };
}

export type ChangedInvoice = {
  readonly invoice: InvoiceRow;
  readonly change: InvoiceChange;
  readonly finalAction: FinalAction | null;
};

/** @returns the events of what follows for the subscriptions */
export function writeInvoices(tables: MemoryTables, changed: readonly ChangedInvoice[], now: Date): NewEvent[] {
  for (const { invoice, change } of changed) {
    const before = tables.invoices.must(invoice.id);
    tables.invoices.put({ ...before, ...change, paidAt: before.paidAt ?? change.paidAt });
  }
  settleUses(
    tables,
    changed.map(({ invoice }) => invoice.id),
    now,
  );
  const final = changed.filter(({ finalAction }) => finalAction !== null);
  if (final.length === 0) return [];
  const subscriptionIds = [...new Set(final.map(({ invoice }) => invoice.subscriptionId))];
  return [
    ...final.flatMap((each) => takeFinalAction(tables, each)),
    ...subscriptionIds.flatMap((id) => stopCollections(tables, id)),
  ];
}

function takeFinalAction({ subscriptions }: MemoryTables, { invoice, finalAction }: ChangedInvoice): NewEvent[] {
  const { subscriptionId, customerId } = invoice;
  const subscription = subscriptions.must(subscriptionId);
  const after = finalAction === null ? null : afterFinalAction(subscription, finalAction);
  if (after === null) return [];
  subscriptions.put({ ...subscription, ...after });
  const data = { because: "dunning_final_action" };
  return [{ type: `subscription.${after.status}`, customerId, subscriptionId, data }];
}

function stopCollections({ invoices, attempts }: MemoryTables, subscriptionId: string): NewEvent[] {
  return invoices.inGroup("unsettled", subscriptionId).flatMap((invoice): NewEvent[] => {
    const { id: invoiceId, customerId } = invoice;
    const hasOpenAttempt = attempts.byUnique("attempt_one_open", invoiceId) !== undefined;
    const change = stopCollection(invoice, { hasOpenAttempt });
    if (change === null) return [];
    invoices.put({ ...invoice, ...change });
    const data = { statusReason: change.statusReason };
    return [{ type: "invoice.uncollectible", customerId, subscriptionId, invoiceId, data }];
  });
}
