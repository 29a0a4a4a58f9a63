/**
 * One answer to a charge, taken apart for the rows of classify.ts: its codes, and what it shows of our attempt.
 */
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import { rowOf, type CodeRow } from "./declines.ts";
import { evidenceOf, type ChargeEvidence } from "./charge-evidence.ts";
import type { Reply } from "./transport.ts";
import { readBody, type Body, type WireCharge, type WireError, type WireOrder } from "./wire.ts";

export type Asked = {
  readonly reference: string;
  readonly amountCents: number;
  readonly flow: ChargeFlow;
  /** The order that was charged; null when the call creates it. */
  readonly orderId: string | null;
};

export type Answer = {
  readonly status: number;
  readonly body: Body;
  readonly error: WireError | null;
  /** Null while no order of ours is known. */
  readonly orderId: string | null;
  readonly evidence: ChargeEvidence;
  /** `details[].code`, then the failure code of our declined charge. */
  readonly codes: readonly string[];
  /** How long it asks to be left alone; null: it does not. */
  readonly retryAfterMs: number | null;
  /** What the first known of the codes means. */
  readonly meaning: CodeRow | null;
};

export function answerOf({ status, text, retryAfter }: Extract<Reply, { kind: "answered" }>, asked: Asked): Answer {
  const body = readBody(text);
  const error = body.kind === "error" ? body.error : null;
  const order = orderIn(body, asked);
  const evidence: ChargeEvidence =
    order === null
      ? { shows: "nothing" }
      : evidenceOf(order, {
          reference: asked.reference,
          flow: asked.flow,
          amountCents: asked.amountCents,
          isAnswer: true,
        });
  const failureCode = evidence.shows === "declined" ? evidence.charge.failureCode : null;
  const codes = [...(error?.details ?? []).map((detail) => detail.code), failureCode].filter((code) => code !== null);
  const meaning = codes.map(rowOf).find((row) => row !== null) ?? null;
  const orderId = asked.orderId ?? order?.id ?? null;
  return { status, body, error, orderId, evidence, codes, meaning, retryAfterMs: askedMsOf(retryAfter) };
}

/** How long an answer asks to be left alone. @param retryAfter in seconds, as transport.ts tells it; null: it asks nothing */
export function askedMsOf(retryAfter: string | null): number | null {
  return /^\d{1,9}$/.test(retryAfter ?? "") ? Number(retryAfter) * 1000 : null;
}

/** The order the answer is about; null when it is not ours, as a confused proxy might give. */
function orderIn(body: Body, asked: Asked): WireOrder | null {
  const order = body.kind === "order" ? body.order : body.kind === "error" ? body.error.order : null;
  if (order !== null) return isOurs(order, asked) ? order : null;
  const charge = body.kind === "charge" ? body.charge : body.kind === "error" ? body.error.charge : null;
  return charge === null ? null : aroundCharge(charge, asked);
}

function isOurs(order: WireOrder, asked: Asked): boolean {
  const names = order.charges.map((charge) => charge.referenceId).filter((name) => name !== null);
  if (names.includes(asked.reference)) return true;
  if (asked.orderId !== null) return order.id === asked.orderId;
  return order.attemptReference === null ? names.length === 0 : order.attemptReference === asked.reference;
}

/** A bare charge, as `/orders/{id}/charges` answers, counts as its order's only one. */
function aroundCharge(charge: WireCharge, asked: Asked): WireOrder | null {
  const id = asked.orderId ?? charge.orderId;
  if (id === null || charge.livemode === null) return null;
  if (charge.referenceId !== null && charge.referenceId !== asked.reference) return null;
  return {
    id,
    livemode: charge.livemode,
    amountCents: charge.amountCents,
    currency: charge.currency,
    paymentStatus: null,
    refundedCents: null,
    customerId: charge.customerId,
    attemptReference: null,
    charges: [charge],
    hasMoreCharges: false,
    awaitsCustomer: false,
    checkout: null,
  };
}
