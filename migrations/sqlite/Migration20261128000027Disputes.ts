/**
 * Disputes of payments, found by reading their orders; `needs_attention` shows those that are open, and `revenue_by_day` what
 * went back and what was lost, on the day it did.
 */
import { Migration } from "@mikro-orm/migrations";

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
];

export class Migration20261128000027Disputes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
