/** A subscription, of a row that has the columns of its table. */
import type { Subscription } from "../../../domain/subscription.ts";
import { flag, instantOrNull, jsonOrNull, text, whole, word } from "../dialect/codec.ts";
import type { RawRow } from "../dialect/sql.ts";

type Content = Pick<Subscription, "lineItems" | "discount">;

/** @throws {SyntaxError} its content is damaged, and not given */
export function subscriptionOf(row: RawRow, content: Content = contentOf(row)): Subscription {
  return {
    id: text(row, "id"),
    planId: text(row, "plan_id"),
    customerId: text(row, "customer_id"),
    status: word(row, "status"),
    timeZone: text(row, "time_zone"),
    startLocal: text(row, "start_local"),
    anchorLocal: text(row, "anchor_local"),
    quantity: whole(row, "quantity"),
    ...content,
    billPast: flag(row, "bill_past"),
    firstCycle: whole(row, "first_cycle"),
    nextCycle: whole(row, "next_cycle"),
    nextBillingAt: instantOrNull(row, "next_billing_at"),
    cancelAt: instantOrNull(row, "cancel_at"),
    pauseFrom: instantOrNull(row, "pause_from"),
    pauseUntil: instantOrNull(row, "pause_until"),
    source: word(row, "source"),
  };
}

function contentOf(row: RawRow): Content {
  return { lineItems: jsonOrNull(row, "line_items"), discount: jsonOrNull(row, "discount") };
}
