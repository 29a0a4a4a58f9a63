/**
 * What the rules about charging need to know of due invoices. The statements select generously and decide nothing: the
 * rules are in `domain/charging/charge-decision.ts`.
 *
 * One statement a kind of fact, for a whole page of invoices, and none for what no invoice of the page asks about.
 */
import type { DueCycle, DueInvoice, DuePlace } from "../../../application/ports/charging.ts";
import type { CustomerFacts } from "../../../domain/charging/charge-decision.ts";
import type { Invoice } from "../../../domain/invoice.ts";
import { flag, instant, instantOrNull, text, textOrNull, wholeOrNull, word } from "../dialect/codec.ts";
import { all, batch, type Connected, isPostgres, ms, type Parameter, type RawRow } from "../dialect/sql.ts";
import { standingDisputes } from "../records/disputes.ts";
import { OPEN, PAID } from "./attempt-states.ts";
import { barredCards, cardOf, declinesOf, NONE_BARRED, recentTries } from "./card-facts.ts";
import { INVOICE_FACTS, invoiceFactsOf } from "./invoice-facts.ts";
import { lastPaid, missedInvoices, unsettledInvoices } from "./subscription-facts.ts";
import { NO_ATTEMPT_BESIDE } from "../../../domain/settle/settlement.ts";

/** Of the customer `c`, the subscription `s` and its plan `p`. */
const WHO_PAYS = `c.payment_source_id, c.card_brand, c.card_last4, c.card_exp_month, c.card_exp_year, c.deleted_at, c.read_at,
  (select r.next_read_at from read_failure r where r.id = c.id and r.kind = 'customer') as next_read_at,
  (select r.failed_at from read_failure r where r.id = c.id and r.kind = 'customer') as read_failed_at,
  (select r.next_read_at from read_failure r where r.id = c.id and r.kind = 'charge') as next_charge_at`;
export const PAYER = `${WHO_PAYS}, p.dunning, p.catch_up`;

/** An invoice and who pays it, before the facts that other rows bring. */
type Charged = Omit<DueInvoice, "customer" | "attempt" | "unsettled" | "paidAt" | "missed" | "disputes"> & {
  readonly customer: Omit<CustomerFacts, "neverAgain" | "toReplace" | "declines" | "tries">;
};

type Page = { readonly after: DuePlace | null; readonly limit: number };

export async function dueInvoices(em: Connected, now: Date, page: Page): Promise<DueInvoice[]> {
  return await invoicesWhere(em, now, DUE, placesAfter(now, page));
}

/** Read before anything is written: while nothing is due no tick asks for the right to write, nor waits for the disk. */
export async function isAnyDue(em: Connected, now: Date, { after }: Omit<Page, "limit">): Promise<boolean> {
  const found = await all(em, `select 1 from invoice i where ${DUE}`, placesAfter(now, { after, limit: 1 }));
  return found.length > 0;
}

export async function duePlaces(em: Connected, now: Date, page: Page): Promise<DuePlace[]> {
  const rows = await all(em, `select i.id, i.next_attempt_at from invoice i where ${DUE}`, placesAfter(now, page));
  return rows.map((row) => ({ at: instant(row, "next_attempt_at"), invoiceId: text(row, "id") }));
}

export async function dueCycles(em: Connected, now: Date, page: Page): Promise<DueCycle[]> {
  const rows = await all(
    em,
    `select i.id, i.next_attempt_at, i.subscription_id, i.cycle, i.customer_id, i.period_start, i.period_end
     from invoice i where ${DUE}`,
    placesAfter(now, page),
  );
  return rows.map((row) => ({
    ...{ at: instant(row, "next_attempt_at"), invoiceId: text(row, "id") },
    ...{ subscriptionId: text(row, "subscription_id"), customerId: text(row, "customer_id") },
    ...{ periodStart: instant(row, "period_start"), periodEnd: instant(row, "period_end") },
    cycle: wholeOrNull(row, "cycle"),
  }));
}

const DUE = "i.next_attempt_at <= ? and (i.next_attempt_at, i.id) > (?, ?) order by i.next_attempt_at, i.id limit ?";

