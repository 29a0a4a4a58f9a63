/**
 * While a charge or a payment link is pending: when it is looked at next, and what its invoice is meanwhile.
 *
 * A charge follows the schedule of inquiries, a link its own end. One that never ends is shown to a person, and asked about on.
 */
import { READ_LAG_MS } from "../read-lag.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../duration.ts";
import type { AttemptFacts } from "../attempt.ts";
import { hasPage } from "../ways-to-pay.ts";
import { transition, type InvoiceChange } from "../invoice-transition.ts";
import { LEAST_INQUIRIES, nextInquiryAt } from "./inquiry-schedule.ts";
import { held, type InvoiceFacts, type SettleEvent, type SettleRules } from "./settlement.ts";

/** On the schedule, then daily; a payment link daily, and when it has just expired: webhooks tell of it sooner. */
export function pendingInquiryAt(attempt: AttemptFacts, inquiries: number, rules: SettleRules, expiresAt?: Date): Date {
  const sentAt = attempt.sentAt ?? rules.now;
  const day = new Date(rules.now.getTime() + DAY_MS);
  if (!hasPage(attempt))
    return nextInquiryAt(rules.inquiries, sentAt, Math.max(LEAST_INQUIRIES, inquiries), rules.now) ?? day;
  if (attempt.linkEndAt !== null) return closingInquiryAt(attempt.linkEndAt, rules.now);
  const lapsesAt = expiresAt ?? attempt.linkExpiresAt;
  const afterLapsing = new Date(lapsesAt.getTime() + READ_LAG_MS);
  return afterLapsing > rules.now && afterLapsing < day ? afterLapsing : day;
}

/** For so long after its end, or after it was first asked to end, something may still be on its way. */
export const LOST_AFTER_MS = 3 * DAY_MS;

/**
 * A held invoice whose outcome became visible is no longer a riddle; a page or a charge that never ends becomes one.
 * @param waitIsOver of a charge; of a page its end tells
 */
export function invoiceWhilePending(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  rules: SettleRules,
  waitIsOver: boolean,
): InvoiceChange {
  if (waitIsOver || isLinkLost(attempt, rules))
    return invoice.status === "open" ? held(invoice, "unknown_outcome") : transition(invoice);
  return invoice.status === "held" ? transition(invoice, { status: "open" }) : transition(invoice);
}

export function eventWhilePending(
  attempt: AttemptFacts,
  invoice: InvoiceFacts,
  rules: SettleRules,
  waitIsOver: boolean,
): SettleEvent {
  if ((waitIsOver || isLinkLost(attempt, rules)) && invoice.status === "open") return "invoice.held";
  return hasPage(attempt) && attempt.state !== "pending" ? "invoice.payment_link_created" : "attempt.pending";
}

/** A page that should be over for days, and of which the gateway shows nothing: a person must look. */
export function isLinkLost(attempt: AttemptFacts, { now }: SettleRules): boolean {
  return hasPage(attempt) && now.getTime() - attempt.linkExpiresAt.getTime() > LOST_AFTER_MS;
}

/** Somebody waits for the end of this link: soon, as reads lag; then hourly, as cash may be out. */
function closingInquiryAt(linkEndAt: Date, now: Date): Date {
  const isFresh = now.getTime() - linkEndAt.getTime() < 10 * MINUTE_MS;
  return new Date(now.getTime() + (isFresh ? READ_LAG_MS : HOUR_MS));
}
