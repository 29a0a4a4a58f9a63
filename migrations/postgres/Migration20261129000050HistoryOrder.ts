/**
 * The latest of the history is found by an index on PostgreSQL, too: by the text that the view shows, as on SQLite. The function
 * that makes a text of an instant goes by settings of the session for other formats than this one, so its promise is ours.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  // An index of the whole past takes longer than a statement may otherwise.
  `set local statement_timeout = 0`,
  `create function iso_text(instant bigint) returns text language plpgsql immutable strict parallel safe as $$ begin
     return to_char(to_timestamp(instant / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'); end $$`,
  `drop index "attempt_history"`,
  `create index "attempt_history" on "attempt" (iso_text(coalesce(sent_at, claimed_at)), "invoice_id", "number")`,
];

export class Migration20261129000050HistoryOrder extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
