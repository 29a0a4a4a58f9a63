/**
 * What persons did, and only that: the listing of it looked for them among all events that ever were. Of a text that is no JSON,
 * which SQLite may hold, the index says that nobody did it, as the listing does.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261130000055EventsOfPersons extends Migration {
  override up(): void {
    this.addSql(
      `create index "event_of_person" on "event" ("id") where iif(json_valid(data), data, null) -> 'actor' is not null`,
    );
  }
}
