/** What the reducer needs to know of attempts that something was learned about, read under the write lock. */
import type { SettleFacts, SettleItem } from "../../../application/ports/charging.ts";
import { type ChargeAttempt, gatewayIdsOf, type PageAttempt } from "../../../domain/attempt.ts";
import { type AttemptFlow, isPageFlow } from "../../../domain/ways-to-pay.ts";
import type { NamedCard } from "../../../domain/charging/card-check.ts";
import { hasUntriedCard, isAnotherSource, isOtherCard } from "../../../domain/dunning/new-card.ts";
import { knownCards, triesOf } from "./card-facts.ts";
import type { ChargedCard } from "../../../domain/settle/charged-card.ts";
import { flag, instant, instantOrNull, text, textOrNull, whole, word, wordOrNull } from "../dialect/codec.ts";
import { all, batch, type Connected, type RawRow } from "../dialect/sql.ts";
import { OWNS_ORDER } from "./attempt-flows.ts";
import { OPEN, PAID } from "./attempt-states.ts";
import { INVOICE_FACTS, invoiceFactsOf } from "./invoice-facts.ts";

export type Read = {
  readonly facts: SettleFacts;
  readonly subscriptionId: string;
  readonly number: number;
  readonly claimedCard: ChargedCard;
  readonly defaultCard: NamedCard;
};

export async function readFacts(em: Connected, items: readonly SettleItem[], now: Date): Promise<Map<string, Read>> {
  const rows = await all(
    em,
    `select a.id, a.number, a.state, a.flow, a.order_id, a.charge_id, a.sent_at, a.inquiries,
            a.amount_cents, a.currency, a.customer_id, l.expires_at as link_expires_at, l.cancel_because as link_end,
            l.cancel_requested_at as link_end_at, l.url is not null as link_is_published,
            ${INVOICE_FACTS}, i.subscription_id, p.dunning, (select livemode from installation) as livemode,
            exists (select 1 from attempt o where o.invoice_id = i.id and o.id <> a.id and o.state = ${PAID}) as paid_by_another,
            exists (
              select 1 from attempt o
              where o.invoice_id = i.id and o.id <> a.id and o.state in ${OPEN}
            ) as open_elsewhere,
            c.card_last4 as card_last4_now,
            c.payment_source_id as payment_source_id_now, c.card_exp_month, c.card_exp_year, c.card_brand as card_brand_now,
            c.deleted_at, a.payment_source_id, a.card_brand, a.card_last4
     from attempt a
     join invoice i on i.id = a.invoice_id
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     join customer c on c.id = i.customer_id
     left join payment_link l on l.attempt_id = a.id
     where a.id in (select value from json_each(?))`,
    [batch(items.map(({ attemptId }) => attemptId))],
  );
  const taken = await idsTaken(em, items);
  const untried = await untriedCards(em, items, rows, now);
  const others = await otherCards(em, rows);
  return new Map(
    rows.map((row) => {
      const id = text(row, "id");
      return [
        id,
        {
          facts: factsOf(row, taken.get(id) ?? [], { hasUntried: untried.has(id), isOther: others.has(id) }),
          subscriptionId: text(row, "subscription_id"),
          number: whole(row, "number"),
          claimedCard: { ...chargedCardOf(row), cardBrand: textOrNull(row, "card_brand") },
          defaultCard: defaultCardOf(row),
        },
      ];
    }),
  );
}

function chargedCardOf(row: RawRow): NamedCard {
  return { paymentSourceId: textOrNull(row, "payment_source_id"), cardLast4: textOrNull(row, "card_last4") };
}

function defaultCardOf(row: RawRow): NamedCard {
  return { paymentSourceId: textOrNull(row, "payment_source_id_now"), cardLast4: textOrNull(row, "card_last4_now") };
}

type CardsNow = { readonly hasUntried: boolean; readonly isOther: boolean };

