/**
 * The one reducer: evidence about an attempt comes in, what becomes of attempt and invoice goes out.
 *
 * The answer to the call, verification, webhooks, dead leases and a person's decision all pass through here.
 * Pure: the time, the policies and chance are arguments. What it never does: let anything overwrite `paid`,
 * count a silence as a decline, or free an invoice for another charge while its outcome is uncertain.
 */
import assert from "node:assert/strict";
import {
  isBeingMade,
  ATTEMPT_MOVES,
  isOpen,
  isPaid,
  isUncertain,
  isUnsent,
  type AttemptFacts,
  type Evidence,
  type SeenCard,
  type Trace,
} from "../attempt.ts";
import { hasPage, wayOf } from "../ways-to-pay.ts";
import { transition, type InvoiceChange } from "../invoice-transition.ts";
import { LEAST_INQUIRIES, nextInquiryAt } from "./inquiry-schedule.ts";
import { afterInquiry } from "./settle-inquiry.ts";
import { afterDecline, afterLapse, forNewCard, withoutLink } from "./settle-dunning.ts";
import { decidePaid, isOfAnother } from "./settle-payment.ts";
import { eventWhilePending, invoiceWhilePending, pendingInquiryAt } from "./settle-pending.ts";
import {
  backedOff,
  ended,
  endWithoutMoney,
  held,
  isUndecided,
  waiting,
  type InvoiceFacts,
  type Settlement,
  type SettleRules,
} from "./settlement.ts";

/** @returns what changes, or null when this evidence changes nothing. */
export function settle(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  evidence: Evidence,
  rules: SettleRules,
): Settlement | null {
  const settlement = decide(attempt, invoice, evidence, rules);
  if (settlement === null) return null;
  const { state } = settlement.attempt;
  assert(ATTEMPT_MOVES[attempt.state].includes(state), `attempt ${attempt.id} cannot go ${attempt.state} -> ${state}`);
  return {
    ...settlement,
    ...(usesRequestUp(attempt, settlement) && { invoice: { ...settlement.invoice, retryRequestedAt: null } }),
    ...(leavesOrder(attempt, evidence, settlement) && { leavesOrder: true as const }),
  };
}

/** The try that a person asked for was made: it has ended, and reached the gateway. */
function usesRequestUp(before: AttemptFacts, { attempt: { state } }: Settlement): boolean {
  return isOpen(before.state) && !isOpen(state) && !isUnsent(state);
}

/**
 * A try on an order that is over ended without money: the next one makes another order.
 *
 * An order that expired or was cancelled cannot be paid, so two orders of one invoice never wait for money at once. Should
 * the gateway show a payment on the old one all the same, its attempt still holds it, and it is booked like any late money.
 */
function leavesOrder(attempt: AttemptFacts, evidence: Evidence, settlement: Settlement): boolean {
  if (!wayOf(attempt).sharesOrder || !("orderIsOver" in evidence)) return false;
  return settlement.attempt.state === "declined" || settlement.attempt.state === "not_sent";
}

