/**
 * Appends events in the transaction of the change they tell of.
 *
 * The places they take in the sequence are nobody else's. On PostgreSQL an earlier place may be committed later.
 */
import type { Random } from "../../application/ports/runtime.ts";
import type { NewEvent } from "../../domain/event-types.ts";
import { actorOf, noteEffect } from "./behalf.ts";
import { batch, type Connected, ms, run } from "./dialect/sql.ts";

export async function appendEvents(
  em: Connected,
  events: readonly NewEvent[],
  now: Date,
  random: Random,
): Promise<void> {
  if (events.length === 0) return;
  noteEffect(em);
  const actor = actorOf(em);
  const rows = events.map((event) => ({ id: random.newId("evt", now), ...event, data: { ...event.data, ...actor } }));
  await run(
    em,
    `insert into event (id, at, type, customer_id, subscription_id, invoice_id, attempt_id, data, sequence)
     select j.id, ?, j.type, j.customer_id, j.subscription_id,
            j.invoice_id, j.attempt_id, j.data,
            next_of(event.sequence, j.place)
     from rows(?:
       place, id text, type text, customerId text, subscriptionId text, invoiceId text, attemptId text, data json
     ) j order by j.place`,
    [ms(now), batch(rows)],
  );
}
