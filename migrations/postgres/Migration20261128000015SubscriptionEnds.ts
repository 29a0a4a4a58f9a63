/** Each run asks which subscriptions end before their next cycle: they are few, and found without reading the others. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000015SubscriptionEnds extends Migration {
  override up(): void {
    this.addSql(
      "create index subscription_ending on subscription (cancel_at, id) where cancel_at is not null and next_billing_at is not null",
    );
  }
}
