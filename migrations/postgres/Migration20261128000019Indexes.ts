/**
 * What people ask every day is found by an index, however long the past is: the latest of the history, what needs a person,
 * one day's revenue, invoices and attempts in one state.
 *
 * PostgreSQL indexes no text of an instant, which depends on settings: here the instants themselves are indexed.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create index "attempt_history" on "attempt" (coalesce(sent_at, claimed_at), "invoice_id", "number")`,
  `create index "attempt_in_doubt" on "attempt" ("state", "invoice_id") where state in ('paid_again', 'unknown')`,
  `create index "attempt_not_paid" on "attempt" ("state") where state <> 'paid'`,
  `create index "invoice_opened" on "invoice" ("opened_at", "id")`,
  `create index "invoice_held" on "invoice" ("opened_at", "id") where status = 'held'`,
  `create index "invoice_unpaid_order" on "invoice" ("order_id") where order_id is not null and status in ('open', 'held', 'uncollectible')`,
  `create index "invoice_not_paid" on "invoice" ("status") where status <> 'paid'`,
  `create index "invoice_paid_day" on "invoice" ("paid_at") where status = 'paid'`,
  `create index "subscription_status" on "subscription" ("status")`,
];

export class Migration20261128000019Indexes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
