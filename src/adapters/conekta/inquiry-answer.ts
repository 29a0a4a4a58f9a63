/**
 * What an order, read after the call, shows of one attempt.
 *
 * Unlike the answer to the call, an inquiry may end it without money: the bank's silence that is by then shown as a
 * declined charge, and a pending charge that expired or was cancelled.
 */
import type { InquiryAnswer } from "../../application/ports/gateway.ts";
import { wayOf } from "../../domain/ways-to-pay.ts";
import type { Trace } from "../../domain/attempt.ts";
import { declineOf, rowOf } from "./declines.ts";
import { cardOf, isOver, evidenceOf, type AttemptQuery } from "./charge-evidence.ts";
import type { WireOrder } from "./wire.ts";

export function inquiryAnswerOf(order: WireOrder, sought: AttemptQuery): InquiryAnswer {
  const evidence = evidenceOf(order, sought);
  const orderId = order.id;
  const over = wayOf(sought).sharesOrder && isOver(order) ? ({ orderIsOver: true } as const) : {};
  switch (evidence.shows) {
    case "paid":
      return { kind: "paid", payment: evidence.payment, trace: trace("the order was read, and is paid") };
    case "declined": {
      const meaning = evidence.charge.failureCode === null ? null : rowOf(evidence.charge.failureCode);
      return {
        kind: "declined",
        decline: declineOf(meaning, evidence.charge),
        orderId,
        chargeId: evidence.charge.id,
        card: cardOf(evidence.charge),
        ...over,
        trace: trace("the order was read, and its charge was declined"),
      };
    }
    case "pending":
      return {
        kind: "pending",
        orderId,
        chargeId: evidence.chargeId,
        ...(evidence.page && { link: evidence.page }),
        trace: trace("the order was read, and waits"),
      };
    case "ended":
      return {
        kind: "declined",
        decline: {
          declineClass: "customer_action",
          failureCode: evidence.status,
          failureMessage: null,
          isUnanswered: true,
        },
        orderId,
        chargeId: evidence.charge?.id ?? null,
        ...(evidence.charge && { card: cardOf(evidence.charge) }),
        ...over,
        trace: trace(`the order was read, and ended without payment (${evidence.status})`),
      };
    case "lapsed":
      return {
        kind: "lapsed",
        orderId,
        trace: trace(`the order was read; its payment page is over (${evidence.status})`),
      };
    case "unclear":
      return { kind: "unknown", orderId, trace: trace(`the order was read: ${evidence.because}`) };
    case "nothing":
      return { kind: "absent", trace: trace("the order was read, and shows no charge of this attempt") };
    default:
      return evidence satisfies never;
  }
}

function trace(because: string): Trace {
  return { httpStatus: 200, logId: null, because };
}
