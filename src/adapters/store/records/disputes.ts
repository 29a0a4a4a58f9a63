/** The rows of disputes, one a charge, and which orders are to be read for them. */
import type { DisputeRead } from "../../../application/ports/charging.ts";
import {
  DISPUTE_READS_AFTER_DAYS,
  FIRST_READS_DAYS,
  REREAD_MS,
  type Dispute,
  type PaymentDispute,
} from "../../../domain/dispute.ts";
import { DAY_MS } from "../../../domain/duration.ts";
import { instant, instantOrNull, text, textOrNull, whole, wholeOrNull, word } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";
import { MONEY } from "../billing/attempt-states.ts";
import { mayBeRead } from "./read-failures.ts";

export async function disputesOf(em: Connected, orderId: string): Promise<Dispute[]> {
  return (await all(em, "select * from dispute where order_id = ? order by id", [orderId])).map(disputeOf);
}

export async function disputeById(em: Connected, id: string): Promise<Dispute | null> {
  const [row] = await all(em, "select * from dispute where id = ?", [id]);
  return row === undefined ? null : disputeOf(row);
}

/** By subscription, for `standingDispute`. */
export async function standingDisputes(
  em: Connected,
  subscriptionIds: readonly string[],
): Promise<Map<string, PaymentDispute[]>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await all(
    em,
    `select d.subscription_id, d.id, d.outcome, d.closed_at, i.cycle, (
       select max(p.paid_at) from invoice p where p.subscription_id = d.subscription_id
     ) as last_paid_at
     from dispute d join invoice i on i.id = d.invoice_id
     where d.subscription_id in (select value from json_each(?)) order by d.id`,
    [batch(subscriptionIds)],
  );
  const bySubscription = new Map<string, PaymentDispute[]>();
  for (const row of rows) {
    const dispute = {
      id: text(row, "id"),
      outcome: word<Dispute["outcome"]>(row, "outcome"),
      cycle: wholeOrNull(row, "cycle"),
      closedAt: instantOrNull(row, "closed_at"),
      lastPaidAt: instantOrNull(row, "last_paid_at"),
    };
    const subscriptionId = text(row, "subscription_id");
    bySubscription.set(subscriptionId, [...(bySubscription.get(subscriptionId) ?? []), dispute]);
  }
  return bySubscription;
}

export async function putDispute(em: Connected, dispute: Dispute): Promise<void> {
  await run(
    em,
    `insert into dispute (id, charge_id, gateway_dispute_id, order_id, attempt_id, invoice_id, subscription_id, customer_id,
       amount_cents, currency, status, outcome, reason, evidence_due_by, disputed_at, opened_at, closed_at, closed_by, why,
       next_read_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (charge_id) do update set gateway_dispute_id = excluded.gateway_dispute_id, status = excluded.status,
       outcome = excluded.outcome, reason = excluded.reason, evidence_due_by = excluded.evidence_due_by,
       disputed_at = excluded.disputed_at, closed_at = excluded.closed_at, closed_by = excluded.closed_by,
       why = excluded.why, next_read_at = excluded.next_read_at`,
    [
      ...[
        dispute.id,
        dispute.chargeId,
        dispute.gatewayDisputeId,
        dispute.orderId,
        dispute.attemptId,
        dispute.invoiceId,
      ],
      ...[dispute.subscriptionId, dispute.customerId, dispute.amountCents, dispute.currency, dispute.status],
      ...[dispute.outcome, dispute.reason, ms(dispute.evidenceDueBy), ms(dispute.disputedAt), ms(dispute.openedAt)],
      ...[ms(dispute.closedAt), dispute.closedBy, dispute.why, ms(dispute.nextReadAt)],
    ],
  );
}

