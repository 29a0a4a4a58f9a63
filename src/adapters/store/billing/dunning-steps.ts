/** Dunning in the tables: what is due for a check or a step, and what was decided for it. */
import { cardKnownOf } from "./card-known.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type {
  CheckFacts,
  DuePlace,
  DueStep,
  ExpiringCardOf,
  InvoiceTransition,
  MovedInvoice,
  WaitingInvoice,
} from "../../../application/ports/charging.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import { instant, json, text, textOrNull, whole, wholeOrNull, word } from "../dialect/codec.ts";
import { appendEvents } from "../events.ts";
import { writeInvoices } from "./write-invoices.ts";
import { INVOICE_FACTS, invoiceFactsOf } from "./invoice-facts.ts";
import { knownCards } from "./card-facts.ts";
import { hasUntriedCard } from "../../../domain/dunning/new-card.ts";
import { transitionData } from "../../../domain/settle/event-data.ts";
import { all, batch, type Connected, ms, type RawRow } from "../dialect/sql.ts";
import { mayBeRead } from "../records/read-failures.ts";
import { refreshStatuses } from "./subscription-status.ts";
import { DAY_MS } from "../../../domain/duration.ts";
import { OPEN, PAID, UNSENT } from "./attempt-states.ts";
import { NO_ATTEMPT_BESIDE } from "../../../domain/settle/settlement.ts";

export async function dueSteps(
  em: Connected,
  now: Date,
  { after, limit }: { readonly after: DuePlace | null; readonly limit: number },
): Promise<DueStep[]> {
  const rows = await all(
    em,
    `select i.id, i.dunning_step, i.dunning_due_at, i.customer_id, p.dunning, s.time_zone, l.methods, l.expires_at,
            l.requested_by, c.read_at, r.failures, r.failed_since, r.failed_at, r.next_read_at
     from invoice i
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     join customer c on c.id = i.customer_id
     left join read_failure r on r.id = i.customer_id and r.kind = 'customer'
     left join payment_link l on l.requested_by <> 'dunning' and l.attempt_id = (
       select a.id from attempt a where a.invoice_id = i.id and a.state in ${UNSENT}
         and a.number = (select max(m.number) from attempt m where m.invoice_id = i.id)
     )
     where i.dunning_due_at <= ? and i.dunning_step <> 'retry' and (i.dunning_due_at, i.id) > (?, ?)
     order by i.dunning_due_at, i.id limit ?`,
    [ms(now), after === null ? 0 : ms(after.at), after?.invoiceId ?? "", limit],
  );
  return rows.map((row) => ({
    invoiceId: text(row, "id"),
    step: word<DueStep["step"]>(row, "dunning_step"),
    dunning: text(row, "dunning"),
    timeZone: text(row, "time_zone"),
    dueAt: instant(row, "dunning_due_at"),
    customerId: text(row, "customer_id"),
    customer: cardKnownOf(row),
    asked:
      row["requested_by"] === null
        ? null
        : { methods: json(row, "methods"), expiresAt: instant(row, "expires_at"), by: text(row, "requested_by") },
  }));
}

export async function customersToReread(
  em: Connected,
  now: Date,
  { readBefore, limit }: { readonly readBefore: Date; readonly limit: number },
): Promise<string[]> {
  const rows = await all(
    em,
    // A few in dunning among many customers: from the index of those in dunning.
    `select c.id
     from (select distinct i.customer_id from invoice i where i.dunning_step is not null) d
     join customer c on c.id = d.customer_id
     where coalesce(c.read_at, 0) < ? and ${mayBeRead("c.id")}
     order by coalesce(c.read_at, 0), c.id limit ?`,
    [ms(readBefore), ms(now), limit],
  );
  return rows.map((row) => text(row, "id"));
}

/** @returns what was written */
export async function applyTransitions(
  em: Connected,
  invoiceIds: readonly string[],
  now: Date,
  decide: (facts: CheckFacts) => InvoiceTransition | null,
  random: Random,
): Promise<MovedInvoice[]> {
  const moved = (await readFacts(em, invoiceIds, now)).flatMap((facts) => {
    const move = decide(facts);
    return move === null ? [] : [{ facts, move }];
  });
  return await writeTransitions(em, moved, now, random);
}

export type Transitioned = { readonly facts: CheckFacts; readonly move: InvoiceTransition };

export async function writeTransitions(
  em: Connected,
  moved: readonly Transitioned[],
  now: Date,
  random: Random,
): Promise<MovedInvoice[]> {
  const finalEvents = await writeInvoices(
    em,
    moved.map(({ facts, move }) => ({
      invoiceId: facts.invoice.id,
      subscriptionId: facts.subscriptionId,
      change: move.invoice,
      finalAction: move.finalAction,
    })),
    now,
  );
  const statusEvents = await refreshStatuses(
    em,
    moved.map(({ facts }) => facts.subscriptionId),
  );
  await appendEvents(em, [...moved.map(eventOf), ...finalEvents, ...statusEvents], now, random);
  return moved.map(({ facts, move }) => ({ ...move, invoiceId: facts.invoice.id }));
}

