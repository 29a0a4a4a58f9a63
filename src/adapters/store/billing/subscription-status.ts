/** Derives the status of subscriptions from their invoices, in the transaction that changed those. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { NewEvent } from "../../../domain/event-types.ts";
import { statusEvent, statusAfter, type SubscriptionStatus } from "../../../domain/subscription.ts";
import { instantOrNull, text, whole, word } from "../dialect/codec.ts";
import { all, batch, run } from "../dialect/sql.ts";

/** @returns the events of the statuses that changed */
export async function refreshStatuses(em: SqlEntityManager, subscriptionIds: readonly string[]): Promise<NewEvent[]> {
  if (subscriptionIds.length === 0) return [];
  const rows = await all(
    em,
    `select s.id, s.customer_id, s.status, s.next_billing_at, s.first_cycle, s.next_cycle,
            count(case when i.dunning_step is not null or (i.status = 'held' and i.first_declined_at is not null) then 1 end)
              as failing,
            count(case when i.status in ('open', 'held') then 1 end) as unsettled,
            count(case when i.status = 'uncollectible' then 1 end) as uncollectible
     from json_each(?) j
     join subscription s on s.id = j.value
     left join invoice i on i.subscription_id = s.id and i.status in ('open', 'held', 'uncollectible')
     where s.status not in ('canceled', 'completed')
     group by s.id`,
    [batch([...new Set(subscriptionIds)])],
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
      {
        failing: whole(row, "failing"),
        unsettled: whole(row, "unsettled"),
        uncollectible: whole(row, "uncollectible"),
      },
    );
    return status === was ? [] : [{ id: text(row, "id"), customerId: text(row, "customer_id"), was, status }];
  });
  if (changes.length === 0) return [];
  await run(
    em,
    `update subscription set status = j.value ->> 'status'
     from json_each(?) j where subscription.id = j.value ->> 'id'`,
    [batch(changes)],
  );
  return changes.map(({ id, customerId, was, status }) => ({
    type: statusEvent(was, status),
    customerId,
    subscriptionId: id,
    data: { was, status },
  }));
}
