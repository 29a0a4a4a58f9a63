/**
 * What was taken for a dispute, and was a refund, is withdrawn. The triggers that name the table are made again as they are:
 * they go away with it, or keep it from its name.
 */
import { Migration } from "@mikro-orm/migrations";

const COLUMNS = `id, charge_id, gateway_dispute_id, order_id, attempt_id, invoice_id, subscription_id, customer_id, amount_cents, currency, status,
   outcome, reason, evidence_due_by, disputed_at, opened_at, closed_at, closed_by, why, next_read_at`;

const STATEMENTS = [
  `create table "dispute_new" (
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
    "outcome" text check ("outcome" in ('open', 'won', 'lost', 'withdrawn')) not null,
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
  `insert into dispute_new (${COLUMNS}) select ${COLUMNS} from dispute`,
  `drop table dispute`,
  `alter table dispute_new rename to dispute`,
  `create unique index "dispute_charge" on "dispute" ("charge_id")`,
  `create index "dispute_attempt_id_index" on "dispute" ("attempt_id")`,
  `create index "dispute_invoice_id_index" on "dispute" ("invoice_id")`,
  `create index "dispute_subscription_id_index" on "dispute" ("subscription_id")`,
  `create index "dispute_customer_id_index" on "dispute" ("customer_id")`,
  `create index "dispute_order" on "dispute" ("order_id")`,
  `create index "dispute_due" on "dispute" ("next_read_at") where next_read_at is not null`,
  `create index "dispute_open" on "dispute" ("opened_at") where outcome = 'open'`,
];

export class Migration20261129000052WithdrawnDisputes extends Migration {
  override async up(): Promise<void> {
    const triggers = await this.execute(
      "select name, sql from sqlite_master where type = 'trigger' and sql like '%dispute%' order by rowid",
    );
    for (const { name } of triggers) this.addSql(`drop trigger ${String(name)}`);
    for (const statement of STATEMENTS) this.addSql(statement);
    for (const { sql } of triggers) this.addSql(String(sql));
  }
}
