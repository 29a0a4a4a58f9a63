/** What `domain/next-charge.ts` asks about subscriptions. Three statements, for one subscription or a thousand. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { ChargeOutlook, OutlookInvoice } from "../../../domain/next-charge.ts";
import { barredCards, cardOf, NONE_BARRED, OPEN_ATTEMPT, unsettledInvoiceOf } from "../billing/charge-facts.ts";
import { DUE_SUBSCRIPTION, dueSubscriptionOf } from "../billing/due-subscriptions.ts";
import { flag, instantOrNull, text, whole } from "../dialect/codec.ts";
import { all, batch } from "../dialect/sql.ts";

/** By subscription. */
export async function chargeOutlooks(
  em: SqlEntityManager,
  subscriptionIds: readonly string[],
): Promise<Map<string, ChargeOutlook>> {
  const ids = batch(subscriptionIds);
  const subscriptions = await all(
    em,
    `select ${DUE_SUBSCRIPTION}, c.deleted_at, c.payment_source_id, c.card_brand, c.card_last4, c.card_exp_month, c.card_exp_year
     from subscription s join plan p on p.id = s.plan_id join customer c on c.id = s.customer_id
     where s.id in (select value from json_each(?))`,
    [ids],
  );
  const unsettled = Map.groupBy(
    await all(
      em,
      `select e.subscription_id, e.id, e.cycle, e.status, e.status_reason, e.dunning_step, e.missed, e.retry_requested_at,
              e.next_attempt_at, e.amount_cents, e.currency, ${OPEN_ATTEMPT} as open_attempt
       from invoice e
       where e.subscription_id in (select value from json_each(?)) and e.status in ('open', 'held', 'uncollectible')`,
      [ids],
    ),
    (row) => text(row, "subscription_id"),
  );
  const barred = await barredCards(em, [...new Set(subscriptions.map((row) => text(row, "customer_id")))]);
  return new Map(
    subscriptions.map((row) => {
      return [
        text(row, "id"),
        {
          subscription: dueSubscriptionOf(row),
          unsettled: (unsettled.get(text(row, "id")) ?? []).map((invoice): OutlookInvoice => ({
            ...unsettledInvoiceOf(invoice),
            id: text(invoice, "id"),
            missed: flag(invoice, "missed"),
            retryRequestedAt: instantOrNull(invoice, "retry_requested_at"),
            nextAttemptAt: instantOrNull(invoice, "next_attempt_at"),
            amountCents: whole(invoice, "amount_cents"),
            currency: text(invoice, "currency"),
          })),
          customer: {
            isDeleted: row["deleted_at"] !== null,
            card: cardOf(row),
            ...(barred.get(text(row, "customer_id")) ?? NONE_BARRED),
          },
        },
      ];
    }),
  );
}
