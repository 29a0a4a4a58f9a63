/** What the rules need to know of an invoice, and what they make of it: read and written in sets. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { NewEvent } from "../../../domain/event-types.ts";
import type { FinalAction } from "../../../domain/dunning/dunning.ts";
import type { InvoiceChange } from "../../../domain/invoice-transition.ts";
import type { InvoiceFacts } from "../../../domain/settle/settlement.ts";
import { stopCollection } from "../../../domain/settle/stop-collection.ts";
import { afterFinalAction, type SubscriptionStatus } from "../../../domain/subscription.ts";
import { flag, instantOrNull, text, whole, word, wordOrNull } from "../dialect/codec.ts";
import { all, batch, ms, run, type RawRow } from "../dialect/sql.ts";
import { OPEN } from "./attempt-states.ts";
import { giveBack, takeAgain } from "./waiting.ts";
import { UNSETTLED } from "./invoice-statuses.ts";

/** Of an invoice `i` and its subscription `s`. */
export const INVOICE_FACTS = `i.id as invoice_id, i.status, i.status_reason, i.amount_cents as invoice_cents,
  i.currency as invoice_currency, i.next_attempt_at, i.declines, i.faults, i.void_when_settled, i.first_declined_at,
  i.dunning_step, i.dunning_class, i.dunning_due_at, i.retry_requested_at, i.reopened_from, s.time_zone`;

export function invoiceFactsOf(
  row: RawRow,
): Omit<InvoiceFacts, "paidByAnother" | "openElsewhere" | "isOtherCardNow" | "cardLast4Now" | "hasUntriedCard"> {
  return {
    id: text(row, "invoice_id"),
    status: word(row, "status"),
    statusReason: wordOrNull(row, "status_reason"),
    nextAttemptAt: instantOrNull(row, "next_attempt_at"),
    amountCents: whole(row, "invoice_cents"),
    currency: text(row, "invoice_currency"),
    declines: whole(row, "declines"),
    faults: whole(row, "faults"),
    voidWhenSettled: wordOrNull(row, "void_when_settled"),
    firstDeclinedAt: instantOrNull(row, "first_declined_at"),
    dunningStep: wordOrNull(row, "dunning_step"),
    dunningClass: wordOrNull(row, "dunning_class"),
    dunningDueAt: instantOrNull(row, "dunning_due_at"),
    retryRequestedAt: instantOrNull(row, "retry_requested_at"),
    reopenedFrom: wordOrNull(row, "reopened_from"),
    timeZone: text(row, "time_zone"),
  };
}

export type ChangedInvoice = {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly change: InvoiceChange;
  readonly finalAction: FinalAction | null;
};

/** @returns the events of what follows for the subscriptions */
export async function writeInvoices(
  em: SqlEntityManager,
  changed: readonly ChangedInvoice[],
  now: Date,
): Promise<NewEvent[]> {
  await writeChanges(em, changed);
  const idsIn = (status: InvoiceChange["status"]): string[] =>
    changed.filter(({ change }) => change.status === status).map(({ invoiceId }) => invoiceId);
  await giveBack(em, idsIn("void"), now);
  await takeAgain(em, idsIn("paid"));
  return await writeFinalActions(em, changed, now);
}

/** The one statement that changes the status of an invoice. */
export async function writeChanges(
  em: SqlEntityManager,
  changed: readonly Pick<ChangedInvoice, "invoiceId" | "change">[],
): Promise<void> {
  if (changed.length === 0) return;
  await run(
    em,
    `update invoice set
       status = j.status,
       status_reason = j.status_reason,
       next_attempt_at = j.next_attempt_at,
       declines = j.declines,
       faults = j.faults,
       paid_at = coalesce(invoice.paid_at, j.paid_at),
       first_declined_at = j.first_declined_at,
       dunning_step = j.dunning_step,
       dunning_class = j.dunning_class,
       dunning_due_at = j.dunning_due_at,
       retry_requested_at = j.retry_requested_at,
       reopened_from = j.reopened_from
     from rows(?:
       status text, statusReason text, nextAttemptAt int, declines int, faults int, paidAt int, firstDeclinedAt int,
       dunningStep text, dunningClass text, dunningDueAt int, retryRequestedAt int, reopenedFrom text, invoiceId text
     ) j where invoice.id = j.invoice_id`,
    [
      batch(
        changed.map(({ invoiceId, change }) => ({
          invoiceId,
          ...change,
          nextAttemptAt: ms(change.nextAttemptAt),
          paidAt: ms(change.paidAt),
          firstDeclinedAt: ms(change.firstDeclinedAt),
          dunningDueAt: ms(change.dunningDueAt),
          retryRequestedAt: ms(change.retryRequestedAt),
        })),
      ),
    ],
  );
}

async function writeFinalActions(
  em: SqlEntityManager,
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

async function stopCollections(em: SqlEntityManager, subscriptionIds: readonly string[]): Promise<NewEvent[]> {
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
