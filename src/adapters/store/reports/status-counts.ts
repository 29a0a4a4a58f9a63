/** The numbers of `status`: what is there, what is due, what is uncertain and since when. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { StatusCounts } from "../../../application/ports/listings.ts";
import { instantOrNull, text, whole } from "../dialect/codec.ts";
import { EARLIER_IS_UNPAID } from "../billing/dunning-steps.ts";
import { all, ms, type Parameter, type RawRow } from "../dialect/sql.ts";

export async function statusCounts(em: SqlEntityManager, now: Date): Promise<StatusCounts> {
  const grouped = async (sql: string): Promise<Record<string, number>> =>
    Object.fromEntries((await all(em, sql)).map((row) => [text(row, "word"), whole(row, "n")]));
  const one = async (sql: string, parameters: readonly Parameter[] = []): Promise<RawRow> =>
    (await all(em, sql, parameters))[0] ?? {};

  const due = await one(
    `select (select count(*) from subscription where next_billing_at <= ?) as subscriptions,
            (select count(*) from invoice i where i.next_attempt_at <= ? and not ${EARLIER_IS_UNPAID}) as invoices,
            (select min(next_billing_at) from subscription where next_billing_at is not null) as next_billing_at,
            -- One that waits for an earlier one is not due before that is paid.
            (select i.next_attempt_at from invoice i where i.next_attempt_at is not null and not ${EARLIER_IS_UNPAID}
              order by i.next_attempt_at limit 1) as next_attempt_at,
            (select min(dunning_due_at) from invoice where dunning_due_at is not null) as next_step_at,
            (select min(next_inquiry_at) from attempt where next_inquiry_at is not null) as next_inquiry_at`,
    [ms(now), ms(now)],
  );
  const unknown = await one("select count(*) as n, min(sent_at) as oldest from attempt where state = 'unknown'");
  const held = await one("select count(*) as n, min(opened_at) as oldest from invoice where status = 'held'");
  const lastEvent = await one("select (select at from event order by id desc limit 1) as at");
  // Until the whole of it was given back.
  const paidAgain = await one(
    `select count(*) as n from attempt a where a.state = 'paid_again' and coalesce(a.moved_cents, a.amount_cents) > (
       select coalesce(sum(r.amount_cents), 0) from refund r where r.attempt_id = a.id and r.state = 'done'
     )`,
  );
  return {
    subscriptions: await grouped("select status as word, count(*) as n from subscription group by status order by 1"),
    invoices: await grouped("select status as word, count(*) as n from invoice group by status order by 1"),
    attempts: await grouped("select state as word, count(*) as n from attempt group by state order by 1"),
    dueSubscriptions: whole(due, "subscriptions"),
    dueInvoices: whole(due, "invoices"),
    nextBillingAt: instantOrNull(due, "next_billing_at"),
    nextAttemptAt: instantOrNull(due, "next_attempt_at"),
    nextInquiryAt: instantOrNull(due, "next_inquiry_at"),
    nextStepAt: instantOrNull(due, "next_step_at"),
    unknown: { count: whole(unknown, "n"), oldestAt: instantOrNull(unknown, "oldest") },
    held: { count: whole(held, "n"), oldestAt: instantOrNull(held, "oldest") },
    paidAgain: whole(paidAgain, "n"),
    lastEventAt: instantOrNull(lastEvent, "at"),
  };
}
