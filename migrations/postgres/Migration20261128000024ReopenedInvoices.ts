/**
 * What a person has collected again, by a page or another try, goes back to where it was when nobody pays: the invoice
 * keeps why it was held or written off.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000024ReopenedInvoices extends Migration {
  override up(): void {
    this.addSql(
      `alter table "invoice" add column "reopened_from" text null check ("reopened_from" is null or status in ('open', 'held'))`,
    );
  }
}
