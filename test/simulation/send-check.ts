/**
 * What must be true at the moment the first byte of a charge leaves; asked of the books by the gateway itself.
 *
 * Where processes freeze or are two, a charge may leave long after its intent was committed, and by then its attempt
 * may be anything that blocks or was proven harmless; the intent must have been durable all the same.
 */
import type { ChargeIntent } from "../../src/application/ports.ts";
import type { AttemptSeen, InvoiceSeen } from "./books-view.ts";
import type { Report } from "./violation.ts";

export type FindSent = (
  reference: string,
) => Promise<{ readonly attempt: AttemptSeen; readonly invoice: InvoiceSeen } | null>;

export function sendCheck(report: Report, find: FindSent, mayBeLate: boolean) {
  const sent = new Set<string>();

  return async ({ reference, amountCents, currency, customerId }: ChargeIntent, orderId: string | null) => {
    if (sent.has(reference)) report("I1", `${reference} was sent twice`);
    sent.add(reference);
    const found = await find(reference);
    if (found === null) return report("I3", `${reference} was sent without a row in the books`);
    const { attempt, invoice } = found;
    if (attempt.sentAt === null || (attempt.state !== "sending" && !mayBeLate))
      return report("I3", `${reference} was sent while its row says ${attempt.state}`);
    if (attempt.state === "sending" && invoice.status !== "open")
      report("I1", `${reference} was sent for an invoice that is ${invoice.status}`);
    if (amountCents !== invoice.amountCents || currency !== invoice.currency || customerId !== invoice.customerId)
      report("I9", `${reference} was sent with ${amountCents} ${currency}; its invoice says ${invoice.amountCents}`);
    if (attempt.state === "sending" && attempt.orderId !== orderId)
      report("I3", `${reference} charges the order ${orderId}; the books say ${attempt.orderId}`);
  };
}
