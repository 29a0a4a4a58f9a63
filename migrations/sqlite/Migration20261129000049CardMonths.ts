/**
 * Cards that expire soon are found by their month: at the first tick and each hour, the subscriptions of every plan were read
 * for them, and all customers with them.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261129000049CardMonths extends Migration {
  override up(): void {
    this.addSql(
      `create index "customer_card_month" on "customer" ((card_exp_year * 12 + card_exp_month))
       where payment_source_id is not null and card_exp_month is not null`,
    );
  }
}
