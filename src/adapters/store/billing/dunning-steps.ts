/** Dunning in the tables: what is due for a check or a step, and what was decided for it. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Random } from "../../../application/ports/runtime.ts";
import type {
  CheckFacts,
  DueCheck,
  DueStep,
  ExpiringCardOf,
  InvoiceTransition,
  NewEvent,
} from "../../../application/ports/store.ts";
import { cardMonthAt } from "../../../domain/plan.ts";
import { flag, instant, json, text, textOrNull, whole, word } from "../dialect/codec.ts";
import { appendEvents } from "../events.ts";
import { INVOICE_FACTS, invoiceFactsOf, stepData, writeInvoices } from "./invoice-changes.ts";
import { MAY_WAIT_ITS_TURN, TURN_FACTS, turnOf } from "./catch-up-pacing.ts";
import { all, batch, ms, type Parameter, type RawRow } from "../dialect/sql.ts";
import { RETRY_IS_REQUESTED } from "./retry-requested.ts";
import { refreshStatuses } from "./subscription-status.ts";
import { DAY_MS } from "../../../domain/duration.ts";

/** The customer `c` has no card that could be charged. @see monthOf for the parameter */
export const CARD_IS_MISSING = `(c.payment_source_id is null or c.deleted_at is not null
  or coalesce(c.card_exp_year * 12 + c.card_exp_month < ?, 0))`;

/** The default card of the customer `c` was declined in a way that forbids ever trying it again. */
export const CARD_IS_FORBIDDEN = `exists (
  select 1 from attempt f
  where f.decline_class = 'never_again' and (
    f.payment_source_id = c.payment_source_id
    -- Named by the gateway alone, before we knew its id.
    or (f.payment_source_id is null and f.customer_id = c.id and f.card_last4 = c.card_last4)
  )
)`;

/**
 * An earlier invoice of the same subscription as `i` is failing, held or uncertain: it is to be paid first. One that was
 * missed and waits for its day, or for an answer about the past, keeps nobody waiting; nor is a missed one kept waiting.
 */
const EARLIER_UNPAID = `
  from invoice e
  where e.subscription_id = i.subscription_id and e.cycle < i.cycle and e.status in ('open', 'held')
    and (
      e.dunning_step is not null
      or (e.status = 'held' and e.status_reason <> 'catch_up_ask')
      or exists (select 1 from attempt u where u.invoice_id = e.id and u.state in ('pending', 'unknown'))
    )`;
export const EARLIER_IS_UNPAID = `(i.missed = 0 and exists (select 1 ${EARLIER_UNPAID}) and not ${RETRY_IS_REQUESTED})`;
/** Which; null: none. */
export const EARLIER_UNPAID_CYCLE = `case when i.missed = 0 then (select min(e.cycle) ${EARLIER_UNPAID}) end`;

/** Months since year 0 of the month in which cards that expire in it are still good. */
export function monthOf(now: Date): number {
  const month = cardMonthAt(now);
  return month.getUTCFullYear() * 12 + month.getUTCMonth() + 1;
}

export async function dueChecks(
  em: SqlEntityManager,
  now: Date,
  options: {
    readonly after: string;
    readonly limit: number;
    readonly smallestBudget: number;
    readonly holding: readonly string[];
  },
): Promise<DueCheck[]> {
  const parameters: Parameter[] = [monthOf(now), ms(now), options.after, monthOf(now)];
  const rows = await all(
    em,
    `select i.id, i.customer_id, (c.read_at is null or ${CARD_IS_MISSING}) as must_read
     from invoice i
     join customer c on c.id = i.customer_id
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     where i.next_attempt_at <= ? and i.id > ? and (
       -- One that waits for an earlier one is checked when its turn has come.
       (not ${EARLIER_IS_UNPAID} and (
         c.read_at is null
         or ${CARD_IS_MISSING}
         or ${CARD_IS_FORBIDDEN}
         or (i.declines > 0 and (
           select count(*) from attempt a
           where a.payment_source_id = c.payment_source_id and a.decline_class is not null and a.sent_at > ?
         ) >= ?)
       ))
       or (p.dunning in (select value from json_each(?)) and ${EARLIER_IS_UNPAID})
       or ${MAY_WAIT_ITS_TURN}
     )
     order by i.id limit ?`,
    [...parameters, ms(now) - 30 * DAY_MS, options.smallestBudget, batch(options.holding), options.limit],
  );
  return rows.map((row) => ({
    invoiceId: text(row, "id"),
    customerId: text(row, "customer_id"),
    mustReadCustomer: flag(row, "must_read"),
  }));
}

export async function dueSteps(em: SqlEntityManager, now: Date, limit: number): Promise<DueStep[]> {
  const rows = await all(
    em,
    `select i.id, i.dunning_step, p.dunning, s.time_zone, l.methods, l.expires_at, l.requested_by
     from invoice i
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     left join payment_link l on l.requested_by <> 'dunning' and l.attempt_id = (
       select a.id from attempt a where a.invoice_id = i.id and a.state in ('not_sent', 'released')
         and a.number = (select max(m.number) from attempt m where m.invoice_id = i.id)
     )
     where i.dunning_due_at <= ? order by i.dunning_due_at, i.id limit ?`,
    [ms(now), limit],
  );
  return rows.map((row) => ({
    invoiceId: text(row, "id"),
    step: word<DueStep["step"]>(row, "dunning_step"),
    dunning: text(row, "dunning"),
    timeZone: text(row, "time_zone"),
    asked:
      row["requested_by"] === null
        ? null
        : { methods: json(row, "methods"), expiresAt: instant(row, "expires_at"), by: text(row, "requested_by") },
  }));
}

