/**
 * Dunning: what a failed invoice waits for, payment links, and what is known of a customer's card and when.
 *
 * SQLite changes no CHECK of a table that exists: invoices, attempts and refunds are built anew and filled from the old
 * ones, in one transaction, children dropped first so that no foreign key is ever broken. The views, which would follow
 * a table to its new name, are dropped here; a later migration makes them again.
 */
import { Migration } from "@mikro-orm/migrations";

const TABLES = [
  `create table "invoice" (
    "id" text not null primary key,
    "subscription_id" text not null,
    "customer_id" text not null,
    "cycle" integer check (cycle >= 0) not null,
    "period_start" datetime not null,
    "period_end" datetime not null,
    "amount_cents" integer check (amount_cents >= 0) not null,
    "discount_cents" integer check (discount_cents >= 0) not null,
    "currency" text check (length(currency) = 3) not null,
    "line_items" json not null,
    "status" text check ("status" in ('open', 'paid', 'uncollectible', 'void', 'held')) not null,
    "status_reason" text check ("status_reason" in ('paused', 'unpaid', 'skipped', 'canceled', 'voided_by_person', 'catch_up_latest_only', 'catch_up_ask', 'unknown_outcome', 'answer_differs', 'refused', 'our_fault', 'daily_limit', 'earlier_unpaid', 'attempts_used_up', 'no_new_card', 'link_not_paid', 'collection_stopped')) null,
    "missed" integer not null,
    "next_attempt_at" datetime null,
    "order_id" text null,
    "declines" integer check (declines >= 0) not null,
    "faults" integer check (faults >= 0) not null,
    "void_when_settled" text check ("void_when_settled" in ('paused', 'unpaid', 'skipped', 'canceled', 'voided_by_person', 'catch_up_latest_only', 'catch_up_ask', 'unknown_outcome', 'answer_differs', 'refused', 'our_fault', 'daily_limit', 'earlier_unpaid', 'attempts_used_up', 'no_new_card', 'link_not_paid', 'collection_stopped')) null,
    "opened_at" datetime not null,
    "paid_at" datetime null,
    "first_declined_at" datetime null,
    "dunning_step" text check ("dunning_step" in ('retry', 'wait_for_card', 'payment_link', 'grace')) null,
    "dunning_class" text check ("dunning_class" in ('retry_later', 'try_again_soon', 'new_card', 'customer_action', 'never_again', 'our_fault', 'unrecognized')) null,
    "dunning_due_at" datetime null,
    constraint "invoice_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id"),
    constraint "invoice_customer_id_foreign" foreign key ("customer_id") references "customer" ("id"),
    constraint "invoice_dunning" check (dunning_step is null or status = 'open'),
    constraint "invoice_dunning_class" check ((dunning_step is null) = (dunning_class is null)),
    constraint "invoice_dunning_due" check (dunning_due_at is null or dunning_step is not null),
    constraint "invoice_period" check (period_end >= period_start),
    constraint "invoice_paid" check ((status = 'paid') = (paid_at is not null)),
    constraint "invoice_due" check (next_attempt_at is null or status = 'open'),
    constraint "invoice_reason" check ((status in ('void', 'held', 'uncollectible')) = (status_reason is not null))
  )`,
  `create table "attempt" (
    "id" text not null primary key,
    "invoice_id" text not null,
    "customer_id" text not null,
    "number" integer check (number >= 1) not null,
    "state" text check ("state" in ('claimed', 'sending', 'pending', 'unknown', 'paid', 'paid_again', 'declined', 'refused', 'not_sent', 'released', 'lapsed')) not null,
    "reference" text not null,
    "flow" text check ("flow" in ('single', 'order_first', 'link')) not null,
    "amount_cents" integer check (amount_cents > 0) not null,
    "currency" text not null,
    "order_id" text null,
    "charge_id" text null,
    "payment_source_id" text null,
    "card_brand" text null,
    "card_last4" text check (length(card_last4) <= 4) null,
    "claimed_by" text not null,
    "claim_epoch" integer not null,
    "claimed_at" datetime not null,
    "claimed_until" datetime not null,
    "sent_at" datetime null,
    "settled_at" datetime null,
    "paid_at" datetime null,
    "looks" integer check (looks >= 0) not null,
    "next_look_at" datetime null,
    "http_status" integer null,
    "decline_class" text check ("decline_class" in ('retry_later', 'try_again_soon', 'new_card', 'customer_action', 'never_again', 'our_fault', 'unrecognized')) null,
    "failure_code" text null,
    "failure_message" text null,
    "auth_code" text null,
    "fee_cents" integer null,
    "log_id" text null,
    "moved_cents" integer check (moved_cents >= 0) null,
    "payment_method" text check ("payment_method" in ('card', 'cash', 'bank_transfer')) null,
    "evidence" json not null,
    constraint "attempt_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id"),
    constraint "attempt_customer_id_foreign" foreign key ("customer_id") references "customer" ("id"),
    constraint "attempt_settled" check ((state in ('claimed', 'sending', 'pending', 'unknown')) = (settled_at is null)),
    constraint "attempt_sent" check (state not in ('sending', 'pending', 'declined') or sent_at is not null),
    constraint "attempt_declined" check (state <> 'declined' or decline_class is not null),
    constraint "attempt_look" check (next_look_at is null or state in ('unknown', 'pending'))
  )`,
  `create table "refund" (
    "id" text not null primary key,
    "invoice_id" text not null,
    "attempt_id" text not null,
    "order_id" text not null,
    "amount_cents" integer check (amount_cents > 0) not null,
    "currency" text check (length(currency) = 3) not null,
    "reason" text check ("reason" in ('requested_by_client', 'cannot_be_fulfilled', 'duplicated_transaction', 'suspected_fraud', 'other')) not null,
    "note" text null,
    "requested_by" text not null,
    "state" text check ("state" in ('requested', 'done', 'refused', 'not_sent', 'unknown')) not null,
    "gateway_refund_id" text null,
    "failure_code" text null,
    "failure_message" text null,
    "http_status" integer null,
    "log_id" text null,
    "because" text null,
    "created_at" datetime not null,
    "settled_at" datetime null,
    constraint "refund_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id"),
    constraint "refund_attempt_id_foreign" foreign key ("attempt_id") references "attempt" ("id"),
    constraint "refund_settled" check ((state in ('done', 'refused', 'not_sent')) = (settled_at is not null))
  )`,
  `create table "payment_link" (
    "id" text not null primary key,
    "attempt_id" text not null,
    "invoice_id" text not null,
    "url" text null,
    "methods" json not null,
    "requested_by" text not null,
    "created_at" datetime not null,
    "expires_at" datetime not null,
    "cancel_requested_at" datetime null,
    "cancel_because" text check ("cancel_because" in ('new_card', 'person', 'voided')) null,
    "keep_card_at" datetime null,
    "recheck_at" datetime null,
    "rechecks" integer check (rechecks >= 0) not null,
    constraint "payment_link_attempt_id_foreign" foreign key ("attempt_id") references "attempt" ("id"),
    constraint "payment_link_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id"),
    constraint "payment_link_cancel" check ((cancel_requested_at is null) = (cancel_because is null))
  )`,
];

