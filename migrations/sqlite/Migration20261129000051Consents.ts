/** What customers agreed to, as it was shown to them. It is proof: the database lets nobody change it or take it away. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "consent" (
    "id" text not null primary key,
    "subscription_id" text not null,
    "version" text check (length(version) between 1 and 100) not null,
    "text" text check (length(text) >= 1) not null,
    "amount_cents" integer check (amount_cents >= 0) not null,
    "currency" text check (length(currency) = 3) not null,
    "interval" text check ("interval" in ('day', 'week', 'half_month', 'month', 'year')) not null,
    "frequency" integer check (frequency >= 1) not null,
    "consented_at" datetime not null,
    "channel" text check ("channel" in ('web', 'in_person', 'phone', 'other')) not null,
    "recorded_by" text not null,
    "address_hash" text check (length(address_hash) = 64) null,
    "created_at" datetime not null,
    constraint "consent_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id")
  )`,
  `create index "consent_subscription_id_index" on "consent" ("subscription_id")`,
  ...["update", "delete"].map(
    (event) =>
      `create trigger consent_stays_${event} before ${event} on consent begin
         select raise(abort, 'a consent is never changed or taken away');
       end`,
  ),
];

export class Migration20261129000051Consents extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