export async function disputeReads(em: Connected, now: Date, limit: number): Promise<DisputeRead[]> {
  const again = await all(
    em,
    `select d.order_id, d.attempt_id, d.opened_at as charged_at, d.next_read_at from dispute d
     where d.next_read_at <= ? and ${mayBeRead("d.attempt_id")}
     union all
     select a.order_id, a.id, a.claimed_at, r.next_read_at from read_failure r join attempt a on a.id = r.id
     where r.kind = 'attempt' and r.next_read_at <= ? and a.state in ${MONEY} and a.order_id is not null
       and not exists (select 1 from dispute d where d.order_id = a.order_id and d.next_read_at is not null)
     order by next_read_at, order_id limit ?`,
    [ms(now), ms(now), ms(now), limit],
  );
  const reached = new Map(
    (await all(em, "select days, charged_at, attempt_id from dispute_reading")).map((row) => [whole(row, "days"), row]),
  );
  const windows = DISPUTE_READS_AFTER_DAYS.map((days) => {
    const row = reached.get(days);
    return {
      days,
      fromAt: row === undefined ? ms(now) - (days + FIRST_READS_DAYS) * DAY_MS : whole(row, "charged_at"),
      fromId: row === undefined ? "" : text(row, "attempt_id"),
      toAt: ms(now) - days * DAY_MS,
    };
  });
  const most = limit - again.length;
  const due: { readonly chargedAt: number; readonly read: DisputeRead }[] = [];
  // Each by the index, from where it was left: all at once would sort every charge of their days.
  for (const { days, fromAt, fromId, toAt } of windows) {
    const rows = await all(
      em,
      `select a.id as attempt_id, a.order_id, a.claimed_at as charged_at from attempt a
       where (a.claimed_at, a.id) > (?, ?) and a.claimed_at <= ? and a.state in ${MONEY} and a.order_id is not null
       order by a.claimed_at, a.id limit ?`,
      [fromAt, fromId, toAt, most],
    );
    due.push(...rows.map((row) => ({ chargedAt: whole(row, "charged_at"), read: readOf(row, days) })));
  }
  const first = due.toSorted(
    (one, other) => one.chargedAt - other.chargedAt || (one.read.attemptId < other.read.attemptId ? -1 : 1),
  );
  return [...again.map((row) => readOf(row, null)), ...first.slice(0, most).map(({ read }) => read)];
}

function readOf(row: RawRow, days: number | null): DisputeRead {
  return {
    orderId: text(row, "order_id"),
    attemptId: text(row, "attempt_id"),
    days,
    chargedAt: instant(row, "charged_at"),
  };
}

export async function noteDisputeReads(em: Connected, reads: readonly DisputeRead[], now: Date): Promise<void> {
  const again = reads.filter(({ days }) => days === null).map(({ orderId }) => orderId);
  if (again.length > 0)
    await run(
      em,
      "update dispute set next_read_at = ? where outcome = 'open' and order_id in (select value from json_each(?))",
      [ms(now) + REREAD_MS, batch(again)],
    );
  // In their order: the last of each is the furthest. Who reads beside may be further.
  const furthest = new Map(reads.flatMap((read) => (read.days === null ? [] : [[read.days, read] as const])));
  for (const [days, { chargedAt, attemptId }] of furthest)
    await run(
      em,
      `insert into dispute_reading (days, charged_at, attempt_id) values (?, ?, ?)
       on conflict (days) do update set charged_at = excluded.charged_at, attempt_id = excluded.attempt_id
       where (excluded.charged_at, excluded.attempt_id) > (dispute_reading.charged_at, dispute_reading.attempt_id)`,
      [days, ms(chargedAt), attemptId],
    );
}

function disputeOf(row: RawRow): Dispute {
  return {
    id: text(row, "id"),
    chargeId: text(row, "charge_id"),
    gatewayDisputeId: textOrNull(row, "gateway_dispute_id"),
    orderId: text(row, "order_id"),
    attemptId: text(row, "attempt_id"),
    invoiceId: text(row, "invoice_id"),
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
    amountCents: whole(row, "amount_cents"),
    currency: text(row, "currency"),
    status: text(row, "status"),
    outcome: word(row, "outcome"),
    reason: textOrNull(row, "reason"),
    evidenceDueBy: instantOrNull(row, "evidence_due_by"),
    disputedAt: instantOrNull(row, "disputed_at"),
    openedAt: instant(row, "opened_at"),
    closedAt: instantOrNull(row, "closed_at"),
    closedBy: textOrNull(row, "closed_by"),
    why: textOrNull(row, "why"),
    nextReadAt: instantOrNull(row, "next_read_at"),
  };
}
