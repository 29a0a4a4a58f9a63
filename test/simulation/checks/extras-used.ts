/**
 * What waits for the next invoice does not wait for ever (docs/invoices.md): an item rides on the first one that is opened after
 * it, and the balance pays of each as much as there is. Read from the tables at the end of a life whose clock was right.
 */
import type { BalanceEntry } from "../../../src/domain/balance.ts";
import type { InvoiceRow } from "../memory-store/rows.ts";
import type { MemoryTables } from "../memory-store/tables.ts";
import type { Report } from "./violation.ts";

/** MIN_CHARGE_CENTS, as it is where nobody sets it. */
const LEAST_CENTS = 300;

export function checkUsed(tables: MemoryTables, report: Report): void {
  // What nobody is to pay uses nothing, and is told as void or held.
  const told = tables.events.filter(({ type }) => type === "invoice.opened").map(({ invoiceId }) => invoiceId);
  const opened = [...new Set(told)].flatMap((id) => tables.invoices.get(id ?? "") ?? []);
  checkItems(tables, opened, report);
  checkBalances(tables, opened, report);
}

/** One with a tax of its own waits where lines tell none, and what was a line of a void invoice waits since then. */
function checkItems({ items }: MemoryTables, opened: readonly InvoiceRow[], report: Report): void {
  const waiting = [...items.rows.values()].filter(
    ({ invoiceId, removedAt, lastInvoiceId, tax }) =>
      invoiceId === null && removedAt === null && lastInvoiceId === null && tax === null,
  );
  for (const { key, customerId, subscriptionId, currency, createdAt } of waiting) {
    const missing = opened.find(
      (invoice) =>
        invoice.cycle !== null &&
        invoice.customerId === customerId &&
        (subscriptionId === null || invoice.subscriptionId === subscriptionId) &&
        invoice.currency === currency &&
        invoice.openedAt > createdAt,
    );
    if (missing !== undefined) report("item", `${key} waits still, and ${missing.id} was opened after it was added`);
  }
}

function checkBalances({ balanceEntries }: MemoryTables, opened: readonly InvoiceRow[], report: Report): void {
  const ledgers = Map.groupBy(balanceEntries.rows.values(), (entry) => `${entry.customerId} ${entry.currency}`);
  for (const invoice of opened) {
    const { id, customerId, currency, amountCents, balanceCents } = invoice;
    const ledger = (ledgers.get(`${customerId} ${currency}`) ?? []).toSorted((a, b) => a.number - b.number);
    const thereCents = balanceBefore(invoice, ledger);
    if (thereCents === null) continue;
    const wholeCents = amountCents + balanceCents;
    const wantedCents = wholeCents - thereCents < LEAST_CENTS ? wholeCents : thereCents;
    if (balanceCents !== wantedCents)
      report("balance", `the balance of ${thereCents} pays ${balanceCents} of ${id}, and not ${wantedCents}`);
  }
}

/** @returns null: something else came in the moment in which it was opened, and nobody knows what came first */
function balanceBefore({ id, openedAt }: InvoiceRow, ledger: readonly BalanceEntry[]): number | null {
  const own = ledger.findIndex(({ kind, invoiceId }) => kind === "applied" && invoiceId === id);
  if (own < 0 && ledger.some(({ at }) => +at === +openedAt)) return null;
  const before = own < 0 ? ledger.findLast(({ at }) => at < openedAt) : ledger[own - 1];
  return before?.balanceCents ?? 0;
}
