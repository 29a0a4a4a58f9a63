/**
 * What the rules about charging need to know of due invoices. The statements select generously and decide nothing: the
 * rules are in `domain/charging-rules.ts`.
 *
 * One statement a kind of fact, for a whole page of invoices, and none for what no invoice of the page asks about.
 */
import type { Card } from "../../../domain/plan.ts";
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { DueInvoice, DuePlace } from "../../../application/ports/store.ts";
import type { CustomerFacts } from "../../../domain/charge-decision.ts";
import {
  DAILY_LIMIT_WINDOW_MS,
  type CardDecline,
  type CustomerTry,
  type MissedInvoice,
  type NamedCard,
  type UnsettledInvoice,
} from "../../../domain/charging-rules.ts";
import type { DeclineClass } from "../../../domain/decline.ts";
import type { Invoice } from "../../../domain/invoice.ts";
import {
  flag,
  instant,
  instantOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
  wordOrNull,
} from "../dialect/codec.ts";
import { all, batch, isPostgres, ms, type Parameter, type RawRow } from "../dialect/sql.ts";
import { standingDisputes } from "../records/disputes.ts";
import { INVOICE_FACTS, invoiceFactsOf } from "./invoice-changes.ts";
import { IN_FLIGHT, OPEN, PAID } from "./attempt-states.ts";

/** Of the invoice `e`: the state of its attempt that may still move money. */
export const OPEN_ATTEMPT = `(select u.state from attempt u where u.invoice_id = e.id and u.state in ${OPEN})`;
const NEVER_AGAIN: DeclineClass = "never_again";
const NEW_CARD: DeclineClass = "new_card";
/** Of the attempt `f`: that its card was declined for good, and that neither the card nor a person says otherwise since. */
const BARS_CARD = `f.card_cleared_at is null and (f.decline_class = '${NEVER_AGAIN}' or f.decline_class = '${NEW_CARD}'
  and exists (select 1 from invoice b where b.id = f.invoice_id and b.status in ('open', 'held')))`;

/** Of the customer `c`, the subscription `s` and its plan `p`. */
export const PAYER = `c.payment_source_id, c.card_brand, c.card_last4, c.card_exp_month, c.card_exp_year, c.deleted_at, c.read_at,
  (select r.next_read_at from read_failure r where r.id = c.id and r.kind = 'customer') as next_read_at,
  (select r.next_read_at from read_failure r where r.id = c.id and r.kind = 'charge') as next_charge_at, p.dunning, p.catch_up`;

/** An invoice and who pays it, before the facts that other rows bring. */
type Charged = Omit<DueInvoice, "customer" | "attempt" | "unsettled" | "paidAt" | "missed" | "disputes"> & {
  readonly customer: Omit<CustomerFacts, "neverAgain" | "toReplace" | "declines" | "tries">;
};

type Page = { readonly after: DuePlace | null; readonly limit: number };

export async function dueInvoices(em: SqlEntityManager, now: Date, page: Page): Promise<DueInvoice[]> {
  return await invoicesWhere(em, now, DUE, duePlaces(now, page));
}

/** Read before anything is written: while nothing is due no tick asks for the right to write, nor waits for the disk. */
export async function isAnyDue(em: SqlEntityManager, now: Date, { after }: Omit<Page, "limit">): Promise<boolean> {
  const found = await all(em, `select 1 from invoice i where ${DUE}`, duePlaces(now, { after, limit: 1 }));
  return found.length > 0;
}

const DUE = "i.next_attempt_at <= ? and (i.next_attempt_at, i.id) > (?, ?) order by i.next_attempt_at, i.id limit ?";

function duePlaces(now: Date, { after, limit }: Page): Parameter[] {
  return [ms(now), after === null ? 0 : ms(after.at), after?.invoiceId ?? "", limit];
}

/**
 * The next due invoices, for those who claim them: where others claim beside us, none that another transaction is judging or
 * writing, and until ours is over nobody else judges these, nor another invoice of their customers.
 */
export async function dueToClaim(em: SqlEntityManager, now: Date, page: Page): Promise<DueInvoice[]> {
  if (!isPostgres(em)) return await dueInvoices(em, now, page);
  const locked = await all(
    em,
    `select i.id from invoice i join customer c on c.id = i.customer_id where ${DUE} for no key update of i, c skip locked`,
    duePlaces(now, page),
  );
  // Another statement, so that it sees what was committed before the locks were ours.
  return await invoicesWhere(
    em,
    now,
    "i.id in (select value from json_each(?)) and i.next_attempt_at <= ? order by i.next_attempt_at, i.id",
    [batch(locked.map((row) => text(row, "id"))), ms(now)],
  );
}

