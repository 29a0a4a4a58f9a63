/**
 * A cycle that waits behind a held invoice is told once, and `needs_attention` shows it for as long as it waits.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string =>
  `to_char(to_timestamp((${column}) / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** What may need a person, by indexes: the view judges each of these. `cross join` keeps the few rows first. */
const CANDIDATES = `select h.id from invoice h where h.status = 'held'
    union all select t.invoice_id from attempt t where t.state in ('paid_again', 'unknown')
    union all select t.invoice_id from read_failure r cross join attempt t where t.id = r.id
    union all select n.id from read_failure r cross join invoice n where n.customer_id = r.id and n.next_attempt_at is not null
    union all select w.id from invoice w where w.waits_told_at is not null and w.next_attempt_at is not null`;

const NEEDS_ATTENTION = `create view needs_attention as
  select
    case
      when a.state = 'paid_again' then 'paid_again'
      when i.status = 'held' then 'held'
      when a.state = 'unknown' then 'unknown'
      when f.id is not null or g.id is not null then 'unreadable'
      else 'waiting'
    end as kind,
    ${iso(`case
      when a.state in ('paid_again', 'unknown') or i.status = 'held' then coalesce(a.sent_at, a.claimed_at, i.opened_at)
      else coalesce(
        least(coalesce(f.failed_since, g.failed_since), coalesce(g.failed_since, f.failed_since)),
        i.waits_told_at
      )
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
  where i.id in (${CANDIDATES}) and (
    i.status = 'held'
    or a.state = 'unknown'
    or f.id is not null
    or g.id is not null
    or (
      i.waits_told_at is not null and i.next_attempt_at is not null and exists (
        select 1 from invoice e
        where e.subscription_id = i.subscription_id and e.cycle < i.cycle and e.status = 'held'
      )
    )
    -- Until the whole of it went back.
    or (a.state = 'paid_again' and coalesce(a.moved_cents, a.amount_cents) > (
      select coalesce(sum(r.amount_cents), 0) from refund r where r.attempt_id = a.id and r.state = 'done'
    ))
  )`;

const STATEMENTS = [
  `alter table invoice add column "waits_told_at" bigint null`,
  "drop view needs_attention",
  NEEDS_ATTENTION,
  `create index "invoice_waits" on "invoice" ("id") where waits_told_at is not null and next_attempt_at is not null`,
];

export class Migration20261128000020WaitingCycles extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
