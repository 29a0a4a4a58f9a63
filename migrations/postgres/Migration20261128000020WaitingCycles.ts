/**
 * A cycle that waits behind a held invoice is told once, and `needs_attention` shows it for as long as it waits.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table invoice add column "waits_told_at" bigint null`,
  `create index "invoice_waits" on "invoice" ("id") where waits_told_at is not null and next_attempt_at is not null`,
];

export class Migration20261128000020WaitingCycles extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
