/** Requests of programs: one row each, with what was answered. */
import type { Answer, KeptRequest, Request, RequestKey, RequestRecords } from "../../../application/ports/requests.ts";
import { RequestInProgress } from "../../../domain/errors.ts";
import { instantOrNull, text, whole } from "../dialect/codec.ts";
import { all, type Connected, ms, run } from "../dialect/sql.ts";
import type { Writes } from "../dialect/writes.ts";
import { said } from "../../../domain/refusals.ts";

type Database = { readonly read: () => Connected } & Writes;

export function requestRecords({ read, alone }: Database): RequestRecords {
  return {
    find: (key) => find(read(), key),
    claim: (request, now, until) => alone((em) => claim(em, request, now, until)),
    release: (requestId) =>
      alone(async (em) => {
        await run(em, "delete from idempotency where id = ? and claimed_until is not null", [requestId]);
      }),
    hold: (requestId, until) =>
      alone(async (em) => {
        await run(em, "update idempotency set claimed_until = ? where id = ? and claimed_until is not null", [
          ms(until),
          requestId,
        ]);
      }),
    keep: (request, answer, now) => alone((em) => keepAnswer(em, request, answer, now)),
    forget: (before) => alone((em) => run(em, "delete from idempotency where created_at < ?", [ms(before)])),
  };
}

async function find(em: Connected, { method, path, key }: RequestKey): Promise<KeptRequest | null> {
  const [row] = await all(
    em,
    "select body_hash, claimed_until, status, answer from idempotency where method = ? and path = ? and key = ?",
    [method, path, key],
  );
  if (row === undefined) return null;
  const claimedUntil = instantOrNull(row, "claimed_until");
  const answer = claimedUntil === null ? { status: whole(row, "status"), body: text(row, "answer") } : null;
  return { bodyHash: text(row, "body_hash"), answer, claimedUntil };
}

async function claim(em: Connected, request: Request, now: Date, until: Date): Promise<boolean> {
  const { id, method, path, key, bodyHash } = request;
  const claimed = await run(
    em,
    `insert into idempotency (id, method, path, key, body_hash, created_at, claimed_until) values (?, ?, ?, ?, ?, ?, ?)
     on conflict (method, path, key) do update set
       id = excluded.id, body_hash = excluded.body_hash, claimed_until = excluded.claimed_until
     where idempotency.claimed_until < ?`,
    [id, method, path, key, bodyHash, ms(now), ms(until), ms(now)],
  );
  return claimed > 0;
}

/** In the transaction of the effect. @throws {RequestInProgress} another request has the key: this one is undone */
export async function keepAnswer(
  em: Connected,
  { id, method, path, key, bodyHash }: Request,
  { status, body }: Answer,
  now: Date,
): Promise<void> {
  const kept = await run(
    em,
    `insert into idempotency (id, method, path, key, body_hash, created_at, status, answer) values (?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (method, path, key) do update set
       status = excluded.status, answer = excluded.answer, claimed_until = null
     where idempotency.id = excluded.id`,
    [id, method, path, key, bodyHash, ms(now), status, body],
  );
  if (kept === 0) throw new RequestInProgress(said("request_just_answered", { key }));
}
