/** Payment links in the tables: claiming the attempt of one, asking for its end, and what is shown of it. */
import type { Random } from "../../../application/ports/runtime.ts";
import type { CardToKeep, ClaimedAttempt, LinkClaim } from "../../../application/ports/charging.ts";
import type { Owner } from "../../../application/ports/installation.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import type { AttemptState } from "../../../domain/attempt.ts";
import { NOT_HALTED } from "../records/installation.ts";
import { MAY_CHARGE, ofOwner } from "../records/nodes.ts";
import { mayBeRead } from "../records/read-failures.ts";
import type { Rule } from "../../../domain/dunning/dunning.ts";
import { tryKnownCard, tryNewCard, type NewCardDecision, type TriedCard } from "../../../domain/dunning/new-card.ts";
import type { LinkEnd } from "../../../domain/payment-link.ts";
import { openLink } from "../../../domain/settle/open-link.ts";
import { knownCards, triesOf } from "./card-facts.ts";
import { claimedById } from "./claims.ts";
import { flag, text, textOrNull, word } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";
import { writeChanges } from "./invoice-changes.ts";
import { INVOICE_FACTS, invoiceFactsOf } from "./invoice-facts.ts";
import { HAS_PAGE } from "./attempt-flows.ts";
import { CLAIMED, IN_FLIGHT, OPEN, UNCERTAIN } from "./attempt-states.ts";
import { UNSETTLED } from "./invoice-statuses.ts";