async function invoicesWhere(
  em: SqlEntityManager,
  now: Date,
  which: string,
  parameters: readonly Parameter[],
): Promise<DueInvoice[]> {
  const rows = await all(
    em,
    `select ${INVOICE_FACTS}, i.cycle, i.missed, i.period_end, i.waits_told_at, i.subscription_id, i.customer_id, ${PAYER}
     from invoice i
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     join customer c on c.id = i.customer_id
     where ${which}`,
    parameters,
  );
  const charged = rows.map((row) => ({
    ...chargedBy(row),
    isWaitTold: row["waits_told_at"] !== null,
    invoice: {
      ...invoiceFactsOf(row),
      ...{ paidByAnother: false, openElsewhere: false, isOtherCardNow: false, cardLast4Now: null },
      ...{ cycle: wholeOrNull(row, "cycle"), missed: flag(row, "missed"), periodEnd: instant(row, "period_end") },
    },
  }));
  return await withFacts(em, charged, now);
}

export async function factsBeforeOpening(
  em: SqlEntityManager,
  invoices: readonly Invoice[],
  now: Date,
): Promise<DueInvoice[]> {
  if (invoices.length === 0) return [];
  const rows = await all(
    em,
    `select s.id as subscription_id, s.customer_id, s.time_zone, ${PAYER}
     from json_each(?)
     join subscription s on s.id = value
     join plan p on p.id = s.plan_id
     join customer c on c.id = s.customer_id`,
    [batch([...new Set(invoices.map(({ subscriptionId }) => subscriptionId))])],
  );
  const payers = new Map(rows.map((row) => [text(row, "subscription_id"), row]));
  const charged = invoices.flatMap((invoice): Charged[] => {
    const row = payers.get(invoice.subscriptionId);
    if (row === undefined) return [];
    const none = { paidByAnother: false, openElsewhere: false, isOtherCardNow: false, cardLast4Now: null };
    return [
      { ...chargedBy(row), isWaitTold: false, invoice: { ...invoice, ...none, timeZone: text(row, "time_zone") } },
    ];
  });
  return await withFacts(em, charged, now);
}

/** Of a row with the columns of a customer's card. */
export function cardOf(row: RawRow): Card {
  return {
    paymentSourceId: textOrNull(row, "payment_source_id"),
    cardBrand: textOrNull(row, "card_brand"),
    cardLast4: textOrNull(row, "card_last4"),
    cardExpMonth: wholeOrNull(row, "card_exp_month"),
    cardExpYear: wholeOrNull(row, "card_exp_year"),
  };
}

/** Of a row with the columns of `PAYER`. */
export function payerOf(row: RawRow): Charged["customer"] {
  return {
    card: cardOf(row),
    isDeleted: row["deleted_at"] !== null,
    readAt: instantOrNull(row, "read_at"),
    nextReadAt: instantOrNull(row, "next_read_at"),
    nextChargeAt: instantOrNull(row, "next_charge_at"),
  };
}

function chargedBy(row: RawRow): Omit<Charged, "invoice" | "isWaitTold"> {
  return {
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
    dunning: text(row, "dunning"),
    catchUp: word(row, "catch_up"),
    customer: payerOf(row),
  };
}

async function withFacts(em: SqlEntityManager, charged: readonly Charged[], now: Date): Promise<DueInvoice[]> {
  const customerIds = idsOf(charged, ({ customerId }) => customerId);
  const attempts = await blockingAttempts(
    em,
    idsOf(charged, ({ invoice }) => invoice.id),
  );
  const unsettled = await unsettledInvoices(
    em,
    idsOf(charged, ({ subscriptionId }) => subscriptionId),
  );
  const paid = await lastPaid(
    em,
    idsOf(charged, ({ subscriptionId, invoice }) => (invoice.periodEnd > now ? null : subscriptionId)),
  );
  const missed = await missedInvoices(
    em,
    idsOf(charged, ({ subscriptionId, invoice, catchUp }) =>
      invoice.missed && catchUp === "oldest_first" ? subscriptionId : null,
    ),
  );
  const disputes = await standingDisputes(
    em,
    idsOf(charged, ({ subscriptionId }) => subscriptionId),
  );
  const tries = await recentTries(em, customerIds, now);
  const barred = await barredCards(em, customerIds);
  const declines = await declinesOf(
    em,
    idsOf(charged, ({ invoice, customer }) => (invoice.declines > 0 ? customer.card.paymentSourceId : null)),
  );
  return charged.map(({ customer, ...rest }) => ({
    ...rest,
    attempt: attempts.get(rest.invoice.id) ?? null,
    unsettled: unsettled.get(rest.subscriptionId) ?? [],
    paidAt: rest.invoice.periodEnd > now ? null : (paid.get(rest.subscriptionId) ?? null),
    missed: missed.get(rest.subscriptionId) ?? [],
    disputes: disputes.get(rest.subscriptionId) ?? [],
    customer: {
      ...customer,
      tries: tries.get(rest.customerId) ?? [],
      ...(barred.get(rest.customerId) ?? NONE_BARRED),
      declines: declines.get(customer.card.paymentSourceId ?? "") ?? [],
    },
  }));
}

