/** The inbox of webhook events: taken in once, handed out in turn, finished together with what they add to the history. */
import { OWNS_ORDER, SHARES_ORDER } from "../billing/attempt-flows.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type {
  HandledWebhook,
  InboxEntry,
  KnownAttempt,
  TakenWebhook,
  WebhookInbox,
} from "../../../application/ports/webhooks.ts";
import { instant, text, textOrNull, whole } from "../dialect/codec.ts";
import { appendEvents } from "../events.ts";
import { KNOWN_ATTEMPT, knownAttempt } from "../billing/known-attempt.ts";
import { all, batch, type Connected, ms, type Parameter, run, UNLOCKED } from "../dialect/sql.ts";
import type { Writes } from "../dialect/writes.ts";

type Database = {
  readonly read: () => Connected;
  readonly random: Random;
} & Writes;

export function webhookInbox({ read, alone, beside, random }: Database): WebhookInbox {
  return {
    receive: (entries, now) => beside(null, (em) => receive(em, entries, now)),
    // Most of the time there is nothing, which must not cost a commit.
    take: async (options) => ((await isAnyDue(read(), options.now)) ? beside(null, (em) => take(em, options)) : []),
    finish: (handled, now) => beside(null, (em) => finish(em, handled, now, random)),
    attemptsOf: (orderId, references) => attemptsOf(read(), orderId, references),
    async isArchived(references) {
      const ids = references.map((reference) => reference.replace(/-\d+$/, ""));
      const rows = await all(
        read(),
        "select 1 from archived_invoice where invoice_id in (select value from json_each(?)) limit 1",
        [batch(ids)],
      );
      return rows.length > 0;
    },
    replay: (which, now) => alone((em) => replay(em, which, now)),
  };
}

async function receive(em: Connected, entries: readonly InboxEntry[], now: Date): Promise<Set<string>> {
  const rows = await all(
    em,
    `insert into webhook_event
       (id, type, received_at, livemode, order_id, customer_id, payload, state, processed_at, tries, next_try_at, because)
     select j.id, j.type, ?, j.livemode, j.order_id,
            j.customer_id, j.payload,
            case when j.because is null then 'received' else 'ignored' end,
            case when j.because is null then null else cast(? as bigint) end, 0,
            case when j.because is null then cast(? as bigint) else null end, j.because
     from rows(?:
       id text, type text, livemode flag, orderId text, customerId text, payload json, because text
     ) j where true
     on conflict (id) do nothing
     returning id`,
    [
      ms(now),
      ms(now),
      ms(now),
      batch(entries.map(({ event, ignoredBecause }) => ({ ...event, because: ignoredBecause }))),
    ],
  );
  return new Set(rows.map((row) => text(row, "id")));
}

async function isAnyDue(em: Connected, now: Date): Promise<boolean> {
  return (await all(em, "select 1 from webhook_event where next_try_at <= ? limit 1", [ms(now)])).length > 0;
}

async function take(
  em: Connected,
  { now, limit, until }: { readonly now: Date; readonly limit: number; readonly until: Date },
): Promise<TakenWebhook[]> {
  const rows = await all(
    em,
    `update webhook_event set tries = tries + 1, next_try_at = ?
     where id in (select id from webhook_event where next_try_at <= ? order by next_try_at, id limit ? ${UNLOCKED})
     returning id, type, received_at, customer_id, tries,
       -- A dispute may name the charge alone.
       coalesce(order_id, (
         select a.order_id from attempt a where a.charge_id = webhook_event.payload -> 'data' -> 'object' ->> 'charge_id'
       )) as order_id`,
    [ms(until), ms(now), limit],
  );
  return rows.map((row) => ({
    id: text(row, "id"),
    type: text(row, "type"),
    receivedAt: instant(row, "received_at"),
    orderId: textOrNull(row, "order_id"),
    customerId: textOrNull(row, "customer_id"),
    tries: whole(row, "tries"),
  }));
}

async function finish(em: Connected, handled: readonly HandledWebhook[], now: Date, random: Random): Promise<void> {
  const rows = await all(
    em,
    `update webhook_event set
       state = j.state,
       because = j.because,
       next_try_at = j.next_try_at,
       processed_at = case when j.state = 'received' then null else cast(? as bigint) end
     from rows(?: state text, because text, nextTryAt int, id text) j
     where webhook_event.id = j.id and webhook_event.state = 'received'
     returning webhook_event.id`,
    [ms(now), batch(handled.map(({ notes: _notes, ...each }) => ({ ...each, nextTryAt: ms(each.nextTryAt) })))],
  );
  // Somebody else may have finished it in the meantime: its notes are in the history then.
  const finished = new Set(rows.map((row) => text(row, "id")));
  const notes = handled.filter(({ id }) => finished.has(id)).flatMap((each) => each.notes);
  await appendEvents(em, notes, now, random);
}

/** Each branch has an index of its own. */
async function attemptsOf(em: Connected, orderId: string, references: readonly string[]): Promise<KnownAttempt[]> {
  const rows = await all(
    em,
    `select ${KNOWN_ATTEMPT}
     from attempt a join invoice i on i.id = a.invoice_id
     where a.id in (
       select id from attempt where ${OWNS_ORDER} and order_id = ?
       union select id from attempt where ${SHARES_ORDER} and order_id = ?
       union select id from attempt where reference in (select value from json_each(?))
     )
     order by a.invoice_id, a.number`,
    [orderId, orderId, batch(references)],
  );
  return rows.map(knownAttempt);
}

async function replay(
  em: Connected,
  which: { readonly id: string } | { readonly state: "failed" },
  now: Date,
): Promise<string[]> {
  const [condition, value]: [string, Parameter] = "id" in which ? ["id = ?", which.id] : ["state = ?", which.state];
  const ids = (await all(em, `select id from webhook_event where ${condition} order by received_at, id`, [value])).map(
    (row) => text(row, "id"),
  );
  await run(
    em,
    `update webhook_event
     set state = 'received', next_try_at = ?, processed_at = null, because = null, tries = 0
     where id in (select value from json_each(?))`,
    [ms(now), batch(ids)],
  );
  return ids;
}