function eventOf({ facts, move }: Transitioned): NewEvent {
  return {
    type: move.event,
    customerId: facts.customerId,
    subscriptionId: facts.subscriptionId,
    invoiceId: facts.invoice.id,
    data: transitionData(facts.invoice, move),
  };
}

export async function noteWaiting(
  em: Connected,
  waiting: readonly WaitingInvoice[],
  now: Date,
  random: Random,
): Promise<number> {
  const rows = await all(
    em,
    `update invoice set waits_told_at = ?
     where id in (select value from json_each(?)) and waits_told_at is null and status = 'open'
     returning id, subscription_id, customer_id, cycle`,
    [ms(now), batch(waiting.map(({ invoiceId }) => invoiceId))],
  );
  const heldCycles = new Map(waiting.map(({ invoiceId, heldCycle }) => [invoiceId, heldCycle]));
  const events = rows.map((row): NewEvent => ({
    type: "invoice.kept_waiting",
    customerId: text(row, "customer_id"),
    subscriptionId: text(row, "subscription_id"),
    invoiceId: text(row, "id"),
    data: { cycle: wholeOrNull(row, "cycle"), heldCycle: heldCycles.get(text(row, "id")) ?? null },
  }));
  await appendEvents(
    em,
    events.toSorted((a, b) => (`${a.invoiceId}` < `${b.invoiceId}` ? -1 : 1)),
    now,
    random,
  );
  return rows.length;
}

/** Of those that no attempt may still pay. */
async function readFacts(em: Connected, invoiceIds: readonly string[], now: Date): Promise<CheckFacts[]> {
  const rows = await all(
    em,
    `select ${INVOICE_FACTS}, i.subscription_id, i.customer_id, p.dunning, c.payment_source_id, c.card_brand,
       c.card_last4, c.card_exp_month, c.card_exp_year, c.deleted_at
     from invoice i
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     join customer c on c.id = i.customer_id
     where i.id in (select value from json_each(?))
       and not exists (select 1 from attempt a where a.invoice_id = i.id and a.state in ${OPEN})
       and not exists (select 1 from attempt a where a.invoice_id = i.id and a.state = ${PAID})`,
    [batch(invoiceIds)],
  );
  const cards = await knownCards(em, rows);
  const places = new Map(invoiceIds.map((id, place) => [id, place]));
  const placeOf = (row: RawRow): number => places.get(text(row, "invoice_id"))!;
  // In the order in which they were asked for: a batch is decided by it.
  return rows
    .toSorted((a, b) => placeOf(a) - placeOf(b))
    .map((row) => ({
      invoice: {
        ...invoiceFactsOf(row),
        ...NO_ATTEMPT_BESIDE,
        hasUntriedCard: hasUntriedCard(text(row, "invoice_id"), cards.get(text(row, "customer_id"))!, now),
      },
      subscriptionId: text(row, "subscription_id"),
      customerId: text(row, "customer_id"),
      dunning: text(row, "dunning"),
    }));
}

/** Generously, by months: which of them is told, and when, is `card-notice.ts`. */
export async function expiringCards(em: Connected, now: Date, days: number): Promise<ExpiringCardOf[]> {
  const rows = await all(
    em,
    `select c.id, c.payment_source_id, c.card_brand, c.card_last4, c.card_exp_month, c.card_exp_year, c.card_notice,
            json_group_array(distinct p.dunning) as dunning
     from customer c
     join subscription s on s.customer_id = c.id and s.next_billing_at is not null
     join plan p on p.id = s.plan_id
     where c.payment_source_id is not null and c.card_exp_month is not null
       and c.card_exp_year * 12 + c.card_exp_month between ? and ?
     group by c.id`,
    [monthOf(new Date(ms(now) - DAY_MS)), monthOf(new Date(ms(now) + days * DAY_MS))],
  );
  return rows.map((row) => ({
    customerId: text(row, "id"),
    paymentSourceId: text(row, "payment_source_id"),
    brand: textOrNull(row, "card_brand"),
    last4: textOrNull(row, "card_last4"),
    expMonth: whole(row, "card_exp_month"),
    expYear: whole(row, "card_exp_year"),
    lastNotice: textOrNull(row, "card_notice"),
    dunning: json(row, "dunning"),
  }));
}

function monthOf(at: Date): number {
  return at.getUTCFullYear() * 12 + at.getUTCMonth() + 1;
}
