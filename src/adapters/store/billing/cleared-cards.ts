/** Cards that may be tried again although they were declined for good: they were renewed, or a person allowed it. */
import type { CardOfCustomer } from "../../../application/ports/records.ts";
import { isSameCard } from "../../../domain/charging/card-check.ts";
import type { DeclineClass } from "../../../domain/decline.ts";
import { text, textOrNull } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";

/** By its customer's default, or by a decline of it. */
export async function cardOwner(em: Connected, paymentSourceId: string): Promise<CardOfCustomer | null> {
  const [row] = await all(
    em,
    `select c.id as customer_id, c.card_last4 from customer c where c.payment_source_id = ?
     union all
     select f.customer_id, f.card_last4 from attempt f where f.payment_source_id = ? and f.decline_class is not null
     limit 1`,
    [paymentSourceId, paymentSourceId],
  );
  return row === undefined
    ? null
    : { paymentSourceId, customerId: text(row, "customer_id"), cardLast4: textOrNull(row, "card_last4") };
}

export async function clearCard(
  em: Connected,
  card: CardOfCustomer,
  classes: readonly DeclineClass[],
  now: Date,
): Promise<number> {
  const declined = await all(
    em,
    `select f.id, f.payment_source_id, f.card_last4 from attempt f
     where f.customer_id = ? and f.decline_class in (select value from json_each(?)) and f.card_cleared_at is null`,
    [card.customerId, batch(classes)],
  );
  const ids = declined
    .filter((row) =>
      isSameCard(
        { paymentSourceId: textOrNull(row, "payment_source_id"), cardLast4: textOrNull(row, "card_last4") },
        card,
      ),
    )
    .map((row) => text(row, "id"));
  await run(em, "update attempt set card_cleared_at = ? where id in (select value from json_each(?))", [
    ms(now),
    batch(ids),
  ]);
  return ids.length;
}
