/**
 * The views: a public interface, documented column by column in docs/billing-history.md, and the same as on SQLite.
 *
 * Times are ISO-8601 text in UTC; money stands both in cents and in units.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string =>
  `to_char(to_timestamp((${column}) / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const units = (cents: string): string => `round((${cents}) / 100.0, 2)`;

const BILLING_HISTORY = `create view billing_history as
  select
    ${iso("coalesce(a.sent_at, a.claimed_at)")} as attempted_at,
    ${iso("a.settled_at")} as settled_at,
    i.id as invoice_id,
    s.id as subscription_id,
    p.id as plan_id,
    p.name as plan_name,
    c.id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    ${iso("i.period_start")} as period_start,
    ${iso("i.period_end")} as period_end,
    a.amount_cents as amount_cents,
    ${units("a.amount_cents")} as amount,
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

const DUNNING_QUEUE = `create view dunning_queue as
  select
    i.id as invoice_id,
    i.subscription_id as subscription_id,
    s.plan_id as plan_id,
    p.name as plan_name,
    i.customer_id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    i.amount_cents as amount_cents,
    ${units("i.amount_cents")} as amount,
    i.currency as currency,
    i.declines as declines,
    ${iso("coalesce(a.sent_at, a.claimed_at)")} as last_attempted_at,
    a.decline_class as last_decline_class,
    a.failure_code as last_failure_code,
    a.failure_message as last_failure_message,
    ${iso("i.next_attempt_at")} as next_attempt_at,
    case
      when o.flow = 'link' then 'payment_link'
      when o.id is not null then 'outcome'
      when i.dunning_step = 'wait_for_card' then 'card'
      else i.dunning_step
    end as waits_for,
    ${iso("i.first_declined_at")} as first_declined_at,
    ${iso("coalesce(case when o.flow = 'link' then l.expires_at end, i.dunning_due_at)")} as waits_until,
    case when o.flow = 'link' then l.url end as payment_link
  from invoice i
  join subscription s on s.id = i.subscription_id
  join plan p on p.id = s.plan_id
  join customer c on c.id = i.customer_id
  left join attempt a on a.invoice_id = i.id and a.flow <> 'link'
    and a.number = (select max(m.number) from attempt m where m.invoice_id = i.id and m.flow <> 'link')
  left join attempt o on o.invoice_id = i.id and o.state in ('claimed', 'sending', 'pending', 'unknown')
  left join payment_link l on l.attempt_id = o.id
  where i.dunning_step is not null`;

const REVENUE_BY_DAY = `create view revenue_by_day as
  select
    to_char(to_timestamp(i.paid_at / 1000.0) at time zone 'UTC', 'YYYY-MM-DD') as day,
    s.plan_id as plan_id,
    p.name as plan_name,
    i.currency as currency,
    count(*) as invoices,
    sum(i.amount_cents)::bigint as amount_cents,
    ${units("sum(i.amount_cents)")} as amount
  from invoice i
  join subscription s on s.id = i.subscription_id
  join plan p on p.id = s.plan_id
  where i.status = 'paid'
  group by 1, 2, 3, 4`;

const SUBSCRIPTION_OVERVIEW = `create view subscription_overview as
  select
    s.id as subscription_id,
    s.plan_id as plan_id,
    p.name as plan_name,
    s.customer_id as customer_id,
    c.name as customer_name,
    s.status as status,
    s.time_zone as time_zone,
    s.anchor_local as anchor_local,
    s.next_cycle as next_cycle,
    ${iso("case when s.cancel_at is null or s.next_billing_at < s.cancel_at then s.next_billing_at end")} as next_billing_at,
    ${iso("s.cancel_at")} as cancel_at,
    p.currency as currency,
    (select count(*) from invoice i where i.subscription_id = s.id and i.status = 'paid') as paid_invoices,
    (select coalesce(sum(i.amount_cents), 0)::bigint from invoice i
      where i.subscription_id = s.id and i.status = 'paid') as paid_cents,
    (select ${units("coalesce(sum(i.amount_cents), 0)")} from invoice i
      where i.subscription_id = s.id and i.status = 'paid') as paid,
    (select count(*) from invoice i where i.subscription_id = s.id and i.status in ('open', 'held')) as unpaid_invoices,
    (select coalesce(sum(i.amount_cents), 0)::bigint from invoice i
      where i.subscription_id = s.id and i.status in ('open', 'held')) as owed_cents,
    (select ${units("coalesce(sum(i.amount_cents), 0)")} from invoice i
      where i.subscription_id = s.id and i.status in ('open', 'held')) as owed,
    ${iso("(select max(i.paid_at) from invoice i where i.subscription_id = s.id)")} as last_paid_at,
    c.card_brand as card_brand,
    c.card_last4 as card_last4,
    c.card_exp_month as card_exp_month,
    c.card_exp_year as card_exp_year
  from subscription s
  join plan p on p.id = s.plan_id
  join customer c on c.id = s.customer_id`;

const NEEDS_ATTENTION = `create view needs_attention as
  select
    case
      when a.state = 'paid_again' then 'paid_again'
      when i.status = 'held' then 'held'
      when a.state = 'unknown' then 'unknown'
      else 'unreadable'
    end as kind,
    ${iso("case when a.state in ('paid_again', 'unknown') or i.status = 'held' then coalesce(a.sent_at, a.claimed_at, i.opened_at) else least(coalesce(f.failed_since, g.failed_since), coalesce(g.failed_since, f.failed_since)) end")} as since,
    i.id as invoice_id,
    i.subscription_id as subscription_id,
    i.customer_id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    i.amount_cents as amount_cents,
    ${units("i.amount_cents")} as amount,
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
  -- Only what was due when the read failed waits for it.
  left join read_failure f on f.id = i.customer_id and i.next_attempt_at <= f.failed_at
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

const VIEWS = [BILLING_HISTORY, DUNNING_QUEUE, REVENUE_BY_DAY, SUBSCRIPTION_OVERVIEW, NEEDS_ATTENTION];

export class Migration20261123000002Views extends Migration {
  override up(): void {
    for (const view of VIEWS) this.addSql(view);
  }
}
