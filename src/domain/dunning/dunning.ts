/**
 * Dunning: what to do when an invoice could not be collected.
 *
 * Pure. The time of the decline comes in; a decision and the rule behind it go out; nothing is read or written. The card
 * is tried as long as its policy allows. Then the customer is given a payment link, or time to bring another card; then
 * comes grace; then the invoice is written off.
 */
import { HOUR_MS, MINUTE_MS } from "../duration.ts";
import assert from "node:assert/strict";
import type { PaymentMethod } from "../attempt.ts";
import { localDayOf, localInstant, plusLocalDays } from "../calendar/calendar.ts";
import type { DeclineClass } from "../decline.ts";
import type { OnChargeback } from "../dispute.ts";
import type { NetworkBudget } from "./network-budget.ts";
import { isoDateOf, nextPayday, type BankCalendar } from "./payday.ts";

export const FINAL_ACTIONS = ["unpaid", "cancel", "pause"] as const;
/** What becomes of the subscription whose invoice is written off. */
export type FinalAction = (typeof FINAL_ACTIONS)[number];

/** What a failed invoice waits for: its card's next try, another card, its payment link, or the end of its grace. */
export const DUNNING_STEPS = ["retry", "wait_for_card", "payment_link", "grace"] as const;
export type DunningStep = (typeof DUNNING_STEPS)[number];

export const LATER_CYCLES = ["collect_in_order", "collect_at_once", "hold"] as const;

export type DunningPolicy = {
  readonly name: string;
  /** `retry_later`: local days to wait after the 1st, 2nd, … decline of the invoice. */
  readonly retryAfterDays: readonly number[];
  /** For lack of funds wait for the next payday instead, where that lies inside the window. */
  readonly payday: boolean;
  /** "09:00", the local time of a retry that is counted in days; null: that of the decline. */
  readonly retryAt: string | null;
  /** `try_again_soon`: minutes to wait after the 1st, 2nd, … decline of the invoice. */
  readonly tryAgainAfterMinutes: readonly number[];
  /** `unrecognized`, and a question of the bank that nobody answered: the wait before the only retry. */
  readonly unrecognizedAfterDays: number;
  /** Local days after the first decline beyond which the card is not tried by itself. */
  readonly windowDays: number;
  /** How long another card is waited for, when the one there is has no try left. */
  readonly waitForCardDays: number;
  /** Given instead of that wait; null: none. */
  readonly paymentLink: { readonly methods: readonly PaymentMethod[]; readonly expiresAfterDays: number } | null;
  /** Between the last chance to pay and the write-off. */
  readonly graceDays: number;
  readonly finalAction: FinalAction;
  /**
   * What an invoice does while an earlier one of its subscription is unpaid: it waits, or is held. Once that one is paid,
   * those whose periods are over come one a day, or all at once.
   */
  readonly laterCycles: (typeof LATER_CYCLES)[number];
  /** What the next cycle does once a payment of the subscription is disputed. */
  readonly onChargeback: OnChargeback;
  /** Days before its card expires at which the customer is told. */
  readonly cardExpiringDays: readonly number[];
};

/** Why dunning decided so; its details are plain, so that an event can keep it and `explain` can tell it. */
export type Rule =
  | { readonly name: "retry_days"; readonly days: number; readonly retry: number; readonly of: number }
  /** Both are local dates. */
  | {
      readonly name: "payday";
      readonly payday: string;
      readonly insteadOf: string;
      readonly retry: number;
      readonly of: number;
    }
  | { readonly name: "retry_minutes"; readonly minutes: number; readonly retry: number; readonly of: number }
  | { readonly name: "unrecognized_once"; readonly days: number }
  /** Nobody answered the bank's question (3DS): the card is tried once more. */
  | { readonly name: "unanswered_once"; readonly days: number }
  | { readonly name: "new_card" }
  /** It was dead for another invoice, which is settled since; or the invoice would be given up without it. */
  | { readonly name: "card_untried" }
  | { readonly name: "retries_used_up"; readonly retries: number }
  /** `wouldBeAt` is an instant, ISO-8601. */
  | { readonly name: "window_over"; readonly windowDays: number; readonly wouldBeAt: string }
  | { readonly name: "card_never_pays"; readonly declineClass: DeclineClass }
  | { readonly name: "our_fault" }
  | { readonly name: "wait_over"; readonly days: number }
  /** Null: by now the policy knows of no page. */
  | { readonly name: "link_not_paid"; readonly days: number | null }
  /** A link that a person made, or closed, is over: another card is waited for. */
  | { readonly name: "link_closed"; readonly days: number }
  | { readonly name: "grace_over"; readonly days: number }
  | { readonly name: "network_budget"; readonly network: NetworkBudget["network"]; readonly until: string }
  | { readonly name: "daily_limit"; readonly charges: number }
  | { readonly name: "catch_up_spacing" }
  | { readonly name: "dispute_won" }
  /** It was a refund. */
  | { readonly name: "dispute_withdrawn" };

