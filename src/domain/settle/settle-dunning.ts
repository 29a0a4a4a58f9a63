/**
 * What a failed invoice becomes: dunning's decision, as a change of the invoice.
 *
 * A decline, a check before the charge that fails, a payment link that lapsed and a wait that is over all end here.
 */
import type { PageAttempt } from "../attempt.ts";
import { plusLocalDays } from "../calendar/calendar.ts";
import type { Decline, DeclineClass } from "../decline.ts";
import { afterStep, nextStep, type DunningStep, type NextStep } from "../dunning/dunning.ts";
import { isLastTry, isOldDebt, OUT_OF_DUNNING } from "../invoice.ts";
import { transition, type InvoiceMove } from "../invoice-transition.ts";
import { isUndecided, voided, type InvoiceFacts, type Settlement, type SettleRules } from "./settlement.ts";

type Decided = Pick<Settlement, "invoice" | "event" | "finalAction" | "step">;

export function afterDecline(invoice: InvoiceFacts, decline: Decline, rules: SettleRules): Decided {
  const declines = invoice.declines + 1;
  const counted = { ...invoice, declines, faults: 0, firstDeclinedAt: invoice.firstDeclinedAt ?? rules.now };
  if (!isUndecided(invoice)) return { invoice: transition(counted), event: "attempt.declined", finalAction: null };
  if (invoice.voidWhenSettled !== null) return voided(counted, invoice.voidWhenSettled);
  if (isOldDebt(invoice)) return { ...asBefore(counted, rules), event: "invoice.payment_failed" };

  const { declineClass, lacksFunds = false, isUnanswered = false } = decline;
  return take(counted, declineClass, failed(counted, { declineClass, lacksFunds, isUnanswered }, rules), rules);
}

/**
 * A charge that would be in vain, or that the card's network forbids, is not made. It counts as a failure of the
 * invoice, but not as a decline.
 */
export function afterFailedCheck(invoice: InvoiceFacts, declineClass: DeclineClass, rules: SettleRules): Decided {
  if (isOldDebt(invoice)) return { ...asBefore(invoice, rules), event: "invoice.payment_failed" };
  const begun = { ...invoice, firstDeclinedAt: invoice.firstDeclinedAt ?? rules.now };
  const counted = { ...begun, declines: invoice.declines + 1 };
  return take(
    begun,
    declineClass,
    failed(counted, { declineClass, lacksFunds: false, isUnanswered: false }, rules),
    rules,
  );
}

/** Nobody paid on the link: what it was to make way for comes, or what follows it. */
export function afterLapse(attempt: PageAttempt, invoice: InvoiceFacts, rules: SettleRules): Decided {
  const event = "invoice.payment_link_lapsed" as const;
  if (!isUndecided(invoice)) return { invoice: transition(invoice), event, finalAction: null };
  if (invoice.voidWhenSettled !== null) return voided(invoice, invoice.voidWhenSettled);
  if (isOutsideDunning(invoice)) return { ...asBefore(invoice, rules), event };
  if (attempt.linkEnd === "new_card") return { ...forNewCard(invoice, rules), event };
  const decided = isByPerson(attempt, rules) ? withoutLink(invoice, rules) : afterWait(invoice, "payment_link", rules);
  return decided.event === "invoice.uncollectible" ? onceRead(invoice, rules) : { ...decided, event };
}

/**
 * Conekta may know of another card by now. Nothing is given up before the customer was read: that is the end of a grace,
 * and of one without a day, too.
 */
function onceRead(invoice: InvoiceFacts, { now }: SettleRules): Decided {
  const { dunningClass } = invoice;
  const ending = { status: "open", nextAttemptAt: null, dunningStep: "grace", dunningDueAt: now } as const;
  return {
    invoice: transition(invoice, { ...ending, dunningClass: dunningClass ?? "new_card" }),
    event: "invoice.payment_link_lapsed",
    finalAction: null,
  };
}

/** A person made the link where the policy has none, or closed it: dunning is not at its end for that. */
function isByPerson({ linkEnd }: PageAttempt, { policy }: SettleRules): boolean {
  return linkEnd === "person" || policy.paymentLink === null;
}

/** A person's page of an invoice that has not failed, or that was given up: it was no step of dunning. */
function isOutsideDunning({ firstDeclinedAt, reopenedFrom }: InvoiceFacts): boolean {
  return reopenedFrom !== null || firstDeclinedAt === null;
}

