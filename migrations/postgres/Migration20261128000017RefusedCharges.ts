/**
 * A customer whose charges alone Conekta refuses is put aside, too: one more kind of `read_failure`, with its next try.
 * `needs_attention` shows every invoice that it is to be tried for.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `drop view needs_attention`,
  `alter table "read_failure" drop constraint "read_failure_kind_check"`,
  `alter table "read_failure" add constraint "read_failure_kind_check" check ("kind" in ('customer', 'attempt', 'charge'))`,
];

export class Migration20261128000017RefusedCharges extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
