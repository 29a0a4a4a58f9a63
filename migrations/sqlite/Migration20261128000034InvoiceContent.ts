/**
 * What an invoice says besides its plan's lines: items, coupons, and what the customer's balance paid. An invoice may be of no
 * cycle: then it has a key of its own, and is as unique by it.
 *
 * SQLite changes a CHECK only by building the table anew: the rows are put back under the same name in the same transaction, so
 * that what refers to them still does at its end.
 */
import { Migration } from "@mikro-orm/migrations";

const REASONS =
  "'paused', 'unpaid', 'skipped', 'canceled', 'voided_by_person', 'catch_up_latest_only', 'catch_up_ask', 'unknown_outcome', 'answer_differs', 'refused', 'our_fault', 'daily_limit', 'earlier_unpaid', 'attempts_used_up', 'no_new_card', 'link_not_paid', 'collection_stopped'";

const TAXES =
  "(taxes is null and base_cents is null and tax_cents is null) or (taxes is not null and base_cents is not null and tax_cents is not null and base_cents >= 0 and tax_cents >= 0 and base_cents + tax_cents = amount_cents + balance_cents)";

const COLUMNS = `id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents,
  currency, line_items, status, status_reason, missed, next_attempt_at, order_id, declines,
  faults, void_when_settled, opened_at, paid_at, first_declined_at, dunning_step, dunning_class, dunning_due_at,
  retry_requested_at, waits_told_at, reopened_from, taxes, base_cents, tax_cents`;