/** What a person had collected was not paid: the invoice is what it was, and nothing follows for its subscription. */
function asBefore(invoice: InvoiceFacts, { now }: SettleRules): Pick<Settlement, "invoice" | "finalAction"> {
  const { reopenedFrom } = invoice;
  if (reopenedFrom === null)
    return {
      invoice: transition(invoice, { status: "open", nextAttemptAt: now, ...OUT_OF_DUNNING }),
      finalAction: null,
    };
  const status = isOldDebt(invoice) ? "uncollectible" : "held";
  // What it was held for is not what it was reopened from any more.
  return {
    invoice: { ...transition(invoice, { status, statusReason: reopenedFrom }), reopenedFrom: null },
    finalAction: null,
  };
}

/** There is no link, or none any more, and dunning is not at its end for that: another card is waited for. */
export function withoutLink(invoice: InvoiceFacts, rules: SettleRules): Decided {
  if (isOutsideDunning(invoice)) return { ...asBefore(invoice, rules), event: "attempt.refused" };
  const days = Math.max(1, rules.policy.waitForCardDays);
  const until = plusLocalDays(rules.now, days, invoice.timeZone);
  const rule = { name: "link_closed", days } as const;
  return take(invoice, invoice.dunningClass ?? "new_card", { do: "wait_for_card", until, rule }, rules);
}

/** The customer has another card: it is tried at once. */
export function forNewCard(invoice: InvoiceFacts, rules: SettleRules): Decided {
  const step: NextStep = { do: "retry", at: rules.now, rule: { name: "new_card" } };
  return take(invoice, invoice.dunningClass ?? "new_card", step, rules);
}

/** A wait is over without money. */
export function afterWait(invoice: InvoiceFacts, over: Exclude<DunningStep, "retry">, rules: SettleRules): Decided {
  if (isOutsideDunning(invoice)) return { ...asBefore(invoice, rules), event: "invoice.payment_link_lapsed" };
  const declineClass = invoice.dunningClass ?? "new_card";
  return take(invoice, declineClass, afterStep(rules.policy, over, declineClass, rules.now, invoice.timeZone), rules);
}

function failed(
  invoice: InvoiceFacts,
  {
    declineClass,
    lacksFunds,
    isUnanswered,
  }: Pick<Decline, "declineClass"> & Record<"lacksFunds" | "isUnanswered", boolean>,
  rules: SettleRules,
): NextStep {
  return nextStep(rules.policy, {
    decline: declineClass,
    ...{ lacksFunds, isUnanswered },
    declines: invoice.declines,
    declinedAt: rules.now,
    firstDeclinedAt: invoice.firstDeclinedAt ?? rules.now,
    timeZone: invoice.timeZone,
    isOtherCardNow: invoice.isOtherCardNow,
    isLastTry: isLastTry(invoice),
    calendar: rules.calendar,
  });
}

/** Nothing is given up beside a card that may pay, and was never tried for it. */
function orLastTry(invoice: InvoiceFacts, decided: NextStep, { now }: SettleRules): NextStep {
  if (decided.do !== "write_off" || !invoice.hasUntriedCard || isLastTry(invoice)) return decided;
  return { do: "retry", at: now, rule: { name: "card_untried" } };
}

/** Turns dunning's decision into a change of the invoice. */
function take(invoice: InvoiceFacts, dunningClass: DeclineClass, decided: NextStep, rules: SettleRules): Decided {
  const step = orLastTry(invoice, decided, rules);
  const isLast = step !== decided || isLastTry(invoice);
  const inStep = (
    dunningStep: DunningStep,
    at: Pick<InvoiceMove & { status?: "open" }, "nextAttemptAt" | "dunningDueAt">,
  ): Decided => ({
    invoice: transition(invoice, {
      ...{ status: "open", nextAttemptAt: null, dunningDueAt: null },
      ...{ dunningStep, dunningClass, ...at },
    }),
    event: "invoice.payment_failed",
    finalAction: null,
    step,
  });
  switch (step.do) {
    case "retry":
      return inStep("retry", {
        nextAttemptAt: step.at,
        dunningDueAt: isLast ? (invoice.dunningDueAt ?? rules.now) : null,
      });
    case "payment_link":
      return inStep("payment_link", { dunningDueAt: rules.now });
    case "wait_for_card":
    case "grace":
      return inStep(step.do, { dunningDueAt: step.until });
    case "hold":
      return {
        invoice: transition(invoice, { status: "held", statusReason: step.because }),
        event: "invoice.held",
        finalAction: null,
        step,
      };
    case "write_off":
      return {
        invoice: transition(invoice, { status: "uncollectible", statusReason: step.because }),
        event: "invoice.uncollectible",
        finalAction: step.finalAction,
        step,
      };
    default:
      return step satisfies never;
  }
}
