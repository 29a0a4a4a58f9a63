/** A plan may have prices that hold from a day on. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000023DatedPrices extends Migration {
  override up(): void {
    this.addSql("alter table plan add column prices json null");
  }
}