const STATEMENTS = [
  "pragma defer_foreign_keys = on",
  `create table "invoice_kept" as select * from "invoice"`,
  `drop table "invoice"`,
  `create table "invoice" (
    "id" text not null primary key,
    "subscription_id" text not null,
    "customer_id" text not null,
    "cycle" integer check (cycle >= 0) null,
    "period_start" datetime not null,
    "period_end" datetime not null,
    "amount_cents" integer check (amount_cents >= 0) not null,
    "discount_cents" integer check (discount_cents >= 0) not null,
    "currency" text check (length(currency) = 3) not null,
    "line_items" json not null,
    "status" text check ("status" in ('open', 'paid', 'uncollectible', 'void', 'held')) not null,
    "status_reason" text check ("status_reason" in (${REASONS})) null,
    "missed" integer not null,
    "next_attempt_at" datetime null,
    "order_id" text null,
    "declines" integer check (declines >= 0) not null,
    "faults" integer check (faults >= 0) not null,
    "void_when_settled" text check ("void_when_settled" in (${REASONS})) null,
    "opened_at" datetime not null,
    "paid_at" datetime null,
    "first_declined_at" datetime null,
    "dunning_step" text check ("dunning_step" in ('retry', 'wait_for_card', 'payment_link', 'grace')) null,
    "dunning_class" text check ("dunning_class" in ('retry_later', 'try_again_soon', 'new_card', 'customer_action', 'never_again', 'our_fault', 'unrecognized')) null,
    "dunning_due_at" datetime null,
    "retry_requested_at" datetime null,
    "waits_told_at" datetime null,
    "reopened_from" text check ("reopened_from" in (${REASONS})) null,
    "taxes" json null,
    "base_cents" integer null,
    "tax_cents" integer null,
    "discounts" json null,
    "balance_cents" integer not null default 0,
    "one_off_key" text null,
    constraint "invoice_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id"),
    constraint "invoice_customer_id_foreign" foreign key ("customer_id") references "customer" ("id"),
    constraint "invoice_cycle" check ((cycle is null) = (one_off_key is not null)),
    constraint "invoice_taxes" check (${TAXES}),
    constraint "invoice_dunning" check (dunning_step is null or status = 'open'),
    constraint "invoice_dunning_class" check ((dunning_step is null) = (dunning_class is null)),
    constraint "invoice_dunning_due" check (dunning_due_at is null or dunning_step is not null),
    constraint "invoice_period" check (period_end >= period_start),
    constraint "invoice_paid" check ((status = 'paid') = (paid_at is not null)),
    constraint "invoice_due" check (next_attempt_at is null or status = 'open'),
    constraint "invoice_reopened" check (reopened_from is null or status in ('open', 'held')),
    constraint "invoice_reason" check ((status in ('void', 'held', 'uncollectible')) = (status_reason is not null))
  )`,
  `insert into "invoice" (${COLUMNS}) select ${COLUMNS} from "invoice_kept"`,
  `drop table "invoice_kept"`,
  `create index "invoice_subscription_id_index" on "invoice" ("subscription_id")`,
  `create index "invoice_due" on "invoice" ("next_attempt_at", "id") where next_attempt_at is not null`,
  `create index "invoice_dunning_due_index" on "invoice" ("dunning_due_at", "id") where dunning_due_at is not null`,
  `create index "invoice_unsettled" on "invoice" ("subscription_id") where status in ('open', 'held', 'uncollectible')`,
  `create index "invoice_customer" on "invoice" ("customer_id")`,
  `create unique index "invoice_once_a_cycle" on "invoice" ("subscription_id", "cycle")`,
  `create unique index "invoice_order" on "invoice" ("order_id")`,
  `create index "invoice_dunned" on "invoice" ("customer_id") where dunning_step is not null`,
  `create index "invoice_opened" on "invoice" ("opened_at", "id")`,
  `create index "invoice_held" on "invoice" ("opened_at", "id") where status = 'held'`,
  `create index "invoice_unpaid_order" on "invoice" ("order_id") where order_id is not null and status in ('open', 'held', 'uncollectible')`,
  `create index "invoice_not_paid" on "invoice" ("status") where status <> 'paid'`,
  `create index "invoice_paid_day" on "invoice" (strftime('%Y-%m-%d', paid_at / 1000.0, 'unixepoch')) where status = 'paid'`,
  `create index "invoice_waits" on "invoice" ("id") where waits_told_at is not null and next_attempt_at is not null`,
  `create unique index "invoice_one_off" on "invoice" ("one_off_key")`,
  `create table "coupon" (
    "code" text not null primary key,
    "percent_hundredths" integer check (percent_hundredths between 1 and 10000) null,
    "amount_cents" integer check (amount_cents > 0) null,
    "currency" text check (length(currency) = 3) null,
    "cycles" integer check (cycles >= 1) null,
    "redeem_by" text check (length(redeem_by) = 10) null,
    "max_redemptions" integer check (max_redemptions >= 1) null,
    "plan_ids" json null,
    "archived_at" datetime null,
    "source" text check ("source" in ('file', 'cli', 'code')) not null,
    constraint "coupon_worth" check ((percent_hundredths is null) <> (amount_cents is null)),
    constraint "coupon_currency" check ((amount_cents is null) = (currency is null))
  )`,
  `create table "coupon_grant" (
    "id" text not null primary key,
    "subscription_id" text not null,
    "coupon_code" text not null,
    "number" integer check (number >= 1) not null,
    "from_cycle" integer check (from_cycle >= 0) not null,
    "until_cycle" integer null,
    "granted_at" datetime not null,
    "granted_by" text not null,
    "taken_at" datetime null,
    constraint "coupon_grant_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id"),
    constraint "coupon_grant_coupon_code_foreign" foreign key ("coupon_code") references "coupon" ("code"),
    constraint "coupon_grant_cycles" check (until_cycle is null or until_cycle >= from_cycle),
    constraint "coupon_grant_taken" check (taken_at is null or until_cycle is not null)
  )`,
  `create unique index "coupon_grant_once" on "coupon_grant" ("subscription_id", "coupon_code")`,
  `create unique index "coupon_grant_order" on "coupon_grant" ("subscription_id", "number")`,
  `create index "coupon_grant_coupon_code_index" on "coupon_grant" ("coupon_code")`,
  `create index "coupon_grant_subscription_id_index" on "coupon_grant" ("subscription_id")`,
  `create table "item" (
    "id" text not null primary key,
    "key" text not null,
    "customer_id" text not null,
    "subscription_id" text null,
    "name" text not null,
    "amount_cents" integer check (amount_cents > 0) not null,
    "discount_cents" integer check (discount_cents >= 0) not null,
    "currency" text check (length(currency) = 3) not null,
    "tax" json null,
    "created_at" datetime not null,
    "created_by" text not null,
    "removed_at" datetime null,
    "invoice_id" text null,
    "last_invoice_id" text null,
    constraint "item_customer_id_foreign" foreign key ("customer_id") references "customer" ("id"),
    constraint "item_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id"),
    constraint "item_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id"),
    constraint "item_discount" check (discount_cents <= amount_cents),
    constraint "item_once" check (removed_at is null or invoice_id is null)
  )`,
  `create unique index "item_key" on "item" ("key")`,
  `create index "item_subscription_id_index" on "item" ("subscription_id")`,
  `create index "item_invoice_id_index" on "item" ("invoice_id")`,
  `create index "item_customer" on "item" ("customer_id")`,
  `create index "item_pending" on "item" ("customer_id", "id") where invoice_id is null and removed_at is null`,
  `create index "item_returned" on "item" ("last_invoice_id") where last_invoice_id is not null`,
  `create table "balance_entry" (
    "id" text not null primary key,
    "customer_id" text not null,
    "currency" text check (length(currency) = 3) not null,
    "number" integer check (number >= 1) not null,
    "kind" text check ("kind" in ('grant', 'take', 'applied', 'returned')) not null,
    "amount_cents" integer check (amount_cents <> 0) not null,
    "balance_cents" integer not null,
    "invoice_id" text null,
    "reason" text not null,
    "actor" text not null,
    "at" datetime not null,
    constraint "balance_entry_customer_id_foreign" foreign key ("customer_id") references "customer" ("id"),
    constraint "balance_entry_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id"),
    constraint "balance_entry_grant" check (kind <> 'grant' or amount_cents > 0),
    constraint "balance_entry_take" check (kind <> 'take' or amount_cents < 0),
    constraint "balance_entry_invoice" check ((kind in ('applied', 'returned')) = (invoice_id is not null))
  )`,
  `create unique index "balance_entry_number" on "balance_entry" ("customer_id", "currency", "number")`,
  `create unique index "balance_entry_once" on "balance_entry" ("invoice_id", "kind")`,
  `create index "balance_entry_customer_id_index" on "balance_entry" ("customer_id")`,
  `create index "balance_entry_invoice_id_index" on "balance_entry" ("invoice_id")`,
];

export class Migration20261128000034InvoiceContent extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
