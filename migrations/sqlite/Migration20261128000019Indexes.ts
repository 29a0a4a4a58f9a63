/**
 * What people ask every day is found by an index, however long the past is: the latest of the history, what needs a person,
 * one day's revenue, invoices and attempts in one state.
 *
 * An order by a column of a view is met by an index only where that column is the indexed expression itself: so the history
 * takes the invoice's id from the attempt, and the views that count begin with what is few.
 */
import { Migration } from "@mikro-orm/migrations";

const iso = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

const STATEMENTS = [
  `create index "attempt_history" on "attempt" (${iso("coalesce(sent_at, claimed_at)")}, invoice_id, number)`,
  `create index "attempt_in_doubt" on "attempt" ("state", "invoice_id") where state in ('paid_again', 'unknown')`,
  `create index "attempt_not_paid" on "attempt" ("state") where state <> 'paid'`,
  `create index "invoice_opened" on "invoice" ("opened_at", "id")`,
  `create index "invoice_held" on "invoice" ("opened_at", "id") where status = 'held'`,
  `create index "invoice_unpaid_order" on "invoice" ("order_id") where order_id is not null and status in ('open', 'held', 'uncollectible')`,
  `create index "invoice_not_paid" on "invoice" ("status") where status <> 'paid'`,
  `create index "invoice_paid_day" on "invoice" (strftime('%Y-%m-%d', paid_at / 1000.0, 'unixepoch')) where status = 'paid'`,
  `create index "subscription_status" on "subscription" ("status")`,
];

export class Migration20261128000019Indexes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
