/**
 * What an inquiry that shows no payment, or nothing at all, makes of an attempt whose outcome is uncertain. Pure: a part of
 * the one reducer, `settle.ts`.
 */
import { isUncertain, type AttemptFacts, type Trace } from "../attempt.ts";
import { transition } from "../invoice-transition.ts";
import { hasPage, wayOf } from "../ways-to-pay.ts";
import { LEAST_INQUIRIES, nextInquiryAt } from "./inquiry-schedule.ts";
import { isLinkLost, pendingInquiryAt } from "./settle-pending.ts";
import {
  backedOff,
  ended,
  endWithoutMoney,
  held,
  waiting,
  type InvoiceFacts,
  type Settlement,
  type SettleRules,
} from "./settlement.ts";

/** "Not found" is proof only where the same order can be charged again under the gateway's own guard. */
export function afterInquiry(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  trace: Trace,
  rules: SettleRules,
  { showsNoCharge, waitIsOver = false }: { readonly showsNoCharge: boolean; readonly waitIsOver?: boolean },
): Settlement | null {
  if (!isUncertain(attempt.state)) return null;
  const inquiries = attempt.inquiries + 1;
  if (attempt.state === "pending") {
    if (isLinkLost(attempt, rules) || (waitIsOver && inquiries >= LEAST_INQUIRIES))
      return {
        attempt: { ...waiting("unknown", attempt, trace), inquiries },
        invoice: invoice.status === "open" ? held(invoice, "unknown_outcome") : transition(invoice),
        event: invoice.status === "open" ? "invoice.held" : "attempt.unknown",
        finalAction: null,
      };
    return {
      attempt: {
        ...waiting("pending", attempt, trace),
        inquiries,
        nextInquiryAt: pendingInquiryAt(attempt, inquiries, rules),
      },
      invoice: transition(invoice),
      event: "attempt.pending",
      finalAction: null,
    };
  }
  const quietSince = (attempt.sentAt?.getTime() ?? 0) + rules.inquiries.rechargeQuietMs;
  if (showsNoCharge && absenceProves(attempt) && inquiries >= 2 && rules.now.getTime() >= quietSince) {
    return {
      attempt: { ...ended("not_sent", attempt, rules, { trace }), inquiries },
      ...endWithoutMoney(invoice, () => ({
        invoice: backedOff(invoice, rules, attempt),
        event: "attempt.not_sent",
      })),
    };
  }
  const nextInquiry = nextInquiryAt(rules.inquiries, attempt.sentAt ?? rules.now, inquiries, rules.now);
  const exhausted = nextInquiry === null;
  return {
    attempt: { ...waiting("unknown", attempt, trace), inquiries, nextInquiryAt: nextInquiry },
    invoice: exhausted && invoice.status === "open" ? held(invoice, "unknown_outcome") : transition(invoice),
    event: exhausted && invoice.status === "open" ? "invoice.held" : "attempt.inquiry_made",
    finalAction: null,
  };
}

function absenceProves(attempt: AttemptFacts): boolean {
  const { absence } = wayOf(attempt);
  if (absence === "proves_while_untold") return hasPage(attempt) && !attempt.linkIsPublished;
  return absence === "proves";
}
