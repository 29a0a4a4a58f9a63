/**
 * What of money that moved is revenue, and what takes revenue back: the rule of `report revenue`, of the view `revenue_by_day` and
 * of its counts, which have it in SQL. Pure.
 */
import type { AttemptState } from "./attempt.ts";
import type { DisputeOutcome } from "./dispute.ts";
import type { InvoiceStatus } from "./invoice.ts";
import { hasGoneBack, isIncome, type RefundState } from "./refund.ts";

export type MoneyMoved =
  | { readonly kind: "invoice"; readonly status: InvoiceStatus }
  | { readonly kind: "refund"; readonly state: RefundState; /** Of the payment. */ readonly paidState: AttemptState }
  | { readonly kind: "dispute"; readonly outcome: DisputeOutcome; readonly paidState: AttemptState };

/** Which figure of its day it is. A second payment was none, so what goes back of it is none. @returns null: of no figure */
export function figureOf(moved: MoneyMoved): "paid" | "refunded" | "lost" | null {
  switch (moved.kind) {
    case "invoice":
      return moved.status === "paid" ? "paid" : null;
    case "refund":
      return hasGoneBack(moved.state) && isIncome(moved.paidState) ? "refunded" : null;
    case "dispute":
      return moved.outcome === "lost" && isIncome(moved.paidState) ? "lost" : null;
    default:
      return moved satisfies never;
  }
}
