/** The outbox of events: a cursor over their sequence, and one row for each that is to be delivered. */
import { concernsIn } from "../reports/columns.ts";
import type { DeliveryCounts, EventFilter, EventOutbox, DeliveryResult } from "../../../application/ports/notify.ts";
import type { DeliveryRow, EventRow } from "../../../application/ports/listings/events.ts";
import {
  flag,
  instantOrNull,
  isoInstant,
  isoInstantOrNull,
  jsonShown,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
  wordOrNull,
} from "../dialect/codec.ts";
import { allRows, type Condition, equals, pageOfRows, type RowSource } from "../dialect/paged-rows.ts";
import { dueDeliveries } from "./due-deliveries.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";
import type { Writes } from "../dialect/writes.ts";

type Database = { readonly read: () => Connected } & Writes;

export function notificationOutbox({ read, alone, beside }: Database): EventOutbox {
  return {
    // Most of the time there is nothing, which must not cost a commit. Alone: of an event that is being written, a later one
    // may be in the tables already, and the cursor must not pass it.
    gather: async (types, now, limit) =>
      (await hasNew(read())) ? await alone((em) => gather(em, types, now, limit)) : 0,
    due: (now, limit) => dueDeliveries(read(), now, limit),
    mark: (results, now) => beside(null, (em) => mark(em, results, now)),
    nextTryAt: async () => {
      const [row = {}] = await all(
        read(),
        "select min(next_try_at) as at from event_delivery where next_try_at is not null",
      );
      return instantOrNull(row, "at");
    },
    counts: () => counts(read()),
    list: (filter) => allRows(read(), EVENTS, conditionsOf(filter), filter.limit),
    page: (filter) => pageOfRows(read(), EVENTS, conditionsOf(filter), filter),
    // Alone, as `gather`: of an event that is being written, a later one may be there already.
    after: async (place, limit) =>
      (await after(read(), place, 1)).length === 0 ? [] : await alone((em) => after(em, place, limit)),
    typesOf: async (ids) => {
      const rows = await all(read(), "select id, type from event where id in (select value from json_each(?))", [
        batch(ids),
      ]);
      return new Map(rows.map((row) => [text(row, "id"), text(row, "type")]));
    },
    resend: (which, now) => alone((em) => resend(em, which, now)),
  };
}

async function hasNew(em: Connected): Promise<boolean> {
  const [row = {}] = await all(
    em,
    `select notified_through is null or notified_through < (select coalesce(max(sequence), 0) from event) as has_new
     from installation`,
  );
  return flag(row, "has_new");
}

const PLACED: RowSource<EventRow & { readonly place: number }> = {
  name: "events after",
  from: "event",
  columns: {
    place: ["sequence", whole],
    eventId: ["id", text],
    at: ["at", isoInstant],
    type: ["type", word],
    customerId: ["customer_id", textOrNull],
    subscriptionId: ["subscription_id", textOrNull],
    invoiceId: ["invoice_id", textOrNull],
    attemptId: ["attempt_id", textOrNull],
    data: ["data", (row, column) => jsonShown(row, column, {})],
  },
  order: { by: ["sequence"], direction: "asc" },
};

async function after(em: Connected, place: number, limit: number) {
  return await allRows(em, PLACED, [["sequence > ?", place]], limit);
}

async function gather(em: Connected, types: readonly string[], now: Date, limit: number): Promise<number> {
  const [cursor = {}] = await all(em, "select notified_through as through from installation");
  if (cursor["through"] === null) {
    await run(
      em,
      "update installation set notified_through = (select coalesce(max(sequence), 0) from event) where notified_through is null",
    );
    return 0;
  }
  const from = whole(cursor, "through");
  const [next = {}] = await all(
    em,
    `select count(*) as passed, max(sequence) as through
     from (select sequence from event where sequence > ? order by sequence limit ?) next_ones`,
    [from, limit],
  );
  if (whole(next, "passed") === 0) return 0;
  const through = whole(next, "through");
  await run(
    em,
    `insert into event_delivery (event_id, state, tries, next_try_at, created_at)
     select id, 'pending', 0, ?, ? from event
     where sequence > ? and sequence <= ? and type in (select value from json_each(?))
     -- Somebody may have put it up already.
     on conflict (event_id) do nothing`,
    [ms(now), ms(now), from, through, batch(types)],
  );
  await run(em, "update installation set notified_through = ?", [through]);
  return whole(next, "passed");
}

