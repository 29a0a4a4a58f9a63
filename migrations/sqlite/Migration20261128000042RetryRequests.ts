/**
 * That a person asked for another try belongs to an invoice that may have one: an open or a held one.
 *
 * SQLite gives a column a CHECK only when it adds it. A request on an invoice that is over was read by nobody, and goes.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000042RetryRequests extends Migration {
  override up(): void {
    this.addSql(
      `alter table "invoice" add column "retry_asked_at" datetime null
         constraint "invoice_retry_requested" check (retry_asked_at is null or status in ('open', 'held'))`,
    );
    this.addSql(
      `update "invoice" set retry_asked_at = retry_requested_at
       where retry_requested_at is not null and status in ('open', 'held')`,
    );
    this.addSql(`alter table "invoice" drop column "retry_requested_at"`);
    this.addSql(`alter table "invoice" rename column "retry_asked_at" to "retry_requested_at"`);
  }
}
