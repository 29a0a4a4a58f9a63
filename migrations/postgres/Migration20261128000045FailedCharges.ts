/**
 * A customer who can be neither read nor charged has a row for each: one took the other's place, and a wait that ends when
 * the reads have failed for a day never ended.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table "read_failure" drop constraint "read_failure_pkey"`,
  `alter table "read_failure" add primary key ("id", "kind")`,
];

export class Migration20261128000045FailedCharges extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
