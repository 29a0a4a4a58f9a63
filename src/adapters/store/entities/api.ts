/** Keys of the HTTP API, and what was answered to its requests. */
import { defineEntity, p } from "@mikro-orm/core";
import type { Scope } from "../../../domain/api-key.ts";

/** A key of the HTTP API. */
export const ApiKeyEntity = defineEntity({
  name: "ApiKey",
  tableName: "api_key",
  properties: {
    id: p.text().primary(),
    name: p.text(),
    /** SHA-256 of the key, which is kept nowhere. */
    hash: p.text().check("length(hash) = 64"),
    scopes: p.json<readonly Scope[]>(),
    last4: p.text(),
    createdAt: p.datetime(3),
    createdBy: p.text(),
    lastUsedAt: p.datetime(3).nullable(),
    revokedAt: p.datetime(3).nullable(),
    revokedBy: p.text().nullable(),
  },
  checks: [{ name: "api_key_revoked", expression: "(revoked_at is null) = (revoked_by is null)" }],
  uniques: [
    { name: "api_key_name", properties: ["name"] },
    { name: "api_key_hash", properties: ["hash"] },
  ],
});

/** What was answered to a request of the HTTP API, written with what it changed: @see records/requests.ts */
export const IdempotencyEntity = defineEntity({
  name: "Idempotency",
  tableName: "idempotency",
  properties: {
    /** Of the request that was the first with this key. */
    id: p.text().primary(),
    method: p.text(),
    path: p.text(),
    key: p.text(),
    /** SHA-256. */
    bodyHash: p.text().check("length(body_hash) = 64"),
    createdAt: p.datetime(3),
    /** Not answered yet: nobody else begins it before then. */
    claimedUntil: p.datetime(3).nullable(),
    status: p.integer().nullable(),
    /** As it was sent. */
    answer: p.text().nullable(),
  },
  checks: [
    {
      name: "idempotency_answered",
      expression: "(claimed_until is null) = (status is not null) and (status is null) = (answer is null)",
    },
  ],
  uniques: [{ name: "idempotency_once", properties: ["method", "path", "key"] }],
  indexes: [{ name: "idempotency_age", properties: ["createdAt"] }],
});
