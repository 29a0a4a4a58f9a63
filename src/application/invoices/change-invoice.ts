/** What a person may do to an invoice. Each is one transaction; none of them charges, a run does. */
import { NotFound, Refused } from "../../domain/errors.ts";
import { hasPage } from "../../domain/attempt-kinds.ts";
import { OUT_OF_DUNNING } from "../../domain/invoice.ts";
import { transition } from "../../domain/invoice-transition.ts";
import type { Clock } from "../ports/runtime.ts";
import type { RecordedInvoice, Records, Store } from "../ports/store.ts";

type Needs = { readonly store: Store; readonly clock: Clock };

/** Puts the invoice up for the next run, whatever dunning had planned. */
export async function retryInvoice({ store, clock }: Needs, invoiceId: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const invoice = await quietInvoice(records, invoiceId);
    if (invoice.status === "paid" || invoice.status === "void")
      throw new Refused(
        `invoice ${invoiceId} is ${invoice.status}; only open, held and uncollectible ones can be retried`,
      );
    const { status: was, subscriptionId, customerId } = invoice;
    const wasFailing = invoice.firstDeclinedAt !== null;
    // Whatever dunning waited for, it goes on from this try.
    const step = wasFailing
      ? ({ dunningStep: "retry", dunningClass: invoice.dunningClass ?? "retry_later", dunningDueAt: null } as const)
      : OUT_OF_DUNNING;
    Object.assign(invoice, transition(invoice, { status: "open", nextAttemptAt: now, ...step, retryRequestedAt: now }));
    records.record({ type: "invoice.retry_requested", invoiceId, subscriptionId, customerId, data: { was } });
    records.refresh(subscriptionId);
  });
}

/** @param why for the record, in the person's words */
export async function voidInvoice({ store, clock }: Needs, invoiceId: string, why: string): Promise<void> {
  await store.write(clock.now(), async (records) => {
    const invoice = await quietInvoice(records, invoiceId);
    if (invoice.status === "paid") throw new Refused(`invoice ${invoiceId} is paid; money is given back with a refund`);
    if (invoice.status === "void") throw new Refused(`invoice ${invoiceId} is void already`);
    const { status: was, subscriptionId, customerId } = invoice;
    Object.assign(invoice, transition(invoice, { status: "void", statusReason: "voided_by_person" }));
    records.record({ type: "invoice.voided", invoiceId, subscriptionId, customerId, data: { was, why } });
    records.refresh(subscriptionId);
  });
}

/** Paid by other means: cash on the counter, a transfer. No attempt is written, since the gateway had no part. */
export async function markInvoicePaid(
  { store, clock }: Needs,
  invoiceId: string,
  { why, paidAt }: { readonly why: string; readonly paidAt: Date },
): Promise<void> {
  await store.write(clock.now(), async (records) => {
    const invoice = await quietInvoice(records, invoiceId);
    if (invoice.status === "paid") throw new Refused(`invoice ${invoiceId} is paid already`);
    const { status: was, subscriptionId, customerId } = invoice;
    Object.assign(invoice, transition(invoice, { status: "paid", paidAt }));
    records.record({ type: "invoice.paid", invoiceId, subscriptionId, customerId, data: { was, why, by: "person" } });
    records.refresh(subscriptionId);
  });
}

/** An invoice no attempt can still pay behind the person's back. */
async function quietInvoice(records: Records, invoiceId: string): Promise<RecordedInvoice> {
  const invoice = await records.invoice(invoiceId);
  if (invoice === null)
    throw new NotFound(`there is no invoice ${invoiceId}`, { mend: { do: "list", what: "invoices" } });
  const attempt = await records.openAttempt(invoiceId);
  if (attempt !== null && hasPage(attempt))
    throw new Refused(`invoice ${invoiceId} has a payment link that the customer may still pay; close it first`, {
      mend: { do: "cancel_link", invoiceId },
    });
  if (attempt !== null)
    throw new Refused(
      `invoice ${invoiceId} has an attempt that may still move money (${attempt.state}); wait until its outcome is known`,
    );
  return invoice;
}