function decide(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  evidence: Evidence,
  rules: SettleRules,
): Settlement | null {
  if (isPaid(attempt.state)) return null;
  if (evidence.kind === "paid") return decidePaid(attempt, invoice, evidence.payment, evidence.trace, rules);
  // Only money reopens a try that has ended: a late "declined" or "not found" tells nothing new.
  if (!isOpen(attempt.state)) return null;
  // We saw money move, only not as we asked: what a later read does not show of it cannot undo that.
  if (attempt.state === "unknown" && invoice.statusReason === "answer_differs" && evidence.kind !== "not_sent")
    return null;

  switch (evidence.kind) {
    case "declined":
      // Nothing of ours can be declined before it was sent; the claim is ended by its owner.
      if (attempt.state === "claimed") return null;
      // A card that is declined on a page ends nothing; and an order of ours without its page is a riddle.
      if (wayOf(attempt).onDecline === "tells_nothing") return becomeUnclear(attempt, invoice, evidence.trace, rules);
      if (isOfAnother(attempt, evidence.orderId, evidence.chargeId))
        return becomeUnclear(attempt, invoice, ofAnother(evidence.trace), rules);
      // The order was over before this try could charge anything on it: no card has said no.
      if (attempt.state === "unknown" && evidence.orderIsOver && evidence.chargeId === null)
        return afterInquiry(attempt, invoice, evidence.trace, rules, { showsNoCharge: true });
      return {
        attempt: ended("declined", attempt, rules, {
          orderId: evidence.orderId ?? attempt.orderId,
          chargeId: evidence.chargeId ?? attempt.chargeId,
          decline: evidence.decline,
          card: evidence.card ?? null,
          trace: evidence.trace,
        }),
        ...afterDecline(seenCard(invoice, evidence.card), evidence.decline, rules),
      };
    case "pending": {
      if (attempt.state === "claimed") return null;
      if (isOfAnother(attempt, evidence.orderId, evidence.chargeId))
        return becomeUnclear(attempt, invoice, ofAnother(evidence.trace), rules);
      const { orderId } = evidence;
      const inquiries = attempt.state === "pending" ? attempt.inquiries + 1 : 0;
      const waitIsOver = evidence.waitIsOver === true && inquiries >= LEAST_INQUIRIES;
      // Found, but not its page: it is looked at by its order until its address can be told.
      if (hasPage(attempt) && attempt.state !== "pending" && evidence.link === undefined)
        return becomeUnclear({ ...attempt, orderId }, invoice, evidence.trace, rules);
      return {
        attempt: {
          ...waiting("pending", attempt, evidence.trace),
          orderId,
          chargeId: evidence.chargeId ?? attempt.chargeId,
          inquiries,
          nextInquiryAt: pendingInquiryAt(attempt, inquiries, rules, evidence.link?.expiresAt),
          link: evidence.link ?? null,
        },
        invoice: invoiceWhilePending(attempt, invoice, rules, waitIsOver),
        event: eventWhilePending(attempt, invoice, rules, waitIsOver),
        finalAction: null,
      };
    }
    case "lapsed":
      // One that is being made gets its own call's answer.
      if (!hasPage(attempt) || isBeingMade(attempt.state)) return null;
      return {
        attempt: ended("lapsed", attempt, rules, { orderId: evidence.orderId, trace: evidence.trace }),
        ...afterLapse(attempt, invoice, rules),
      };
    case "refused":
      // An answer that comes after we gave up waiting for it: what the inquiries find is better than what it says.
      if (isUncertain(attempt.state)) return null;
      return {
        attempt: ended("refused", attempt, rules, {
          decline: {
            declineClass: "our_fault",
            failureCode: evidence.failureCode,
            failureMessage: evidence.failureMessage,
          },
          trace: evidence.trace,
        }),
        ...endWithoutMoney(invoice, () =>
          isUndecided(invoice)
            ? afterRefusal(attempt, invoice, rules)
            : { invoice: transition(invoice), event: "attempt.refused" },
        ),
      };
    case "not_sent":
      // The gateway shows a charge that waits: it was sent, whoever says otherwise.
      if (attempt.state === "pending") return null;
      return {
        attempt: ended("not_sent", attempt, rules, { trace: evidence.trace }),
        ...endWithoutMoney(invoice, () => ({
          invoice: isForNewCard(attempt)
            ? forNewCard(invoice, rules).invoice
            : backedOff(invoice, rules, attempt, evidence.retryAfterMs ?? null),
          event: "attempt.not_sent",
        })),
      };
    case "unknown": {
      const orderId = isOfAnother(attempt, evidence.orderId) ? attempt.orderId : (evidence.orderId ?? attempt.orderId);
      return becomeUnknown(attempt, invoice, evidence.trace, orderId, rules);
    }
    case "absent":
      return afterInquiry(attempt, invoice, evidence.trace, rules, {
        showsNoCharge: true,
        waitIsOver: evidence.waitIsOver === true,
      });
    case "unclear":
      return afterInquiry(attempt, invoice, evidence.trace, rules, {
        showsNoCharge: false,
        waitIsOver: evidence.waitIsOver === true,
      });
    case "lease_expired":
      if (attempt.state === "claimed") return release(attempt, invoice, rules);
      if (attempt.state !== "sending") return null;
      return becomeUnknown(attempt, invoice, LEASE_TRACE, attempt.orderId, rules);
    case "released":
      return attempt.state === "claimed" ? release(attempt, invoice, rules) : null;
    default:
      return evidence satisfies never;
  }
}

