/** Changes of a subscription's plan and quantity: what was before each, and what was charged or given back for it. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "subscription_change" (
    "id" text not null primary key,
    "subscription_id" text not null,
    "number" integer check (number >= 1) not null,
    "from_plan_id" text not null,
    "to_plan_id" text not null,
    "from_quantity" integer check (from_quantity >= 1) not null,
    "to_quantity" integer check (to_quantity >= 1) not null,
    "apply" text check ("apply" in ('period_end', 'next_invoice', 'now', 'none')) not null,
    "on_date" text check (length(on_date) = 10) not null,
    "credit_cents" integer check (credit_cents >= 0) not null,
    "debit_cents" integer check (debit_cents >= 0) not null,
    "granted_cents" integer check (granted_cents >= 0) not null,
    "next_cycle" integer not null,
    "from_anchor_local" text not null,
    "from_next_billing_at" datetime null,
    "item_key" text null,
    "invoice_id" text null,
    "made_at" datetime not null,
    "made_by" text not null,
    "undone_at" datetime null,
    "undone_by" text null,
    constraint "subscription_change_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id"),
    constraint "subscription_change_prorated" check ((credit_cents = 0 and debit_cents = 0) or apply in ('now', 'next_invoice')),
    constraint "subscription_change_undone" check ((undone_at is null) = (undone_by is null))
  )`,
  `create index "subscription_change_subscription_id_index" on "subscription_change" ("subscription_id")`,
  `create unique index "subscription_change_number" on "subscription_change" ("subscription_id", "number")`,
];

export class Migration20261128000036Changes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
