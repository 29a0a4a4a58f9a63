/** Payment links in the tables: claiming the attempt of one, asking for its end, and what is shown of it. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Random } from "../../../application/ports/runtime.ts";
import type {
  CardToKeep,
  ClaimedAttempt,
  DueRecheck,
  LinkClaim,
  NewEvent,
  Owner,
} from "../../../application/ports/store.ts";
import type { LinkEnd } from "../../../domain/payment-link.ts";
import { claimedById } from "./claims.ts";
import { text, textOrNull, whole } from "../dialect/codec.ts";
import { all, batch, ms, run } from "../dialect/sql.ts";

/** @returns null: the invoice is not open, an attempt of it is, or another claim of its customer is under way */
export async function claimLink(
  em: SqlEntityManager,
  owner: Owner,
  { invoiceId, now, leaseMs, methods, expiresAt, requestedBy }: LinkClaim,
  random: Random,
): Promise<ClaimedAttempt | null> {
  const attemptId = random.newId("att", now);
  const isByPerson = requestedBy === "dunning" ? 0 : 1;
  const [invoice] = await all(
    em,
    `update invoice
     set status = 'open', status_reason = null, next_attempt_at = null, dunning_step = 'payment_link', dunning_class = coalesce(dunning_class, 'new_card'),
         first_declined_at = coalesce(first_declined_at, ?), dunning_due_at = null
     where id = ? and void_when_settled is null
       and (status = 'open' or ? = 1 and status in ('held', 'uncollectible'))
       -- Dunning's own link is made while it is due, and not when another card came in between.
       and (? = 1 or dunning_step = 'payment_link' and dunning_due_at <= ?)
       and exists (select 1 from installation where halted_at is null and epoch = ?)
       and not exists (
         select 1 from attempt a
         where a.invoice_id = invoice.id and a.state in ('claimed', 'sending', 'pending', 'unknown', 'paid')
            or a.customer_id = invoice.customer_id and a.state in ('claimed', 'sending')
       )
     returning id`,
    [ms(now), invoiceId, isByPerson, isByPerson, ms(now), owner.epoch],
  );
  if (invoice === undefined) return null;
  await run(
    em,
    `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency,
       claimed_by, claim_epoch, claimed_at, claimed_until, inquiries, evidence)
     select ?, i.id, i.customer_id, n.number, 'claimed', i.id || '-' || n.number, 'link', i.amount_cents, i.currency,
            ?, ?, ?, ?, 0, '[]'
     from invoice i
     join (select 1 + coalesce(max(number), 0) as number from attempt where invoice_id = ?) n
     where i.id = ?`,
    [attemptId, owner.id, owner.epoch, ms(now), ms(now) + leaseMs, invoiceId, invoiceId],
  );
  await run(
    em,
    `insert into payment_link (id, attempt_id, invoice_id, url, methods, requested_by, created_at, expires_at,
       rechecks)
     values (?, ?, ?, null, ?, ?, ?, ?, 0)`,
    [random.newId("lnk", now), attemptId, invoiceId, batch(methods), requestedBy, ms(now), ms(expiresAt)],
  );
  return await claimedById(em, attemptId);
}

/** The open links of these invoices are to be closed, or tried to be closed again: the next inquiry cancels each, and reads what became of it. */
export async function endLinks(
  em: SqlEntityManager,
  invoiceIds: readonly string[],
  because: LinkEnd,
  now: Date,
): Promise<NewEvent[]> {
  const rows = await all(
    em,
    `update payment_link
     set cancel_requested_at = coalesce(cancel_requested_at, ?), cancel_because = coalesce(cancel_because, ?)
     where attempt_id in (
       select a.id from attempt a
       where a.invoice_id in (select value from json_each(?)) and a.flow = 'link'
         and a.state in ('claimed', 'sending', 'pending', 'unknown')
     )
     returning attempt_id`,
    [ms(now), because, batch(invoiceIds)],
  );
  if (rows.length === 0) return [];
  const attemptIds = rows.map((row) => text(row, "attempt_id"));
  // One that is being made is closed as soon as its answer is in the books.
  const ended = await all(
    em,
    `update attempt set next_inquiry_at = case when state in ('pending', 'unknown') then ? end
     where id in (select value from json_each(?))
     returning id, invoice_id, customer_id,
       (select subscription_id from invoice i where i.id = attempt.invoice_id) as subscription_id`,
    [ms(now), batch(attemptIds)],
  );
  return ended.map((row) => ({
    type: "invoice.payment_link_closing",
    customerId: text(row, "customer_id"),
    subscriptionId: text(row, "subscription_id"),
    invoiceId: text(row, "invoice_id"),
    attemptId: text(row, "id"),
    data: { because },
  }));
}

