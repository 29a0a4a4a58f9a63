/** Which of a subscription's invoices is of the period that runs at an instant. Pure: changes of plan and their credits ask it alike. */
import { type Invoice, INVOICE_STATUSES, type InvoiceStatus } from "./invoice.ts";

/** A void one was not sold. */
export const SOLD_STATUSES: readonly InvoiceStatus[] = INVOICE_STATUSES.filter((status) => status !== "void");

type OfPeriod = Pick<Invoice, "status" | "cycle" | "periodStart" | "periodEnd">;

/**
 * Of two, the later: with another interval a period may begin inside the one before.
 * @returns null: none runs then, or it is not billed
 */
export function runningInvoiceAt<Each extends OfPeriod>(invoices: readonly Each[], at: Date): Each | null {
  return invoices.reduce<Each | null>(
    (latest, each) => (isRunning(each, at) && (each.cycle ?? 0) >= (latest?.cycle ?? 0) ? each : latest),
    null,
  );
}

/** What is charged once has no period. */
function isRunning({ status, cycle, periodStart, periodEnd }: OfPeriod, at: Date): boolean {
  return cycle !== null && SOLD_STATUSES.includes(status) && periodStart <= at && at < periodEnd;
}