export type WriteOffReason = "attempts_used_up" | "no_new_card" | "link_not_paid";

export type NextStep = { readonly rule: Rule } & (
  | { readonly do: "retry"; readonly at: Date }
  /** A hosted page is made, and waited for until it expires. */
  | { readonly do: "payment_link" }
  | { readonly do: "wait_for_card"; readonly until: Date }
  | { readonly do: "grace"; readonly until: Date }
  | { readonly do: "write_off"; readonly because: WriteOffReason; readonly finalAction: FinalAction }
  | { readonly do: "hold"; readonly because: "our_fault" }
);

export type DeclineFacts = {
  readonly decline: DeclineClass;
  readonly lacksFunds: boolean;
  /** Nobody answered the bank's question (3DS). */
  readonly isUnanswered?: boolean;
  /** Declines of this invoice, this one included; a check before the charge that failed counts like one. */
  readonly declines: number;
  readonly declinedAt: Date;
  /** Where the window begins. */
  readonly firstDeclinedAt: Date;
  /** The subscription's: a day is added there, so 09:00 stays 09:00 over a clock change. */
  readonly timeZone: string;
  /** The customer's default card is another one by now than the one that was declined, and was never tried for this invoice. */
  readonly isOtherCardNow: boolean;
  /** All waits are over: this was the try before the invoice is given up. */
  readonly isLastTry: boolean;
  readonly calendar: BankCalendar;
};

/** Local time of a retry that waits for a payday, unless the policy names another: salaries have come by then. */
const MORNING = "09:00";
/** A decline so long before the morning is of the night: the salary had not come. */
const NIGHT_MS = 2 * HOUR_MS;

/** Classes that another card may mend by itself. */
const MENDED_BY_CARD: ReadonlySet<DeclineClass> = new Set([
  "retry_later",
  "new_card",
  "customer_action",
  "never_again",
  "unrecognized",
]);

export function nextStep(policy: DunningPolicy, facts: DeclineFacts): NextStep {
  const { decline, declines, declinedAt } = facts;
  assert(Number.isInteger(declines) && declines >= 1, `declines must be a count from 1, got ${declines}`);
  if (facts.isOtherCardNow && MENDED_BY_CARD.has(decline))
    return { do: "retry", at: declinedAt, rule: { name: "new_card" } };

  switch (decline) {
    case "retry_later":
      return retryLater(policy, facts);
    case "try_again_soon": {
      const minutes = policy.tryAgainAfterMinutes[declines - 1];
      const of = policy.tryAgainAfterMinutes.length;
      if (minutes === undefined) return cardIsOut(policy, facts, { name: "retries_used_up", retries: of });
      const at = new Date(declinedAt.getTime() + minutes * MINUTE_MS);
      return retryInWindow(policy, facts, at, { name: "retry_minutes", minutes, retry: declines, of });
    }
    case "unrecognized": {
      // A code nobody has seen may pass by itself: one more try, then it counts as a bad card.
      const days = policy.unrecognizedAfterDays;
      if (declines > 1) return cardIsOut(policy, facts, { name: "card_never_pays", declineClass: decline });
      return retryInWindow(policy, facts, inDays(policy, facts, days), { name: "unrecognized_once", days });
    }
    case "customer_action": {
      // The card may be as good as ever; where the policy has a page, that is given instead.
      const days = policy.unrecognizedAfterDays;
      if (!facts.isUnanswered || declines > 1 || policy.paymentLink !== null)
        return cardIsOut(policy, facts, { name: "card_never_pays", declineClass: decline });
      return retryInWindow(policy, facts, inDays(policy, facts, days), { name: "unanswered_once", days });
    }
    case "new_card":
    case "never_again":
      return cardIsOut(policy, facts, { name: "card_never_pays", declineClass: decline });
    case "our_fault":
      return { do: "hold", because: "our_fault", rule: { name: "our_fault" } };
    default:
      return decline satisfies never;
  }
}

/** What follows when a wait ended without money. @param declineClass why the invoice had failed */
export function afterStep(
  policy: DunningPolicy,
  over: Exclude<DunningStep, "retry">,
  declineClass: DeclineClass,
  now: Date,
  timeZone: string,
): NextStep {
  const notPaid: Rule = { name: "link_not_paid", days: policy.paymentLink?.expiresAfterDays ?? null };
  if (over !== "grace") {
    const rule: Rule = over === "payment_link" ? notPaid : { name: "wait_over", days: policy.waitForCardDays };
    if (policy.graceDays > 0) return { do: "grace", until: plusLocalDays(now, policy.graceDays, timeZone), rule };
    return writeOff(policy, over === "payment_link" ? "link_not_paid" : reasonFor(declineClass), rule);
  }
  const because = policy.paymentLink === null ? reasonFor(declineClass) : "link_not_paid";
  // After a page it has its step without a day, too: the customer is read before the end.
  const isOfPageAlone = policy.paymentLink !== null && policy.graceDays === 0;
  return writeOff(policy, because, isOfPageAlone ? notPaid : { name: "grace_over", days: policy.graceDays });
}

