/**
 * What becomes of invoices that are due: charged now, left for later, put off, held, or failed without a charge.
 *
 * Pure. Invoices come in the order in which they are claimed, with the facts that the files beside this one ask for. A charge
 * that would be in vain, or that the card's network forbids, is not made; dunning goes on without it.
 */
import type { AttemptState } from "../attempt.ts";
import { isLeftUnread, isPutAside } from "../backoff.ts";
import { paceAt, type CatchUp } from "../calendar/catch-up.ts";
import { cardFault, FAILED_CHECKS, type CardFacts } from "./card-check.ts";
import { turnOf, turnOfWaiting, type MissedInvoice } from "./catch-up-turn.ts";
import { dailyLimit, type CustomerTry } from "./daily-limit.ts";
import {
  earlierHeldCycle,
  earlierUnpaidCycle,
  heldBeforeDue,
  isBehindDue,
  type UnsettledInvoice,
} from "./invoice-order.ts";
import { blocksCharge, isInFlight } from "../attempt.ts";
import { isRetryRequested } from "../invoice.ts";
import { reattemptsOf, type CardDecline } from "../dunning/network-budget.ts";
import type { Decline } from "../decline.ts";
import { standingDispute, type PaymentDispute } from "../dispute.ts";
import { rereadBefore } from "../dunning/card-watch.ts";
import { isInWindow, type DunningPolicy, type Rule } from "../dunning/dunning.ts";
import { budgetFor, firstFreeAt, type BudgetSettings } from "../dunning/network-budget.ts";
import { isLastTry, type Invoice } from "../invoice.ts";

export type ChargedInvoice = Pick<
  Invoice,
  | "id"
  | "cycle"
  | "missed"
  | "periodEnd"
  | "declines"
  | "firstDeclinedAt"
  | "nextAttemptAt"
  | "retryRequestedAt"
  | "dunningStep"
  | "dunningDueAt"
> & {
  /** The subscription's. */
  readonly timeZone: string;
};

export type CustomerFacts = CardFacts & {
  /** When the customer was last read; null: what we know of the default card may be wrong. */
  readonly readAt: Date | null;
  /** The last read failed, and another is made then; null: it did not. */
  readonly nextReadAt: Date | null;
  /** When the last read failed; null: it did not. */
  readonly readFailedAt: Date | null;
  /** The last charge was refused for the key, which others' were not, and another is made then; null: it was not. */
  readonly nextChargeAt: Date | null;
  /** Of the default card; a store may leave them out for an invoice that was never declined. */
  readonly declines: readonly CardDecline[];
  /** Of the last 24 hours, and what is in flight. */
  readonly tries: readonly CustomerTry[];
};

/** Of a customer who is there, whom nobody has charged yet, and whose reads did not fail. */
export const NEVER_CHARGED: Omit<CustomerFacts, "card" | "readAt"> = {
  ...{ isDeleted: false, nextReadAt: null, readFailedAt: null, nextChargeAt: null },
  ...{ neverAgain: [], toReplace: [], declines: [], tries: [] },
};

export type ChargeFacts = {
  readonly invoice: ChargedInvoice;
  readonly customerId: string;
  readonly customer: CustomerFacts;
  /** The name of its plan's policy. */
  readonly dunning: string;
  readonly catchUp: CatchUp;
  /** The invoice's newest attempt that may still move money, or has; null: there is none. */
  readonly attempt: AttemptState | null;
  /** Of the subscription. */
  readonly unsettled: readonly UnsettledInvoice[];
  /** When an invoice of the subscription was last paid, free ones left out; null: none was. A store may leave it out for one that never waited. */
  readonly paidAt: Date | null;
  /** Of the subscription; a store may leave them out for an invoice that was not missed. */
  readonly missed: readonly MissedInvoice[];
  /** About invoices of the subscription, those that were won left out. */
  readonly disputes: readonly PaymentDispute[];
};

export type ChargeDecision =
  | { readonly do: "charge" }
  /** It stays due, and is looked at again. It may wait behind an invoice that only a person moves. */
  | { readonly do: "leave"; readonly because: "earlier_unpaid"; readonly heldCycle: number | null }
  | {
      readonly do: "leave";
      readonly because: "open_attempt" | "in_flight" | "unread" | "put_aside" | "limit";
    }
  /** The customer is read at the gateway first: our books may know less of the card than Conekta. */
  | { readonly do: "read_customer" }
  | { readonly do: "put_off"; readonly until: Date; readonly rule: Rule }
  /** Until a person decides. `why`: one English sentence. */
  | { readonly do: "hold"; readonly because: "daily_limit" | "earlier_unpaid"; readonly why?: string }
  /** Without a charge, as if the card had been declined. */
  | {
      readonly do: "fail";
      readonly failure: Pick<Decline, "declineClass"> & { readonly failureCode: keyof typeof FAILED_CHECKS };
      readonly rule?: Rule;
    };

export type ChargeRules = {
  readonly now: Date;
  /** Charges that may be made; the others are left. */
  readonly limit: number;
  readonly maxChargesPerCustomerPerDay: number;
  readonly budgets: BudgetSettings;
  policyOf(dunning: string): Pick<DunningPolicy, "laterCycles" | "windowDays" | "onChargeback">;
  /** What became of reading a customer in this run; undefined: it was not tried. */
  readingOf(customerId: string): "read" | "unread" | "gone" | undefined;
  /** The customer's charges were refused in this run: not even a person's retry is tried again in it. */
  isRefusedNow?(customerId: string): boolean;
};

