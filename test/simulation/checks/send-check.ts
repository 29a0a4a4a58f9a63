/**
 * What must be true at the moment the first byte of a charge leaves; asked of the books by the gateway itself.
 *
 * Where processes freeze or are two, a charge may leave long after its intent was committed, and by then its attempt
 * may be anything that blocks or was proven harmless; the intent must have been durable all the same.
 */
import type { ChargeIntent } from "../../../src/application/ports/gateway.ts";
import type { AttemptSeen, InvoiceSeen } from "../books-view.ts";
import type { OnSend } from "../gateway/station.ts";
import type { Report } from "./violation.ts";

/** What the books say of an attempt at this moment. */
export type Sent = {
  readonly attempt: AttemptSeen;
  readonly invoice: InvoiceSeen;
  /** Every attempt of its invoice. */
  readonly siblings: readonly AttemptSeen[];
  /** The earlier invoice that is to be paid first; null: none, or not to be told. */
  readonly waits: InvoiceSeen | null;
};

export type FindSent = (reference: string) => Promise<Sent | null>;

export type SendCheck = {
  readonly check: OnSend;
  /** By reference: when it left, by the true time. */
  readonly sentAtMs: ReadonlyMap<string, number>;
  /** A backup was put back, and gives the references that it has lost a second time. */
  forget(): void;
};

/** @param dunning what must be true beside, when the card is charged */
export function sendCheck(
  report: Report,
  find: FindSent,
  nowMs: () => number,
  mayBeLate: boolean,
  dunning: (sent: Sent, intent: ChargeIntent) => Promise<void>,
): SendCheck {
  const sentAtMs = new Map<string, number>();
  const sent = new Set<string>();

  async function check(intent: ChargeIntent, orderId: string | null, what: "charge" | "page"): Promise<void> {
    const { reference, amountCents, currency, customerId } = intent;
    if (sent.has(reference)) report("I1", `${reference} was sent twice`);
    sent.add(reference);
    sentAtMs.set(reference, nowMs());
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
    if ((attempt.flow === "link") !== (what === "page")) report("I3", `${reference} is sent as a ${what}`);
    if (attempt.state === "sending" && what === "charge") await dunning(found, intent);
  }

  return { check, sentAtMs, forget: () => sent.clear() };
}
