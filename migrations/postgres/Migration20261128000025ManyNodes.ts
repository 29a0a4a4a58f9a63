/**
 * What many processes share: the duties that one of them does at a time, when the next charge may begin, until when Conekta
 * is left alone; and a sequence for the events, so that no writer of one waits for another.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "duty" (
    "name" text collate "C" not null primary key,
    "node_id" text collate "C" not null,
    "epoch" bigint not null
  )`,
  `alter table "installation" add column "next_send_at" bigint null`,
  `alter table "installation" add column "gateway_failing_until" bigint null`,
  `create sequence "event_sequence_seq" as bigint`,
  `select setval('event_sequence_seq', coalesce((select max(sequence) from event), 0) + 1, false)`,
];

export class Migration20261128000025ManyNodes extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
