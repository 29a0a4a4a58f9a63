/** Which closed invoices were moved to a file of their own, and to which. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "archive" (
    "id" text collate "C" not null primary key,
    "file" text collate "C" not null,
    "before" bigint not null,
    "started_at" bigint not null,
    "finished_at" bigint null,
    "invoices" bigint not null,
    "attempts" bigint not null,
    "events" bigint not null
  )`,
  `create table "archived_invoice" (
    "invoice_id" text collate "C" not null primary key,
    "archive_id" text collate "C" not null,
    "subscription_id" text collate "C" not null,
    "cycle" bigint not null,
    "status" text collate "C" check ("status" in ('paid', 'void')) not null,
    constraint "archived_invoice_archive_id_foreign" foreign key ("archive_id") references "archive" ("id")
  )`,
  `create index "archived_invoice_archive_id_index" on "archived_invoice" ("archive_id")`,
  `create unique index "archived_invoice_cycle" on "archived_invoice" ("subscription_id", "cycle")`,
];

export class Migration20261128000041Archives extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
