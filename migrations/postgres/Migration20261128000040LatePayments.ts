/** Money that came for what was canceled: a person is asked whether it is given back, until they answer. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table "attempt" add column "after_cancel" text collate "C" check ("after_cancel" in ('asked', 'kept')) null`,
  `create index "attempt_asked" on "attempt" ("after_cancel", "invoice_id") where after_cancel = 'asked'`,
];

export class Migration20261128000040LatePayments extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
