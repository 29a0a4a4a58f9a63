/** When a subscription was made, and when dunning ended it: what only their events said. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table "subscription" add column "created_at" datetime null`,
  `alter table "subscription" add column "given_up_at" datetime null`,
  `update subscription set
     created_at = (
       select min(e.at) from event e where e.subscription_id = subscription.id and e.type = 'subscription.created'
     ),
     given_up_at = case when status = 'canceled' and cancel_at is null then (
       select max(e.at) from event e where e.subscription_id = subscription.id and e.type = 'subscription.canceled'
     ) end`,
];

export class Migration20261128000044SubscriptionTimes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
