/**
 * A dispute: the cardholder asked the bank for the money of a payment back (a chargeback). The invoice stays paid.
 *
 * Pure. What a read of the order shows comes in; the dispute as it is from now on, and its events, go out. A status that
 * nobody explains leaves it open: a person decides.
 * @see Conekta API 2.3.0 specification, schema `chargeback_response` (read 2026-11-28)
 */
import { DAY_MS } from "./duration.ts";
import type { EventType } from "./event-types.ts";

/** `withdrawn`: what was taken for one was a refund. */
export const DISPUTE_OUTCOMES = ["open", "won", "lost", "withdrawn"] as const;
export type DisputeOutcome = (typeof DISPUTE_OUTCOMES)[number];

/** What the next cycle does while a payment of its subscription is disputed. */
export const ON_CHARGEBACK = ["hold", "pause", "cancel", "charge"] as const;
export type OnChargeback = (typeof ON_CHARGEBACK)[number];

/** As a read of the order shows it, on one of its charges. */
export type SeenDispute = {
  readonly chargeId: string;
  /** Conekta's id of the dispute; null: it is `charged_back`, `reversed` or `fraudulent`, and shows no more. */
  readonly gatewayDisputeId: string | null;
  /** Conekta's word. */
  readonly status: string;
  readonly reason: string | null;
  readonly evidenceDueBy: Date | null;
  readonly disputedAt: Date | null;
  readonly amountCents: number;
  readonly currency: string;
};

export type Dispute = SeenDispute & {
  readonly id: string;
  readonly orderId: string;
  readonly attemptId: string;
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly outcome: DisputeOutcome;
  /** When we learned of it. */
  readonly openedAt: Date;
  /** Set exactly when it is not open. */
  readonly closedAt: Date | null;
  /** The person who said how it ended; null: Conekta shows it, or it has not. */
  readonly closedBy: string | null;
  readonly why: string | null;
  /** When its order is read again; null: it is over. */
  readonly nextReadAt: Date | null;
};

/** The payment that is disputed. */
export type DisputedPayment = Pick<Dispute, "orderId" | "attemptId" | "invoiceId" | "subscriptionId" | "customerId">;

/** Said of a charge that never paid, too: an authorization that was voided, a card that the filter refused. */
const OF_UNPAID_TOO: ReadonlySet<string> = new Set(["reversed", "fraudulent"]);

/** Conekta's word for money that went back, whoever sent it: a refund, too. */
export function mayBeRefund({ gatewayDisputeId, status }: Pick<SeenDispute, "gatewayDisputeId" | "status">): boolean {
  return gatewayDisputeId === null && status === "reversed";
}

/**
 * Whose payment it is that is disputed.
 * @param payers those that paid by its order; the charge of one may not be known
 * @returns null: nobody's, as far as is known
 */
export function disputedPayer<Payer extends { readonly chargeId: string | null }>(
  { chargeId, gatewayDisputeId, status }: Pick<SeenDispute, "chargeId" | "gatewayDisputeId" | "status">,
  payers: readonly Payer[],
): Payer | null {
  const isOfUnpaidToo = gatewayDisputeId === null && OF_UNPAID_TOO.has(status);
  const others = isOfUnpaidToo ? payers.filter((each) => each.chargeId === null) : payers;
  return payers.find((each) => each.chargeId === chargeId) ?? others.at(-1) ?? null;
}

/**
 * The charges whose money refunds took: those that are shown as refunded and, as far as the rest of the refunds goes, those
 * that may be.
 * @param refundedCents what the books know to have gone back of the order, or to be about to
 */
export function takenByRefunds(
  refundedCharges: ReadonlyMap<string, number>,
  disputes: readonly SeenDispute[],
  refundedCents: number,
): ReadonlySet<string> {
  const taken = new Set(refundedCharges.keys());
  let leftCents = [...refundedCharges.values()].reduce((left, cents) => left - cents, refundedCents);
  for (const { chargeId, amountCents } of disputes.filter(mayBeRefund)) {
    if (amountCents > leftCents) continue;
    taken.add(chargeId);
    leftCents -= amountCents;
  }
  return taken;
}

const OUTCOMES: Readonly<Record<string, DisputeOutcome>> = { won: "won", lost: "lost" };

/** An order with an open dispute is read once a day. */
export const REREAD_MS = DAY_MS;

export type DisputeChange = { readonly dispute: Dispute; readonly events: readonly DisputeEvent[] };
export type DisputeEvent = Extract<EventType, `dispute.${string}`>;

/**
 * @param known the dispute of this charge in the books; null: there is none yet
 * @param begin its id, and the payment that is disputed
 * @returns null: a read that tells nothing new
 */
