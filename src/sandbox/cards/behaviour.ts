/**
 * How a stored card behaves each time it is charged.
 *
 * Pure: how often the card was charged before comes in, the bank's answer goes out.
 */
import type { DeclineName } from "./decline.ts";
import type { FaultKind } from "../faults/fault-kind.ts";
import type { ThreeDsMode } from "../orders/order.ts";

export type Behaviour =
  | { readonly does: "pay" }
  | { readonly does: "decline"; readonly decline: DeclineName }
  | { readonly does: "decline-first"; readonly decline: DeclineName; readonly times: number }
  | { readonly does: "pay-first"; readonly decline: DeclineName; readonly times: number }
  | { readonly does: "ask-3ds" }
  /** Asks only when the order was made with `three_ds_mode: "strict"`; else pays. */
  | { readonly does: "ask-3ds-if-strict" }
  | { readonly does: "stay-pending" }
  | { readonly does: "go-to-review" }
  /** Pays, and the answer (or, for `…_before`, the whole call) suffers this fault. */
  | { readonly does: "fault"; readonly kind: FaultKind };

export type BankAnswer =
  | { readonly is: "paid" }
  | { readonly is: "declined"; readonly decline: DeclineName }
  | { readonly is: "pending_payment" }
  | { readonly is: "under_fraud_review" }
  | { readonly is: "needs_customer" };

/** @param timesAsked how often this card was charged before, whatever came of it */
export function bankAnswer(
  behaviour: Behaviour,
  timesAsked: number,
  threeDsMode: ThreeDsMode | null = null,
): BankAnswer {
  switch (behaviour.does) {
    case "pay":
    case "fault":
      return { is: "paid" };
    case "decline":
      return { is: "declined", decline: behaviour.decline };
    case "decline-first":
      return timesAsked < behaviour.times ? { is: "declined", decline: behaviour.decline } : { is: "paid" };
    case "pay-first":
      return timesAsked < behaviour.times ? { is: "paid" } : { is: "declined", decline: behaviour.decline };
    case "ask-3ds":
      return { is: "needs_customer" };
    case "ask-3ds-if-strict":
      return threeDsMode === "strict" ? { is: "needs_customer" } : { is: "paid" };
    case "stay-pending":
      return { is: "pending_payment" };
    case "go-to-review":
      return { is: "under_fraud_review" };
    default:
      return behaviour satisfies never;
  }
}
