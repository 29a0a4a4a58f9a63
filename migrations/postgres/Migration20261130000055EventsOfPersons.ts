/** What persons did, and only that: the listing of it looked for them among all events that ever were. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261130000055EventsOfPersons extends Migration {
  override up(): void {
    this.addSql(`create index "event_of_person" on "event" ("id") where data -> 'actor' is not null`);
  }
}
