/**
 * What an invoice says besides its plan's lines: items, coupons, and what the customer's balance paid. An invoice may be of no
 * cycle: then it has a key of its own, and is as unique by it.
 */
import { Migration } from "@mikro-orm/migrations";

const TAXES =
  "(taxes is null and base_cents is null and tax_cents is null) or (taxes is not null and base_cents is not null and tax_cents is not null and base_cents >= 0 and tax_cents >= 0 and base_cents + tax_cents = amount_cents + balance_cents)";

const STATEMENTS = [
  `alter table "invoice" alter column "cycle" drop not null`,
  `alter table "invoice" add column "discounts" jsonb null`,
  `alter table "invoice" add column "balance_cents" bigint not null default 0`,
  `alter table "invoice" add column "one_off_key" text collate "C" null`,
  `alter table "invoice" drop constraint "invoice_taxes"`,
  `alter table "invoice" add constraint "invoice_taxes" check (${TAXES})`,
  `alter table "invoice" add constraint "invoice_cycle" check ((cycle is null) = (one_off_key is not null))`,
  `create unique index "invoice_one_off" on "invoice" ("one_off_key")`,
  `create table "coupon" (
    "code" text collate "C" not null primary key,
    "percent_hundredths" bigint check (percent_hundredths between 1 and 10000) null,
    "amount_cents" bigint check (amount_cents > 0) null,
    "currency" text collate "C" check (length(currency) = 3) null,
    "cycles" bigint check (cycles >= 1) null,
    "redeem_by" text collate "C" check (length(redeem_by) = 10) null,
    "max_redemptions" bigint check (max_redemptions >= 1) null,
    "plan_ids" jsonb null,
    "archived_at" bigint null,
    "source" text collate "C" check ("source" in ('file', 'cli', 'code')) not null,
    constraint "coupon_worth" check ((percent_hundredths is null) <> (amount_cents is null)),
    constraint "coupon_currency" check ((amount_cents is null) = (currency is null))
  )`,
  `create table "coupon_grant" (
    "id" text collate "C" not null primary key,
    "subscription_id" text collate "C" not null,
    "coupon_code" text collate "C" not null,
    "number" bigint check (number >= 1) not null,
    "from_cycle" bigint check (from_cycle >= 0) not null,
    "until_cycle" bigint null,
    "granted_at" bigint not null,
    "granted_by" text collate "C" not null,
    "taken_at" bigint null,
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
    "id" text collate "C" not null primary key,
    "key" text collate "C" not null,
    "customer_id" text collate "C" not null,
    "subscription_id" text collate "C" null,
    "name" text collate "C" not null,
    "amount_cents" bigint check (amount_cents > 0) not null,
    "discount_cents" bigint check (discount_cents >= 0) not null,
    "currency" text collate "C" check (length(currency) = 3) not null,
    "tax" jsonb null,
    "created_at" bigint not null,
    "created_by" text collate "C" not null,
    "removed_at" bigint null,
    "invoice_id" text collate "C" null,
    "last_invoice_id" text collate "C" null,
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
    "id" text collate "C" not null primary key,
    "customer_id" text collate "C" not null,
    "currency" text collate "C" check (length(currency) = 3) not null,
    "number" bigint check (number >= 1) not null,
    "kind" text collate "C" check ("kind" in ('grant', 'take', 'applied', 'returned')) not null,
    "amount_cents" bigint check (amount_cents <> 0) not null,
    "balance_cents" bigint not null,
    "invoice_id" text collate "C" null,
    "reason" text collate "C" not null,
    "actor" text collate "C" not null,
    "at" bigint not null,
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
