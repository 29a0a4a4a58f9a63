/** What is over, and is asked about once more all the same: payment links, and charges that a person denied. */
import type { DueRecheck } from "../../../application/ports/charging.ts";
import { instant, text, whole } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";
import { HAS_PAGE } from "./attempt-flows.ts";
import { mayBeRead } from "../records/read-failures.ts";
import { claimedAttempts } from "./claims.ts";

export async function dueRechecks(em: Connected, now: Date, limit: number): Promise<DueRecheck[]> {
  const rows = await all(
    em,
    `select r.attempt_id, r.rechecks, coalesce(a.sent_at, a.claimed_at) as sent_at
     from (
       select attempt_id, rechecks, recheck_at from payment_link where recheck_at <= ?
       union all select attempt_id, rechecks, recheck_at from denied_charge where recheck_at <= ?
     ) r join attempt a on a.id = r.attempt_id
     where (a.order_id is not null or not a.${HAS_PAGE}) and ${mayBeRead("a.id")}
     order by r.recheck_at, a.id limit ?`,
    [ms(now), ms(now), ms(now), limit],
  );
  const attempts = await claimedAttempts(
    em,
    rows.map((row) => text(row, "attempt_id")),
  );
  return rows.map((row) => ({
    ...attempts.get(text(row, "attempt_id"))!,
    sentAt: instant(row, "sent_at"),
    rechecks: whole(row, "rechecks"),
  }));
}

export async function noteRecheck(em: Connected, attemptId: string, next: Date | null): Promise<void> {
  for (const table of ["payment_link", "denied_charge"])
    await run(em, `update ${table} set recheck_at = ?, rechecks = rechecks + 1 where attempt_id = ?`, [
      ms(next),
      attemptId,
    ]);
}

export async function noteDenied(
  em: Connected,
  denied: readonly { readonly attemptId: string; readonly recheckAt: Date }[],
  now: Date,
): Promise<void> {
  if (denied.length === 0) return;
  await run(
    em,
    `insert into denied_charge (attempt_id, denied_at, rechecks, recheck_at)
     select j.attempt_id, ?, 0, j.recheck_at from rows(?: attemptId text, recheckAt int) j where true
     on conflict (attempt_id) do update set denied_at = excluded.denied_at, rechecks = 0, recheck_at = excluded.recheck_at`,
    [ms(now), batch(denied.map(({ attemptId, recheckAt }) => ({ attemptId, recheckAt: ms(recheckAt) })))],
  );
}
