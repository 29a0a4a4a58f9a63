/**
 * For what goes in and out in bulk: customers are found by their e-mail, the history says what Conekta kept of a payment, and
 * a database that was moved elsewhere says so, and charges nobody.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000031InAndOut extends Migration {
  override up(): void {
    for (const statement of [
      `create index "customer_email" on "customer" (lower(email))`,
      `alter table "installation" add column "moved_to" text null`,
    ])
      this.addSql(statement);
  }
}
