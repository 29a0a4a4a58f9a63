/**
 * The one reducer: evidence about an attempt comes in, what becomes of attempt and invoice goes out.
 *
 * The answer to the call, verification, webhooks, dead leases and a person's decision all pass through here.
 * Pure: the time, the policies and chance are arguments. What it never does: let anything overwrite `paid`,
 * count a silence as a decline, or free an invoice for another charge while its outcome is uncertain.
 */
import assert from "node:assert/strict";
import { ATTEMPT_MOVES, isOpen, type AttemptFacts, type Evidence, type Trace } from "./attempt.ts";
import type { Decline } from "./decline.ts";
import { nextStep } from "./dunning.ts";
import { INVOICE_MOVES } from "./invoice.ts";
import { nextLookAt } from "./look-schedule.ts";
import { decidePaid, isOfAnother } from "./settle-payment.ts";
import {
  backedOff,
  ended,
  endWithoutMoney,
  held,
  isUndecided,
  stays,
  voided,
  waiting,
  type InvoiceChange,
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
  const { status } = settlement.invoice;
  assert(
    INVOICE_MOVES[invoice.status].includes(status),
    `invoice ${invoice.id} cannot go ${invoice.status} -> ${status}`,
  );
  return settlement;
}

function decide(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  evidence: Evidence,
  rules: SettleRules,
): Settlement | null {
  if (attempt.state === "paid" || attempt.state === "paid_again") return null;
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
      if (isOfAnother(attempt, evidence.orderId, evidence.chargeId))
        return becomeUnclear(attempt, invoice, ofAnother(evidence.trace), rules);
      return {
        attempt: ended("declined", attempt, rules, {
          orderId: evidence.orderId ?? attempt.orderId,
          chargeId: evidence.chargeId ?? attempt.chargeId,
          decline: evidence.decline,
          trace: evidence.trace,
        }),
        ...afterDecline(invoice, evidence.decline, rules),
      };
    case "pending": {
      if (attempt.state === "claimed") return null;
      if (isOfAnother(attempt, evidence.orderId, evidence.chargeId))
        return becomeUnclear(attempt, invoice, ofAnother(evidence.trace), rules);
      const orderId = evidence.orderId;
      const looks = attempt.state === "pending" ? attempt.looks + 1 : 0;
      return {
        attempt: {
          ...waiting("pending", attempt, evidence.trace),
          orderId,
          chargeId: evidence.chargeId ?? attempt.chargeId,
          looks,
          nextLookAt: pendingLookAt(attempt, looks, rules),
        },
        // A held invoice whose outcome became visible is no longer a riddle.
        invoice: invoice.status === "held" ? stays(invoice, { status: "open", statusReason: null }) : stays(invoice),
        event: "attempt.pending",
        finalAction: null,
      };
    }
    case "refused":
      // An answer that comes after we gave up waiting for it: what the looks find is better than what it says.
      if (attempt.state === "unknown" || attempt.state === "pending") return null;
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
            ? { invoice: held(invoice, "refused"), event: "invoice.held" }
            : { invoice: stays(invoice), event: "attempt.refused" },
        ),
      };
    case "not_sent":
      // The gateway shows a charge that waits: it was sent, whoever says otherwise.
      if (attempt.state === "pending") return null;
      return {
        attempt: ended("not_sent", attempt, rules, { trace: evidence.trace }),
        ...endWithoutMoney(invoice, () => ({ invoice: backedOff(invoice, rules), event: "attempt.not_sent" })),
      };
    case "unknown": {
      const orderId = isOfAnother(attempt, evidence.orderId) ? attempt.orderId : (evidence.orderId ?? attempt.orderId);
      return becomeUnknown(attempt, invoice, evidence.trace, orderId, rules);
    }
    case "absent":
      return afterLook(attempt, invoice, evidence.trace, rules, { showsNoCharge: true });
    case "unclear":
      return afterLook(attempt, invoice, evidence.trace, rules, { showsNoCharge: false });
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
  if (attempt.state === "unknown" || attempt.state === "pending")
    return afterLook(attempt, invoice, trace, rules, { showsNoCharge: false });
  return becomeUnknown(attempt, invoice, trace, attempt.orderId, rules);
}

const LEASE_TRACE: Trace = {
  httpStatus: null,
  logId: null,
  because: "the process that was sending this charge died or lost its lease before the answer was recorded",
};