/**
 * After so many local days at most an invoice that failed is paid, written off, void or held, as far as dunning alone
 * decides: a person, another card and an outcome nobody knows take their own time.
 */
export function horizonDays(policy: DunningPolicy): number {
  const lastChanceDays = policy.paymentLink === null ? policy.waitForCardDays : policy.paymentLink.expiresAfterDays + 1;
  return policy.windowDays + lastChanceDays + policy.graceDays + 1;
}

function retryLater(policy: DunningPolicy, facts: DeclineFacts): NextStep {
  const { declines: retry, timeZone } = facts;
  const of = policy.retryAfterDays.length;
  const days = policy.retryAfterDays[retry - 1];
  if (days === undefined) return cardIsOut(policy, facts, { name: "retries_used_up", retries: of });
  const plainAt = inDays(policy, facts, days);
  if (policy.payday && facts.lacksFunds) {
    const { payday, at } = paydayAfter(policy, facts);
    const insteadOf = isoDateOf(localDayOf(plainAt, timeZone));
    if (isInWindow(policy, facts, at))
      return { do: "retry", at, rule: { name: "payday", payday: isoDateOf(payday), insteadOf, retry, of } };
  }
  return retryInWindow(policy, facts, plainAt, { name: "retry_days", days, retry, of });
}

/** The morning of the next payday: of today's, when the decline came in the night before it. */
function paydayAfter(
  { retryAt }: DunningPolicy,
  { declinedAt, timeZone, calendar }: DeclineFacts,
): { readonly payday: number; readonly at: Date } {
  const today = localDayOf(declinedAt, timeZone);
  const morningOf = (payday: number) => ({ payday, at: localInstant(payday, retryAt ?? MORNING, timeZone) });
  const first = morningOf(nextPayday(today - 1, calendar));
  return first.at.getTime() - declinedAt.getTime() >= NIGHT_MS ? first : morningOf(nextPayday(today, calendar));
}

function inDays({ retryAt }: DunningPolicy, { declinedAt, timeZone }: DeclineFacts, days: number): Date {
  const at = plusLocalDays(declinedAt, days, timeZone);
  return retryAt === null ? at : localInstant(localDayOf(at, timeZone), retryAt, timeZone);
}

function retryInWindow(policy: DunningPolicy, facts: DeclineFacts, at: Date, rule: Rule): NextStep {
  if (isInWindow(policy, facts, at)) return { do: "retry", at, rule };
  const { windowDays } = policy;
  return cardIsOut(policy, facts, { name: "window_over", windowDays, wouldBeAt: at.toISOString() });
}

/** The window ends with its last local day, so that the hour of the first decline decides nothing. */
export function isInWindow(
  { windowDays }: Pick<DunningPolicy, "windowDays">,
  { firstDeclinedAt, timeZone }: Pick<DeclineFacts, "firstDeclinedAt" | "timeZone">,
  at: Date,
): boolean {
  return localDayOf(at, timeZone) - localDayOf(firstDeclinedAt, timeZone) <= windowDays;
}

/** This card is not tried again by itself: the customer is asked. */
function cardIsOut(policy: DunningPolicy, facts: DeclineFacts, rule: Rule): NextStep {
  const { declinedAt, timeZone, decline } = facts;
  if (facts.isLastTry)
    return writeOff(policy, policy.paymentLink === null ? reasonFor(decline) : "link_not_paid", rule);
  if (policy.paymentLink !== null) return { do: "payment_link", rule };
  const { waitForCardDays, graceDays } = policy;
  if (waitForCardDays > 0)
    return { do: "wait_for_card", until: plusLocalDays(declinedAt, waitForCardDays, timeZone), rule };
  if (graceDays > 0) return { do: "grace", until: plusLocalDays(declinedAt, graceDays, timeZone), rule };
  return writeOff(policy, reasonFor(decline), rule);
}

function writeOff({ finalAction }: DunningPolicy, because: WriteOffReason, rule: Rule): NextStep {
  return { do: "write_off", because, finalAction, rule };
}

function reasonFor(declineClass: DeclineClass): WriteOffReason {
  return declineClass === "retry_later" || declineClass === "try_again_soon" ? "attempts_used_up" : "no_new_card";
}

export type { BankCalendar } from "./payday.ts";
