/** Each run asks whose invoices are in dunning, to read those customers daily: they are few among many. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000018DunnedCustomers extends Migration {
  override up(): void {
    this.addSql(`create index "invoice_dunned" on "invoice" ("customer_id") where dunning_step is not null`);
  }
}