const INDEXES = [
  `create index "invoice_subscription_id_index" on "invoice" ("subscription_id")`,
  `create index "invoice_due" on "invoice" ("next_attempt_at", "id") where next_attempt_at is not null`,
  `create index "invoice_dunning_due_index" on "invoice" ("dunning_due_at", "id") where dunning_due_at is not null`,
  `create index "invoice_unsettled" on "invoice" ("subscription_id") where status in ('open', 'held', 'uncollectible')`,
  `create index "invoice_customer" on "invoice" ("customer_id")`,
  `create unique index "invoice_once_a_cycle" on "invoice" ("subscription_id", "cycle")`,
  `create unique index "invoice_order" on "invoice" ("order_id")`,
  `create index "attempt_invoice_id_index" on "attempt" ("invoice_id")`,
  `create index "attempt_customer_id_index" on "attempt" ("customer_id")`,
  `create unique index "attempt_own_order" on "attempt" ("order_id") where flow in ('single', 'link')`,
  `create unique index "attempt_one_open" on "attempt" ("invoice_id") where state in ('claimed', 'sending', 'pending', 'unknown')`,
  `create unique index "attempt_one_paid" on "attempt" ("invoice_id") where state = 'paid'`,
  `create unique index "attempt_one_in_flight" on "attempt" ("customer_id") where state in ('claimed', 'sending')`,
  `create index "attempt_look_due" on "attempt" ("next_look_at", "id") where next_look_at is not null`,
  `create index "attempt_claimed_at" on "attempt" ("claimed_at")`,
  `create index "attempt_card_declines" on "attempt" ("payment_source_id", "sent_at") where decline_class is not null`,
  `create unique index "attempt_number" on "attempt" ("invoice_id", "number")`,
  `create unique index "attempt_reference" on "attempt" ("reference")`,
  `create unique index "attempt_charge" on "attempt" ("charge_id")`,
  `create index "refund_invoice_id_index" on "refund" ("invoice_id")`,
  `create index "refund_attempt_id_index" on "refund" ("attempt_id")`,
  `create index "refund_unsettled" on "refund" ("created_at") where settled_at is null`,
  `create index "payment_link_attempt_id_index" on "payment_link" ("attempt_id")`,
  `create unique index "payment_link_attempt_id_unique" on "payment_link" ("attempt_id")`,
  `create index "payment_link_recheck" on "payment_link" ("recheck_at") where recheck_at is not null`,
  `create index "payment_link_keep_card" on "payment_link" ("keep_card_at") where keep_card_at is not null`,
  `create index "payment_link_invoice_id_index" on "payment_link" ("invoice_id")`,
];

