/**
 * What many processes on one PostgreSQL share: the duties that one of them does at a time, when the next charge may begin,
 * and until when Conekta is left alone. On SQLite nobody writes them.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "duty" ("name" text not null primary key, "node_id" text not null, "epoch" integer not null)`,
  `alter table "installation" add column "next_send_at" datetime null`,
  `alter table "installation" add column "gateway_failing_until" datetime null`,
];

export class Migration20261128000025ManyNodes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
