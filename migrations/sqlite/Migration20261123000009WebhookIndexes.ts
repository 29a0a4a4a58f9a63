/** What webhooks are found by: those that failed, and the attempts of an order that several of them charged. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create index "webhook_event_failed" on "webhook_event" ("received_at") where state = 'failed'`,
  `create index "attempt_shared_order" on "attempt" ("order_id") where flow = 'order_first'`,
];

export class Migration20261123000009WebhookIndexes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
