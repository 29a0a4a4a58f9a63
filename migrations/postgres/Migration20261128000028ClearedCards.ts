/**
 * A card that was declined for good may be tried again: it was renewed, or a person allowed it. The decline keeps when.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000028ClearedCards extends Migration {
  override up(): void {
    this.addSql('alter table "attempt" add column "card_cleared_at" bigint null');
  }
}
