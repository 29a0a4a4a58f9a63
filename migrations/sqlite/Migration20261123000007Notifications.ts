/**
 * Telling the merchant's systems: every event gets a place in one sequence, and those that are told a delivery.
 *
 * Ids follow the clock, which may jump; the sequence follows the writing, so that a cursor over it misses nothing. It is
 * given under the write lock. `notified_through` is null until somebody is told for the first time.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table "event" add column "sequence" integer null`,
  `update event set sequence = rowid`,
  `create unique index "event_sequence" on "event" ("sequence")`,
  `alter table "installation" add column "notified_through" integer null`,
  `create table "event_delivery" (
    "event_id" text not null primary key,
    "state" text check ("state" in ('pending', 'delivered', 'dead')) not null,
    "tries" integer check (tries >= 0) not null,
    "next_try_at" datetime null,
    "last_http_status" integer null,
    "last_error" text null,
    "created_at" datetime not null,
    "delivered_at" datetime null,
    constraint "event_delivery_event_id_foreign" foreign key ("event_id") references "event" ("id"),
    constraint "event_delivery_turn" check ((state = 'pending') = (next_try_at is not null)),
    constraint "event_delivery_done" check ((state = 'delivered') = (delivered_at is not null)),
    constraint "event_delivery_reason" check (state <> 'dead' or last_error is not null)
  )`,
  `create index "event_delivery_due" on "event_delivery" ("next_try_at", "event_id") where next_try_at is not null`,
  `create index "event_delivery_dead" on "event_delivery" ("event_id") where state = 'dead'`,
];

export class Migration20261123000007Notifications extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