/** Of each invoice that has one: the attempt that may still move money, or has. */
async function blockingAttempts(
  em: SqlEntityManager,
  invoiceIds: readonly string[],
): Promise<Map<string, NonNullable<DueInvoice["attempt"]>>> {
  if (invoiceIds.length === 0) return new Map();
  const ids = batch(invoiceIds);
  const rows = await all(
    em,
    // Two indexes, so two statements in one: an `or` would use neither.
    `select a.invoice_id, a.state from attempt a where a.invoice_id in (select value from json_each(?)) and a.state in ${OPEN}
     union all
     select a.invoice_id, a.state from attempt a where a.invoice_id in (select value from json_each(?)) and a.state = ${PAID}`,
    [ids, ids],
  );
  return new Map(rows.map((row) => [text(row, "invoice_id"), word(row, "state")]));
}

/** By subscription. */
export async function unsettledInvoices(
  em: SqlEntityManager,
  subscriptionIds: readonly string[],
): Promise<Map<string, UnsettledInvoice[]>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await all(
    em,
    // The states are those of the index invoice_unsettled, more than the rule asks for.
    `select e.subscription_id, e.cycle, e.status, e.status_reason, e.dunning_step, e.reopened_from, e.missed,
            e.next_attempt_at, e.first_declined_at,
            ${OPEN_ATTEMPT} as open_attempt
     from invoice e
     where e.subscription_id in (select value from json_each(?)) and e.status in ('open', 'held', 'uncollectible')`,
    [batch(subscriptionIds)],
  );
  return grouped(rows, "subscription_id", unsettledInvoiceOf);
}

/** By subscription: when an invoice of it was last paid. */
export async function lastPaid(em: SqlEntityManager, subscriptionIds: readonly string[]): Promise<Map<string, Date>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await all(
    em,
    `select e.subscription_id, max(e.paid_at) as paid_at from invoice e
     where e.subscription_id in (select value from json_each(?)) and e.status = 'paid' group by e.subscription_id`,
    [batch(subscriptionIds)],
  );
  return new Map(rows.map((row) => [text(row, "subscription_id"), instant(row, "paid_at")]));
}

export function unsettledInvoiceOf(row: RawRow): UnsettledInvoice {
  return {
    cycle: wholeOrNull(row, "cycle"),
    status: word(row, "status"),
    statusReason: wordOrNull(row, "status_reason"),
    dunningStep: wordOrNull(row, "dunning_step"),
    reopenedFrom: wordOrNull(row, "reopened_from"),
    missed: flag(row, "missed"),
    nextAttemptAt: instantOrNull(row, "next_attempt_at"),
    firstDeclinedAt: instantOrNull(row, "first_declined_at"),
    openAttempt: wordOrNull(row, "open_attempt"),
  };
}

/** By subscription. */
export async function missedInvoices(
  em: SqlEntityManager,
  subscriptionIds: readonly string[],
): Promise<Map<string, MissedInvoice[]>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await all(
    em,
    `select m.subscription_id, m.cycle, m.next_attempt_at, m.first_declined_at, t.state, t.flow, t.sent_at, t.claimed_at
     from invoice m left join attempt t on t.invoice_id = m.id
     where m.subscription_id in (select value from json_each(?)) and m.missed = true
     order by m.subscription_id, m.cycle`,
    [batch(subscriptionIds)],
  );
  const bySubscription = Map.groupBy(rows, (row) => text(row, "subscription_id"));
  return new Map(
    [...bySubscription].map(([id, ofOne]) => [
      id,
      [...Map.groupBy(ofOne, (row) => wholeOrNull(row, "cycle")).values()].map(missedInvoice),
    ]),
  );
}

