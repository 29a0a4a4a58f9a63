/** Dunning gave up: its policy's final action on the subscription, and the end of collecting its other invoices. */
import type { NewEvent } from "../../../domain/event-types.ts";
import { stopCollection, afterFinalAction } from "../../../domain/dunning/final-action.ts";
import type { SubscriptionStatus } from "../../../domain/subscription.ts";
import { flag, instantOrNull, text, word } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";
import { OPEN } from "./attempt-states.ts";
import { UNSETTLED } from "./invoice-statuses.ts";
import { INVOICE_FACTS, invoiceFactsOf } from "./invoice-facts.ts";
import { type ChangedInvoice, writeChanges } from "./invoice-changes.ts";

/** @returns their events */
export async function writeFinalActions(
  em: Connected,
  changed: readonly ChangedInvoice[],
  at: Date,
): Promise<NewEvent[]> {
  const actions = new Map(
    changed.flatMap(({ subscriptionId, finalAction }) => (finalAction === null ? [] : [[subscriptionId, finalAction]])),
  );
  if (actions.size === 0) return [];
  const ids = [...actions.keys()];
  const subscriptions = await all(
    em,
    `select id, customer_id, status, next_billing_at from subscription
     where id in (select value from json_each(?)) order by id`,
    [batch(ids)],
  );
  const ended = subscriptions.flatMap((row) => {
    const now = {
      status: word<SubscriptionStatus>(row, "status"),
      nextBillingAt: instantOrNull(row, "next_billing_at"),
    };
    const after = afterFinalAction(now, actions.get(text(row, "id"))!);
    return after === null ? [] : [{ id: text(row, "id"), customerId: text(row, "customer_id"), ...after }];
  });
  await run(
    em,
    `update subscription set status = j.status, next_billing_at = j.next_billing_at,
       given_up_at = case when j.status = 'canceled' then cast(? as bigint) end
     from rows(?: status text, nextBillingAt int, id text) j where subscription.id = j.id`,
    [ms(at), batch(ended.map((each) => ({ ...each, nextBillingAt: ms(each.nextBillingAt) })))],
  );
  const stopped = await stopCollections(em, ids);
  return [
    ...ended.map(({ id, customerId, status }) => ({
      type: `subscription.${status}` as const,
      customerId,
      subscriptionId: id,
      data: { because: "dunning_final_action" },
    })),
    ...stopped,
  ];
}

async function stopCollections(em: Connected, subscriptionIds: readonly string[]): Promise<NewEvent[]> {
  const rows = await all(
    em,
    `select ${INVOICE_FACTS}, i.subscription_id, i.customer_id,
            exists (select 1 from attempt a where a.invoice_id = i.id and a.state in ${OPEN}) as has_open_attempt
     from invoice i join subscription s on s.id = i.subscription_id
     where i.subscription_id in (select value from json_each(?)) and i.status in ${UNSETTLED}`,
    [batch(subscriptionIds)],
  );
  const stopped = rows.flatMap((row) => {
    const change = stopCollection(invoiceFactsOf(row), { hasOpenAttempt: flag(row, "has_open_attempt") });
    return change === null ? [] : [{ invoiceId: text(row, "invoice_id"), row, change }];
  });
  await writeChanges(em, stopped);
  return stopped.map(({ invoiceId, row, change: { statusReason } }) => ({
    type: "invoice.uncollectible",
    customerId: text(row, "customer_id"),
    subscriptionId: text(row, "subscription_id"),
    invoiceId,
    data: { statusReason },
  }));
}