/** What the old tables hold, column by column, parents first. */
const COPIED: readonly (readonly [table: string, columns: string])[] = [
  [
    "invoice",
    "id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents, currency, line_items, status, status_reason, missed, next_attempt_at, order_id, declines, faults, void_when_settled, opened_at, paid_at",
  ],
  [
    "attempt",
    "id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, order_id, charge_id, payment_source_id, card_brand, card_last4, claimed_by, claim_epoch, claimed_at, claimed_until, sent_at, settled_at, paid_at, looks, next_look_at, http_status, decline_class, failure_code, failure_message, auth_code, fee_cents, log_id, evidence",
  ],
  [
    "refund",
    "id, invoice_id, attempt_id, order_id, amount_cents, currency, reason, note, requested_by, state, gateway_refund_id, failure_code, failure_message, http_status, log_id, because, created_at, settled_at",
  ],
];

/**
 * By the older rules an invoice waited for a card for ever, and kept no later one waiting. What waits for a period that is
 * over is given up, without any final action; the others are given two weeks.
 */
const GIVEN_UP = `update invoice set status = 'uncollectible', status_reason = 'no_new_card'
  where status = 'open' and declines > 0 and next_attempt_at is null
    and period_end <= cast(strftime('%s', 'now') as integer) * 1000
    and not exists (
      select 1 from attempt a where a.invoice_id = invoice.id and a.state in ('claimed', 'sending', 'pending', 'unknown')
    )`;

const IN_DUNNING = `update invoice set
    first_declined_at = (select min(a.settled_at) from attempt a where a.invoice_id = invoice.id and a.state = 'declined'),
    dunning_step = case
      when status <> 'open' then null
      when next_attempt_at is null and exists (
        select 1 from attempt a where a.invoice_id = invoice.id and a.state in ('claimed', 'sending', 'pending', 'unknown')
      ) then 'retry'
      when next_attempt_at is null then 'wait_for_card'
      else 'retry' end,
    dunning_class = case when status = 'open' then coalesce((
      select a.decline_class from attempt a where a.invoice_id = invoice.id and a.state = 'declined' order by a.number desc limit 1
    ), 'retry_later') end,
    dunning_due_at = case
      when status = 'open' and next_attempt_at is null and not exists (
        select 1 from attempt a where a.invoice_id = invoice.id and a.state in ('claimed', 'sending', 'pending', 'unknown')
      ) then cast(strftime('%s', 'now') as integer) * 1000 + 14 * 86400000 end
  where declines > 0`;

const OLD_VIEWS = ["billing_history", "subscription_overview", "dunning_queue", "needs_attention", "revenue_by_day"];

export class Migration20261123000006Dunning extends Migration {
  override up(): void {
    for (const view of OLD_VIEWS) this.addSql(`drop view ${view}`);
    for (const [table] of COPIED) this.addSql(`alter table ${table} rename to old_${table}`);
    for (const statement of TABLES) this.addSql(statement);
    for (const [table, columns] of COPIED)
      this.addSql(`insert into ${table} (${columns}) select ${columns} from old_${table}`);
    for (const [table] of COPIED.toReversed()) this.addSql(`drop table old_${table}`);
    for (const statement of INDEXES) this.addSql(statement);
    this.addSql('alter table "customer" add column "read_at" datetime null');
    this.addSql('alter table "customer" add column "deleted_at" datetime null');
    this.addSql('alter table "customer" add column "card_notice" text null');
    this.addSql("update customer set read_at = cast(strftime('%s', 'now') as integer) * 1000 where name <> id");
    this.addSql(GIVEN_UP);
    this.addSql(IN_DUNNING);
  }
}
