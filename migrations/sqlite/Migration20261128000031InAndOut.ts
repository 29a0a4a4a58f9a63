/**
 * For what goes in and out in bulk: customers are found by their e-mail, the history says what Conekta kept of a payment, and
 * a database that was moved elsewhere says so, and charges nobody.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

const REFUNDED = `(select coalesce(sum(r.amount_cents), 0) from refund r where r.attempt_id = a.id and r.state = 'done')`;

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
    a.amount_cents / 100.0 as amount,
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
    ${iso("i.next_attempt_at")} as next_attempt_at,
    ${REFUNDED} as refunded_cents,
    ${REFUNDED} / 100.0 as refunded,
    i.base_cents as base_cents,
    i.tax_cents as tax_cents,
    a.fee_cents as fee_cents,
    a.fee_cents / 100.0 as fee
  from attempt a
  join invoice i on i.id = a.invoice_id
  join subscription s on s.id = i.subscription_id
  join plan p on p.id = s.plan_id
  join customer c on c.id = i.customer_id`;

export class Migration20261128000031InAndOut extends Migration {
  override up(): void {
    for (const statement of [
      "drop view billing_history",
      BILLING_HISTORY,
      `create index "customer_email" on "customer" (lower(email))`,
      `alter table "installation" add column "moved_to" text null`,
    ])
      this.addSql(statement);
  }
}
