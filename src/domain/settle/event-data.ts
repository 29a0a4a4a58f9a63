/** What an event says of a decision: the same from every store, so that whoever reads events reads one thing. */
import type { NextStep } from "../dunning/dunning.ts";
import type { Settlement } from "./settlement.ts";

export function settlementData(
  attempt: { readonly number: number; readonly amountCents: number; readonly currency: string },
  { attempt: change, invoice, step }: Settlement,
): Record<string, unknown> {
  return {
    attempt: attempt.number,
    outcome: change.state,
    amountCents: attempt.amountCents,
    currency: attempt.currency,
    declineClass: change.decline?.declineClass ?? null,
    failureCode: change.decline?.failureCode ?? null,
    nextAttemptAt: invoice.nextAttemptAt?.toISOString() ?? null,
    statusReason: invoice.statusReason,
    because: change.trace?.because ?? null,
    ...(change.payment?.paymentMethod && { paymentMethod: change.payment.paymentMethod }),
    ...(change.link && { url: change.link.url, expiresAt: change.link.expiresAt.toISOString() }),
    ...(step && stepData(step)),
  };
}

/** What dunning decided. */
export function stepData(step: NextStep): Record<string, unknown> {
  return {
    nextStep: step.do,
    rule: step.rule,
    ...("until" in step && { nextStepUntil: step.until.toISOString() }),
    ...("finalAction" in step && { finalAction: step.finalAction }),
  };
}
