/**
 * The field's words in tables and history: charging is *halted* (was: the gate is closed), the gateway is asked by an
 * *inquiry* (was: a look). And `retry_requested_at`: that a person asked for the next try is state of the invoice; the
 * history only tells it.
 *
 * SQLite renames a column in every index, check and view that names it, too. Only the one-row table is built anew, for
 * the name of its check.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "installation_new" (
    "id" text not null primary key,
    "livemode" integer null,
    "epoch" integer not null,
    "owner_id" text null,
    "halted_at" datetime null,
    "halt_reason" text null,
    "halt_kind" text check ("halt_kind" in ('unauthorized', 'restored')) null,
    "halt_reconcile_since" datetime null,
    "created_at" datetime not null,
    "notified_through" integer null,
    constraint "installation_halt" check ((halted_at is null) = (halt_reason is null) and (halted_at is null) = (halt_kind is null)),
    constraint "installation_restored" check ((halt_reconcile_since is not null) = (coalesce(halt_kind, '') = 'restored'))
  )`,
  `insert into "installation_new"
   select id, livemode, epoch, owner_id, gate_closed_at, gate_closed_because, gate_kind, gate_reconcile_since, created_at, notified_through
   from "installation"`,
  `drop table "installation"`,
  `alter table "installation_new" rename to "installation"`,

  `alter table "attempt" rename column "looks" to "inquiries"`,
  `alter table "attempt" rename column "next_look_at" to "next_inquiry_at"`,
  `drop index "attempt_look_due"`,
  `create index "attempt_inquiry_due" on "attempt" ("next_inquiry_at", "id") where next_inquiry_at is not null`,

  `alter table "invoice" add column "retry_requested_at" datetime null`,
  // Used up by a try that has ended, and reached the gateway; a paid, void or uncollectible invoice has no next try.
  `update "invoice" set retry_requested_at = (
     select max(r.at) from event r
     where r.invoice_id = invoice.id and r.type = 'invoice.retry_requested' and r.at > coalesce((
       select max(t.claimed_at) from attempt t where t.invoice_id = invoice.id and t.settled_at is not null
         and t.state not in ('released', 'not_sent')
     ), 0)
   )
   where status in ('open', 'held') and id in (select invoice_id from event where type = 'invoice.retry_requested')`,

  `update "event" set type = 'charging.halted' where type = 'gate.closed'`,
  `update "event" set type = 'charging.resumed' where type = 'gate.opened'`,
  `update "event" set type = 'attempt.inquiry_made' where type = 'attempt.looked_for'`,
  `update "event" set type = 'attempt.imported' where type = 'attempt.adopted'`,
];

export class Migration20261128000010Words extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
