/**
 * What dunning recovered, counted in one statement. Every invoice that failed is in exactly one row.
 *
 * The history says when and why an invoice first failed: an attempt that is found to have paid after all forgets it.
 */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import { RECOVERY_WAYS, type RecoveryRow, type RecoveryWay, type RecoveryWindow } from "../../../domain/recovery.ts";
import { text, textOrNull, whole, word } from "../dialect/codec.ts";
import { all, ms, type RawRow } from "../dialect/sql.ts";
import { CHARGES_CARD, HAS_PAGE } from "../billing/attempt-flows.ts";
import { DECLINED, PAID, REFUSED, UNSENT } from "../billing/attempt-states.ts";
import { LOST, OWED } from "../billing/invoice-statuses.ts";

/** The first failure of each invoice: a decline, or a check before a charge. `refused` is our own fault, and no decline. */
const FAILED = `
  select f.*, i.status, i.currency, i.amount_cents, i.paid_at,
         t.number as failed_number, t.payment_source_id as failed_source
  from (
    select e.invoice_id, e.at, e.attempt_id, readable(e.data) ->> 'declineClass' as decline_class,
           readable(e.data) ->> 'failureCode' as failure_code,
           row_number() over (partition by e.invoice_id order by e.sequence) as place
    from event e
    where e.invoice_id is not null and readable(e.data) ->> 'declineClass' is not null and e.type <> 'attempt.declined'
      and coalesce(readable(e.data) ->> 'outcome', ${DECLINED}) = ${DECLINED}
  ) f
  join invoice i on i.id = f.invoice_id
  join subscription s on s.id = i.subscription_id
  left join attempt t on t.id = f.attempt_id
  where f.place = 1 and f.at >= coalesce(?, f.at) and f.at < coalesce(?, f.at + 1) and s.plan_id = coalesce(?, s.plan_id)`;

/** How each was paid, and the tries of a card that came after its failure and no later than the one that paid. */
const ENDED = `
  select f.*,
    case
      when f.status <> 'paid' then null
      when p.id is null then 'person'
      when p.${HAS_PAGE} then case when p.payment_method is null then 'link' else 'link_' || p.payment_method end
      when p.id = f.attempt_id then 'same_try'
      when p.payment_source_id = f.failed_source then 'card_retry'
      else 'new_card'
    end as way,
    case when f.status = 'paid' then (case when f.paid_at > f.at then f.paid_at - f.at else 0 end) / 86400000.0 end as days,
    (
      select count(*) from attempt n
      where n.invoice_id = f.invoice_id and n.${CHARGES_CARD} and n.sent_at is not null
        and n.state not in ${UNSENT} and n.state <> ${REFUSED}
        and (n.number > f.failed_number or f.failed_number is null and n.sent_at >= f.at)
        and (p.id is null or n.number <= p.number)
    ) as retry
  from failed f left join attempt p on p.invoice_id = f.invoice_id and p.state = ${PAID}`;

const KEY = "currency, decline_class, failure_code, retry";

const REPORT = `
  with failed as (${FAILED}), ended as (${ENDED}),
  placed as (
    select *, row_number() over (partition by ${KEY}, days is null order by days) as day_place,
           count(days) over (partition by ${KEY}) as day_count
    from ended
  ),
  counted as (
    select ${KEY}, count(*) as invoices, count(way) as recovered,
           count(case when status in ${OWED} then 1 end) as open,
           count(case when status in ${LOST} then 1 end) as lost,
           sum(amount_cents) as amount_cents, coalesce(sum(case when way is not null then amount_cents end), 0) as recovered_cents,
           ${RECOVERY_WAYS.map((way) => `count(case when way = '${way}' then 1 end) as by_${way}`).join(", ")},
           avg(days) as mean_days,
           -- The middle one, or the mean of the two in the middle.
           avg(case when day_place in ((day_count + 1) / 2, (day_count + 2) / 2) then days end) as median_days
    from placed group by ${KEY}
  )
  select *, sum(invoices) over (
    partition by currency, decline_class, failure_code order by retry rows between current row and unbounded following
  ) as reached
  from counted order by ${KEY}`;

export async function recovery(
  em: SqlEntityManager,
  { since, until, planId }: RecoveryWindow,
): Promise<readonly RecoveryRow[]> {
  return (await all(em, REPORT, [ms(since), ms(until), planId])).map(recoveryRow);
}

function recoveryRow(row: RawRow): RecoveryRow {
  const ways = RECOVERY_WAYS.map((way) => [way, whole(row, `by_${way}`)]);
  return {
    currency: text(row, "currency"),
    declineClass: word(row, "decline_class"),
    failureCode: textOrNull(row, "failure_code"),
    retry: whole(row, "retry"),
    reached: whole(row, "reached"),
    invoices: whole(row, "invoices"),
    recovered: whole(row, "recovered"),
    open: whole(row, "open"),
    lost: whole(row, "lost"),
    amountCents: whole(row, "amount_cents"),
    recoveredCents: whole(row, "recovered_cents"),
    by: Object.fromEntries(ways) as Record<RecoveryWay, number>,
    medianDays: days(row, "median_days"),
    meanDays: days(row, "mean_days"),
  };
}

/** To a tenth. */
function days(row: RawRow, column: string): number | null {
  return textOrNull(row, column) === null ? null : Math.round(whole(row, column) * 10) / 10;
}
