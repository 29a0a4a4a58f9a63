/**
 * Orders and charges: the calls that may move money, sent once, and the reads that show afterwards what happened.
 */
import type { ChargeIntent, Gateway, OpenedOrder, InquiryAnswer } from "../../application/ports/gateway.ts";
import type { Outcome } from "../../domain/attempt.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import type { Caller } from "./api-client.ts";
import { askedMsOf } from "./charge-answer.ts";
import { classify } from "./classify.ts";
import { findInWindow } from "./find-charges.ts";
import { openedLink } from "./opened-link.ts";
import { chargeOf, orderWithCharge, orderWithoutCharge, orderWithPage } from "./requests.ts";
import { inquiryAnswerOf } from "./inquiry-answer.ts";
import type { Reply, Transport } from "./transport.ts";
import { readBody, wire } from "./wire.ts";

export type Orders = Pick<
  Gateway,
  "charge" | "openPaymentLink" | "openOrder" | "findCharges" | "readCharge" | "cancelOrder"
>;

const HOT = { method: "POST", isHot: true } as const;

export function conektaOrders(transport: Transport, caller: Caller, { flow }: { readonly flow: ChargeFlow }): Orders {
  return {
    async charge(intent, orderId) {
      const reply = await transport.send(
        orderId === null
          ? { ...HOT, path: "/orders", body: orderWithCharge(intent) }
          : { ...HOT, path: `${pathOf(orderId)}/charges`, body: chargeOf(intent) },
      );
      return outcomeOf(reply, intent, orderId);
    },

    async openPaymentLink(intent, terms) {
      const reply = await transport.send({ method: "POST", path: "/orders", body: orderWithPage(intent, terms) });
      return openedLink(outcomeOf(reply, intent, null));
    },

    async openOrder(intent) {
      return openedBy(await transport.send({ ...HOT, path: "/orders", body: orderWithoutCharge(intent) }));
    },

    findCharges: (window, intents) => findInWindow(caller, window, intents, flow),

    async readCharge(orderId, reference, amountCents, madeAs = flow): Promise<InquiryAnswer> {
      const operation = { what: `read the order ${orderId}`, repeatable: "always" } as const;
      const order = await caller.call({ method: "GET", path: pathOf(orderId) }, operation, wire.order);
      return inquiryAnswerOf(order, { reference, flow: madeAs, amountCents, isAnswer: false });
    },

    async cancelOrder(orderId) {
      const operation = { what: `cancel the order ${orderId}`, repeatable: "if-not-sent" } as const;
      await caller.call({ method: "POST", path: `${pathOf(orderId)}/cancel` }, operation, wire.any);
    },
  };
}

function pathOf(orderId: string): string {
  return `/orders/${encodeURIComponent(orderId)}`;
}

/** Once the charge was sent, even a fault of ours in reading the answer must not lose that it may have moved money. */
function outcomeOf(reply: Reply, intent: ChargeIntent, orderId: string | null): Outcome {
  const flow: ChargeFlow = orderId === null ? "single" : "order_first";
  try {
    return classify(reply, { reference: intent.reference, amountCents: intent.amountCents, flow, orderId });
  } catch (error) {
    const name = error instanceof Error ? error.name : "an error";
    return {
      kind: "unknown",
      orderId,
      trace: {
        httpStatus: reply.kind === "not-sent" ? null : reply.status,
        logId: null,
        because: `the answer could not be judged: ${name} in our own reading of it`,
      },
    };
  }
}

/** Without a charge no money can move: whatever leaves us without an order id is a fault to be repeated later. */
function openedBy(reply: Reply): OpenedOrder {
  if (reply.kind !== "answered") {
    const httpStatus = reply.kind === "no-answer" ? reply.status : null;
    return notOpened(httpStatus, null, reply.because);
  }
  const { status, text } = reply;
  const body = readBody(text);
  if (status >= 200 && status < 300 && body.kind === "order") return { kind: "opened", orderId: body.order.id };
  const logId = body.kind === "error" ? body.error.logId : null;
  if (status === 401 || status === 403)
    return notOpened(status, logId, `status ${status}: Conekta does not accept the key`, true);
  if (body.kind === "error" && [400, 402, 404, 409, 422].includes(status)) {
    const [detail] = body.error.details;
    return {
      kind: "refused",
      failureCode: detail?.code ?? null,
      failureMessage: detail?.message ?? null,
      trace: { httpStatus: status, logId, because: `status ${status}: our order was refused` },
    };
  }
  const because = `status ${status}: no order came back; without a charge no money can move`;
  const askedMs = askedMsOf(reply.retryAfter);
  return { ...notOpened(status, logId, because), ...(askedMs !== null && { retryAfterMs: askedMs }) };
}

function notOpened(
  httpStatus: number | null,
  logId: string | null,
  because: string,
  unauthorized = false,
): Extract<OpenedOrder, { kind: "not_sent" }> {
  return { kind: "not_sent", unauthorized, trace: { httpStatus, logId, because } };
}
