/**
 * A customer who can be neither read nor charged has a row for each: one took the other's place, and a wait that ends when
 * the reads have failed for a day never ended.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "read_failure_new" (
    "id" text not null,
    "kind" text check ("kind" in ('customer', 'attempt', 'charge')) not null,
    "failures" integer check (failures >= 1) not null,
    "failed_since" datetime not null,
    "failed_at" datetime not null,
    "next_read_at" datetime not null,
    "because" text not null,
    primary key ("id", "kind")
  )`,
  `insert into read_failure_new (id, kind, failures, failed_since, failed_at, next_read_at, because)
   select id, kind, failures, failed_since, failed_at, next_read_at, because from read_failure`,
  `drop table read_failure`,
  `alter table read_failure_new rename to read_failure`,
];

export class Migration20261128000045FailedCharges extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