function factsOf(row: RawRow, idsOfOthers: readonly string[], { hasUntried, isOther }: CardsNow): SettleFacts {
  return {
    attempt: {
      ...kindFactsOf(row),
      id: text(row, "id"),
      state: word(row, "state"),
      amountCents: whole(row, "amount_cents"),
      currency: text(row, "currency"),
      customerId: text(row, "customer_id"),
      orderId: textOrNull(row, "order_id"),
      chargeId: textOrNull(row, "charge_id"),
      sentAt: instantOrNull(row, "sent_at"),
      inquiries: whole(row, "inquiries"),
      idsOfOthers,
    },
    invoice: {
      ...invoiceFactsOf(row),
      paidByAnother: flag(row, "paid_by_another"),
      openElsewhere: flag(row, "open_elsewhere"),
      isOtherCardNow: isOther,
      cardLast4Now: textOrNull(row, "card_last4_now"),
      hasUntriedCard: hasUntried,
    },
    dunning: text(row, "dunning"),
    livemode: row["livemode"] === null ? null : flag(row, "livemode"),
  };
}

/** Attempts whose customer has another card by now, which is new to their invoice: few, so the tries are read for them alone. */
async function otherCards(em: Connected, rows: readonly RawRow[]): Promise<ReadonlySet<string>> {
  const changed = rows.filter((row) => isAnotherSource(chargedCardOf(row), defaultCardOf(row)));
  if (changed.length === 0) return new Set();
  const tries = await triesOf(em, [...new Set(changed.map((row) => text(row, "invoice_id")))]);
  const isOther = (row: RawRow): boolean =>
    isOtherCard(chargedCardOf(row), defaultCardOf(row), tries.get(text(row, "invoice_id")) ?? []);
  return new Set(changed.filter(isOther).map((row) => text(row, "id")));
}

/** Attempts whose invoice has a card that was never tried. Only a page that is over may end what nothing else does. */
async function untriedCards(
  em: Connected,
  items: readonly SettleItem[],
  rows: readonly RawRow[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const over = new Set(items.flatMap(({ attemptId, evidence }) => (evidence.kind === "lapsed" ? [attemptId] : [])));
  const ended = rows.filter((row) => over.has(text(row, "id")));
  const defaults = ended.map((row): RawRow => ({
    ...row,
    payment_source_id: row["payment_source_id_now"] ?? null,
    card_brand: row["card_brand_now"] ?? null,
    card_last4: row["card_last4_now"] ?? null,
  }));
  const cards = await knownCards(em, defaults);
  const isUntried = (row: RawRow): boolean =>
    hasUntriedCard(text(row, "invoice_id"), cards.get(text(row, "customer_id"))!, now);
  return new Set(ended.filter(isUntried).map((row) => text(row, "id")));
}

type KindFacts = Pick<ChargeAttempt, "flow"> | Pick<PageAttempt, "flow" | (keyof PageAttempt & `link${string}`)>;

function kindFactsOf(row: RawRow): KindFacts {
  const flow = word<AttemptFlow>(row, "flow");
  if (!isPageFlow(flow)) return { flow };
  return {
    flow,
    linkExpiresAt: instant(row, "link_expires_at"),
    linkEnd: wordOrNull(row, "link_end"),
    linkEndAt: instantOrNull(row, "link_end_at"),
    linkIsPublished: flag(row, "link_is_published"),
  };
}

/** Gateway ids in the evidence that another attempt holds already, or that an earlier item of this batch brings. */
async function idsTaken(em: Connected, items: readonly SettleItem[]): Promise<Map<string, string[]>> {
  const pairs = items.flatMap(({ attemptId, evidence }) =>
    gatewayIdsOf(evidence).map((gatewayId) => ({ attemptId, gatewayId })),
  );
  if (pairs.length === 0) return new Map();
  const rows = await all(
    em,
    `select j.attempt_id, j.gateway_id
     from rows(?: attemptId text, gatewayId text) j
     where exists (
       select 1 from attempt a where a.charge_id = j.gateway_id and a.id <> j.attempt_id
     ) or exists (
       select 1 from attempt a
       where a.${OWNS_ORDER} and a.order_id = j.gateway_id and a.id <> j.attempt_id
     )`,
    [batch(pairs)],
  );
  const taken = new Map<string, string[]>();
  const take = (attemptId: string, gatewayId: string): void => {
    taken.set(attemptId, [...(taken.get(attemptId) ?? []), gatewayId]);
  };
  for (const row of rows) take(text(row, "attempt_id"), text(row, "gateway_id"));
  const first = new Map<string, string>();
  for (const { attemptId, gatewayId } of pairs) {
    const holder = first.get(gatewayId);
    if (holder === undefined) first.set(gatewayId, attemptId);
    else if (holder !== attemptId) take(attemptId, gatewayId);
  }
  return taken;
}
