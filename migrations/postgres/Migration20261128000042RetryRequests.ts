/** That a person asked for another try belongs to an invoice that may have one: an open or a held one. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000042RetryRequests extends Migration {
  override up(): void {
    this.addSql(`update "invoice" set retry_requested_at = null where status not in ('open', 'held')`);
    this.addSql(
      `alter table "invoice" add constraint "invoice_retry_requested" check (retry_requested_at is null or status in ('open', 'held'))`,
    );
  }
}
