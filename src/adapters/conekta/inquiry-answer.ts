/**
 * What a look at an order, after the call, says of one attempt.
 *
 * Unlike the answer to the call, a look may end it without money: the bank's silence that is by then shown as a
 * declined charge, and a pending charge that expired or was cancelled.
 */
import type { Sighting } from "../../application/ports/store.ts";
import type { Trace } from "../../domain/attempt.ts";
import { declineOf, rowOf } from "./declines.ts";
import { isOver, sightOf, type Quest } from "./charge-evidence.ts";
import type { WireOrder } from "./wire.ts";

export function sightingOf(order: WireOrder, quest: Quest): Sighting {
  const sight = sightOf(order, quest);
  const orderId = order.id;
  const over = quest.flow === "order_first" && isOver(order) ? ({ orderIsOver: true } as const) : {};
  switch (sight.shows) {
    case "paid":
      return { kind: "paid", payment: sight.payment, trace: trace("the order was read, and is paid") };
    case "declined": {
      const meaning = sight.charge.failureCode === null ? null : rowOf(sight.charge.failureCode);
      return {
        kind: "declined",
        decline: declineOf(meaning, sight.charge),
        orderId,
        chargeId: sight.charge.id,
        card: { brand: sight.charge.cardBrand, last4: sight.charge.cardLast4 },
        ...over,
        trace: trace("the order was read, and its charge was declined"),
      };
    }
    case "pending":
      return {
        kind: "pending",
        orderId,
        chargeId: sight.chargeId,
        ...(sight.page && { link: sight.page }),
        trace: trace("the order was read, and waits"),
      };
    case "ended":
      return {
        kind: "declined",
        decline: { declineClass: "customer_action", failureCode: sight.status, failureMessage: null },
        orderId,
        chargeId: sight.chargeId,
        ...over,
        trace: trace(`the order was read, and ended without payment (${sight.status})`),
      };
    case "lapsed":
      return {
        kind: "lapsed",
        orderId,
        trace: trace(`the order was read; its payment page is over (${sight.status})`),
      };
    case "unclear":
      return { kind: "unknown", orderId, trace: trace(`the order was read: ${sight.because}`) };
    case "nothing":
      return { kind: "absent", trace: trace("the order was read, and shows no charge of this attempt") };
    default:
      return sight satisfies never;
  }
}

function trace(because: string): Trace {
  return { httpStatus: 200, logId: null, because };
}
