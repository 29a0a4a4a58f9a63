/**
 * `subscription_overview.next_billing_at` is null, as documented, once nothing more falls due: a subscription that ends
 * before its next cycle had the date of a cycle that is never opened.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

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
    (select coalesce(sum(i.amount_cents), 0) from invoice i
      where i.subscription_id = s.id and i.status = 'paid') as paid_cents,
    (select coalesce(sum(i.amount_cents), 0) / 100.0 from invoice i
      where i.subscription_id = s.id and i.status = 'paid') as paid,
    (select count(*) from invoice i where i.subscription_id = s.id and i.status in ('open', 'held')) as unpaid_invoices,
    (select coalesce(sum(i.amount_cents), 0) from invoice i
      where i.subscription_id = s.id and i.status in ('open', 'held')) as owed_cents,
    (select coalesce(sum(i.amount_cents), 0) / 100.0 from invoice i
      where i.subscription_id = s.id and i.status in ('open', 'held')) as owed,
    ${iso("(select max(i.paid_at) from invoice i where i.subscription_id = s.id)")} as last_paid_at,
    c.card_brand as card_brand,
    c.card_last4 as card_last4,
    c.card_exp_month as card_exp_month,
    c.card_exp_year as card_exp_year
  from subscription s
  join plan p on p.id = s.plan_id
  join customer c on c.id = s.customer_id`;

export class Migration20261128000011NextBilling extends Migration {
  override up(): void {
    this.addSql("drop view subscription_overview");
    this.addSql(SUBSCRIPTION_OVERVIEW);
  }
}
