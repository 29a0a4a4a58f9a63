/**
 * What the answer to making a payment link means, once it was judged like the answer to a charge.
 *
 * No card is charged by that call, so a decline's code about it is a refusal of our data. Anything that left an order
 * behind, or money, or a page without an address, is unknown: an inquiry shows which.
 */
import type { OpenedLink } from "../../application/ports/gateway.ts";
import type { Outcome } from "../../domain/attempt.ts";

export function openedLink(outcome: Outcome): OpenedLink {
  const { trace } = outcome;
  switch (outcome.kind) {
    case "not_sent":
    case "refused":
    case "unknown":
      return outcome;
    case "pending":
      if (outcome.link !== undefined) return outcome;
      return {
        kind: "unknown",
        orderId: outcome.orderId,
        trace: { ...trace, because: `${trace.because}; it shows no payment page` },
      };
    case "declined": {
      const { failureCode, failureMessage } = outcome.decline;
      if (outcome.orderId === null) return { kind: "refused", failureCode, failureMessage, trace };
      return { kind: "unknown", orderId: outcome.orderId, trace };
    }
    case "paid":
      return { kind: "unknown", orderId: outcome.payment.orderId, trace };
    default:
      return outcome satisfies never;
  }
}
