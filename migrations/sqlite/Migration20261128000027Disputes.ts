/**
 * Disputes of payments, found by reading their orders; `needs_attention` shows those that are open, and `revenue_by_day` what
 * went back and what was lost, on the day it did.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

/** What may need a person, by indexes: the view judges each of these. `cross join` keeps the few rows first. */
const CANDIDATES = `select h.id from invoice h where h.status = 'held'
    union all select t.invoice_id from attempt t where t.state in ('paid_again', 'unknown')
    union all select t.invoice_id from read_failure r cross join attempt t where t.id = r.id
    union all select n.id from read_failure r cross join invoice n where n.customer_id = r.id and n.next_attempt_at is not null
    union all select w.id from invoice w where w.waits_told_at is not null and w.next_attempt_at is not null`;

const WAITING = `select
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
        min(coalesce(f.failed_since, g.failed_since), coalesce(g.failed_since, f.failed_since)),
        i.waits_told_at
      )
    end`)} as since,
    i.id as invoice_id,
    i.subscription_id as subscription_id,
    i.customer_id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    i.amount_cents as amount_cents,
    i.amount_cents / 100.0 as amount,
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
    coalesce(f.because, g.because) as because,
    null as dispute_id,
    null as dispute_status,
    null as dispute_reason,
    null as evidence_due_by
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

const DISPUTED = `select
    'disputed',
    ${iso("d.opened_at")},
    i.id,
    i.subscription_id,
    i.customer_id,
    c.name,
    i.cycle,
    d.amount_cents,
    d.amount_cents / 100.0,
    d.currency,
    i.status,
    i.status_reason,
    a.number,
    a.state,
    a.reference,
    null,
    null,
    null,
    d.order_id,
    d.charge_id,
    ${iso("d.next_read_at")},
    null,
    d.id,
    d.status,
    d.reason,
    ${iso("d.evidence_due_by")}
  from dispute d
  join invoice i on i.id = d.invoice_id
  join customer c on c.id = i.customer_id
  join attempt a on a.id = d.attempt_id
  where d.outcome = 'open'`;

const NEEDS_ATTENTION = `create view needs_attention as ${WAITING} union all ${DISPUTED}`;

/** Money that came, went back, or was lost: each on its day. A second payment is no revenue, so its refund takes none away. */
const MOVES = `
    select
      strftime('%Y-%m-%d', i.paid_at / 1000.0, 'unixepoch') as day, i.subscription_id, i.currency,
      1 as invoices, i.amount_cents as amount_cents, 0 as refunded_cents, 0 as lost_cents
    from invoice i where i.status = 'paid'
    union all
    select strftime('%Y-%m-%d', r.settled_at / 1000.0, 'unixepoch'), i.subscription_id, r.currency, 0, 0, r.amount_cents, 0
    from refund r join attempt a on a.id = r.attempt_id join invoice i on i.id = r.invoice_id
    where r.state = 'done' and a.state = 'paid'
    union all
    select strftime('%Y-%m-%d', d.closed_at / 1000.0, 'unixepoch'), d.subscription_id, d.currency, 0, 0, 0, d.amount_cents
    from dispute d join attempt a on a.id = d.attempt_id
    where d.outcome = 'lost' and a.state = 'paid'`;

const REVENUE_BY_DAY = `create view revenue_by_day as
  select
    m.day as day,
    s.plan_id as plan_id,
    p.name as plan_name,
    m.currency as currency,
    sum(m.invoices) as invoices,
    sum(m.amount_cents) as amount_cents,
    sum(m.amount_cents) / 100.0 as amount,
    sum(m.refunded_cents) as refunded_cents,
    sum(m.refunded_cents) / 100.0 as refunded,
    sum(m.lost_cents) as lost_cents,
    sum(m.lost_cents) / 100.0 as lost,
    sum(m.amount_cents - m.refunded_cents - m.lost_cents) as net_cents,
    sum(m.amount_cents - m.refunded_cents - m.lost_cents) / 100.0 as net
  from (${MOVES}) m
  join subscription s on s.id = m.subscription_id
  join plan p on p.id = s.plan_id
  group by 1, 2, 3, 4`;

const STATEMENTS = [
  `create table "dispute" (
    "id" text not null primary key,
    "charge_id" text not null,
    "gateway_dispute_id" text null,
    "order_id" text not null,
    "attempt_id" text not null,
    "invoice_id" text not null,
    "subscription_id" text not null,
    "customer_id" text not null,
    "amount_cents" integer check (amount_cents > 0) not null,
    "currency" text check (length(currency) = 3) not null,
    "status" text not null,
    "outcome" text check ("outcome" in ('open', 'won', 'lost')) not null,
    "reason" text null,
    "evidence_due_by" datetime null,
    "disputed_at" datetime null,
    "opened_at" datetime not null,
    "closed_at" datetime null,
    "closed_by" text null,
    "why" text null,
    "next_read_at" datetime null,
    constraint "dispute_attempt_id_foreign" foreign key ("attempt_id") references "attempt" ("id"),
    constraint "dispute_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id"),
    constraint "dispute_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id"),
    constraint "dispute_customer_id_foreign" foreign key ("customer_id") references "customer" ("id"),
    constraint "dispute_closed" check ((outcome = 'open') = (closed_at is null)),
    constraint "dispute_read" check (next_read_at is null or outcome = 'open')
  )`,
  `create unique index "dispute_charge" on "dispute" ("charge_id")`,
  `create index "dispute_attempt_id_index" on "dispute" ("attempt_id")`,
  `create index "dispute_invoice_id_index" on "dispute" ("invoice_id")`,
  `create index "dispute_subscription_id_index" on "dispute" ("subscription_id")`,
  `create index "dispute_customer_id_index" on "dispute" ("customer_id")`,
  `create index "dispute_order" on "dispute" ("order_id")`,
  `create index "dispute_due" on "dispute" ("next_read_at") where next_read_at is not null`,
  `create index "dispute_open" on "dispute" ("opened_at") where outcome = 'open'`,
  `create index "dispute_lost_day" on "dispute" (strftime('%Y-%m-%d', closed_at / 1000.0, 'unixepoch')) where outcome = 'lost'`,
  `create index "refund_done_day" on "refund" (strftime('%Y-%m-%d', settled_at / 1000.0, 'unixepoch')) where state = 'done'`,
  // Up to where the orders of paid charges were read so many days after them.
  `create table "dispute_reading" (
    "days" integer not null primary key,
    "charged_at" datetime not null,
    "attempt_id" text not null
  )`,
  "drop view needs_attention",
  NEEDS_ATTENTION,
  "drop view revenue_by_day",
  REVENUE_BY_DAY,
];

export class Migration20261128000027Disputes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
