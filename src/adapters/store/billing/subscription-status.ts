/** Derives the status of subscriptions from their invoices, in the transaction that changed those. */
import type { NewEvent } from "../../../domain/event-types.ts";
import { nextAfterVoid, statusEvent, statusAfter, type SubscriptionStatus } from "../../../domain/subscription.ts";
import { instantOrNull, text, whole, wholeOrNull, word, wordOrNull } from "../dialect/codec.ts";
import { VOID_CYCLES } from "./void-cycles.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";
import { UNSETTLED } from "./invoice-statuses.ts";

/** @returns the events of the statuses that changed */
export async function refreshStatuses(em: Connected, subscriptionIds: readonly string[]): Promise<NewEvent[]> {
  if (subscriptionIds.length === 0) return [];
  const ids = batch([...new Set(subscriptionIds)]);
  const rows = await all(
    em,
    `select s.id, s.customer_id, s.status, s.next_billing_at, s.first_cycle, s.next_cycle, s.cancel_at, s.anchor_local,
            s.time_zone, p.interval, p.frequency, p.expiry_count, p.expiry_counts, ${VOID_CYCLES} as void_cycles
     from subscription s join plan p on p.id = s.plan_id where s.id in (select value from json_each(?)) order by s.id`,
    [ids],
  );
  const invoices = Map.groupBy(
    await all(
      em,
      `select i.subscription_id, i.status, i.dunning_step, i.first_declined_at, i.reopened_from from invoice i
       where i.subscription_id in (select value from json_each(?)) and i.status in ${UNSETTLED}`,
      [ids],
    ),
    (row) => text(row, "subscription_id"),
  );
  const changes = rows.flatMap((row) => {
    const was = word<SubscriptionStatus>(row, "status");
    const at = instantOrNull(row, "next_billing_at");
    const nextCycle = whole(row, "next_cycle");
    const nextBillingAt = nextAfterVoid(
      {
        ...{ status: was, nextCycle, nextBillingAt: at, cancelAt: instantOrNull(row, "cancel_at") },
        ...{ anchorLocal: text(row, "anchor_local"), timeZone: text(row, "time_zone") },
      },
      {
        ...{ interval: word(row, "interval"), frequency: whole(row, "frequency") },
        ...{ expiryCount: wholeOrNull(row, "expiry_count"), expiryCounts: word(row, "expiry_counts") },
      },
      whole(row, "void_cycles"),
    );
    const status = statusAfter(
      {
        status: was,
        nextBillingAt,
        firstCycle: whole(row, "first_cycle"),
        nextCycle,
      },
      (invoices.get(text(row, "id")) ?? []).map((invoice) => ({
        status: word(invoice, "status"),
        dunningStep: wordOrNull(invoice, "dunning_step"),
        firstDeclinedAt: instantOrNull(invoice, "first_declined_at"),
        reopenedFrom: wordOrNull(invoice, "reopened_from"),
      })),
    );
    if (status === was && nextBillingAt?.getTime() === at?.getTime()) return [];
    const id = text(row, "id");
    return [{ id, customerId: text(row, "customer_id"), was, status, nextBillingAt: ms(nextBillingAt) }];
  });
  if (changes.length === 0) return [];
  await run(
    em,
    `update subscription set status = j.status, next_billing_at = j.next_billing_at
     from rows(?: status text, id text, nextBillingAt int) j where subscription.id = j.id`,
    [batch(changes)],
  );
  return changes
    .filter(({ was, status }) => was !== status)
    .map(({ id, customerId, was, status }) => ({
      type: statusEvent(was, status),
      customerId,
      subscriptionId: id,
      data: { was, status },
    }));
}