/** @returns null: the invoice is not open, an attempt of it is, or another claim of its customer is under way */
export async function claimLink(
  em: Connected,
  owner: Owner,
  { invoiceId, flow, now, leaseMs, methods, expiresAt, requestedBy }: LinkClaim,
  random: Random,
): Promise<ClaimedAttempt | null> {
  const [installation] = await all(
    em,
    `select 1 from installation where ${MAY_CHARGE} and ${NOT_HALTED}`,
    ofOwner(owner),
  );
  const [invoice] = await all(
    em,
    `select ${INVOICE_FACTS}, i.customer_id, exists (
       select 1 from invoice e join attempt a on a.invoice_id = e.id
       where e.subscription_id = i.subscription_id and e.status in ${UNSETTLED}
         and a.${HAS_PAGE} and a.state in ${OPEN}
     ) as has_open_page from invoice i join subscription s on s.id = i.subscription_id where i.id = ?`,
    [invoiceId],
  );
  if (installation === undefined || invoice === undefined) return null;
  const facts = {
    invoice: invoiceFactsOf(invoice),
    tries: await statesOf(em, "invoice_id = ?", invoiceId),
    hasOpenPage: flag(invoice, "has_open_page"),
    triesOfCustomer: await statesOf(em, `customer_id = ? and state in ${IN_FLIGHT}`, text(invoice, "customer_id")),
  };
  const change = openLink(facts, requestedBy, now);
  if (change === null) return null;
  const attemptId = random.newId("att", now);
  await writeChanges(em, [{ invoiceId, change }]);
  await run(
    em,
    `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency,
       claimed_by, claim_epoch, claimed_at, claimed_until, inquiries, evidence)
     select ?, i.id, i.customer_id, n.number, ${CLAIMED}, i.id || '-' || n.number, ?, i.amount_cents, i.currency,
            ?, ?, ?, ?, 0, '[]'
     from invoice i
     join (select 1 + coalesce(max(number), 0) as number from attempt where invoice_id = ?) n on true
     where i.id = ?`,
    [attemptId, flow, owner.id, owner.epoch, ms(now), ms(now) + leaseMs, invoiceId, invoiceId],
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

async function statesOf(em: Connected, where: string, id: string): Promise<AttemptState[]> {
  const rows = await all(em, `select distinct state from attempt where ${where}`, [id]);
  return rows.map((row) => word(row, "state"));
}

/** The open links of these invoices are to be closed, or tried to be closed again: the next inquiry cancels each, and reads what became of it. */
export async function endLinks(
  em: Connected,
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
       where a.invoice_id in (select value from json_each(?)) and a.${HAS_PAGE}
         and a.state in ${OPEN}
     )
     returning attempt_id`,
    [ms(now), because, batch(invoiceIds)],
  );
  if (rows.length === 0) return [];
  const attemptIds = rows.map((row) => text(row, "attempt_id"));
  // One that is being made is closed as soon as its answer is in the books.
  const ended = await all(
    em,
    `update attempt set next_inquiry_at = case when state in ${UNCERTAIN} then cast(? as bigint) end
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

/** The customer has another default card: what each of the invoices in dunning makes of it is in `tryNewCard`. */
export async function retryWithNewCard(
  em: Connected,
  {
    customerId,
    paymentSourceId,
    now,
  }: { readonly customerId: string; readonly paymentSourceId: string; readonly now: Date },
): Promise<NewEvent[]> {
  const waiting = await inDunning(em, customerId);
  return await tryCard(em, waiting, { customerId, rule: { name: "new_card" }, now }, ({ row, tries }) => {
    const card = { paymentSourceId, cardLast4: textOrNull(row, "card_last4") };
    return tryNewCard(invoiceFactsOf(row), tries, card, now);
  });
}

/** The default card is the one that the books know: what the invoices in dunning make of it is in `tryKnownCard`. */
export async function tryKnownCardOf(em: Connected, customerId: string, now: Date): Promise<NewEvent[]> {
  const waiting = await inDunning(em, customerId);
  const [first] = waiting;
  if (first === undefined) return [];
  const facts = (await knownCards(em, [first.row])).get(customerId)!;
  return await tryCard(em, waiting, { customerId, rule: { name: "card_untried" }, now }, ({ row, tries }) =>
    tryKnownCard(invoiceFactsOf(row), tries, facts, now),
  );
}

type InDunning = { readonly row: RawRow; readonly tries: readonly TriedCard[] };

async function inDunning(em: Connected, customerId: string): Promise<InDunning[]> {
  const dunned = await all(
    em,
    `select ${INVOICE_FACTS}, i.subscription_id, i.customer_id, c.payment_source_id, c.card_brand, c.card_last4, c.card_exp_month,
       c.card_exp_year, c.deleted_at
     from invoice i join subscription s on s.id = i.subscription_id join customer c on c.id = i.customer_id
     where i.customer_id = ? and i.dunning_step is not null`,
    [customerId],
  );
  if (dunned.length === 0) return [];
  const tries = await triesOf(
    em,
    dunned.map((row) => text(row, "invoice_id")),
  );
  return dunned.map((row) => ({ row, tries: tries.get(text(row, "invoice_id")) ?? [] }));
}

async function tryCard(
  em: Connected,
  waiting: readonly InDunning[],
  { customerId, rule, now }: { readonly customerId: string; readonly rule: Rule; readonly now: Date },
  decide: (each: InDunning) => NewCardDecision | null,
): Promise<NewEvent[]> {
  const decided = waiting.map((each) => ({
    invoiceId: text(each.row, "invoice_id"),
    subscriptionId: text(each.row, "subscription_id"),
    decision: decide(each),
  }));
  const offered = decided.flatMap(({ decision, ...ids }) =>
    decision?.do === "try" ? [{ ...ids, change: decision.change }] : [],
  );
  await writeChanges(em, offered);
  const linked = decided.flatMap(({ decision, invoiceId }) => (decision?.do === "close_link" ? [invoiceId] : []));
  const closing = await endLinks(em, linked, "new_card", now);
  return [
    ...offered.map(({ invoiceId, subscriptionId }): NewEvent => ({
      ...{ type: "invoice.retry_scheduled", customerId, subscriptionId, invoiceId },
      data: { nextAttemptAt: now.toISOString(), nextStep: "retry", rule },
    })),
    ...closing,
  ];
}

/** Links that were paid by a card which is to become the customer's default. */
export async function cardsToKeep(em: Connected, now: Date, limit: number): Promise<CardToKeep[]> {
  const rows = await all(
    em,
    `select l.id, a.customer_id, a.card_last4
     from payment_link l join attempt a on a.id = l.attempt_id
     where l.keep_card_at is not null and ${mayBeRead("a.customer_id")} order by l.keep_card_at, l.id limit ?`,
    [ms(now), limit],
  );
  return rows.map((row) => ({
    linkId: text(row, "id"),
    customerId: text(row, "customer_id"),
    last4: textOrNull(row, "card_last4"),
  }));
}

export async function cardIsKept(em: Connected, linkId: string): Promise<void> {
  await run(em, "update payment_link set keep_card_at = null where id = ?", [linkId]);
}
