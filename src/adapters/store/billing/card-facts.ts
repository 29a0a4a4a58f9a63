/** What the rules about charging need to know of a customer's cards: what they were tried for, and what their banks said. */
import type { CustomerFacts } from "../../../domain/charging/charge-decision.ts";
import { BARRING_CLASSES, barredBy } from "../../../domain/charging/card-check.ts";
import { type CustomerTry, DAILY_LIMIT_WINDOW_MS } from "../../../domain/charging/daily-limit.ts";
import type { CardDecline } from "../../../domain/dunning/network-budget.ts";
import type { KnownCardFacts, TriedCard } from "../../../domain/dunning/new-card.ts";
import type { DeclineClass } from "../../../domain/decline.ts";
import type { InvoiceStatus } from "../../../domain/invoice.ts";
import type { Card } from "../../../domain/plan.ts";
import {
  grouped,
  instant,
  instantOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
  wordOrNull,
} from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type RawRow, words } from "../dialect/sql.ts";
import { IN_FLIGHT } from "./attempt-states.ts";

/** Of the attempt `f`: its card may be barred by it. The literals are few rows of the index. */
const MAY_BAR = `f.decline_class is not null and f.decline_class in ${words(BARRING_CLASSES)}`;
const DECLINED_CARD = `f.payment_source_id, f.card_last4, f.decline_class, f.card_cleared_at,
            (select b.status from invoice b where b.id = f.invoice_id) as invoice_status`;

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

/** By customer: those of the last 24 hours, and what is in flight. */
export async function recentTries(
  em: Connected,
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

/** Of a row with a try's state, flow and time. */
export function tryOf(row: RawRow): Omit<CustomerTry, "invoiceId"> {
  return { state: word(row, "state"), flow: word(row, "flow"), sentAt: instantOrNull(row, "sent_at") };
}

export type BarredCards = Pick<CustomerFacts, "neverAgain" | "toReplace">;
export const NONE_BARRED: BarredCards = { neverAgain: [], toReplace: [] };

/** By customer. */
export async function barredCards(em: Connected, customerIds: readonly string[]): Promise<Map<string, BarredCards>> {
  if (customerIds.length === 0) return new Map();
  const ids = batch(customerIds);
  const rows = await all(
    em,
    // By the card's id, and, where only the gateway named the card, by the customer: two indexes, and no `or`.
    // `is null` would be looked up by card: every decline whose card has no id.
    `select c.id as customer_id, ${DECLINED_CARD}
     from customer c join attempt f on f.payment_source_id = c.payment_source_id
     where c.id in (select value from json_each(?)) and ${MAY_BAR}
     union all
     select f.customer_id, ${DECLINED_CARD}
     from attempt f
     where f.customer_id in (select value from json_each(?)) and coalesce(f.payment_source_id, '') = ''
       and ${MAY_BAR}`,
    [ids, ids],
  );
  const declines = grouped(rows, "customer_id", (row) => ({
    paymentSourceId: textOrNull(row, "payment_source_id"),
    cardLast4: textOrNull(row, "card_last4"),
    declineClass: wordOrNull<DeclineClass>(row, "decline_class"),
    isCleared: row["card_cleared_at"] !== null,
    invoiceStatus: word<InvoiceStatus>(row, "invoice_status"),
  }));
  return new Map([...declines].map(([customerId, ofOne]) => [customerId, barredBy(ofOne)]));
}

/** By customer: what is known of the default card. @param rows with the customer's id, the columns of a card, and `deleted_at` */
export async function knownCards(em: Connected, rows: readonly RawRow[]): Promise<Map<string, KnownCardFacts>> {
  const barred = await barredCards(em, [...new Set(rows.map((row) => text(row, "customer_id")))]);
  const declines = await declinesOf(em, [...new Set(rows.flatMap((row) => cardOf(row).paymentSourceId ?? []))]);
  return new Map(
    rows.map((row) => {
      const [customerId, card] = [text(row, "customer_id"), cardOf(row)];
      const isDeleted = row["deleted_at"] !== null;
      const declined = declines.get(card.paymentSourceId ?? "") ?? [];
      return [customerId, { card, isDeleted, ...(barred.get(customerId) ?? NONE_BARRED), declines: declined }];
    }),
  );
}

/** By card. */
export async function declinesOf(
  em: Connected,
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

/** By invoice: all its attempts, by card. */
export async function triesOf(em: Connected, invoiceIds: readonly string[]): Promise<Map<string, TriedCard[]>> {
  const rows = await all(
    em,
    `select a.invoice_id, a.state, a.flow, a.payment_source_id, a.card_last4, a.card_cleared_at, l.cancel_requested_at
     from attempt a left join payment_link l on l.attempt_id = a.id
     where a.invoice_id in (select value from json_each(?))`,
    [batch(invoiceIds)],
  );
  return grouped(rows, "invoice_id", triedCard);
}

export function triedCard(row: RawRow): TriedCard {
  return {
    state: word(row, "state"),
    flow: word(row, "flow"),
    paymentSourceId: textOrNull(row, "payment_source_id"),
    cardLast4: textOrNull(row, "card_last4"),
    isCleared: row["card_cleared_at"] !== null,
    isClosing: (row["cancel_requested_at"] ?? null) !== null,
  };
}
