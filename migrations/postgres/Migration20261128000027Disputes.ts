/**
 * Disputes of payments, found by reading their orders; `needs_attention` shows those that are open, and `revenue_by_day` what
 * went back and what was lost, on the day it did.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "dispute" (
    "id" text collate "C" not null primary key,
    "charge_id" text collate "C" not null,
    "gateway_dispute_id" text collate "C" null,
    "order_id" text collate "C" not null,
    "attempt_id" text collate "C" not null,
    "invoice_id" text collate "C" not null,
    "subscription_id" text collate "C" not null,
    "customer_id" text collate "C" not null,
    "amount_cents" bigint check (amount_cents > 0) not null,
    "currency" text collate "C" check (length(currency) = 3) not null,
    "status" text collate "C" not null,
    "outcome" text collate "C" check ("outcome" in ('open', 'won', 'lost')) not null,
    "reason" text collate "C" null,
    "evidence_due_by" bigint null,
    "disputed_at" bigint null,
    "opened_at" bigint not null,
    "closed_at" bigint null,
    "closed_by" text collate "C" null,
    "why" text collate "C" null,
    "next_read_at" bigint null,
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
  `create index "dispute_lost_day" on "dispute" (closed_at) where outcome = 'lost'`,
  `create index "refund_done_day" on "refund" (settled_at) where state = 'done'`,
  // Up to where the orders of paid charges were read so many days after them.
  `create table "dispute_reading" (
    "days" bigint not null primary key,
    "charged_at" bigint not null,
    "attempt_id" text collate "C" not null
  )`,
];

export class Migration20261128000027Disputes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
