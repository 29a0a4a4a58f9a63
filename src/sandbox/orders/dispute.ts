/**
 * Plays the cardholder's bank: a payment is disputed, the dispute goes on, and is won or lost.
 *
 * The object is that of the specification. What the charge and its order show meanwhile is our guess: `paid` until the dispute is
 * lost, `charged_back` from then on. Status `charged_back` plays an older account, whose charges show no such object.
 * @see Conekta API 2.3.0 specification, schema `chargeback_response`
 */
import { preconditionRequired } from "../api/api-error.ts";
import { hexDigits } from "../id.ts";
import { nowSeconds, type State } from "../state.ts";
import type { Charge, Chargeback, Order, OrderStatus } from "./order.ts";
import { type ChargebackEvent, recordChargebackEvent, recordOrderEvent } from "./order-events.ts";
import { findOrder } from "./order-store.ts";

export const CHARGEBACK_STATUSES = [
  ...["won", "lost", "action_required", "pending_review", "under_review", "covered", "rt", "rt_sent", "represented"],
  "charged_back",
] as const;

export type Dispute = {
  readonly status: string;
  readonly reason?: string | undefined;
  /** From the day it begins. */
  readonly evidenceDueInDays?: number | undefined;
};

const DAY_SECONDS = 86_400;
/** In the specification's example. */
const EVIDENCE_DUE_IN_DAYS = 3;

/** @throws {ApiError} 404, or 428 when nothing of the order is paid */
export function disputeOrder(state: State, id: string, dispute: Dispute): Order {
  const order = findOrder(state, id);
  const charge = order.charges.findLast(({ paidAtSeconds }) => paidAtSeconds !== null);
  if (charge === undefined)
    throw preconditionRequired("sandbox.nothing_paid", "Nada está pagado.", "Nothing of this order is paid.");
  const chargeback = dispute.status === "charged_back" ? null : chargebackAfter(state, charge, dispute);
  const isLost = dispute.status === "lost" || dispute.status === "charged_back";
  const disputed: Charge = { ...charge, chargeback, status: isLost ? "charged_back" : statusBefore(charge) };
  const changed: Order = {
    ...order,
    charges: order.charges.map((each) => (each === charge ? disputed : each)),
    updatedAtSeconds: nowSeconds(state),
    paymentStatus: disputed.status as OrderStatus,
  };
  state.orders.put(changed, state.now().getTime());
  if (chargeback !== null)
    recordChargebackEvent(state, disputed, chargeback, eventOf(dispute.status, charge.chargeback === null));
  if (isLost && charge.status !== "charged_back") recordOrderEvent(state, changed, "charged_back");
  return changed;
}

function chargebackAfter(state: State, { chargeback }: Charge, dispute: Dispute): Chargeback {
  const { status, reason, evidenceDueInDays } = dispute;
  const createdAtSeconds = chargeback?.createdAtSeconds ?? nowSeconds(state);
  return {
    id: chargeback?.id ?? `chbk_${hexDigits(state.random, 17)}`,
    status,
    reason: reason ?? chargeback?.reason ?? "unrecognized",
    createdAtSeconds,
    evidenceDueBySeconds:
      chargeback !== null && evidenceDueInDays === undefined
        ? chargeback.evidenceDueBySeconds
        : createdAtSeconds + (evidenceDueInDays ?? EVIDENCE_DUE_IN_DAYS) * DAY_SECONDS,
  };
}

/** What was given back before stays given back. */
function statusBefore({ status, refunds, amountCents }: Charge): Charge["status"] {
  if (status !== "charged_back") return status;
  const refundedCents = refunds.reduce((sum, refund) => sum + refund.amountCents, 0);
  if (refundedCents === 0) return "paid";
  return refundedCents === amountCents ? "refunded" : "partially_refunded";
}

function eventOf(status: string, isNew: boolean): ChargebackEvent {
  if (isNew) return "created";
  return status === "won" || status === "lost" || status === "under_review" ? status : "updated";
}
