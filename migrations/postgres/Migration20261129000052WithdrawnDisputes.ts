/** What was taken for a dispute, and was a refund, is withdrawn. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table "dispute" drop constraint "dispute_outcome_check"`,
  `alter table "dispute" add constraint "dispute_outcome_check" check ("outcome" in ('open', 'won', 'lost', 'withdrawn'))`,
];

export class Migration20261129000052WithdrawnDisputes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
