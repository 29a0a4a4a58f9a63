/**
 * What people ask every day is found by an index, however long the past is: the latest of the history, what needs a person,
 * one day's revenue, invoices and attempts in one state.
 *
 * PostgreSQL indexes no text of an instant, which depends on settings: here the instants themselves are indexed.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string =>
  `to_char(to_timestamp((${column}) / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const BILLING_HISTORY = `create view billing_history as
  select
    ${iso("coalesce(a.sent_at, a.claimed_at)")} as attempted_at,
    ${iso("a.settled_at")} as settled_at,
    a.invoice_id as invoice_id,
    s.id as subscription_id,
    p.id as plan_id,
    p.name as plan_name,
    c.id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    ${iso("i.period_start")} as period_start,
    ${iso("i.period_end")} as period_end,
    a.amount_cents as amount_cents,
    round(a.amount_cents / 100.0, 2) as amount,
    a.currency as currency,
    a.number as attempt,
    a.state as outcome,
    a.decline_class as decline_class,
    a.failure_code as failure_code,
    a.failure_message as failure_message,
    a.order_id as order_id,
    a.charge_id as charge_id,
    a.card_brand as card_brand,
    a.card_last4 as card_last4,
    ${iso("i.next_attempt_at")} as next_attempt_at
  from attempt a
  join invoice i on i.id = a.invoice_id
  join subscription s on s.id = i.subscription_id
  join plan p on p.id = s.plan_id
  join customer c on c.id = i.customer_id`;

/** What may need a person, by indexes: the view judges each of these. `cross join` keeps the few rows first. */
const CANDIDATES = `select h.id from invoice h where h.status = 'held'
    union all select t.invoice_id from attempt t where t.state in ('paid_again', 'unknown')
    union all select t.invoice_id from read_failure r cross join attempt t where t.id = r.id
    union all select n.id from read_failure r cross join invoice n where n.customer_id = r.id and n.next_attempt_at is not null`;

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
  where i.id in (${CANDIDATES}) and (
    i.status = 'held'
    or a.state = 'unknown'
    or f.id is not null
    or g.id is not null
    -- Until the whole of it went back.
    or (a.state = 'paid_again' and coalesce(a.moved_cents, a.amount_cents) > (
      select coalesce(sum(r.amount_cents), 0) from refund r where r.attempt_id = a.id and r.state = 'done'
    ))
  )`;

const STATEMENTS = [
  "drop view billing_history",
  "drop view needs_attention",
  BILLING_HISTORY,
  NEEDS_ATTENTION,
  `create index "attempt_history" on "attempt" (coalesce(sent_at, claimed_at), "invoice_id", "number")`,
  `create index "attempt_in_doubt" on "attempt" ("state", "invoice_id") where state in ('paid_again', 'unknown')`,
  `create index "attempt_not_paid" on "attempt" ("state") where state <> 'paid'`,
  `create index "invoice_opened" on "invoice" ("opened_at", "id")`,
  `create index "invoice_held" on "invoice" ("opened_at", "id") where status = 'held'`,
  `create index "invoice_unpaid_order" on "invoice" ("order_id") where order_id is not null and status in ('open', 'held', 'uncollectible')`,
  `create index "invoice_not_paid" on "invoice" ("status") where status <> 'paid'`,
  `create index "invoice_paid_day" on "invoice" ("paid_at") where status = 'paid'`,
  `create index "subscription_status" on "subscription" ("status")`,
];

export class Migration20261128000019Indexes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
