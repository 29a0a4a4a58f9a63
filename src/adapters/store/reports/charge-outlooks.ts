/** What `domain/charging/next-charge.ts` asks about subscriptions. One statement a kind of fact, for one subscription or a thousand. */
import type { PlannedInvoice } from "../../../application/ports/explain.ts";
import type { DuePlace } from "../../../application/ports/charging.ts";
import type { ChargeOutlook, OutlookInvoice } from "../../../domain/charging/invoice-outlook.ts";
import type { DueSubscription } from "../../../domain/opening.ts";
import { isShared } from "../../../domain/invoice-content.ts";
import { barredCards, declinesOf, NONE_BARRED, recentTries } from "../billing/card-facts.ts";
import { lastPaid, missedInvoices, OPEN_ATTEMPT, unsettledInvoiceOf } from "../billing/subscription-facts.ts";
import { PAYER, payerOf } from "../billing/charge-facts.ts";
import { DUE_SUBSCRIPTION, dueSubscriptionsOf } from "../billing/due-subscriptions.ts";
import { instant, instantOrNull, text, textOrNull, whole } from "../dialect/codec.ts";
import { standingDisputes } from "../records/disputes.ts";
import { all, batch, type Connected, ms, type RawRow } from "../dialect/sql.ts";
import { UNSETTLED } from "../billing/invoice-statuses.ts";

/** By subscription. */
export async function chargeOutlooks(
  em: Connected,
  subscriptionIds: readonly string[],
  now: Date,
  leastCents: number,
): Promise<Map<string, ChargeOutlook>> {
  const ids = batch(subscriptionIds);
  const rows = await all(
    em,
    `select ${DUE_SUBSCRIPTION}, ${PAYER}
     from subscription s join plan p on p.id = s.plan_id join customer c on c.id = s.customer_id
     where s.id in (select value from json_each(?))`,
    [ids],
  );
  const subscriptions = await dueSubscriptionsOf(em, rows, leastCents);
  const beside = await besideOf(em, subscriptions, leastCents);
  const unsettled = Map.groupBy(
    await all(
      em,
      `select e.subscription_id, e.id, e.cycle, e.period_end, e.status, e.status_reason, e.dunning_step, e.reopened_from,
              e.missed, e.retry_requested_at, e.dunning_due_at, e.next_attempt_at, e.declines, e.first_declined_at, e.amount_cents, e.currency,
              ${OPEN_ATTEMPT} as open_attempt
       from invoice e
       where e.subscription_id in (select value from json_each(?)) and e.status in ${UNSETTLED}`,
      [ids],
    ),
    (row) => text(row, "subscription_id"),
  );
  const found = idsIn(rows, "id");
  const customerIds = idsIn(rows, "customer_id");
  const missed = await missedInvoices(em, found);
  const paid = await lastPaid(em, found);
  const disputes = await standingDisputes(em, found);
  const tries = await recentTries(em, customerIds, now);
  const barred = await barredCards(em, customerIds);
  const declines = await declinesOf(em, idsIn(rows, "payment_source_id"));
  const rowOf = new Map(rows.map((row) => [text(row, "id"), row]));
  return new Map(
    subscriptions.map((subscription): readonly [string, ChargeOutlook] => {
      const { id, customerId } = subscription;
      const row = rowOf.get(id)!;
      return [
        id,
        {
          subscription,
          beside: beside(subscription),
          unsettled: (unsettled.get(id) ?? []).map(outlookInvoiceOf),
          missed: missed.get(id) ?? [],
          paidAt: paid.get(id) ?? null,
          disputes: disputes.get(id) ?? [],
          customer: {
            ...payerOf(row),
            tries: tries.get(customerId) ?? [],
            ...(barred.get(customerId) ?? NONE_BARRED),
            declines: declines.get(textOrNull(row, "payment_source_id") ?? "") ?? [],
          },
        },
      ];
    }),
  );
}

/** Those that share what waits: none of a customer without a balance and an item of their own. */
async function besideOf(
  em: Connected,
  subscriptions: readonly DueSubscription[],
  leastCents: number,
): Promise<(subscription: DueSubscription) => DueSubscription[]> {
  const sharing = subscriptions.filter(({ waiting }) => isShared(waiting));
  if (sharing.length === 0) return () => [];
  const rows = await all(
    em,
    `select ${DUE_SUBSCRIPTION} from subscription s join plan p on p.id = s.plan_id
     where s.customer_id in (select value from json_each(?)) and s.next_billing_at is not null`,
    [batch([...new Set(sharing.map(({ customerId }) => customerId))])],
  );
  const ofCustomer = Map.groupBy(await dueSubscriptionsOf(em, rows, leastCents), ({ customerId }) => customerId);
  const ids = new Set(sharing.map(({ id }) => id));
  return ({ id, customerId, plan: { currency } }) =>
    ids.has(id)
      ? (ofCustomer.get(customerId) ?? []).filter((each) => each.id !== id && each.plan.currency === currency)
      : [];
}

/** By date; the states are those of the index on `next_attempt_at`. */
export async function plannedInvoices(em: Connected, after: DuePlace | null, limit: number): Promise<PlannedInvoice[]> {
  const rows = await all(
    em,
    `select i.id, i.subscription_id, i.next_attempt_at from invoice i
     where i.next_attempt_at is not null and (i.next_attempt_at, i.id) > (?, ?)
     order by i.next_attempt_at, i.id limit ?`,
    [after === null ? 0 : ms(after.at), after?.invoiceId ?? "", limit],
  );
  return rows.map((row) => ({
    invoiceId: text(row, "id"),
    subscriptionId: text(row, "subscription_id"),
    at: instant(row, "next_attempt_at"),
  }));
}

function outlookInvoiceOf(row: RawRow): OutlookInvoice {
  return {
    ...unsettledInvoiceOf(row),
    id: text(row, "id"),
    periodEnd: instant(row, "period_end"),
    retryRequestedAt: instantOrNull(row, "retry_requested_at"),
    dunningDueAt: instantOrNull(row, "dunning_due_at"),
    declines: whole(row, "declines"),
    amountCents: whole(row, "amount_cents"),
    currency: text(row, "currency"),
  };
}

function idsIn(rows: readonly RawRow[], column: string): string[] {
  return [...new Set(rows.flatMap((row) => textOrNull(row, column) ?? []))];
}
