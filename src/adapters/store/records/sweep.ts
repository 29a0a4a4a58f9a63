/** What a sweep of the gateway's orders reads of the books, and the attempts it writes back into them. */
import { hasPage, wayOf } from "../../../domain/ways-to-pay.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type { LostAttempt, SweepRecords, UnpaidOrder, Window } from "../../../application/ports/reconcile.ts";
import type { KnownAttempt } from "../../../application/ports/webhooks.ts";
import { instant, instantOrNull, text, whole, wholeOrNull } from "../dialect/codec.ts";
import { appendEvents } from "../events.ts";
import { isArchived } from "./archives.ts";
import { KNOWN_ATTEMPT, knownAttempt } from "../billing/known-attempt.ts";
import { all, batch, type Connected, ms, NO_LIMIT, run } from "../dialect/sql.ts";
import { MONEY, UNCERTAIN } from "../billing/attempt-states.ts";
import { UNSETTLED } from "../billing/invoice-statuses.ts";

type Database = {
  readonly read: () => Connected;
  readonly write: <T>(work: (em: Connected) => Promise<T>) => Promise<T>;
  readonly random: Random;
};

/** At least as many as any claim takes. */
const CLAIMED_AT_ONCE = 1_000;

export function sweepRecords({ read, write, random }: Database): SweepRecords {
  return {
    async lastSentAt() {
      // By the claim, which has an index: it comes moments before the sending, and a batch is claimed at one instant.
      const [row = {}] = await all(
        read(),
        `select max(sent_at) as sent_at from (
           select sent_at from attempt where sent_at is not null order by claimed_at desc limit ${CLAIMED_AT_ONCE}
         ) latest`,
      );
      return instantOrNull(row, "sent_at");
    },
    async createdAt() {
      const [row] = await all(read(), "select created_at from installation");
      return row === undefined ? new Date(0) : instant(row, "created_at");
    },
    async comparedUntil() {
      const [row = {}] = await all(read(), "select orders_compared_until from installation");
      return instantOrNull(row, "orders_compared_until");
    },
    noteCompared: (until) =>
      write(async (em) => {
        await run(
          em,
          "update installation set orders_compared_until = ? where coalesce(orders_compared_until, 0) < ?",
          [ms(until), ms(until)],
        );
      }),
    importAttempt: (attempt, now) => write((em) => importAttempt(em, attempt, now, random)),
    paidAttempts: (window) => paidAttempts(read(), window),
    unpaidOrders: (limit) => unpaidOrders(read(), limit),
    inquireAboutAll: (now) =>
      write(async (em) => {
        const uncertain = `select id from attempt where state in ${UNCERTAIN}`;
        await run(em, `update read_failure set next_read_at = ? where id in (${uncertain})`, [ms(now)]);
        return await run(em, `update attempt set next_inquiry_at = ? where state in ${UNCERTAIN}`, [ms(now)]);
      }),
    async setAside(orderIds) {
      if (orderIds.length === 0) return new Set();
      const rows = await all(
        read(),
        "select order_id from order_set_aside where order_id in (select value from json_each(?))",
        [batch(orderIds)],
      );
      return new Set(rows.map((row) => text(row, "order_id")));
    },
    isArchived: (order) => isArchived(read(), order),
    keepAside: (orderIds, decision, now) => write((em) => keepAside(em, orderIds, decision, now, random)),
  };
}

async function keepAside(
  em: Connected,
  orderIds: readonly string[],
  { why, by }: { readonly why: string; readonly by: string },
  now: Date,
  random: Random,
): Promise<void> {
  const rows = await all(
    em,
    `insert into order_set_aside (order_id, at, why, set_aside_by)
     select value, ?, ?, ? from json_each(?) where true on conflict do nothing returning order_id`,
    [ms(now), why, by, batch(orderIds)],
  );
  const aside = rows.map((row) => ({
    type: "order.set_aside" as const,
    data: { orderId: text(row, "order_id"), why, by },
  }));
  await appendEvents(em, aside, now, random);
}

const BECAUSE = "the gateway shows an order of this attempt, which the books lacked";

