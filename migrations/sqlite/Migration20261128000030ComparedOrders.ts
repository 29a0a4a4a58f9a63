/** How far the orders at the gateway were compared with the books: a restart goes on from there. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000030ComparedOrders extends Migration {
  override up(): void {
    this.addSql('alter table "installation" add column "orders_compared_until" datetime null');
  }
}
