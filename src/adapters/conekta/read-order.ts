/**
 * One order, read for whatever attempts it names: what a webhook's hint is followed up with.
 */
import { z } from "zod";
import type { OrderReader, SeenOrder } from "../../application/ports/webhooks.ts";
import type { Payment } from "../../domain/attempt.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import type { SeenDispute } from "../../domain/dispute.ts";
import type { Caller } from "./api-client.ts";
import { paymentOf } from "./charge-evidence.ts";
import { inquiryAnswerOf } from "./inquiry-answer.ts";
import { label, wire, type WireCharge, type WireOrder } from "./wire.ts";

const madeBy = z
  .object({ metadata: z.object({ puntual_installation: label }).nullish().catch(null) })
  .transform(({ metadata }) => ({ installationId: metadata?.puntual_installation ?? null }));
const orderAndMaker = z.intersection(wire.order, madeBy);

const GIVEN_BACK: ReadonlySet<string> = new Set([
  "refunded",
  "partially_refunded",
  "charged_back",
  "reversed",
  "fraudulent",
]);

export function conektaOrderReader(caller: Caller, { flow }: { readonly flow: ChargeFlow }): OrderReader {
  return {
    async readOrder(orderId) {
      const operation = { what: `read the order ${orderId}`, repeatable: "always" } as const;
      const path = `/orders/${encodeURIComponent(orderId)}`;
      const order = await caller.call({ method: "GET", path }, operation, orderAndMaker);
      return seenOrder(order, flow);
    },
  };
}

export function seenOrder(order: WireOrder & { readonly installationId: string | null }, flow: ChargeFlow): SeenOrder {
  return {
    installationId: order.installationId,
    references: referencesOf(order),
    chargeReferences: new Map(order.charges.map(({ id, referenceId }) => [id, referenceId])),
    givenBack: [order.paymentStatus ?? "", ...order.charges.map(({ status }) => status)].find(isGivenBack) ?? null,
    movedPayment: movedPayment(order),
    refundedCents: refundedCentsOf(order),
    refundedCharges: new Map(refundedCharges(order).map(({ id, amountCents }) => [id, amountCents])),
    disputes: order.charges.flatMap((charge) => disputeOf(charge, order)),
    paidChargeIds: order.charges.filter(({ status }) => status === "paid").map(({ id }) => id),
    inquiryAnswerOf: (reference, madeAs = flow) =>
      inquiryAnswerOf(order, { reference, flow: madeAs, amountCents: null, isAnswer: false }),
  };
}

function referencesOf(order: WireOrder): readonly string[] {
  const names = [order.attemptReference, ...order.charges.map(({ referenceId }) => referenceId)];
  return [...new Set(names.filter((name) => name !== null))];
}

function movedPayment(order: WireOrder): Payment | null {
  const charge = order.charges.find(({ status }) => isGivenBack(status));
  return charge === undefined ? null : paymentOf(order, charge, null);
}

/** `refunded` is the whole, whether its sum is told, lags, or is not. Null: not told. */
export function refundedCentsOf(order: WireOrder): number | null {
  const whole = refundedCharges(order);
  const wholeCents = whole.reduce((sum, { amountCents }) => sum + amountCents, 0);
  return whole.length === 0 ? order.refundedCents : Math.max(order.refundedCents ?? 0, wholeCents);
}

function refundedCharges({ charges }: WireOrder): readonly WireCharge[] {
  return charges.filter(({ status }) => status === "refunded");
}

/** The money is gone, or may be. Whether a refund of ours or of the panel took it, the books know. */
const TAKEN_BACK: ReadonlySet<string> = new Set(["charged_back", "reversed", "fraudulent"]);

/**
 * Conekta has shown the object since March 2026; before that, a status alone. What is reversed, or held for a fraud, shows
 * nothing else either. The status is the charge's, or the order's where none of its charges tells as much.
 */
function disputeOf(charge: WireCharge, order: WireOrder): readonly SeenDispute[] {
  const { id: chargeId, chargeback, amountCents, currency } = charge;
  const status = takenBackAs(charge, order);
  if (chargeback === null && status === null) return [];
  return [
    {
      ...{ chargeId, amountCents, currency },
      gatewayDisputeId: chargeback?.id ?? null,
      status: chargeback?.status ?? status ?? "unknown",
      reason: chargeback?.reason ?? null,
      evidenceDueBy: chargeback?.evidenceDueBy ?? null,
      disputedAt: chargeback?.disputedAt ?? null,
    },
  ];
}

function takenBackAs({ status }: WireCharge, order: WireOrder): string | null {
  const ofOrder = status === "paid" && !order.charges.some((each) => TAKEN_BACK.has(each.status));
  const word = ofOrder ? (order.paymentStatus ?? "") : status;
  return TAKEN_BACK.has(word) ? word : null;
}

function isGivenBack(status: string): boolean {
  return GIVEN_BACK.has(status);
}
