/** Keys of the HTTP API: one row each, found by the hash of what was sent. */
import type { ApiKeyRecords, ApiKeyRow, NewApiKey } from "../../../application/ports/api-keys.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import { NotFound, Refused } from "../../../domain/errors.ts";
import { isoInstant, isoInstantOrNull, json, text, textOrNull } from "../dialect/codec.ts";
import { allRows, type Condition, type RowSource } from "../dialect/paged-rows.ts";
import { noteEffect } from "../behalf.ts";
import { all, type Connected, ms, run } from "../dialect/sql.ts";
import type { Writes } from "../dialect/writes.ts";
import { said } from "../../../domain/refusals.ts";

type Database = { readonly read: () => Connected; readonly random: Random } & Writes;

const KEYS: RowSource<ApiKeyRow> = {
  name: "keys",
  from: "api_key",
  columns: {
    name: ["name", text],
    scopes: ["scopes", json],
    last4: ["last4", text],
    createdAt: ["created_at", isoInstant],
    createdBy: ["created_by", text],
    lastUsedAt: ["last_used_at", isoInstantOrNull],
    revokedAt: ["revoked_at", isoInstantOrNull],
    revokedBy: ["revoked_by", textOrNull],
  },
  order: { by: ["name"], direction: "asc" },
};

export function apiKeyRecords({ read, alone, beside, random }: Database): ApiKeyRecords {
  return {
    add: (key, now) => alone((em) => add(em, key, now, random)),
    list: () => allRows(read(), KEYS, []),
    revoke: (name, by, now) => alone((em) => revoke(em, name, by, now)),
    async holderOf(hash) {
      const [row] = await all(read(), "select name, scopes from api_key where hash = ? and revoked_at is null", [hash]);
      return row === undefined ? null : { name: text(row, "name"), scopes: json(row, "scopes") };
    },
    noteUse: (name, now) =>
      beside(null, async (em) => {
        await run(em, "update api_key set last_used_at = ? where name = ?", [ms(now), name]);
      }),
  };
}

async function add(em: Connected, key: NewApiKey, now: Date, random: Random): Promise<ApiKeyRow> {
  const { name, hash, scopes, last4, by } = key;
  if ((await named(em, name)) !== null) throw new Refused(said("key_exists", { name }));
  await run(
    em,
    `insert into api_key (id, name, hash, scopes, last4, created_at, created_by) values (?, ?, ?, ?, ?, ?, ?)`,
    [random.newId("key", now), name, hash, JSON.stringify(scopes), last4, ms(now), by],
  );
  noteEffect(em);
  return await mustBeNamed(em, name);
}

async function revoke(em: Connected, name: string, by: string, now: Date): Promise<ApiKeyRow> {
  await run(em, "update api_key set revoked_at = ?, revoked_by = ? where name = ? and revoked_at is null", [
    ...[ms(now), by, name],
  ]);
  noteEffect(em);
  return await mustBeNamed(em, name);
}

async function named(em: Connected, name: string): Promise<ApiKeyRow | null> {
  const condition: Condition = ["name = ?", name];
  const [row] = await allRows(em, KEYS, [condition]);
  return row ?? null;
}

async function mustBeNamed(em: Connected, name: string): Promise<ApiKeyRow> {
  const row = await named(em, name);
  if (row === null) throw new NotFound(said("no_key", { id: name }), { mend: { do: "list", what: "keys" } });
  return row;
}
