/**
 * Money was seen. Whatever state attempt and invoice are in, it is booked; what differs from the intent is held first.
 */
import { isOpen, type AttemptFacts, type Payment, type Trace } from "../attempt.ts";
import { transition } from "../invoice-transition.ts";
import { ended, held, waiting, type InvoiceFacts, type Settlement, type SettleRules } from "./settlement.ts";

export function decidePaid(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  payment: Payment,
  trace: Trace,
  rules: SettleRules,
): Settlement | null {
  const taken = isOfAnother(attempt, payment.orderId, payment.chargeId);
  const differences = differencesFrom(attempt, payment, rules.livemode);
  if (taken) differences.push("its order or charge belongs to another attempt");
  if (differences.length > 0) {
    const because = `the gateway's answer differs from what we asked: ${differences.join("; ")}`;
    // Another attempt's money, booked there; this one has ended and learns nothing.
    if (taken && !isOpen(attempt.state)) return null;
    // The invoice is being collected by a later try: this money is not for it, and is listed for refund.
    if (!isOpen(attempt.state) && invoice.openElsewhere) {
      const { orderId, chargeId } = payment;
      const card = { brand: payment.cardBrand, last4: payment.cardLast4 };
      const known = { orderId, chargeId: chargeId ?? attempt.chargeId, payment, card, trace: { ...trace, because } };
      const again = ended("paid_again", attempt, rules, known);
      return { attempt: again, invoice: transition(invoice), event: "attempt.paid_again", finalAction: null };
    }
    return {
      attempt: {
        ...waiting("unknown", attempt, { ...trace, because }),
        ...(taken ? {} : { orderId: payment.orderId, chargeId: payment.chargeId ?? attempt.chargeId }),
      },
      invoice: invoice.status === "paid" ? transition(invoice) : held(invoice, "answer_differs"),
      event: invoice.status === "paid" ? "attempt.unknown" : "invoice.held",
      finalAction: null,
    };
  }
  const again = invoice.paidByAnother || invoice.status === "paid";
  const paid = ended(again ? "paid_again" : "paid", attempt, rules, {
    orderId: payment.orderId,
    chargeId: payment.chargeId ?? attempt.chargeId,
    payment,
    card: { brand: payment.cardBrand, last4: payment.cardLast4 },
    trace,
  });
  if (again) return { attempt: paid, invoice: transition(invoice), event: "attempt.paid_again", finalAction: null };
  return {
    attempt: paid,
    invoice: transition(invoice, {
      status: "paid",
      faults: 0,
      paidAt: payment.paidAt ?? rules.now,
    }),
    event: "invoice.paid",
    finalAction: null,
    ...((invoice.voidWhenSettled === "canceled" || invoice.statusReason === "canceled") && { isAfterCancel: true }),
  };
}

/** I9: amount, currency, customer and mode of the answer equal the intent. One sentence a difference. */
export function differencesFrom(
  intent: Pick<AttemptFacts, "amountCents" | "currency" | "customerId">,
  payment: Payment,
  livemode: boolean | null,
): string[] {
  const differences: string[] = [];
  if (payment.amountCents !== intent.amountCents)
    differences.push(`amount ${payment.amountCents} cents instead of ${intent.amountCents}`);
  if (payment.currency.toUpperCase() !== intent.currency.toUpperCase())
    differences.push(`currency ${payment.currency} instead of ${intent.currency}`);
  if (payment.customerId !== null && payment.customerId !== intent.customerId)
    differences.push(`customer ${payment.customerId} instead of ${intent.customerId}`);
  if (livemode !== null && payment.livemode !== livemode)
    differences.push(`${mode(payment.livemode)} mode instead of ${mode(livemode)} mode`);
  return differences;
}

function mode(livemode: boolean): string {
  return livemode ? "live" : "test";
}

/** Whether the answer names an order or charge that another attempt holds. */
export function isOfAnother(attempt: AttemptFacts, ...ids: readonly (string | null)[]): boolean {
  return ids.some((id) => id !== null && attempt.idsOfOthers.includes(id));
}

/** What moved, where it differs from what was asked for; null: it does not, or nothing moved. */
export function movedCents(askedCents: number, payment: Payment | null): number | null {
  return payment === null || payment.amountCents === askedCents ? null : payment.amountCents;
}
