/** The processes that may charge: one on SQLite, any number on PostgreSQL. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "node" (
    "id" text collate "C" not null primary key,
    "epoch" bigint not null,
    "host" text collate "C" not null,
    "pid" bigint not null,
    "started_at" bigint not null,
    "heartbeat_at" bigint not null,
    "alive_until" bigint null
  )`,
  `create unique index "node_epoch" on "node" ("epoch")`,
];

export class Migration20261128000021Nodes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
