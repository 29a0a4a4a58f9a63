/** The processes that may charge: one on SQLite, any number on PostgreSQL. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "node" (
    "id" text not null primary key,
    "epoch" integer not null,
    "host" text not null,
    "pid" integer not null,
    "started_at" datetime not null,
    "heartbeat_at" datetime not null,
    "alive_until" datetime null
  )`,
  `create unique index "node_epoch" on "node" ("epoch")`,
];

export class Migration20261128000021Nodes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
