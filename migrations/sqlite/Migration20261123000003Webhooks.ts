/**
 * The inbox: every webhook event that was taken, by Conekta's own id, deduplicated for ever.
 *
 * `payload` holds ids, states and amounts only. The order of arrival means nothing; `next_try_at` says whose turn it is.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "webhook_event" (
    "id" text not null primary key,
    "type" text not null,
    "received_at" datetime not null,
    "livemode" integer null,
    "order_id" text null,
    "customer_id" text null,
    "payload" json not null,
    "state" text check ("state" in ('received', 'processed', 'ignored', 'failed')) not null,
    "processed_at" datetime null,
    "tries" integer check (tries >= 0) not null,
    "next_try_at" datetime null,
    "because" text null,
    constraint "webhook_event_turn" check ((state = 'received') = (next_try_at is not null)),
    constraint "webhook_event_done" check ((state = 'received') = (processed_at is null)),
    constraint "webhook_event_reason" check (state not in ('ignored', 'failed') or because is not null)
  )`,
  `create index "webhook_event_due" on "webhook_event" ("next_try_at", "id") where next_try_at is not null`,
  `create index "webhook_event_order" on "webhook_event" ("order_id") where order_id is not null`,
];

export class Migration20261123000003Webhooks extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
