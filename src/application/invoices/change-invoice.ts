/** What a person may do to an invoice. Each is one transaction; none of them charges, a run does. */
import type { PaymentForm } from "../../domain/cfdi/payment-form.ts";
import { isSameCard } from "../../domain/charging/card-check.ts";
import { type Mend, NotFound, Refused } from "../../domain/errors.ts";
import { retryMove, whyNotDone, type InvoiceAct, type WhyNot } from "../../domain/invoice-acts.ts";
import { transition } from "../../domain/invoice-transition.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { RecordedInvoice, Records } from "../ports/records.ts";
import { undoOfVoid } from "../subscriptions/undo-change.ts";
import { said, type Said } from "../../domain/refusals.ts";

type Needs = { readonly store: Store; readonly clock: Clock };

/** Puts the invoice up for the next run, whatever dunning had planned. */
export async function retryInvoice({ store, clock }: Needs, invoiceId: string): Promise<void> {
  const now = clock.now();
  await store.write(now, (records) => retryIn(records, invoiceId, now));
}

/** The same inside a transaction that does more. What is refused leaves the books as they were. */
export async function retryIn(records: Records, invoiceId: string, now: Date): Promise<void> {
  const invoice = await invoiceToChange(records, "retry", invoiceId);
  const { status: was, subscriptionId, customerId } = invoice;
  Object.assign(invoice, transition(invoice, retryMove(invoice, now)));
  // Who asks for another try of the card asks for it for all that it pays.
  const customer = await records.customer(customerId);
  if (customer !== null) await records.clearCard({ ...customer, customerId }, ["new_card"]);
  records.record({ type: "invoice.retry_requested", invoiceId, subscriptionId, customerId, data: { was } });
  records.refresh(subscriptionId);
}

/**
 * That of a change of plan, by itself, takes the change back.
 * @param why for the record, in the person's words
 */
export async function voidInvoice({ store, clock }: Needs, invoiceId: string, why: string): Promise<void> {
  const now = clock.now();
  await store.write(now, (records) => voidIn(records, invoiceId, why, now));
}

/** The same inside a transaction that does more. What is refused leaves the books as they were. */
export async function voidIn(records: Records, invoiceId: string, why: string, now: Date): Promise<void> {
  const invoice = await invoiceToChange(records, "void", invoiceId);
  const { status: was, subscriptionId, customerId } = invoice;
  Object.assign(invoice, transition(invoice, { status: "void", statusReason: "voided_by_person" }));
  records.record({ type: "invoice.voided", invoiceId, subscriptionId, customerId, data: { was, why } });
  await undoOfVoid(records, invoice, now);
  records.refresh(subscriptionId);
}

/** Paid by other means: cash on the counter, a transfer. No attempt is written, since the gateway had no part. */
export async function markInvoicePaid(
  { store, clock }: Needs,
  invoiceId: string,
  { why, paidAt, form = null }: { readonly why: string; readonly paidAt: Date; readonly form?: PaymentForm | null },
): Promise<void> {
  await store.write(clock.now(), async (records) => {
    const invoice = await invoiceToChange(records, "mark_paid", invoiceId);
    const { status: was, subscriptionId, customerId } = invoice;
    Object.assign(invoice, transition(invoice, { status: "paid", paidAt }));
    if (form !== null) invoice.paymentForm = form;
    records.record({ type: "invoice.paid", invoiceId, subscriptionId, customerId, data: { was, why, by: "person" } });
    records.refresh(subscriptionId);
  });
}

/**
 * Money that came for what was canceled is kept: the question whether it goes back is answered.
 * @throws {NotFound} @throws {Refused} nobody is asked that
 */
export async function keepLatePayment({ store, clock }: Needs, invoiceId: string, why: string): Promise<void> {
  await store.write(clock.now(), async (records) => {
    const invoice = await records.invoice(invoiceId);
    if (invoice === null)
      throw new NotFound(said("no_invoice", { id: invoiceId }), { mend: { do: "list", what: "invoices" } });
    if (!(await records.keepLatePayment(invoiceId))) throw new Refused(said("no_late_payment", { id: invoiceId }));
    const { subscriptionId, customerId } = invoice;
    records.record({ type: "invoice.late_payment_kept", invoiceId, subscriptionId, customerId, data: { why } });
  });
}

/**
 * The invoice, where the act may be done to it.
 * @throws {NotFound}
 * @throws {Refused} why not, and how to go on
 */
export async function invoiceToChange(records: Records, act: InvoiceAct, invoiceId: string): Promise<RecordedInvoice> {
  const invoice = await records.invoice(invoiceId);
  if (invoice === null)
    throw new NotFound(said("no_invoice", { id: invoiceId }), { mend: { do: "list", what: "invoices" } });
  const openAttempt = await records.openAttempt(invoiceId);
  const forbidden = act === "retry" ? await forbiddenCardOf(records, invoice.customerId) : null;
  const why = whyNotDone(act, { invoice, openAttempt, isCardForbidden: forbidden !== null });
  if (why === null) return invoice;
  const mend = mendOf(why, act, invoiceId, forbidden);
  throw new Refused(
    said("invoice_is", { id: invoiceId, why: WHY_NOT[why](act, openAttempt?.state ?? "") }),
    mend === null ? {} : { mend },
  );
}

/** The default card, where it is never to be tried again; null: it may be. */
async function forbiddenCardOf(records: Records, customerId: string): Promise<string | null> {
  const card = await records.customer(customerId);
  if (card === null) return null;
  const forbidden = await records.forbiddenCards(customerId);
  return forbidden.some((named) => isSameCard(named, card)) ? card.paymentSourceId : null;
}

function mendOf(why: WhyNot, act: InvoiceAct, invoiceId: string, paymentSourceId: string | null): Mend | null {
  if (why === "open_page") return { do: act === "link" ? "show_invoice" : "cancel_link", invoiceId };
  return why === "card_forbidden" && paymentSourceId !== null ? { do: "allow_card", paymentSourceId } : null;
}

const WHY_NOT: Readonly<Record<WhyNot, (act: InvoiceAct, state: string) => Said>> = {
  paid: (act) => said(act === "void" ? "is_paid_refund" : "is_paid"),
  void: (act) => said(act === "void" ? "is_void" : "is_void_nothing_owed"),
  nothing_to_pay: () => said("is_of_nothing"),
  open_page: (act) => said(act === "link" ? "has_link" : "has_open_link"),
  card_forbidden: () => said("card_is_forbidden"),
  open_attempt: (_act, state) => said("has_open_attempt", { state }),
};