async function importAttempt(em: Connected, attempt: LostAttempt, now: Date, random: Random): Promise<void> {
  const { reference, invoiceId, flow, orderId, state } = attempt;
  const [taken] = await all(em, "select 1 as one from attempt where reference = ?", [reference]);
  if (taken !== undefined) return;
  const [row] = await all(
    em,
    `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, order_id,
       claimed_by, claim_epoch, claimed_at, claimed_until, sent_at, settled_at, inquiries, next_inquiry_at, evidence)
     select ?, i.id, i.customer_id, ?, ?, ?, ?, i.amount_cents, i.currency, ?,
            'reconcile', n.epoch, ?, ?, ?, ?, 0, ?, ?
     from invoice i, installation n where i.id = ?
     returning id, customer_id, (select subscription_id from invoice where id = invoice_id) as subscription_id`,
    [
      random.newId("att", attempt.sentAt),
      await numberFor(em, attempt),
      state,
      reference,
      flow,
      // One order is one attempt, but in the flow order_first: the reducer takes it once it is sure whose it is.
      wayOf(attempt).sharesOrder ? orderId : null,
      ms(attempt.sentAt),
      ms(attempt.sentAt),
      ms(attempt.sentAt),
      state === "unknown" ? null : ms(now),
      state === "unknown" ? ms(now) : null,
      batch([{ at: now.toISOString(), httpStatus: 200, logId: null, because: BECAUSE }]),
      invoiceId,
    ],
  );
  if (row === undefined) throw new Error(`invoice ${invoiceId} is not in the books`);
  if (state === "unknown") await run(em, "update invoice set next_attempt_at = null where id = ?", [invoiceId]);
  // The page's address and end are told when the order is booked.
  if (hasPage(attempt))
    await run(
      em,
      `insert into payment_link (id, attempt_id, invoice_id, url, methods, requested_by, created_at, expires_at, rechecks)
       values (?, ?, ?, null, '[]', 'reconcile', ?, ?, 0)`,
      [random.newId("lnk", attempt.sentAt), text(row, "id"), invoiceId, ms(attempt.sentAt), ms(attempt.sentAt)],
    );
  if (wayOf(attempt).sharesOrder)
    await run(
      em,
      `update invoice set order_id = ? where id = ? and order_id is null
       and not exists (select 1 from invoice o where o.order_id = ?)`,
      [orderId, invoiceId, orderId],
    );
  const subject = { customerId: text(row, "customer_id"), subscriptionId: text(row, "subscription_id"), invoiceId };
  const data = { reference, orderId, because: BECAUSE };
  await appendEvents(em, [{ type: "attempt.imported", ...subject, attemptId: text(row, "id"), data }], now, random);
}

/**
 * The number its reference names, where that is free. Never one so low that a later claim of the same invoice would
 * come to a reference that exists.
 */
async function numberFor(em: Connected, { reference, invoiceId }: LostAttempt): Promise<number> {
  const rows = await all(em, "select number from attempt where invoice_id = ?", [invoiceId]);
  const numbers = new Set(rows.map((row) => whole(row, "number")));
  const next = 1 + Math.max(0, ...numbers);
  const [, digits] = reference.startsWith(`${invoiceId}-`) ? (/-(\d{1,6})$/.exec(reference) ?? []) : [];
  if (digits === undefined || Number(digits) < 1) return next;
  return numbers.has(Number(digits)) ? next : Number(digits);
}

async function paidAttempts(em: Connected, { from, to }: Window): Promise<KnownAttempt[]> {
  const rows = await all(
    em,
    `select ${KNOWN_ATTEMPT}
     from attempt a join invoice i on i.id = a.invoice_id
     where a.sent_at between ? and ? and a.state in ${MONEY}
     order by a.sent_at, a.id`,
    [ms(from), ms(to)],
  );
  return rows.map(knownAttempt);
}

async function unpaidOrders(em: Connected, limit = NO_LIMIT): Promise<UnpaidOrder[]> {
  const rows = await all(
    em,
    `select order_id, id, subscription_id, cycle from invoice
     where status in ${UNSETTLED} and order_id is not null
     order by coalesce(next_attempt_at, dunning_due_at, 0), id limit ?`,
    [limit],
  );
  return rows.map((row) => ({
    orderId: text(row, "order_id"),
    invoiceId: text(row, "id"),
    subscriptionId: text(row, "subscription_id"),
    cycle: wholeOrNull(row, "cycle"),
  }));
}
