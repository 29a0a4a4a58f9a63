/** The numbers of `status`: what is there, what is due, what is uncertain and since when. */
import type { StatusCounts } from "../../../application/ports/listings/status-counts.ts";
import { earlierUnpaidCycle } from "../../../domain/charging/invoice-order.ts";
import type { DunningStep } from "../../../domain/dunning/dunning.ts";
import { openableSince } from "../../../domain/lateness.ts";
import { isGivenBack } from "../../../domain/refund.ts";
import { refundedParts } from "../records/refunded.ts";
import { nextCycle } from "../../../domain/charging/cycles-ahead.ts";
import { turnsAt, type SubscriptionStatus } from "../../../domain/subscription.ts";
import { flag, instant, instantOrNull, text, whole, wholeOrNull, word, wordOrNull } from "../dialect/codec.ts";
import { unsettledInvoices } from "../billing/subscription-facts.ts";
import { all, batch, type Connected, ms, type Parameter, type RawRow } from "../dialect/sql.ts";
import { unreadable } from "../records/read-failures.ts";
import { IN_DOUBT, OPEN, PAID_AGAIN, UNKNOWN } from "../billing/attempt-states.ts";
import { OWED, UNSETTLED } from "../billing/invoice-statuses.ts";

export async function statusCounts(em: Connected, now: Date): Promise<StatusCounts> {
  const grouped = async (sql: string): Promise<Record<string, number>> =>
    Object.fromEntries((await all(em, sql)).map((row) => [text(row, "word"), whole(row, "n")]));
  const one = async (sql: string, parameters: readonly Parameter[] = []): Promise<RawRow> =>
    (await all(em, sql, parameters))[0] ?? {};

  // One that waits for an earlier one is not due before that is paid.
  const waiting = await waitingForEarlier(em);
  const due = await one(
    `select (select count(*) from invoice i where i.next_attempt_at <= ?) as invoices,
            (select min(next_billing_at) from subscription where next_billing_at is not null) as next_billing_at,
            (select min(cancel_at) from subscription
              where cancel_at is not null and next_billing_at is not null) as next_end_at,
            (select i.next_attempt_at from invoice i
              where i.next_attempt_at is not null and i.id not in (select value from json_each(?))
              order by i.next_attempt_at limit 1) as next_attempt_at,
            (select min(dunning_due_at) from invoice where dunning_due_at is not null and dunning_step <> 'retry') as next_step_at,
            (select min(next_inquiry_at) from attempt where next_inquiry_at is not null) as next_inquiry_at`,
    [ms(now), batch(waiting.map(({ id }) => id))],
  );
  const unknown = await one(
    `select count(*) as n, min(sent_at) as oldest from attempt where state in ${IN_DOUBT} and state = ${UNKNOWN}`,
  );
  const held = await one("select count(*) as n, min(opened_at) as oldest from invoice where status = 'held'");
  const disputed = await one("select count(*) as n, min(opened_at) as oldest from dispute where outcome = 'open'");
  const lastEvent = await one("select (select at from event order by id desc limit 1) as at");
  return {
    subscriptions: await grouped("select status as word, count(*) as n from subscription group by status order by 1"),
    invoices: await grouped(countedApart("invoice", `status in ${OWED} and status <> 'paid'`)),
    attempts: await grouped(countedApart("attempt", `state in ${OPEN}`)),
    dueSubscriptions: await dueSubscriptions(em, now),
    dueInvoices: whole(due, "invoices") - waiting.filter(({ at }) => at <= now).length,
    nextBillingAt: await nextBillingAt(em),
    nextOpeningAt: turnsAt({
      nextBillingAt: instantOrNull(due, "next_billing_at"),
      cancelAt: instantOrNull(due, "next_end_at"),
    }),
    openableSince: await oldestOpenable(em, now),
    nextAttemptAt: instantOrNull(due, "next_attempt_at"),
    nextInquiryAt: instantOrNull(due, "next_inquiry_at"),
    nextStepAt: instantOrNull(due, "next_step_at"),
    unknown: { count: whole(unknown, "n"), oldestAt: instantOrNull(unknown, "oldest") },
    held: { count: whole(held, "n"), oldestAt: instantOrNull(held, "oldest") },
    unreadable: await unreadable(em),
    paidAgain: await notGivenBack(em, `state in ${IN_DOUBT} and state = ${PAID_AGAIN}`),
    paidAfterCancel: await notGivenBack(em, "after_cancel = 'asked'"),
    disputes: { count: whole(disputed, "n"), oldestAt: instantOrNull(disputed, "oldest") },
    lastEventAt: instantOrNull(lastEvent, "at"),
  };
}