function placesAfter(now: Date, { after, limit }: Page): Parameter[] {
  return [ms(now), after === null ? 0 : ms(after.at), after?.invoiceId ?? "", limit];
}

/**
 * The next due invoices, for those who claim them: where others claim beside us, none that another transaction is judging or
 * writing, and until ours is over nobody else judges these, nor another invoice of their customers.
 */
export async function dueToClaim(em: Connected, now: Date, page: Page): Promise<DueInvoice[]> {
  if (!isPostgres(em)) return await dueInvoices(em, now, page);
  const locked = await all(
    em,
    `select i.id from invoice i join customer c on c.id = i.customer_id where ${DUE} for no key update of i, c skip locked`,
    placesAfter(now, page),
  );
  // Another statement, so that it sees what was committed before the locks were ours.
  return await invoicesWhere(
    em,
    now,
    "i.id in (select value from json_each(?)) and i.next_attempt_at <= ? order by i.next_attempt_at, i.id",
    [batch(locked.map((row) => text(row, "id"))), ms(now)],
  );
}

/** On PostgreSQL: of the first thousand that are due, those that `dueToClaim` would walk past. Takes no lock that outlives it. */
export async function heldNow(em: Connected, now: Date): Promise<string[]> {
  const held = await all(
    em,
    `with due as materialized (
       select i.id from invoice i where i.next_attempt_at <= ? order by i.next_attempt_at, i.id limit 1000
     ), free as (
       select i.id from invoice i join customer c on c.id = i.customer_id
       where i.id in (select id from due) for no key update of i, c skip locked
     )
     select id from due where id not in (select id from free)`,
    [ms(now)],
  );
  return held.map((row) => text(row, "id"));
}

async function invoicesWhere(
  em: Connected,
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
      ...NO_ATTEMPT_BESIDE,
      ...{ cycle: wholeOrNull(row, "cycle"), missed: flag(row, "missed"), periodEnd: instant(row, "period_end") },
    },
  }));
  return await withFacts(em, charged, now);
}

export async function factsBeforeOpening(
  em: Connected,
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
    return [
      {
        ...chargedBy(row),
        isWaitTold: false,
        invoice: { ...invoice, ...NO_ATTEMPT_BESIDE, timeZone: text(row, "time_zone") },
      },
    ];
  });
  return await withFacts(em, charged, now);
}

/** By customer, beside any invoice. */
export async function payersOf(
  em: Connected,
  customerIds: readonly string[],
  now: Date,
): Promise<Map<string, CustomerFacts>> {
  if (customerIds.length === 0) return new Map();
  const rows = await all(em, `select c.id, ${WHO_PAYS} from json_each(?) join customer c on c.id = value`, [
    batch(customerIds),
  ]);
  const tries = await recentTries(em, customerIds, now);
  const barred = await barredCards(em, customerIds);
  const declines = await declinesOf(
    em,
    rows.flatMap((row) => textOrNull(row, "payment_source_id") ?? []),
  );
  return new Map(
    rows.map((row) => {
      const [id, payer] = [text(row, "id"), payerOf(row)];
      const facts = {
        tries: tries.get(id) ?? [],
        ...(barred.get(id) ?? NONE_BARRED),
        declines: declines.get(payer.card.paymentSourceId ?? "") ?? [],
      };
      return [id, { ...payer, ...facts }];
    }),
  );
}

/** Of a row with the columns of `PAYER`. */
export function payerOf(row: RawRow): Charged["customer"] {
  return {
    card: cardOf(row),
    isDeleted: row["deleted_at"] !== null,
    readAt: instantOrNull(row, "read_at"),
    nextReadAt: instantOrNull(row, "next_read_at"),
    readFailedAt: instantOrNull(row, "read_failed_at"),
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

async function withFacts(em: Connected, charged: readonly Charged[], now: Date): Promise<DueInvoice[]> {
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
  em: Connected,
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

/** Each id once; null: none is asked about. */
function idsOf(charged: readonly Charged[], of: (each: Charged) => string | null): string[] {
  return [...new Set(charged.flatMap((each) => of(each) ?? []))];
}
