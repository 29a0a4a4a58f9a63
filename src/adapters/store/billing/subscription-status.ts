/** Derives the status of subscriptions from their invoices, in the transaction that changed those. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { NewEvent } from "../../../domain/event-types.ts";
import { statusEvent, statusAfter, type SubscriptionStatus } from "../../../domain/subscription.ts";
import { instantOrNull, text, whole, word, wordOrNull } from "../dialect/codec.ts";
import { all, batch, run } from "../dialect/sql.ts";

/** @returns the events of the statuses that changed */
export async function refreshStatuses(em: SqlEntityManager, subscriptionIds: readonly string[]): Promise<NewEvent[]> {
  if (subscriptionIds.length === 0) return [];
  const ids = batch([...new Set(subscriptionIds)]);
  const rows = await all(
    em,
    `select s.id, s.customer_id, s.status, s.next_billing_at, s.first_cycle, s.next_cycle
     from subscription s where s.id in (select value from json_each(?)) order by s.id`,
    [ids],
  );
  const invoices = Map.groupBy(
    await all(
      em,
      `select i.subscription_id, i.status, i.dunning_step, i.first_declined_at, i.reopened_from from invoice i
       where i.subscription_id in (select value from json_each(?)) and i.status in ('open', 'held', 'uncollectible')`,
      [ids],
    ),
    (row) => text(row, "subscription_id"),
  );
  const changes = rows.flatMap((row) => {
    const was = word<SubscriptionStatus>(row, "status");
    const status = statusAfter(
      {
        status: was,
        nextBillingAt: instantOrNull(row, "next_billing_at"),
        firstCycle: whole(row, "first_cycle"),
        nextCycle: whole(row, "next_cycle"),
      },
      (invoices.get(text(row, "id")) ?? []).map((invoice) => ({
        status: word(invoice, "status"),
        dunningStep: wordOrNull(invoice, "dunning_step"),
        firstDeclinedAt: instantOrNull(invoice, "first_declined_at"),
        reopenedFrom: wordOrNull(invoice, "reopened_from"),
      })),
    );
    return status === was ? [] : [{ id: text(row, "id"), customerId: text(row, "customer_id"), was, status }];
  });
  if (changes.length === 0) return [];
  await run(
    em,
    `update subscription set status = j.status
     from rows(?: status text, id text) j where subscription.id = j.id`,
    [batch(changes)],
  );
  return changes.map(({ id, customerId, was, status }) => ({
    type: statusEvent(was, status),
    customerId,
    subscriptionId: id,
    data: { was, status },
  }));
}
