/**
 * What could not be read at the gateway, and when it is read again: one row for each customer, or attempt with an order.
 * Kind `charge`: a customer whose charges fail there, and when the next is tried; who cannot be read either has both rows.
 */
import type { FailedRead, Unreadable } from "../../../application/ports/charging.ts";
import { oneMoreFailure, type ReadFailure } from "../../../domain/backoff.ts";
import { instant, instantOrNull, text, whole } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";

/** A condition with one parameter, the present: what has the id in this column is not put aside until later. */
export function mayBeRead(column: string): string {
  return `not exists (select 1 from read_failure r where r.id = ${column} and r.kind <> 'charge' and r.next_read_at > ?)`;
}

export async function noteReadFailure(
  em: Connected,
  { kind, id, because }: FailedRead,
  now: Date,
  nextReadAt: (failures: number) => Date,
): Promise<ReadFailure> {
  const [known] = await all(
    em,
    "select failures, failed_since, failed_at from read_failure where id = ? and kind = ?",
    [id, kind],
  );
  const failure = oneMoreFailure(known === undefined ? null : rowOfFailures(known), now);
  const { failures, failedSince } = failure;
  await run(
    em,
    `insert into read_failure (id, kind, failures, failed_since, failed_at, next_read_at, because)
     values (?, ?, ?, ?, ?, ?, ?)
     on conflict (id, kind) do update set failures = excluded.failures, failed_since = excluded.failed_since,
       failed_at = excluded.failed_at, next_read_at = excluded.next_read_at, because = excluded.because`,
    [id, kind, failures, ms(failedSince), ms(now), ms(nextReadAt(failures)), because],
  );
  return failure;
}

function rowOfFailures(row: RawRow): ReadFailure & { readonly failedAt: Date } {
  const [failedSince, failedAt] = [instant(row, "failed_since"), instant(row, "failed_at")];
  return { failures: whole(row, "failures"), failedSince, failedAt };
}

export async function forgetReadFailures(em: Connected, ids: readonly string[]): Promise<void> {
  await run(em, "delete from read_failure where id in (select value from json_each(?))", [batch(ids)]);
}

/** The customer was read: that says nothing of whether Conekta takes a charge. */
export async function forgetCustomerReads(em: Connected, customerId: string): Promise<void> {
  await run(em, "delete from read_failure where id = ? and kind <> 'charge'", [customerId]);
}

/** What nothing waits for any more is not counted. */
export async function unreadable(em: Connected): Promise<Unreadable> {
  const [row = {}] = await all(
    em,
    `select count(distinct f.id) as n, min(f.failed_since) as oldest from read_failure f
     where exists (
         select 1 from invoice i where i.customer_id = f.id
           and (
             i.next_attempt_at <= f.failed_at or (f.kind = 'charge' and i.next_attempt_at is not null)
             -- Nor does a wait of dunning end before its customer was read.
             or (f.kind = 'customer' and i.dunning_due_at <= f.failed_at)
           )
       )
       -- Its cycle is void, or charged, only once its customer was read (unpaid-subscriptions.ts).
       or (f.kind = 'customer' and exists (
         select 1 from subscription s
         where s.customer_id = f.id and s.status = 'unpaid' and s.next_billing_at <= f.failed_at
       ))
       or exists (select 1 from attempt a where a.id = f.id and a.next_inquiry_at is not null)
       or exists (select 1 from payment_link l where l.attempt_id = f.id and l.recheck_at is not null)
       or exists (select 1 from denied_charge d where d.attempt_id = f.id and d.recheck_at is not null)`,
  );
  return { count: whole(row, "n"), oldestAt: instantOrNull(row, "oldest") };
}

/** One customer may have several subscriptions, and a few hundred thousand need not be sorted for two. */
const FIRST_ONES = 50;

export async function customersToProbe(em: Connected, limit: number): Promise<string[]> {
  const rows = await all(
    em,
    `select s.customer_id from subscription s
     where not exists (select 1 from read_failure r where r.id = s.customer_id) order by s.id limit ${FIRST_ONES}`,
  );
  return [...new Set(rows.map((row) => text(row, "customer_id")))].slice(0, limit);
}
