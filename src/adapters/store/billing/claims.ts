/** Claiming due invoices, and committing that their charges are about to be sent. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { ChargeFlow } from "../../../domain/attempt.ts";
import type { Rule } from "../../../domain/dunning/dunning.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type { ClaimedAttempt, DueInquiry, Owner } from "../../../application/ports/store.ts";
import { instant, json, text, textOrNull, whole, word } from "../dialect/codec.ts";
import { CARD_IS_FORBIDDEN, CARD_IS_MISSING, EARLIER_IS_UNPAID, monthOf } from "./dunning-steps.ts";
import { appendEvents } from "../events.ts";
import { RETRY_IS_REQUESTED } from "./retry-requested.ts";
import { all, batch, ms, run, type RawRow } from "../dialect/sql.ts";
import { DAY_MS } from "../../../domain/duration.ts";

/** Due invoices looked at for one of each customer: a customer with very many cannot fill a batch alone. */
const SCAN_FACTOR = 4;

const CLAIMED = `
  select a.id, a.number, a.state, a.flow, a.reference, coalesce(a.sent_at, a.claimed_at) as sent_at,
         -- The invoice's order belongs to the flow order_first: an attempt of the other flow made its own.
         case when a.flow = 'order_first' then coalesce(a.order_id, i.order_id) else a.order_id end as order_id,
         i.id as invoice_id, i.subscription_id, i.cycle, i.customer_id, i.currency, i.amount_cents, i.discount_cents,
         i.line_items, (select id from installation) as installation_id,
         (select case when l.cancel_requested_at is not null then 0 else l.expires_at end
          from payment_link l where l.attempt_id = a.id) as must_close_from
  from attempt a join invoice i on i.id = a.invoice_id`;

function claimedAttempt(row: RawRow): ClaimedAttempt {
  return {
    attemptId: text(row, "id"),
    number: whole(row, "number"),
    flow: word(row, "flow"),
    orderId: textOrNull(row, "order_id"),
    intent: {
      reference: text(row, "reference"),
      installationId: text(row, "installation_id"),
      subscriptionId: text(row, "subscription_id"),
      invoiceId: text(row, "invoice_id"),
      cycle: whole(row, "cycle"),
      customerId: text(row, "customer_id"),
      currency: text(row, "currency"),
      amountCents: whole(row, "amount_cents"),
      discountCents: whole(row, "discount_cents"),
      lineItems: json(row, "line_items"),
    },
  };
}

export async function claim(
  em: SqlEntityManager,
  owner: Owner,
  options: { readonly now: Date; readonly leaseMs: number; readonly limit: number; readonly flow: ChargeFlow },
  random: Random,
): Promise<ClaimedAttempt[]> {
  const { now, leaseMs, limit, flow } = options;
  const due = await all(
    em,
    `update invoice set next_attempt_at = null
     where id in (
       select id from (
         select d.id, d.next_attempt_at, row_number() over (partition by d.customer_id order by d.next_attempt_at, d.id) as place
         from (
           select i.id, i.customer_id, i.next_attempt_at
           from invoice i join customer c on c.id = i.customer_id
           where i.next_attempt_at <= ?
             -- What the checks before a charge found out, or have not been able to: nobody's card is charged meanwhile.
             and not ${CARD_IS_MISSING} and not ${CARD_IS_FORBIDDEN} and not ${EARLIER_IS_UNPAID}
           order by i.next_attempt_at, i.id limit ?
         ) d
         where not exists (
           select 1 from attempt a where a.customer_id = d.customer_id and a.state in ('claimed', 'sending')
         )
       ) where place = 1 order by next_attempt_at, id limit ?
     )
     and not exists (
       select 1 from attempt a where a.invoice_id = invoice.id and a.state in ('claimed', 'sending', 'pending', 'unknown')
     )
     -- The fence: a closed gate, or a successor, and nothing is claimed.
     and exists (select 1 from installation where halted_at is null and epoch = ?)
     returning id`,
    [ms(now), monthOf(now), limit * SCAN_FACTOR, limit, owner.epoch],
  );
  if (due.length === 0) return [];
  const claims = due.map((row) => ({ invoiceId: text(row, "id"), attemptId: random.newId("att", now) }));
  await run(
    em,
    `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, order_id,
       payment_source_id, card_brand, card_last4, claimed_by, claim_epoch, claimed_at, claimed_until, inquiries, evidence)
     select j.value ->> 'attemptId', i.id, i.customer_id, n.number, 'claimed', i.id || '-' || n.number, ?, i.amount_cents,
            i.currency, null, c.payment_source_id, c.card_brand, c.card_last4, ?, ?, ?, ?, 0, '[]'
     from json_each(?) j
     join invoice i on i.id = j.value ->> 'invoiceId'
     join customer c on c.id = i.customer_id
     join (
       select k.value ->> 'invoiceId' as invoice_id, 1 + coalesce(max(a.number), 0) as number
       from json_each(?) k left join attempt a on a.invoice_id = k.value ->> 'invoiceId' group by 1
     ) n on n.invoice_id = i.id`,
    [flow, owner.id, owner.epoch, ms(now), ms(now) + leaseMs, batch(claims), batch(claims)],
  );
  const rows = await all(
    em,
    `${CLAIMED} where a.id in (select value ->> 'attemptId' from json_each(?)) order by a.id`,
    [batch(claims)],
  );
  return rows.map(claimedAttempt);
}

