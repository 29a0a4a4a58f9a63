/** What customers agreed to, as it was shown to them. It is proof: the database lets nobody change it or take it away. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "consent" (
    "id" text collate "C" not null primary key,
    "subscription_id" text collate "C" not null,
    "version" text collate "C" check (length(version) between 1 and 100) not null,
    "text" text collate "C" check (length(text) >= 1) not null,
    "amount_cents" bigint check (amount_cents >= 0) not null,
    "currency" text collate "C" check (length(currency) = 3) not null,
    "interval" text collate "C" check ("interval" in ('day', 'week', 'half_month', 'month', 'year')) not null,
    "frequency" bigint check (frequency >= 1) not null,
    "consented_at" bigint not null,
    "channel" text collate "C" check ("channel" in ('web', 'in_person', 'phone', 'other')) not null,
    "recorded_by" text collate "C" not null,
    "address_hash" text collate "C" check (length(address_hash) = 64) null,
    "created_at" bigint not null,
    constraint "consent_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id")
  )`,
  `create index "consent_subscription_id_index" on "consent" ("subscription_id")`,
  `create function consent_stays() returns trigger language plpgsql as $$ begin
     raise exception 'a consent is never changed or taken away' using errcode = 'restrict_violation';
   end $$`,
  `create trigger consent_stays before update or delete on consent for each row execute function consent_stays()`,
];

export class Migration20261129000051Consents extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
