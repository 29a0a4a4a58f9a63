/** What is moved to an archive beside invoices: events of no invoice, and what webhook events said. */
import type { ArchiveRecords } from "../../../application/ports/archive.ts";
import { text } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";

type Database = {
  readonly read: () => Connected;
  readonly write: <T>(work: (em: Connected) => Promise<T>) => Promise<T>;
};

export function archivedBeside({
  read,
  write,
}: Database): Pick<ArchiveRecords, "looseEvents" | "takeEventsAway" | "handledWebhooks" | "emptyWebhooks"> {
  return {
    async looseEvents(before, after, limit) {
      const rows = await all(
        read(),
        `select e.* from event e where e.id > ? and e.at < ? and ${LOOSE} order by e.id limit ?`,
        [after, ms(before), limit],
      );
      const ids = rows.map((row) => text(row, "id"));
      const deliveries = await all(read(), `select * from event_delivery where ${DELIVERIES} order by event_id`, [
        batch(ids),
      ]);
      return { ids, tables: { event: rows, event_delivery: deliveries }, after: null };
    },
    takeEventsAway: (archive, { ids }) =>
      write(async (em) => {
        const still = await all(
          em,
          `select e.id from event e where e.id in (select value from json_each(?)) and ${LOOSE}`,
          [batch(ids)],
        );
        const gone = batch(still.map((row) => text(row, "id")));
        await run(em, `delete from event_delivery where ${DELIVERIES}`, [gone]);
        const events = await run(em, "delete from event where id in (select value from json_each(?))", [gone]);
        await run(em, "update archive set events = events + ? where id = ?", [events, archive.id]);
      }),
    async handledWebhooks(before, after, limit) {
      const rows = await all(
        read(),
        `select * from webhook_event where id > ? and ${HANDLED} and received_at < ? order by id limit ?`,
        [after, ms(before), limit],
      );
      return { ids: rows.map((row) => text(row, "id")), tables: { webhook_event: rows }, after: null };
    },
    emptyWebhooks: ({ ids }) =>
      write(
        async (em) =>
          void (await run(
            em,
            `update webhook_event set payload = '{"archived":true}'
             where id in (select value from json_each(?)) and ${HANDLED}`,
            [batch(ids)],
          )),
      ),
  };
}

/**
 * Of an event `e`: what a plan, a card or a halt was. What a subscription was is told by `explain` from its beginning.
 * The number of the next event is one more than the last; and what is not told yet stays.
 */
const LOOSE = `e.invoice_id is null and e.subscription_id is null
  and e.sequence <> (select max(m.sequence) from event m)
  and not exists (select 1 from installation n where n.notified_through < e.sequence)
  and not exists (select 1 from event_delivery v where v.event_id = e.id and v.state = 'pending')`;

const DELIVERIES = "event_id in (select value from json_each(?))";

/** Of a webhook event: what failed waits for a person, and what was moved once has nothing more to be moved. */
const HANDLED = "state in ('processed', 'ignored') and payload -> 'archived' is null";
