/** What an event says of a decision: the same from every store, so that whoever reads events reads one thing. */
import type { DeclineClass } from "../decline.ts";
import type { NextStep, Rule } from "../dunning/dunning.ts";
import type { InvoiceFacts, Settlement } from "./settlement.ts";

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

/** What an invoice became without a settlement: a check, a step of dunning, a hold. */
export type Transitioned = Pick<Settlement, "invoice" | "step"> & {
  /** Why the invoice failed without a charge. */
  readonly failure?: { readonly declineClass: DeclineClass; readonly failureCode: string };
  /** By which rule, where no step of dunning tells it. */
  readonly rule?: Rule;
  /** One English sentence, where the reason needs one. */
  readonly because?: string;
};

export function transitionData(
  { amountCents, currency }: Pick<InvoiceFacts, "amountCents" | "currency">,
  { invoice, step, failure, rule, because }: Transitioned,
): Record<string, unknown> {
  return {
    amountCents,
    currency,
    ...failure,
    nextAttemptAt: invoice.nextAttemptAt?.toISOString() ?? null,
    statusReason: invoice.statusReason,
    ...(step && stepData(step)),
    ...(rule && { rule }),
    ...(because !== undefined && { because }),
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