export function afterRead(
  known: Dispute | null,
  seen: SeenDispute,
  begin: DisputedPayment & Pick<Dispute, "id">,
  now: Date,
): DisputeChange | null {
  const outcome = Object.hasOwn(OUTCOMES, seen.status) ? (OUTCOMES[seen.status] ?? "open") : "open";
  if (known === null) {
    const opened = { ...begin, ...seen, openedAt: now, ...ended(outcome, now), closedBy: null, why: null };
    return { dispute: opened, events: outcome === "open" ? ["dispute.opened"] : ["dispute.opened", "dispute.closed"] };
  }
  // Not every read shows the object: one without it takes nothing back.
  if (known.gatewayDisputeId !== null && seen.gatewayDisputeId === null) return null;
  // It was withdrawn for a refund that does not cover it any more.
  const isBack = known.outcome === "withdrawn";
  if (isSame(known, seen) && !isBack) return null;
  // A person said how it ended: only another word of Conekta's says otherwise.
  const isNews = isBack || known.status !== seen.status || known.gatewayDisputeId !== seen.gatewayDisputeId;
  const settled = isNews && (known.closedBy === null || outcome !== known.outcome);
  const change = settled ? { ...ended(outcome, now), closedBy: null, why: null } : {};
  const dispute: Dispute = { ...known, ...seen, ...change };
  return { dispute, events: [eventOf(known.outcome, dispute.outcome)] };
}

/** A charge that showed a status and no more is paid again: the money came back. @returns null: it says nothing */
export function afterPaidAgain(known: Dispute, now: Date): DisputeChange | null {
  if (known.outcome !== "open" || known.gatewayDisputeId !== null) return null;
  return { dispute: { ...known, status: "paid", ...ended("won", now) }, events: ["dispute.closed"] };
}

/** Refunds cover what was taken for a dispute by Conekta's word for a refund. @returns null: it says nothing */
export function afterRefund(known: Dispute, now: Date): DisputeChange | null {
  if (known.outcome !== "open" || !mayBeRefund(known)) return null;
  return { dispute: { ...known, ...ended("withdrawn", now) }, events: ["dispute.closed"] };
}

/** The money was not lost to the bank: what waited for the end goes on. */
export function endedWell(outcome: DisputeOutcome): outcome is "won" | "withdrawn" {
  return outcome === "won" || outcome === "withdrawn";
}

/** A person says how it ended: where Conekta never shows it, or shows a word that nobody knows. */
export function decidedByPerson(
  known: Dispute,
  decision: { readonly outcome: "won" | "lost"; readonly by: string; readonly why: string },
  now: Date,
): DisputeChange {
  const { outcome, by: closedBy, why } = decision;
  return { dispute: { ...known, ...ended(outcome, now), closedBy, why }, events: ["dispute.closed"] };
}

function ended(outcome: DisputeOutcome, now: Date): Pick<Dispute, "outcome" | "closedAt" | "nextReadAt"> {
  return outcome === "open"
    ? { outcome, closedAt: null, nextReadAt: new Date(now.getTime() + REREAD_MS) }
    : { outcome, closedAt: now, nextReadAt: null };
}

function isSame(known: Dispute, seen: SeenDispute): boolean {
  return (
    known.gatewayDisputeId === seen.gatewayDisputeId &&
    known.status === seen.status &&
    known.reason === seen.reason &&
    known.evidenceDueBy?.getTime() === seen.evidenceDueBy?.getTime()
  );
}

function eventOf(was: DisputeOutcome, outcome: DisputeOutcome): DisputeEvent {
  if (was === outcome) return "dispute.updated";
  return outcome === "open" ? "dispute.opened" : "dispute.closed";
}

export function disputeData(dispute: Dispute): Record<string, unknown> {
  // `outcome` alone is an attempt's, in every event.
  const { id: disputeId, orderId, chargeId, gatewayDisputeId, status, outcome: disputeOutcome } = dispute;
  const { reason, evidenceDueBy } = dispute;
  const { amountCents, currency, closedBy, why } = dispute;
  return {
    ...{ disputeId, orderId, chargeId, gatewayDisputeId, status, disputeOutcome, reason },
    evidenceDueBy: evidenceDueBy?.toISOString() ?? null,
    ...{ amountCents, currency },
    ...(closedBy !== null && { by: closedBy, why }),
  };
}

// ---------------------------------------------------------------- the next cycle

/** A dispute about an invoice of the subscription. */
export type PaymentDispute = Pick<Dispute, "id" | "outcome" | "closedAt"> & {
  /** Of the invoice. */
  readonly cycle: number | null;
  /** When an invoice of the subscription was last paid; null: never. */
  readonly lastPaidAt: Date | null;
};

/**
 * Which dispute keeps the subscription from its next charge: one that is open; or one that was lost, until a person has
 * had the subscription charged again. @returns null: none does
 */
export function standingDispute(disputes: readonly PaymentDispute[]): PaymentDispute | null {
  return (
    disputes.find(({ outcome }) => outcome === "open") ??
    disputes.find((each) => each.outcome === "lost" && !isPaidSince(each)) ??
    null
  );
}

function isPaidSince({ closedAt, lastPaidAt }: PaymentDispute): boolean {
  return closedAt !== null && lastPaidAt !== null && lastPaidAt > closedAt;
}

// ---------------------------------------------------------------- without webhooks

/** Days after a charge at which its order is read for a dispute: the networks allow one for 120 days. */
export const DISPUTE_READS_AFTER_DAYS = [7, 30, 60, 90, 120] as const;
/** Where nothing was read yet, as after an upgrade, each of these begins with the charges of so many days before. */
export const FIRST_READS_DAYS = 30;
