/**
 * What is checked before a due invoice is charged: whether there is a card that may be charged at all.
 *
 * Pure. A charge that would be in vain, or that the card's network forbids, is not made; dunning goes on without it.
 */
import type { Decline } from "../decline.ts";
import type { DunningPolicy, Rule } from "./dunning.ts";
import { budgetFor, firstFreeAt, type BudgetSettings } from "./network-budget.ts";

export type CardFacts = {
  readonly paymentSourceId: string | null;
  readonly brand: string | null;
  /** No default card, an expired one, or no such customer any more. */
  readonly isMissing: boolean;
  /** It was declined in a way that forbids ever trying it again. */
  readonly isForbidden: boolean;
  /** When it was declined again on an invoice on which it had been declined before; of the last 30 days, ascending. */
  readonly reattemptsAt: readonly Date[];
};

export type Check =
  /** Nothing speaks against it. */
  | { readonly do: "charge" }
  /** Without a charge, as if the card had been declined. */
  | { readonly do: "fail"; readonly failure: Pick<Decline, "declineClass"> & { readonly failureCode: string } }
  /** The network allows another try only later. */
  | { readonly do: "wait"; readonly until: Date; readonly rule: Rule }
  | { readonly do: "hold"; readonly because: "earlier_unpaid" };

/** What a charge would be in vain for, as codes of our own, and the class of decline that each counts as. */
export const FAILED_CHECKS = {
  customer_deleted: "new_card",
  no_default_card: "new_card",
  card_expired: "new_card",
  card_forbidden: "never_again",
  network_budget: "new_card",
} as const;

/** The reattempts of one card within 30 days below which no network asks anything. */
export const SMALLEST_BUDGET = 10;

export function checkBeforeCharge(
  facts: {
    readonly card: CardFacts;
    readonly isCustomerDeleted: boolean;
    readonly isEarlierUnpaid: boolean;
    /** Whether this invoice was declined before: only then is its next charge a reattempt. */
    readonly isReattempt: boolean;
  },
  policy: Pick<DunningPolicy, "laterCycles">,
  budgets: BudgetSettings,
  now: Date,
): Check {
  const { card } = facts;
  // In order: whoever claims leaves it where it is until the earlier one is paid.
  if (facts.isEarlierUnpaid)
    return policy.laterCycles === "hold" ? { do: "hold", because: "earlier_unpaid" } : { do: "charge" };
  if (facts.isCustomerDeleted) return fail("customer_deleted");
  if (card.paymentSourceId === null) return fail("no_default_card");
  if (card.isMissing) return fail("card_expired");
  if (card.isForbidden) return fail("card_forbidden");
  if (!facts.isReattempt) return { do: "charge" };

  const budget = budgetFor(card.brand, budgets);
  const until = firstFreeAt(budget, card.reattemptsAt, now);
  return until === null
    ? { do: "charge" }
    : { do: "wait", until, rule: { name: "network_budget", network: budget.network, until: until.toISOString() } };
}

function fail(failureCode: keyof typeof FAILED_CHECKS): Check {
  return { do: "fail", failure: { declineClass: FAILED_CHECKS[failureCode], failureCode } };
}
