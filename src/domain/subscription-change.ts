/** A change of a subscription's plan or quantity, as the books keep it: what was, what is, and what was charged or given back for it. */
import type { Apply } from "./proration.ts";

export type SubscriptionChange = {
  /** "jorge-oro/2" */
  readonly id: string;
  readonly subscriptionId: string;
  /** From 1, in the order in which they were made. */
  readonly number: number;
  readonly fromPlanId: string;
  readonly toPlanId: string;
  readonly fromQuantity: number;
  readonly toQuantity: number;
  readonly apply: Apply;
  /** The first local day of the new terms: "2026-11-16" */
  readonly onDate: string;
  /** For the rest of the running period. */
  readonly creditCents: number;
  readonly debitCents: number;
  /** What of it went to the customer's balance. */
  readonly grantedCents: number;
  /** The cycle that was to come when it was made. */
  readonly nextCycle: number;
  /** As they were, so that it can be undone. */
  readonly fromAnchorLocal: string;
  readonly fromNextBillingAt: Date | null;
  /** The line that waits for the next invoice, by its key. */
  readonly itemKey: string | null;
  /** The invoice of its own. */
  readonly invoiceId: string | null;
  readonly madeAt: Date;
  readonly madeBy: string;
  readonly undoneAt: Date | null;
  readonly undoneBy: string | null;
};

type Terms = { readonly planId: string; readonly quantity: number };

/**
 * By which terms the running period was sold: a change that waits for its end has not touched them.
 *
 * @param now the subscription's, as its next cycle will have them
 * @param changes all of them, by number
 */
export function runningTerms(
  now: Terms & { readonly nextCycle: number },
  changes: readonly SubscriptionChange[],
): Terms {
  const ofThis = changesIn(now.nextCycle, changes);
  const [first] = ofThis;
  if (first === undefined) return { planId: now.planId, quantity: now.quantity };
  return ofThis.reduce<Terms>(
    (terms, { apply, toPlanId, toQuantity }) =>
      apply === "now" || apply === "next_invoice" ? { planId: toPlanId, quantity: toQuantity } : terms,
    { planId: first.fromPlanId, quantity: first.fromQuantity },
  );
}

/** Of the running period; undone ones count as never made. */
export function changesIn(nextCycle: number, changes: readonly SubscriptionChange[]): readonly SubscriptionChange[] {
  return changes.filter((each) => each.nextCycle === nextCycle && each.undoneAt === null);
}

/**
 * What was paid for the running period, and not given back yet: its invoice, with what changes of it cost, less what they gave
 * back. None of them waits or is unpaid.
 */
export function paidForPeriodCents(invoicePaidCents: number, changes: readonly SubscriptionChange[]): number {
  return changes.reduce((sum, { creditCents, debitCents }) => sum + debitCents - creditCents, invoicePaidCents);
}

export type UndoFault = "none" | "took_effect" | "charged" | "spent";

/** @returns the change that can be undone, the last one; or why it cannot be */
export function lastToUndo(
  nextCycle: number,
  changes: readonly SubscriptionChange[],
): { readonly change: SubscriptionChange } | { readonly fault: UndoFault } {
  const change = changes.findLast(({ undoneAt }) => undoneAt === null);
  if (change === undefined) return { fault: "none" };
  if (change.apply === "now") return { fault: "charged" };
  return change.nextCycle === nextCycle ? { change } : { fault: "took_effect" };
}

export const UNDO_FAULTS: Readonly<Record<UndoFault, string>> = {
  none: "nothing was changed that could be taken back",
  took_effect: "the last change has taken effect; change it back instead",
  charged: "the last change was applied at once; change it back instead",
  spent: "what the last change gave back was spent from the balance; change it back instead",
};
