/** Unpaid subscriptions whose customers may have another card: whom to read, and which are collected again. */
import { cardKnownOf } from "./card-known.ts";
import type { UnpaidDue } from "../../../application/ports/charging.ts";
import { mendsUnpaid } from "../../../domain/dunning/new-card.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import { instant, text } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";
import { barredCards, cardOf, NONE_BARRED, triedCard } from "./card-facts.ts";

export async function unpaidDue(em: Connected, now: Date): Promise<UnpaidDue[]> {
  const rows = await all(
    em,
    `select s.id, s.customer_id, s.next_billing_at, c.read_at, r.failures, r.failed_since, r.failed_at, r.next_read_at
     from subscription s
     join customer c on c.id = s.customer_id
     left join read_failure r on r.id = c.id and r.kind = 'customer'
     where s.next_billing_at <= ? and s.status = 'unpaid'
     order by s.next_billing_at, s.id`,
    [ms(now)],
  );
  return rows.map((row) => ({
    subscriptionId: text(row, "id"),
    customerId: text(row, "customer_id"),
    dueAt: instant(row, "next_billing_at"),
    customer: cardKnownOf(row),
  }));
}

/** The customer has another default card: which subscriptions it mends is in `mendsUnpaid`. */
export async function resumeUnpaid(em: Connected, customerId: string, now: Date): Promise<NewEvent[]> {
  const rows = await all(
    em,
    `select s.id, c.deleted_at, c.payment_source_id, c.card_brand, c.card_last4, c.card_exp_month, c.card_exp_year
     from subscription s join customer c on c.id = s.customer_id
     where s.customer_id = ? and s.status = 'unpaid' order by s.id`,
    [customerId],
  );
  if (rows.length === 0) return [];
  const ids = rows.map((row) => text(row, "id"));
  const tries = Map.groupBy(
    await all(
      em,
      `select i.subscription_id, a.state, a.flow, a.payment_source_id, a.card_last4, a.card_cleared_at
       from invoice i join attempt a on a.invoice_id = i.id
       where i.subscription_id in (select value from json_each(?)) and i.status = 'uncollectible'`,
      [batch(ids)],
    ),
    (row) => text(row, "subscription_id"),
  );
  const barred = (await barredCards(em, [customerId])).get(customerId) ?? NONE_BARRED;
  const mended = rows
    .filter((row) => {
      const facts = { card: cardOf(row), isDeleted: row["deleted_at"] !== null, ...barred };
      return mendsUnpaid(facts, (tries.get(text(row, "id")) ?? []).map(triedCard), now);
    })
    .map((row) => text(row, "id"));
  await run(em, "update subscription set status = 'active' where id in (select value from json_each(?))", [
    batch(mended),
  ]);
  return mended.map((subscriptionId) => ({
    type: "subscription.resumed",
    customerId,
    subscriptionId,
    data: { was: "unpaid", because: "new_card" },
  }));
}