async function mark(em: Connected, results: readonly DeliveryResult[], now: Date): Promise<void> {
  await run(
    em,
    `update event_delivery set
       state = j.state,
       tries = event_delivery.tries + 1,
       next_try_at = j.next_try_at,
       last_http_status = j.http_status,
       last_error = j.because,
       delivered_at = case when j.state = 'delivered' then cast(? as bigint) end
     from rows(?: state text, nextTryAt int, httpStatus int, because text, eventId text, tries int) j
     where event_delivery.event_id = j.event_id and event_delivery.state = 'pending'
       and event_delivery.tries = j.tries`,
    [
      ms(now),
      batch(
        results.map(({ eventId, tries, httpStatus, delivery }) => ({
          eventId,
          tries,
          httpStatus,
          state: delivery.state,
          nextTryAt: delivery.state === "pending" ? ms(delivery.nextTryAt) : null,
          because: delivery.state === "delivered" ? null : delivery.because,
        })),
      ),
    ],
  );
}

async function counts(em: Connected): Promise<DeliveryCounts> {
  const [row = {}] = await all(
    em,
    `select (select count(*) from event_delivery where next_try_at is not null) as pending,
            (select min(e.at) from event_delivery d join event e on e.id = d.event_id where d.next_try_at is not null)
              as oldest_pending_at,
            (select count(*) from event_delivery where state = 'dead') as dead`,
  );
  return {
    pending: whole(row, "pending"),
    oldestPendingAt: instantOrNull(row, "oldest_pending_at"),
    dead: whole(row, "dead"),
  };
}

const EVENTS: RowSource<DeliveryRow> = {
  name: "outbox",
  from: "event e left join event_delivery d on d.event_id = e.id",
  columns: {
    eventId: ["e.id", text],
    at: ["e.at", isoInstant],
    type: ["e.type", word],
    ...concernsIn("e."),
    delivery: ["d.state", wordOrNull],
    tries: ["d.tries", wholeOrNull],
    nextTryAt: ["d.next_try_at", isoInstantOrNull],
    deliveredAt: ["d.delivered_at", isoInstantOrNull],
    lastHttpStatus: ["d.last_http_status", wholeOrNull],
    lastError: ["d.last_error", textOrNull],
    data: ["e.data", (row, column) => jsonShown(row, column, {})],
  },
  order: { by: ["e.sequence"], direction: "desc" },
};

function conditionsOf({ subscriptionId, type, state, since }: EventFilter): Condition[] {
  const wanted = Object.entries({ subscriptionId, type, delivery: state }).filter(([, value]) => value !== undefined);
  return [
    ...wanted.map(([column, value]) => equals(EVENTS, column as keyof DeliveryRow, value)),
    ...(since === undefined ? [] : [["e.at >= ?", ms(since)] satisfies Condition]),
  ];
}

async function resend(em: Connected, which: Parameters<EventOutbox["resend"]>[0], now: Date): Promise<string[]> {
  const ids = "ids" in which ? [...new Set(which.ids)] : await deadSince(em, which.since);
  await run(
    em,
    `insert into event_delivery (event_id, state, tries, next_try_at, created_at)
     select value, 'pending', 0, cast(? as bigint), cast(? as bigint) from json_each(?) where true
     on conflict (event_id) do update set
       state = 'pending', tries = 0, next_try_at = excluded.next_try_at, delivered_at = null`,
    [ms(now), ms(now), batch(ids)],
  );
  return ids;
}

async function deadSince(em: Connected, since: Date | undefined): Promise<string[]> {
  const rows = await all(
    em,
    `select e.id from event_delivery d join event e on e.id = d.event_id
     where d.state = 'dead' and e.at >= ? order by e.sequence`,
    [since === undefined ? 0 : ms(since)],
  );
  return rows.map((row) => text(row, "id"));
}
