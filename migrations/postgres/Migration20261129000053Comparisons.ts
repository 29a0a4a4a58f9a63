/** What a list costs there is nothing: only SQLite's become comparisons. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261129000053Comparisons extends Migration {
  override up(): void {}
}
