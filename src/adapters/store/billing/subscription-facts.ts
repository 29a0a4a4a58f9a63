/** What the rules about charging need to know of a subscription beside the invoice that is due: its other invoices. */
import { lastPaymentAt, type MissedInvoice } from "../../../domain/charging/catch-up-turn.ts";
import type { UnsettledInvoice } from "../../../domain/charging/invoice-order.ts";
import { flag, grouped, instant, instantOrNull, text, whole, wholeOrNull, word, wordOrNull } from "../dialect/codec.ts";
import { all, batch, type Connected, type RawRow } from "../dialect/sql.ts";
import { OPEN } from "./attempt-states.ts";
import { tryOf } from "./card-facts.ts";
import { UNSETTLED } from "./invoice-statuses.ts";

/** Of the invoice `e`: the state of its attempt that may still move money. */
export const OPEN_ATTEMPT = `(select u.state from attempt u where u.invoice_id = e.id and u.state in ${OPEN})`;

/** By subscription. */
export async function unsettledInvoices(
  em: Connected,
  subscriptionIds: readonly string[],
): Promise<Map<string, UnsettledInvoice[]>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await all(
    em,
    // The states are those of the index invoice_unsettled, more than the rule asks for.
    `select e.subscription_id, e.cycle, e.status, e.status_reason, e.dunning_step, e.reopened_from, e.missed,
            e.next_attempt_at, e.first_declined_at,
            ${OPEN_ATTEMPT} as open_attempt
     from invoice e
     where e.subscription_id in (select value from json_each(?)) and e.status in ${UNSETTLED}`,
    [batch(subscriptionIds)],
  );
  return grouped(rows, "subscription_id", unsettledInvoiceOf);
}

/** By subscription: when it was last paid for. */
export async function lastPaid(em: Connected, subscriptionIds: readonly string[]): Promise<Map<string, Date | null>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await all(
    em,
    `select e.subscription_id, e.amount_cents, max(e.paid_at) as paid_at from invoice e
     where e.subscription_id in (select value from json_each(?)) and e.status = 'paid'
     group by e.subscription_id, e.amount_cents`,
    [batch(subscriptionIds)],
  );
  const paid = grouped(rows, "subscription_id", (row) => ({
    amountCents: whole(row, "amount_cents"),
    paidAt: instant(row, "paid_at"),
  }));
  return new Map([...paid].map(([id, invoices]) => [id, lastPaymentAt(invoices)]));
}

export function unsettledInvoiceOf(row: RawRow): UnsettledInvoice {
  return {
    cycle: wholeOrNull(row, "cycle"),
    status: word(row, "status"),
    statusReason: wordOrNull(row, "status_reason"),
    dunningStep: wordOrNull(row, "dunning_step"),
    reopenedFrom: wordOrNull(row, "reopened_from"),
    missed: flag(row, "missed"),
    nextAttemptAt: instantOrNull(row, "next_attempt_at"),
    firstDeclinedAt: instantOrNull(row, "first_declined_at"),
    openAttempt: wordOrNull(row, "open_attempt"),
  };
}

/** By subscription. */
export async function missedInvoices(
  em: Connected,
  subscriptionIds: readonly string[],
): Promise<Map<string, MissedInvoice[]>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await all(
    em,
    `select m.subscription_id, m.cycle, m.next_attempt_at, m.first_declined_at, t.state, t.flow, t.sent_at, t.claimed_at
     from invoice m left join attempt t on t.invoice_id = m.id
     where m.subscription_id in (select value from json_each(?)) and m.missed = true
     order by m.subscription_id, m.cycle`,
    [batch(subscriptionIds)],
  );
  const bySubscription = Map.groupBy(rows, (row) => text(row, "subscription_id"));
  return new Map(
    [...bySubscription].map(([id, ofOne]) => [
      id,
      [...Map.groupBy(ofOne, (row) => wholeOrNull(row, "cycle")).values()].map(missedInvoice),
    ]),
  );
}

/** @param rows one a try, or one without any */
function missedInvoice(rows: readonly RawRow[]): MissedInvoice {
  const [row = {}] = rows;
  return {
    cycle: wholeOrNull(row, "cycle"),
    nextAttemptAt: instantOrNull(row, "next_attempt_at"),
    firstDeclinedAt: instantOrNull(row, "first_declined_at"),
    tries: rows
      .filter((each) => each["state"] !== null)
      .map((each) => ({ ...tryOf(each), claimedAt: instant(each, "claimed_at") })),
  };
}