/** @param rows one a try, or one without any */
function missedInvoice(rows: readonly RawRow[]): MissedInvoice {
  const [row = {}] = rows;
  return {
    cycle: wholeOrNull(row, "cycle"),
    nextAttemptAt: instantOrNull(row, "next_attempt_at"),
    firstDeclinedAt: instantOrNull(row, "first_declined_at"),
    tries: rows
      .filter((each) => each["state"] !== null)
      .map((each) => ({ ...tryOf(each), claimedAt: instant(each, "claimed_at") })),
  };
}

/** By customer: those of the last 24 hours, and what is in flight. */
export async function recentTries(
  em: SqlEntityManager,
  customerIds: readonly string[],
  now: Date,
): Promise<Map<string, CustomerTry[]>> {
  if (customerIds.length === 0) return new Map();
  const rows = await all(
    em,
    `select a.customer_id, a.invoice_id, a.state, a.flow, a.sent_at
     from attempt a
     where a.customer_id in (select value from json_each(?)) and (a.sent_at > ? or a.state in ${IN_FLIGHT})`,
    [batch(customerIds), ms(now) - DAILY_LIMIT_WINDOW_MS],
  );
  return grouped(rows, "customer_id", (row) => ({ invoiceId: text(row, "invoice_id"), ...tryOf(row) }));
}

function tryOf(row: RawRow): Omit<CustomerTry, "invoiceId"> {
  return { state: word(row, "state"), flow: word(row, "flow"), sentAt: instantOrNull(row, "sent_at") };
}

export type BarredCards = Pick<CustomerFacts, "neverAgain" | "toReplace">;
export const NONE_BARRED: BarredCards = { neverAgain: [], toReplace: [] };

/** By customer. */
export async function barredCards(
  em: SqlEntityManager,
  customerIds: readonly string[],
): Promise<Map<string, BarredCards>> {
  if (customerIds.length === 0) return new Map();
  const ids = batch(customerIds);
  const rows = await all(
    em,
    // By the card's id, and, where only the gateway named the card, by the customer: two indexes, and no `or`.
    // `is null` would be looked up by card: every decline whose card has no id.
    `select c.id as customer_id, f.payment_source_id, f.card_last4, f.decline_class
     from customer c join attempt f on f.payment_source_id = c.payment_source_id
     where c.id in (select value from json_each(?)) and f.decline_class is not null and ${BARS_CARD}
     union all
     select f.customer_id, f.payment_source_id, f.card_last4, f.decline_class
     from attempt f
     where f.customer_id in (select value from json_each(?)) and coalesce(f.payment_source_id, '') = ''
       and f.decline_class is not null and ${BARS_CARD}`,
    [ids, ids],
  );
  const named = grouped(rows, "customer_id", (row) => row);
  return new Map([...named].map(([customerId, ofOne]) => [customerId, barredCardsOf(ofOne)]));
}

/** @param rows with the decline's class and its card */
function barredCardsOf(rows: readonly RawRow[]): BarredCards {
  const of = (declineClass: DeclineClass): NamedCard[] =>
    rows
      .filter((row) => row["decline_class"] === declineClass)
      .map((row) => ({
        paymentSourceId: textOrNull(row, "payment_source_id"),
        cardLast4: textOrNull(row, "card_last4"),
      }));
  return { neverAgain: of(NEVER_AGAIN), toReplace: of(NEW_CARD) };
}

/** By card. */
export async function declinesOf(
  em: SqlEntityManager,
  paymentSourceIds: readonly string[],
): Promise<Map<string, CardDecline[]>> {
  if (paymentSourceIds.length === 0) return new Map();
  const rows = await all(
    em,
    `select a.payment_source_id, a.invoice_id, a.number, a.sent_at
     from attempt a
     where a.payment_source_id in (select value from json_each(?)) and a.decline_class is not null
       and a.sent_at is not null
     order by a.sent_at`,
    [batch(paymentSourceIds)],
  );
  return grouped(rows, "payment_source_id", (row) => ({
    invoiceId: text(row, "invoice_id"),
    number: whole(row, "number"),
    sentAt: instant(row, "sent_at"),
  }));
}

/** Each id once; null: none is asked about. */
function idsOf(charged: readonly Charged[], of: (each: Charged) => string | null): string[] {
  return [...new Set(charged.flatMap((each) => of(each) ?? []))];
}

function grouped<T>(rows: readonly RawRow[], column: string, of: (row: RawRow) => T): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = text(row, column);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [of(row)]);
    else group.push(of(row));
  }
  return groups;
}