/** @returns how many were moved on */
export async function applyTransitions(
  em: SqlEntityManager,
  invoiceIds: readonly string[],
  now: Date,
  decide: (facts: CheckFacts) => InvoiceTransition | null,
  random: Random,
): Promise<InvoiceTransition[]> {
  const moved = (await readFacts(em, invoiceIds, now)).flatMap((facts) => {
    const move = decide(facts);
    return move === null ? [] : [{ facts, move }];
  });
  if (moved.length === 0) return [];
  const finalEvents = await writeInvoices(
    em,
    moved.map(({ facts, move }) => ({
      invoiceId: facts.invoice.id,
      subscriptionId: facts.subscriptionId,
      change: move.invoice,
      finalAction: move.finalAction,
    })),
  );
  const statusEvents = await refreshStatuses(
    em,
    moved.map(({ facts }) => facts.subscriptionId),
  );
  await appendEvents(em, [...moved.map(eventOf), ...finalEvents, ...statusEvents], now, random);
  return moved.map(({ move }) => move);
}

function eventOf({ facts, move }: { readonly facts: CheckFacts; readonly move: InvoiceTransition }): NewEvent {
  return {
    type: move.event,
    customerId: facts.customerId,
    subscriptionId: facts.subscriptionId,
    invoiceId: facts.invoice.id,
    data: {
      amountCents: facts.invoice.amountCents,
      currency: facts.invoice.currency,
      ...(move.failure && { declineClass: move.failure.declineClass, failureCode: move.failure.failureCode }),
      nextAttemptAt: move.invoice.nextAttemptAt?.toISOString() ?? null,
      statusReason: move.invoice.statusReason,
      ...(move.step && stepData(move.step)),
      ...(move.rule && { rule: move.rule }),
    },
  };
}

/** Of those that no attempt may still pay. */
async function readFacts(em: SqlEntityManager, invoiceIds: readonly string[], now: Date): Promise<CheckFacts[]> {
  const rows = await all(
    em,
    `select ${INVOICE_FACTS}, i.subscription_id, i.customer_id, p.dunning, c.payment_source_id, c.card_brand,
            c.deleted_at, ${CARD_IS_MISSING} as card_is_missing, ${CARD_IS_FORBIDDEN} as card_is_forbidden,
            ${EARLIER_IS_UNPAID} as earlier_is_unpaid, ${TURN_FACTS}
     from invoice i
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     join customer c on c.id = i.customer_id
     where i.id in (select value from json_each(?)) and not exists (
       select 1 from attempt a where a.invoice_id = i.id and a.state in ('claimed', 'sending', 'pending', 'unknown', 'paid')
     )`,
    [monthOf(now), batch(invoiceIds)],
  );
  const sources = rows.flatMap((row) => textOrNull(row, "payment_source_id") ?? []);
  const reattempts = await reattemptsOf(em, sources, now);
  return rows.map((row) => factsOf(row, reattempts));
}

function factsOf(row: RawRow, reattempts: ReadonlyMap<string, readonly Date[]>): CheckFacts {
  const paymentSourceId = textOrNull(row, "payment_source_id");
  return {
    invoice: {
      ...invoiceFactsOf(row),
      paidByAnother: false,
      openElsewhere: false,
      isOtherCardNow: false,
      cardLast4Now: null,
    },
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
    dunning: text(row, "dunning"),
    card: {
      paymentSourceId,
      brand: textOrNull(row, "card_brand"),
      isMissing: flag(row, "card_is_missing"),
      isForbidden: flag(row, "card_is_forbidden"),
      reattemptsAt: reattempts.get(paymentSourceId ?? "") ?? [],
    },
    isCustomerDeleted: row["deleted_at"] !== null,
    isEarlierUnpaid: flag(row, "earlier_is_unpaid"),
    turn: turnOf(row),
  };
}

/** When each card was declined once more on an invoice on which it had been declined before. */
async function reattemptsOf(
  em: SqlEntityManager,
  paymentSourceIds: readonly string[],
  now: Date,
): Promise<Map<string, Date[]>> {
  const rows = await all(
    em,
    `select a.payment_source_id, a.sent_at
     from attempt a
     where a.payment_source_id in (select value from json_each(?)) and a.decline_class is not null and a.sent_at > ?
       and exists (
         select 1 from attempt f
         where f.invoice_id = a.invoice_id and f.number < a.number and f.payment_source_id = a.payment_source_id
           and f.decline_class is not null
       )
     order by a.sent_at`,
    [batch(paymentSourceIds), ms(now) - 30 * DAY_MS],
  );
  const times = new Map<string, Date[]>();
  for (const row of rows) {
    const source = text(row, "payment_source_id");
    times.set(source, [...(times.get(source) ?? []), instant(row, "sent_at")]);
  }
  return times;
}

export async function expiringCards(em: SqlEntityManager, now: Date, days: number): Promise<ExpiringCardOf[]> {
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
    [monthOf(now), monthOf(new Date(ms(now) + days * DAY_MS))],
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
