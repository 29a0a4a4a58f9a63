/**
 * For the HTTP API: its keys, of which only hashes are kept; and what was answered to each request that changed something, by
 * the key that its sender gave it, so that the same request again changes nothing.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "api_key" (
    "id" text collate "C" not null primary key,
    "name" text collate "C" not null,
    "hash" text collate "C" check (length(hash) = 64) not null,
    "scopes" jsonb not null,
    "last4" text collate "C" not null,
    "created_at" bigint not null,
    "created_by" text collate "C" not null,
    "last_used_at" bigint null,
    "revoked_at" bigint null,
    "revoked_by" text collate "C" null,
    constraint "api_key_revoked" check ((revoked_at is null) = (revoked_by is null))
  )`,
  `create unique index "api_key_name" on "api_key" ("name")`,
  `create unique index "api_key_hash" on "api_key" ("hash")`,
  `create table "idempotency" (
    "id" text collate "C" not null primary key,
    "method" text collate "C" not null,
    "path" text collate "C" not null,
    "key" text collate "C" not null,
    "body_hash" text collate "C" check (length(body_hash) = 64) not null,
    "created_at" bigint not null,
    "claimed_until" bigint null,
    "status" bigint null,
    "answer" text collate "C" null,
    constraint "idempotency_answered" check ((claimed_until is null) = (status is not null) and (status is null) = (answer is null))
  )`,
  `create unique index "idempotency_once" on "idempotency" ("method", "path", "key")`,
  `create index "idempotency_age" on "idempotency" ("created_at")`,
];

export class Migration20261128000032Api extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
