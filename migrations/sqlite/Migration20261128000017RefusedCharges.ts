/**
 * A customer whose charges alone Conekta refuses is put aside, too: one more kind of `read_failure`, with its next try.
 * `needs_attention` shows every invoice that it is to be tried for.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `drop view needs_attention`,
  `create table "read_failure_new" (
    "id" text not null primary key,
    "kind" text check ("kind" in ('customer', 'attempt', 'charge')) not null,
    "failures" integer check (failures >= 1) not null,
    "failed_since" datetime not null,
    "failed_at" datetime not null,
    "next_read_at" datetime not null,
    "because" text not null
  )`,
  `insert into read_failure_new (id, kind, failures, failed_since, failed_at, next_read_at, because)
   select id, kind, failures, failed_since, failed_at, next_read_at, because from read_failure`,
  `drop table read_failure`,
  `alter table read_failure_new rename to read_failure`,
];

export class Migration20261128000017RefusedCharges extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
