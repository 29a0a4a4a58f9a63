/** There each CHECK has this name already, and a list costs nothing. Two indexes go, as on SQLite: another one begins with the same column. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261130000054NamedWords extends Migration {
  override up(): void {
    this.addSql(`drop index "invoice_subscription_id_index"`);
    this.addSql(`drop index "attempt_invoice_id_index"`);
  }
}
