/** SQLite's index of the history is of the view's text already: PostgreSQL gets it. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261129000050HistoryOrder extends Migration {
  override up(): void {}
}
