/**
 * What a person has collected again, by a page or another try, goes back to where it was when nobody pays: the invoice
 * keeps why it was held or written off.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000024ReopenedInvoices extends Migration {
  override up(): void {
    this.addSql(
      `alter table "invoice" add column "reopened_from" text collate "C" null
         check ("reopened_from" in ('paused', 'unpaid', 'skipped', 'canceled', 'voided_by_person', 'catch_up_latest_only', 'catch_up_ask', 'unknown_outcome', 'answer_differs', 'refused', 'our_fault', 'daily_limit', 'earlier_unpaid', 'attempts_used_up', 'no_new_card', 'link_not_paid', 'collection_stopped'))
         constraint "invoice_reopened" check (reopened_from is null or status in ('open', 'held'))`,
    );
  }
}
