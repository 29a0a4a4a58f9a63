/**
 * Refunds: one row each, written before Conekta is asked, so that a lost answer is seen and never asked for again.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "refund" (
    "id" text not null primary key,
    "invoice_id" text not null,
    "attempt_id" text not null,
    "order_id" text not null,
    "amount_cents" integer check (amount_cents > 0) not null,
    "currency" text check (length(currency) = 3) not null,
    "reason" text check ("reason" in ('requested_by_client', 'cannot_be_fulfilled', 'duplicated_transaction', 'suspected_fraud', 'other')) not null,
    "note" text null,
    "requested_by" text not null,
    "state" text check ("state" in ('requested', 'done', 'refused', 'not_sent', 'unknown')) not null,
    "gateway_refund_id" text null,
    "failure_code" text null,
    "failure_message" text null,
    "http_status" integer null,
    "log_id" text null,
    "because" text null,
    "created_at" datetime not null,
    "settled_at" datetime null,
    constraint "refund_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id"),
    constraint "refund_attempt_id_foreign" foreign key ("attempt_id") references "attempt" ("id"),
    constraint "refund_settled" check ((state in ('done', 'refused', 'not_sent')) = (settled_at is not null))
  )`,
  `create index "refund_invoice_id_index" on "refund" ("invoice_id")`,
  `create index "refund_attempt_id_index" on "refund" ("attempt_id")`,
  `create index "refund_unsettled" on "refund" ("created_at") where settled_at is null`,
];

export class Migration20261123000004Refunds extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
