/** A change of a subscription's plan or quantity, as the books keep it: what was, what is, and what was charged or given back for it. */
import { type Apply, isProrated } from "./proration.ts";
import { isEnded, type Subscription } from "./subscription.ts";

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

/** Null: from the beginning of the period, as its invoice was sold; else from the local day on, as a change charged it. */
export type HeldTerms = Terms & ({ readonly from: null } | { readonly from: string; readonly chargedCents: number });

/**
 * By which terms the running period was sold, on each part of it: a change that waits for its end has not touched them, and one
 * from a day on has touched what comes after that day.
 *
 * @param now the subscription's, as its next cycle will have them
 * @param madeInPeriod `changesIn`
 */
export function heldTerms(now: Terms, madeInPeriod: readonly SubscriptionChange[]): readonly HeldTerms[] {
  const [first] = madeInPeriod;
  if (first === undefined) return [{ from: null, planId: now.planId, quantity: now.quantity }];
  return madeInPeriod.reduce<readonly HeldTerms[]>(
    (held, { apply, onDate: from, toPlanId: planId, toQuantity: quantity, debitCents: chargedCents, undoneAt }) =>
      undoneAt === null && isProrated(apply)
        ? [...held.filter((part) => part.from === null || part.from < from), { from, planId, quantity, chargedCents }]
        : held,
    [{ from: null, planId: first.fromPlanId, quantity: first.fromQuantity }],
  );
}

/**
 * Made since the running period was opened, undone ones too: the first of them says what it was sold by.
 * @param cycle the running one
 */
export function changesIn(cycle: number, changes: readonly SubscriptionChange[]): readonly SubscriptionChange[] {
  return changes.filter((each) => each.nextCycle > cycle);
}

/** The key of its item, and of its invoice. @param id "jorge-oro/2" */
export function changeKey(id: string): string {
  return `${KEY}${id}`;
}

/** Whether an item or an invoice with this key is of a change. @returns its subscription, and its number */
export function changeOfKey(key: string | null): { readonly subscriptionId: string; readonly number: string } | null {
  if (key === null || !key.startsWith(KEY)) return null;
  const at = key.lastIndexOf("/");
  return { subscriptionId: key.slice(KEY.length, at), number: key.slice(at + 1) };
}

const KEY = "change:";

export type UndoFault = "ended" | "none" | "took_effect" | "charged" | "spent";

/** @returns the change that can be undone, the last one; or why it cannot be */
export function lastToUndo(
  { status, nextCycle }: Pick<Subscription, "status" | "nextCycle">,
  changes: readonly SubscriptionChange[],
): { readonly change: SubscriptionChange } | { readonly fault: UndoFault } {
  if (isEnded(status)) return { fault: "ended" };
  const change = changes.findLast(({ undoneAt }) => undoneAt === null);
  if (change === undefined) return { fault: "none" };
  if (change.apply === "now") return { fault: "charged" };
  return change.nextCycle === nextCycle ? { change } : { fault: "took_effect" };
}