function afterDecline(
  invoice: InvoiceFacts,
  decline: Decline,
  rules: SettleRules,
): Pick<Settlement, "invoice" | "event" | "finalAction"> {
  const declines = invoice.declines + 1;
  const counted = { ...invoice, declines, faults: 0 };
  if (!isUndecided(invoice)) return { invoice: stays(counted), event: "attempt.declined", finalAction: null };
  if (invoice.voidWhenSettled !== null) return voided(counted, invoice.voidWhenSettled);

  const step = nextStep(rules.policy, decline.declineClass, declines, rules.now, invoice.timeZone);
  const failed = (change: Partial<InvoiceChange>): InvoiceChange =>
    stays(counted, { status: "open", statusReason: null, nextAttemptAt: null, ...change });
  switch (step.do) {
    case "retry":
      return { invoice: failed({ nextAttemptAt: step.at }), event: "invoice.payment_failed", finalAction: null };
    case "wait_for_card":
      return { invoice: failed({}), event: "invoice.payment_failed", finalAction: null };
    case "hold":
      return {
        invoice: failed({ status: "held", statusReason: step.because }),
        event: "invoice.held",
        finalAction: null,
      };
    case "write_off":
      return {
        invoice: failed({ status: "uncollectible", statusReason: step.because }),
        event: "invoice.uncollectible",
        finalAction: step.finalAction,
      };
    default:
      return step satisfies never;
  }
}

/** "Not found" is proof only where the same order can be charged again under the gateway's own guard. */
function afterLook(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  trace: Trace,
  rules: SettleRules,
  { showsNoCharge }: { readonly showsNoCharge: boolean },
): Settlement | null {
  if (attempt.state !== "unknown" && attempt.state !== "pending") return null;
  const looks = attempt.looks + 1;
  if (attempt.state === "pending") {
    return {
      attempt: { ...waiting("pending", attempt, trace), looks, nextLookAt: pendingLookAt(attempt, looks, rules) },
      invoice: stays(invoice),
      event: "attempt.pending",
      finalAction: null,
    };
  }
  const quietSince = (attempt.sentAt?.getTime() ?? 0) + rules.looks.rechargeQuietMs;
  if (showsNoCharge && attempt.flow === "order_first" && looks >= 2 && rules.now.getTime() >= quietSince) {
    return {
      attempt: { ...ended("not_sent", attempt, rules, { trace }), looks },
      ...endWithoutMoney(invoice, () => ({ invoice: backedOff(invoice, rules), event: "attempt.not_sent" })),
    };
  }
  const nextLook = nextLookAt(rules.looks, attempt.sentAt ?? rules.now, looks, rules.now);
  const exhausted = nextLook === null;
  return {
    attempt: { ...waiting("unknown", attempt, trace), looks, nextLookAt: nextLook },
    invoice: exhausted && invoice.status === "open" ? held(invoice, "unknown_outcome") : stays(invoice),
    event: exhausted && invoice.status === "open" ? "invoice.held" : "attempt.unknown",
    finalAction: null,
  };
}

function becomeUnknown(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  trace: Trace,
  orderId: string | null,
  rules: SettleRules,
): Settlement | null {
  // An answer we cannot read teaches nothing about an outcome that is uncertain already.
  if (attempt.state === "unknown" || attempt.state === "pending") return null;
  return {
    attempt: {
      ...waiting("unknown", attempt, trace),
      orderId,
      looks: 0,
      nextLookAt: nextLookAt(rules.looks, attempt.sentAt ?? rules.now, 0, rules.now),
    },
    invoice: stays(invoice, { nextAttemptAt: null }),
    event: "attempt.unknown",
    finalAction: null,
  };
}

function release(attempt: AttemptFacts, invoice: InvoiceFacts, rules: SettleRules): Settlement {
  return {
    attempt: ended("released", attempt, rules, {}),
    ...endWithoutMoney(invoice, () => ({
      // An invoice that was paid or held while this claim waited is not due again.
      invoice: invoice.status === "open" ? stays(invoice, { nextAttemptAt: rules.now }) : stays(invoice),
      event: "attempt.released",
    })),
  };
}

function pendingLookAt(attempt: AttemptFacts, looks: number, rules: SettleRules): Date {
  const sentAt = attempt.sentAt ?? rules.now;
  const day = new Date(rules.now.getTime() + 24 * 3_600_000);
  return nextLookAt(rules.looks, sentAt, Math.max(2, looks), rules.now) ?? day;
}