/** @param due in the order of claiming @returns one decision for each, in the same order */
export function chargeDecisions(due: readonly ChargeFacts[], rules: ChargeRules): ChargeDecision[] {
  const chosen = new Set<string>();
  return due.map((facts) => {
    const decision = decide(facts, rules);
    if (decision.do !== "charge") return decision;
    if (chosen.has(facts.customerId)) return leave("in_flight");
    if (chosen.size >= rules.limit) return leave("limit");
    chosen.add(facts.customerId);
    return decision;
  });
}

function decide({ invoice, customer, customerId, ...facts }: ChargeFacts, rules: ChargeRules): ChargeDecision {
  const { now, maxChargesPerCustomerPerDay } = rules;
  if (blocksCharge(facts.attempt)) return leave("open_attempt");
  const policy = rules.policyOf(facts.dunning);
  if (earlierUnpaidCycle(invoice, facts.unsettled) !== null)
    return policy.laterCycles === "hold" && !invoice.missed
      ? { do: "hold", because: "earlier_unpaid" }
      : { do: "leave", because: "earlier_unpaid", heldCycle: earlierHeldCycle(invoice, facts.unsettled) };
  const behind: ChargeDecision | null = isBehindDue(invoice, facts.unsettled, now)
    ? { do: "leave", because: "earlier_unpaid", heldCycle: heldBeforeDue(invoice, facts.unsettled, now) }
    : null;
  // What was missed has a day of its own first.
  if (behind !== null && !invoice.missed) return behind;

  const disputed =
    policy.onChargeback === "hold" && !isRetryRequested(invoice) ? standingDispute(facts.disputes) : null;
  if (disputed !== null) {
    const { id, cycle, outcome } = disputed;
    const how = outcome === "open" ? "is disputed" : "was disputed, and the dispute lost";
    return {
      do: "hold",
      because: "earlier_unpaid",
      why: `the payment of ${cycle === null ? "a one-off invoice" : `cycle ${cycle}`} ${how} (${id})`,
    };
  }

  const limited = dailyLimit(invoice, customer.tries, maxChargesPerCustomerPerDay, now);
  if (limited?.do === "hold") {
    const why = `it was charged ${maxChargesPerCustomerPerDay} times within 24 hours`;
    return { do: "hold", because: "daily_limit", why };
  }
  if (limited?.do === "put_off")
    return { ...limited, rule: { name: "daily_limit", charges: maxChargesPerCustomerPerDay } };

  const turn = turnOf(invoice, { ...facts, timeZone: invoice.timeZone });
  const waiting =
    policy.laterCycles === "collect_at_once"
      ? null
      : turnOfWaiting(invoice, { ...facts, timeZone: invoice.timeZone }, now);
  const turnAt = (turn && paceAt(turn, now)) ?? (waiting && paceAt(waiting, now));
  if (turnAt !== null) return { do: "put_off", until: turnAt, rule: { name: "catch_up_spacing" } };
  if (behind !== null) return behind;

  const fault = cardFault(customer, now, { isAskedFor: isRetryRequested(invoice) || isLastTry(invoice) });
  const { readFailedAt: failedAt, nextReadAt } = customer;
  const isUnreadStill = isLeftUnread({ failedAt, nextReadAt }, invoice.nextAttemptAt, now);
  const reading = rules.readingOf(customerId) ?? (isUnreadStill ? "unread" : undefined);
  const failed = fault !== null ? fail(fault) : overBudget(invoice, customer, policy, rules);
  // Conekta may know of another card by now: nothing fails for a card before the customer was read, once a day.
  const isCardToBlame = failed?.do === "fail";
  const isNews = customer.readAt === null || (isCardToBlame && customer.readAt < rereadBefore(now));
  if (reading === undefined && isNews) return { do: "read_customer" };
  if (reading === "unread" && isCardToBlame) return leave("unread");
  if (!isCardToBlame && rules.isRefusedNow?.(customerId)) return leave("put_aside");
  if (!isCardToBlame && isPutAside(customer.nextChargeAt, now) && !isRetryRequested(invoice)) return leave("put_aside");
  return failed ?? (isInFlight(customer.tries) ? leave("in_flight") : CHARGE);
}

/** Whether the card's network allows another try only later, or not while the policy still retries. */
function overBudget(
  { declines, firstDeclinedAt, timeZone }: ChargedInvoice,
  customer: CustomerFacts,
  policy: Pick<DunningPolicy, "windowDays">,
  { budgets, now }: ChargeRules,
): ChargeDecision | null {
  // Only the next charge of an invoice that was declined before is a reattempt.
  if (declines === 0) return null;
  const budget = budgetFor(customer.card.cardBrand, budgets);
  const until = firstFreeAt(budget, reattemptsOf(customer.declines), now);
  if (until === null) return null;
  const rule: Rule = { name: "network_budget", network: budget.network, until: until.toISOString() };
  return isInWindow(policy, { firstDeclinedAt: firstDeclinedAt ?? now, timeZone }, until)
    ? { do: "put_off", until, rule }
    : { ...fail("network_budget"), rule };
}

const CHARGE: ChargeDecision = { do: "charge" };

function leave(
  because: Exclude<Extract<ChargeDecision, { do: "leave" }>["because"], "earlier_unpaid">,
): ChargeDecision {
  return { do: "leave", because };
}

function fail(failureCode: keyof typeof FAILED_CHECKS): Extract<ChargeDecision, { do: "fail" }> {
  return { do: "fail", failure: { declineClass: FAILED_CHECKS[failureCode], failureCode } };
}
