/** The period that is running as a plan changes: its invoice, what was paid for it, and what its changes left open. */
import type { Sold } from "../../domain/change-lines.ts";
import type { Invoice } from "../../domain/invoice.ts";
import { subtotalCentsOf } from "../../domain/money.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { SubscriptionChange } from "../../domain/subscription-change.ts";
import { roundedRatio } from "../../domain/rounding.ts";
import { runningInvoiceAt, SOLD_STATUSES } from "../../domain/running-invoice.ts";
import type { RecordedInvoice, Records } from "../ports/records.ts";

export type Running = Pick<RecordedInvoice, "id" | "customerId" | "periodStart" | "periodEnd"> &
  Pick<Invoice, "amountCents" | "balanceCents" | "discountCents" | "lineItems">;

/** Of the period in which `now` is; null: none is running, or it is not billed. */
export async function runningInvoice(
  records: Records,
  { id: subscriptionId }: Pick<Subscription, "id">,
  now: Date,
): Promise<RecordedInvoice | null> {
  return runningInvoiceAt(await records.invoices({ subscriptionId, statuses: SOLD_STATUSES }), now);
}

/** What was paid of it, without a tax that was added. */
async function netPaidCents(records: Records, invoice: Running): Promise<number> {
  const totalCents = invoice.amountCents + invoice.balanceCents;
  if (totalCents <= 0) return 0;
  const netCents = subtotalCentsOf(invoice.lineItems) - invoice.discountCents;
  return roundedRatio(await records.paidCents(invoice.id), netCents, totalCents);
}

/**
 * What was paid for the running period, and not given back yet: of its invoice what the period was sold for, with what changes
 * of it cost, less what they gave back. None of them waits or is unpaid. What was refunded is of the period before it is of the
 * items beside it, since nobody says of which.
 */
export async function paidForPeriodCents(
  records: Records,
  running: Running,
  { soldCents }: Sold,
  ofPeriod: readonly SubscriptionChange[],
): Promise<number> {
  const besideCents = subtotalCentsOf(running.lineItems) - running.discountCents - soldCents;
  let paidCents = Math.max(0, (await netPaidCents(records, running)) - besideCents);
  for (const { invoiceId, creditCents, debitCents } of ofPeriod) {
    const own = invoiceId === null ? null : await records.invoice(invoiceId);
    paidCents += own === null ? debitCents - creditCents : await netPaidCents(records, own);
  }
  return paidCents;
}

export async function whatIsLeftOf(
  records: Records,
  changes: readonly SubscriptionChange[],
): Promise<{ readonly waits: boolean; readonly owes: boolean }> {
  const [items, invoices] = [[], []] as [boolean[], boolean[]];
  for (const { itemKey, invoiceId } of changes) {
    const item = itemKey === null || invoiceId !== null ? null : await records.item(itemKey);
    if (item !== null) items.push(item.invoiceId === null && item.removedAt === null);
    const status = invoiceId === null ? null : (await records.invoice(invoiceId))?.status;
    if (status !== null) invoices.push(status !== "paid" && status !== "void");
  }
  return { waits: items.includes(true), owes: invoices.includes(true) };
}