export async function claimedById(em: SqlEntityManager, attemptId: string): Promise<ClaimedAttempt | null> {
  const [row] = await all(em, `${CLAIMED} where a.id = ?`, [attemptId]);
  return row === undefined ? null : claimedAttempt(row);
}

/** Due invoices looked at for one batch of claims: the same that `claim` looks at, or more. */
const HOLD_SCAN = 2_000;

/** @returns how many were held */
export async function enforceDailyLimit(
  em: SqlEntityManager,
  now: Date,
  maxPerDay: number,
  random: Random,
): Promise<number> {
  const beyond = `
    select i.id
    from (
      select i.id, i.customer_id, i.declines from invoice i
      where i.next_attempt_at <= ? and not ${EARLIER_IS_UNPAID} order by i.next_attempt_at, i.id limit ?
    ) i
    where (
      select count(*) from attempt a
      where a.customer_id = i.customer_id and a.sent_at > ? and a.state <> 'not_sent' and a.flow <> 'link'
    ) >= ? and not ${RETRY_IS_REQUESTED}`;
  const parameters = [ms(now), HOLD_SCAN, ms(now) - DAY_MS, maxPerDay];
  // A retry that dunning planned has time: it comes when the day is over. Anything else is held for a person.
  const put = await all(
    em,
    `update invoice
     set next_attempt_at = (
       select min(a.sent_at) + ${DAY_MS} from attempt a
       where a.customer_id = invoice.customer_id and a.sent_at > ? and a.state <> 'not_sent' and a.flow <> 'link'
     )
     where declines > 0 and id in (${beyond})
     returning id, subscription_id, customer_id, next_attempt_at`,
    [ms(now) - DAY_MS, ...parameters],
  );
  const held = await all(
    em,
    `update invoice
     set status = 'held', status_reason = 'daily_limit', next_attempt_at = null,
         dunning_step = null, dunning_class = null, dunning_due_at = null
     where id in (${beyond})
     returning id, subscription_id, customer_id`,
    parameters,
  );
  const putOff = put.map((row) => ({
    type: "invoice.retry_scheduled" as const,
    invoiceId: text(row, "id"),
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
    data: {
      nextAttemptAt: instant(row, "next_attempt_at").toISOString(),
      nextStep: "retry",
      rule: { name: "daily_limit", charges: maxPerDay } satisfies Rule,
    },
  }));
  const events = held.map((row) => ({
    type: "invoice.held" as const,
    invoiceId: text(row, "id"),
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
    data: { statusReason: "daily_limit", because: `the customer was charged ${maxPerDay} times within 24 hours` },
  }));
  await appendEvents(em, [...putOff, ...events], now, random);
  return held.length;
}

/** @returns the ids that may be sent */
export async function markSending(
  em: SqlEntityManager,
  owner: Owner,
  items: readonly { readonly attemptId: string; readonly orderId: string | null }[],
  options: { readonly now: Date; readonly leaseMs: number },
): Promise<Set<string>> {
  const rows = await all(
    em,
    `update attempt
     set state = 'sending', sent_at = ?, claimed_until = ?, order_id = j.value ->> 'orderId'
     from json_each(?) j
     where attempt.id = j.value ->> 'attemptId'
       and state = 'claimed' and claimed_by = ? and claim_epoch = ?
       and exists (select 1 from installation where halted_at is null and epoch = ?)
       and exists (
         select 1 from invoice i where i.id = attempt.invoice_id and i.status = 'open' and i.void_when_settled is null
       )
     returning attempt.id`,
    [ms(options.now), ms(options.now) + options.leaseMs, batch(items), owner.id, owner.epoch, owner.epoch],
  );
  // In the flow order_first the order belongs to the invoice; every attempt of it charges the same one.
  if (items.some((item) => item.orderId !== null))
    await run(
      em,
      `update invoice set order_id = j.value ->> 'orderId'
       from json_each(?) j join attempt a on a.id = j.value ->> 'attemptId'
       where invoice.id = a.invoice_id and invoice.order_id is null and a.flow = 'order_first'
         -- A predecessor's order must not become the one that its successor's next try charges.
         and a.claimed_by = ? and a.claim_epoch = ? and exists (select 1 from installation where epoch = ?)`,
      [batch(items.filter((item) => item.orderId !== null)), owner.id, owner.epoch, owner.epoch],
    );
  return new Set(rows.map((row) => text(row, "id")));
}

export async function abandoned(em: SqlEntityManager, owner: Owner, now: Date, limit: number): Promise<string[]> {
  const rows = await all(
    em,
    `select id from attempt
     where state in ('claimed', 'sending') and (claimed_until < ? or claim_epoch <> ?)
       -- Who was succeeded has no say in what his successor holds.
       and exists (select 1 from installation where epoch = ?)
     order by id limit ?`,
    [ms(now), owner.epoch, owner.epoch, limit],
  );
  return rows.map((row) => text(row, "id"));
}

/** Conekta has so long to say by itself that a payment link is over. */
const CLOSE_AFTER_MS = DAY_MS;

export async function dueInquiries(em: SqlEntityManager, now: Date, limit: number): Promise<DueInquiry[]> {
  const rows = await all(em, `${CLAIMED} where a.next_inquiry_at <= ? order by a.next_inquiry_at, a.id limit ?`, [
    ms(now),
    limit,
  ]);
  return rows.map((row) => ({
    ...claimedAttempt(row),
    state: word<DueInquiry["state"]>(row, "state"),
    sentAt: instant(row, "sent_at"),
    mustClose: row["must_close_from"] !== null && whole(row, "must_close_from") + CLOSE_AFTER_MS < ms(now),
  }));
}
