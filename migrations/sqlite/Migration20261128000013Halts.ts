/**
 * Charging may be halted for several reasons at once: a person's halt must outlive the end of another one. Each is a row.
 * And `limits_count_from`: since when charges count for the limits of an hour, where a person let charging go on;
 * and `may_repeat_others_since`, where a person said that what another installation charged may be charged from here, too.
 *
 * SQLite drops no column that a check names, so the one-row table is built anew.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "halt" (
    "kind" text check ("kind" in ('restored', 'charged_elsewhere', 'limit', 'person', 'unauthorized')) not null primary key,
    "halted_at" datetime not null,
    "reason" text not null,
    "reconcile_since" datetime null,
    constraint "halt_restored" check ((reconcile_since is not null) = (kind = 'restored'))
  )`,
  `insert into "halt"
   select halt_kind, halted_at, halt_reason, halt_reconcile_since from "installation" where halt_kind is not null`,
  `create table "installation_new" (
    "id" text not null primary key,
    "livemode" integer null,
    "epoch" integer not null,
    "owner_id" text null,
    "created_at" datetime not null,
    "notified_through" integer null,
    "limits_count_from" datetime null,
    "may_repeat_others_since" datetime null
  )`,
  `insert into "installation_new" select id, livemode, epoch, owner_id, created_at, notified_through, null, null from "installation"`,
  `drop table "installation"`,
  `alter table "installation_new" rename to "installation"`,
];

export class Migration20261128000013Halts extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
