/**
 * A customer whose charges alone Conekta refuses is put aside, too: one more kind of `read_failure`, with its next try.
 * `needs_attention` shows every invoice that it is to be tried for.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string =>
  `to_char(to_timestamp((${column}) / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const NEEDS_ATTENTION = `create view needs_attention as
  select
    case
      when a.state = 'paid_again' then 'paid_again'
      when i.status = 'held' then 'held'
      when a.state = 'unknown' then 'unknown'
      else 'unreadable'
    end as kind,
    ${iso(`case
      when a.state in ('paid_again', 'unknown') or i.status = 'held' then coalesce(a.sent_at, a.claimed_at, i.opened_at)
      else least(coalesce(f.failed_since, g.failed_since), coalesce(g.failed_since, f.failed_since))
    end`)} as since,
    i.id as invoice_id,
    i.subscription_id as subscription_id,
    i.customer_id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    i.amount_cents as amount_cents,
    round(i.amount_cents / 100.0, 2) as amount,
    i.currency as currency,
    i.status as invoice_status,
    i.status_reason as reason,
    a.number as attempt,
    a.state as outcome,
    a.reference as reference,
    a.decline_class as decline_class,
    a.failure_code as failure_code,
    a.failure_message as failure_message,
    a.order_id as order_id,
    a.charge_id as charge_id,
    ${iso("a.next_inquiry_at")} as next_look_at,
    coalesce(f.because, g.because) as because
  from invoice i
  join customer c on c.id = i.customer_id
  left join attempt a on a.invoice_id = i.id and (
    a.state in ('paid_again', 'unknown')
    or exists (select 1 from read_failure r where r.id = a.id)
    or (
      a.number = (select max(l.number) from attempt l where l.invoice_id = i.id)
      and not exists (
        select 1 from attempt u where u.invoice_id = i.id
          and (u.state in ('paid_again', 'unknown') or exists (select 1 from read_failure r where r.id = u.id))
      )
    )
  )
  -- Only what was due when the read failed waits for it; a refused charge has put its own invoice off.
  left join read_failure f on f.id = i.customer_id and (
    i.next_attempt_at <= f.failed_at or (f.kind = 'charge' and i.next_attempt_at is not null)
  )
  left join read_failure g on g.id = a.id and (
    a.next_inquiry_at is not null
    or exists (select 1 from payment_link l where l.attempt_id = a.id and l.recheck_at is not null)
  )
  where i.status = 'held'
    or a.state = 'unknown'
    or f.id is not null
    or g.id is not null
    -- Until the whole of it went back.
    or (a.state = 'paid_again' and coalesce(a.moved_cents, a.amount_cents) > (
      select coalesce(sum(r.amount_cents), 0) from refund r where r.attempt_id = a.id and r.state = 'done'
    ))`;

const STATEMENTS = [
  `drop view needs_attention`,
  `alter table "read_failure" drop constraint "read_failure_kind_check"`,
  `alter table "read_failure" add constraint "read_failure_kind_check" check ("kind" in ('customer', 'attempt', 'charge'))`,
  NEEDS_ATTENTION,
];

export class Migration20261128000017RefusedCharges extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
