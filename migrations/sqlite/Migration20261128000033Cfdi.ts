/** For the accountant: tax data of customers, what was handed out for stamping, and the stamps; and whether a card is of credit or debit. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "customer_tax" (
    "customer_id" text not null primary key,
    "rfc" text check (length(rfc) in (12, 13)) not null,
    "name" text not null,
    "postal_code" text check (length(postal_code) = 5) not null,
    "regime" text check (length(regime) = 3) not null,
    "cfdi_use" text check (length(cfdi_use) in (3, 4)) not null,
    "updated_at" datetime not null
  )`,
  `create table "cfdi" (
    "id" text not null primary key,
    "exports" integer check (exports >= 0) not null,
    "exported_at" datetime null,
    "uuid" text check (length(uuid) = 36) null,
    "status" text check ("status" in ('stamped', 'canceled')) null,
    "stamped_at" datetime null,
    constraint "cfdi_stamp" check ((uuid is null) = (status is null) and (uuid is null) = (stamped_at is null)),
    constraint "cfdi_exported" check ((exports = 0) = (exported_at is null))
  )`,
  `create unique index "cfdi_uuid" on "cfdi" (lower(uuid))`,
  `create table "cfdi_part" (
    "subject_id" text not null primary key,
    "cfdi_id" text not null,
    constraint "cfdi_part_cfdi_id_foreign" foreign key ("cfdi_id") references "cfdi" ("id")
  )`,
  `create index "cfdi_part_of" on "cfdi_part" ("cfdi_id")`,
  `alter table "attempt" add column "card_kind" text check ("card_kind" in ('credit', 'debit')) null`,
];

export class Migration20261128000033Cfdi extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