/** The default had changed before the charge: what the answer names was declined, and is no other card. */
function seenCard(invoice: InvoiceFacts, card: SeenCard | undefined): InvoiceFacts {
  const isTheDefault =
    card !== undefined && card !== "none" && card.last4 !== null && card.last4 === invoice.cardLast4Now;
  return isTheDefault ? { ...invoice, isOtherCardNow: false } : invoice;
}

/** A page that the gateway does not make is done without: the customer's card is not to blame. */
function afterRefusal(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  rules: SettleRules,
): Pick<Settlement, "invoice" | "event"> {
  if (wayOf(attempt).onRefusal === "hold") return { invoice: held(invoice, "refused"), event: "invoice.held" };
  return { invoice: withoutLink(invoice, rules).invoice, event: "attempt.refused" };
}

function ofAnother(trace: Trace): Trace {
  return {
    ...trace,
    because: `the answer names an order or charge that belongs to another attempt (${trace.because})`,
  };
}

/** An answer about somebody else's charge: as if there had been none. */
function becomeUnclear(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  trace: Trace,
  rules: SettleRules,
): Settlement | null {
  if (isUncertain(attempt.state)) return afterInquiry(attempt, invoice, trace, rules, { showsNoCharge: false });
  return becomeUnknown(attempt, invoice, trace, attempt.orderId, rules);
}

const LEASE_TRACE: Trace = {
  httpStatus: null,
  logId: null,
  because: "the process that was sending this charge died or lost its lease before the answer was recorded",
};

/** A page that was closed to make way for another card. */
function isForNewCard(attempt: AttemptFacts): boolean {
  return hasPage(attempt) && attempt.linkEnd === "new_card";
}

function becomeUnknown(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  trace: Trace,
  orderId: string | null,
  rules: SettleRules,
): Settlement | null {
  // An answer we cannot read teaches nothing about an outcome that is uncertain already.
  if (isUncertain(attempt.state)) return null;
  return {
    attempt: {
      ...waiting("unknown", attempt, trace),
      orderId,
      inquiries: 0,
      nextInquiryAt: nextInquiryAt(rules.inquiries, attempt.sentAt ?? rules.now, 0, rules.now),
    },
    invoice: transition(invoice, { nextAttemptAt: null }),
    event: "attempt.unknown",
    finalAction: null,
  };
}

function release(attempt: AttemptFacts, invoice: InvoiceFacts, rules: SettleRules): Settlement {
  return {
    attempt: ended("released", attempt, rules, {}),
    ...endWithoutMoney(invoice, () => ({
      // An invoice that was paid or held while this claim waited is not due again.
      invoice: invoice.status === "open" ? dueAgain(attempt, invoice, rules) : transition(invoice),
      event: "attempt.released",
    })),
  };
}

function dueAgain(attempt: AttemptFacts, invoice: InvoiceFacts, rules: SettleRules): InvoiceChange {
  const { now } = rules;
  if (isForNewCard(attempt)) return forNewCard(invoice, rules).invoice;
  return invoice.dunningStep === "payment_link"
    ? transition(invoice, { dunningDueAt: now })
    : transition(invoice, { nextAttemptAt: now });
}
