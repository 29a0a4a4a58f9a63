/** What a merchant keeps beside a customer: the language she is written to in, and data of its own. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table "customer" add column "language" text collate "C" null check ("language" in ('es', 'en'))`,
  `alter table "customer" add column "metadata" jsonb null`,
];

export class Migration20261128000046CustomerProfiles extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