/** Payments that came a second time, or after a cancellation, and were not given back. There are few of them. */
async function notGivenBack(em: Connected, which: string): Promise<number> {
  const payments = await all(
    em,
    `select id, coalesce(moved_cents, amount_cents) as moved_cents from attempt where ${which}`,
  );
  let count = 0;
  for (const row of payments) {
    const refunds = await refundedParts(em, text(row, "id"));
    if (!isGivenBack({ movedCents: whole(row, "moved_cents"), refunds })) count += 1;
  }
  return count;
}

/** Whose next cycle is billed, and due: not the paused ones, nor those that end before it. */
async function dueSubscriptions(em: Connected, now: Date): Promise<number> {
  const rows = await all(em, `${CURSORS} where s.next_billing_at <= ?`, [ms(now)]);
  return rows.map(cursorOf).filter((subscription) => nextCycle(subscription).do === "bill").length;
}

/** By date, until the rest is due later than the oldest. */
async function oldestOpenable(em: Connected, now: Date): Promise<Date | null> {
  let oldest: Date | null = null;
  for (let after: readonly Parameter[] = [0, ""]; ;) {
    const rows = await all(
      em,
      `select s.id, s.next_billing_at, s.next_cycle, s.first_cycle, s.created_at from subscription s
       where s.next_billing_at <= ? and (s.next_billing_at, s.id) > (?, ?)
       order by s.next_billing_at, s.id limit ${PAGE}`,
      [ms(now), ...after],
    );
    for (const row of rows) {
      const dueAt = instant(row, "next_billing_at");
      if (oldest !== null && dueAt >= oldest) return oldest;
      const cycles = { nextCycle: whole(row, "next_cycle"), firstCycle: whole(row, "first_cycle") };
      const since = openableSince({ ...cycles, nextBillingAt: dueAt, createdAt: instantOrNull(row, "created_at") });
      if (oldest === null || since < oldest) oldest = since;
    }
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return oldest;
    after = [whole(last, "next_billing_at"), text(last, "id")];
  }
}

const CURSORS =
  "select s.id, s.status, s.next_cycle, s.next_billing_at, s.cancel_at, s.pause_from, s.pause_until from subscription s";

function cursorOf(row: RawRow) {
  return {
    status: word<SubscriptionStatus>(row, "status"),
    nextCycle: whole(row, "next_cycle"),
    nextBillingAt: instant(row, "next_billing_at"),
    cancelAt: instantOrNull(row, "cancel_at"),
    pauseFrom: instantOrNull(row, "pause_from"),
    pauseUntil: instantOrNull(row, "pause_until"),
  };
}

/** What came to an end was counted as it did; what is open is few. */
function countedApart(table: "invoice" | "attempt", open: string): string {
  const column = table === "invoice" ? "status" : "state";
  return `select word, sum(n) as n from tally where what = '${table}' group by word having sum(n) > 0
    union all select ${column}, count(*) from ${table} where ${open} group by ${column}
    order by 1`;
}

const PAGE = 500;

/** By date, until one is billed: the paused and the ending ones come first only by chance. */
async function nextBillingAt(em: Connected): Promise<Date | null> {
  for (let after: readonly Parameter[] = [0, ""]; ;) {
    const rows = await all(
      em,
      `${CURSORS}
       where s.next_billing_at is not null and (s.next_billing_at, s.id) > (?, ?)
       order by s.next_billing_at, s.id limit ${PAGE}`,
      after,
    );
    for (const row of rows) {
      const next = nextCycle(cursorOf(row));
      if (next.do === "bill") return next.at;
    }
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return null;
    after = [whole(last, "next_billing_at"), text(last, "id")];
  }
}

/** Those that have another unsettled invoice at all, and then by the rule. */
async function waitingForEarlier(em: Connected): Promise<{ readonly id: string; readonly at: Date }[]> {
  const rows = await all(
    em,
    `select i.id, i.subscription_id, i.cycle, i.missed, i.next_attempt_at, i.retry_requested_at, i.first_declined_at,
            i.dunning_step
     from invoice i
     where i.next_attempt_at is not null and exists (
       select 1 from invoice e
       where e.subscription_id = i.subscription_id and e.cycle <> i.cycle and e.status in ${UNSETTLED}
     )`,
  );
  const unsettled = await unsettledInvoices(em, [...new Set(rows.map((row) => text(row, "subscription_id")))]);
  return rows
    .filter((row) => {
      const invoice = { cycle: wholeOrNull(row, "cycle"), missed: flag(row, "missed") };
      const retryRequestedAt = instantOrNull(row, "retry_requested_at");
      const firstDeclinedAt = instantOrNull(row, "first_declined_at");
      const dunningStep = wordOrNull<DunningStep>(row, "dunning_step");
      const others = unsettled.get(text(row, "subscription_id")) ?? [];
      return earlierUnpaidCycle({ ...invoice, retryRequestedAt, firstDeclinedAt, dunningStep }, others) !== null;
    })
    .map((row) => ({ id: text(row, "id"), at: instant(row, "next_attempt_at") }));
}