/**
 * The customer has another default card: invoices that such a card may mend are due at once, but not for a card they
 * were tried with already. An open payment link is closed first.
 */
export async function retryWithNewCard(
  em: SqlEntityManager,
  {
    customerId,
    paymentSourceId,
    now,
  }: { readonly customerId: string; readonly paymentSourceId: string; readonly now: Date },
): Promise<NewEvent[]> {
  const rows = await all(
    em,
    `select i.id, i.subscription_id, (
       select a.flow from attempt a
       where a.invoice_id = i.id and a.state in ('claimed', 'sending', 'pending', 'unknown')
     ) as open_flow
     from invoice i
     where i.customer_id = ? and i.status = 'open' and i.dunning_step is not null
       -- What waits for the customer; of what is tried again anyway, what a card may mend. After theft or fraud a
       -- person decides.
       and i.dunning_class <> 'never_again'
       and (i.dunning_step <> 'retry' or i.dunning_class in ('retry_later', 'new_card'))
       and not exists (
         select 1 from attempt t
         where t.invoice_id = i.id and t.state not in ('not_sent', 'released') and (
           t.payment_source_id = ?
           -- The gateway named it before we knew its id.
           or (t.payment_source_id is null and t.flow <> 'link' and t.card_last4 = (
             select c.card_last4 from customer c where c.id = i.customer_id
           ))
         )
       )`,
    [customerId, paymentSourceId],
  );
  // A charge that is under way with the older card is judged, when it is declined, by the card of that moment.
  const free = rows.filter((row) => row["open_flow"] === null).map((row) => text(row, "id"));
  const linked = rows.filter((row) => row["open_flow"] === "link").map((row) => text(row, "id"));
  await run(
    em,
    `update invoice set next_attempt_at = ?, dunning_step = 'retry', dunning_due_at = null
     where id in (select value from json_each(?))`,
    [ms(now), batch(free)],
  );
  const closing = await endLinks(em, linked, "new_card", now);
  const offered = rows
    .filter((row) => free.includes(text(row, "id")))
    .map((row): NewEvent => ({
      type: "invoice.retry_scheduled",
      customerId,
      subscriptionId: text(row, "subscription_id"),
      invoiceId: text(row, "id"),
      data: { nextAttemptAt: now.toISOString(), nextStep: "retry", rule: { name: "new_card" } },
    }));
  return [...offered, ...closing];
}

/** Links that were paid by a card which is to become the customer's default. */
export async function cardsToKeep(em: SqlEntityManager, limit: number): Promise<CardToKeep[]> {
  const rows = await all(
    em,
    `select l.id, a.customer_id, a.card_last4
     from payment_link l join attempt a on a.id = l.attempt_id
     where l.keep_card_at is not null order by l.keep_card_at limit ?`,
    [limit],
  );
  return rows.map((row) => ({
    linkId: text(row, "id"),
    customerId: text(row, "customer_id"),
    last4: textOrNull(row, "card_last4"),
  }));
}

export async function cardIsKept(em: SqlEntityManager, linkId: string): Promise<void> {
  await run(em, "update payment_link set keep_card_at = null where id = ?", [linkId]);
}

/** Links that are over, and whose orders are to be read again. */
export async function dueRechecks(em: SqlEntityManager, now: Date, limit: number): Promise<DueRecheck[]> {
  const rows = await all(
    em,
    `select a.id, a.order_id, a.reference, a.amount_cents, l.rechecks
     from payment_link l join attempt a on a.id = l.attempt_id
     where l.recheck_at <= ? and a.order_id is not null order by l.recheck_at limit ?`,
    [ms(now), limit],
  );
  return rows.map((row) => ({
    attemptId: text(row, "id"),
    orderId: text(row, "order_id"),
    reference: text(row, "reference"),
    amountCents: whole(row, "amount_cents"),
    rechecks: whole(row, "rechecks"),
  }));
}

export async function noteRecheck(em: SqlEntityManager, attemptId: string, next: Date | null): Promise<void> {
  await run(em, "update payment_link set recheck_at = ?, rechecks = rechecks + 1 where attempt_id = ?", [
    ms(next),
    attemptId,
  ]);
}
