/** Settling: facts are read under the write lock, the reducer decides, everything that follows is written at once. */
import type { Random } from "../../../application/ports/runtime.ts";
import type { Settled, SettleFacts, SettleItem } from "../../../application/ports/charging.ts";
import { hasPage, wayOf } from "../../../domain/ways-to-pay.ts";
import type { AfterCancel, Evidence } from "../../../domain/attempt.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import { firstRecheckAt } from "../../../domain/payment-link.ts";
import { chargedCard, isDefaultInDoubt } from "../../../domain/settle/charged-card.ts";
import { settlementData } from "../../../domain/settle/event-data.ts";
import { movedCents } from "../../../domain/settle/settle-payment.ts";
import { eventsOf, type Settlement } from "../../../domain/settle/settlement.ts";
import { batch, type Connected, ms, run } from "../dialect/sql.ts";
import { appendEvents } from "../events.ts";
import { writeInvoices } from "./write-invoices.ts";
import { releaseEndedOrders } from "./release-ended-orders.ts";
import { type Read, readFacts } from "./settle-facts.ts";
import { refreshStatuses } from "./subscription-status.ts";

export async function settleBatch(
  em: Connected,
  items: readonly SettleItem[],
  now: Date,
  decide: (facts: SettleFacts, evidence: Evidence) => Settlement | null,
  random: Random,
): Promise<Settled[]> {
  const read = await readFacts(em, items, now);
  const [first, later] = onePerInvoice(items, read);
  const settled = first.map(({ attemptId, evidence }) => {
    const known = read.get(attemptId);
    return { attemptId, known, settlement: known === undefined ? null : decide(known.facts, evidence) };
  });
  const changed = settled.flatMap(({ attemptId, known, settlement }) =>
    known === undefined || settlement === null ? [] : [{ attemptId, known, settlement }],
  );
  if (changed.length > 0) {
    await writeAttempts(em, changed, now);
    await writeLinks(em, changed, now);
    await doubtCustomers(em, changed);
    await releaseEndedOrders(em, changed);
    const finalEvents = await writeInvoices(
      em,
      changed.map(({ known, settlement }) => ({
        invoiceId: known.facts.invoice.id,
        subscriptionId: known.subscriptionId,
        before: known.facts.invoice,
        change: settlement.invoice,
        finalAction: settlement.finalAction,
      })),
      now,
    );
    const statusEvents = await refreshStatuses(
      em,
      changed.map(({ known }) => known.subscriptionId),
    );
    await appendEvents(em, [...changed.flatMap(eventsOfChange), ...finalEvents, ...statusEvents], now, random);
  }
  const rest = later.length > 0 ? await settleBatch(em, later, now, decide, random) : [];
  return [
    ...settled.map(({ attemptId, known, settlement }) => ({
      attemptId,
      invoiceId: known?.facts.invoice.id ?? "",
      settlement,
    })),
    ...rest,
  ];
}

/** The second news of one invoice must be judged by facts that contain the first. */
function onePerInvoice(items: readonly SettleItem[], read: ReadonlyMap<string, Read>): [SettleItem[], SettleItem[]] {
  const seen = new Set<string>();
  const first: SettleItem[] = [];
  const later: SettleItem[] = [];
  for (const item of items) {
    const key = read.get(item.attemptId)?.facts.invoice.id ?? item.attemptId;
    (seen.has(key) ? later : first).push(item);
    seen.add(key);
  }
  return [first, later];
}

type Changed = { readonly attemptId: string; readonly known: Read; readonly settlement: Settlement };

async function writeAttempts(em: Connected, changed: readonly Changed[], now: Date): Promise<void> {
  const isPlain = changed.every(isPlainPayment);
  await run(
    em,
    `update attempt set
       state = j.state,
       order_id = j.order_id,
       charge_id = j.charge_id,
       settled_at = j.settled_at,
       paid_at = j.paid_at,
       ${isPlain ? "" : LEFT_BY_PLAIN_PAYMENTS}
       auth_code = j.auth_code,
       fee_cents = j.fee_cents,
       payment_method = coalesce(j.payment_method, attempt.payment_method),
       card_kind = coalesce(j.card_kind, attempt.card_kind),
       -- An inquiry that finds nothing does not hide how the call itself ended.
       http_status = case when attempt.state = j.state then coalesce(attempt.http_status, j.http_status)
                          else coalesce(j.http_status, attempt.http_status) end,
       evidence = case when j.evidence is null then attempt.evidence
                       else json_insert(attempt.evidence, '$[#]', json(j.evidence)) end
     from rows(?:
       state text, orderId text, chargeId text, inquiries int, nextInquiryAt int, settledAt int, paidAt int,
       declineClass text, failureCode text, failureMessage text, authCode text, feeCents int, movedCents int,
       paymentMethod text, cardKind text, afterCancel text, paymentSourceId text, cardBrand text, cardLast4 text, httpStatus int, logId text,
       evidence json, attemptId text
     ) j where attempt.id = j.attempt_id`,
    [batch(changed.map((each) => attemptRow(each, now)))],
  );
}

/**
 * Left as they are by the payment that answers the call itself, with the card of the claim: a burst consists of little else, and
 * a column that is set to what it was costs as much as another, with each index that has it. The code and the message of a
 * failure come with its class alone.
 */
const LEFT_BY_PLAIN_PAYMENTS = `
  inquiries = j.inquiries,
  next_inquiry_at = j.next_inquiry_at,
  decline_class = j.decline_class,
  failure_code = j.failure_code,
  failure_message = j.failure_message,
  after_cancel = coalesce(attempt.after_cancel, j.after_cancel),
  moved_cents = j.moved_cents,
  payment_source_id = j.payment_source_id,
  card_brand = j.card_brand,
  card_last4 = j.card_last4,
  log_id = case when attempt.state = j.state then coalesce(attempt.log_id, j.log_id)
                else coalesce(j.log_id, attempt.log_id) end,`;

function isPlainPayment({ known, settlement: { attempt, isAfterCancel } }: Changed): boolean {
  const { claimedCard, defaultCard, facts } = known;
  const card = chargedCard(claimedCard, attempt.card, defaultCard);
  return (
    facts.attempt.state === "sending" &&
    attempt.payment?.amountCents === facts.attempt.amountCents &&
    attempt.inquiries === facts.attempt.inquiries &&
    card.paymentSourceId === claimedCard.paymentSourceId &&
    card.cardBrand === claimedCard.cardBrand &&
    card.cardLast4 === claimedCard.cardLast4 &&
    attempt.trace?.logId === null &&
    isAfterCancel === undefined
  );
}

function attemptRow({ attemptId, known, settlement: { attempt, isAfterCancel } }: Changed, now: Date) {
  return {
    attemptId,
    state: attempt.state,
    orderId: attempt.orderId,
    chargeId: attempt.chargeId,
    inquiries: attempt.inquiries,
    nextInquiryAt: ms(attempt.nextInquiryAt),
    settledAt: ms(attempt.settledAt),
    paidAt: attempt.payment === null ? null : ms(attempt.payment.paidAt ?? now),
    declineClass: attempt.decline?.declineClass,
    failureCode: attempt.decline?.failureCode,
    failureMessage: attempt.decline?.failureMessage,
    authCode: attempt.payment?.authCode,
    feeCents: attempt.payment?.feeCents,
    movedCents: movedCents(known.facts.attempt.amountCents, attempt.payment),
    paymentMethod: attempt.payment?.paymentMethod,
    cardKind: attempt.payment?.cardKind,
    afterCancel: isAfterCancel ? ("asked" satisfies AfterCancel) : null,
    ...chargedCard(known.claimedCard, attempt.card, known.defaultCard),
    httpStatus: attempt.trace?.httpStatus,
    logId: attempt.trace?.logId,
    evidence: attempt.trace === null ? undefined : { at: now.toISOString(), ...attempt.trace },
  };
}

/** Another card than the default was charged: the customer changed it without our knowing, and is read again. */
async function doubtCustomers(em: Connected, changed: readonly Changed[]): Promise<void> {
  const seen = changed.flatMap(({ known: { facts, defaultCard }, settlement: { attempt } }) =>
    wayOf(facts.attempt).chargesStoredCard && isDefaultInDoubt(attempt.card, defaultCard)
      ? [facts.attempt.customerId]
      : [],
  );
  if (seen.length === 0) return;
  await run(em, "update customer set read_at = null where id in (select value from json_each(?))", [batch(seen)]);
}

/** The pages that were shown, and those that were paid by a card which is to be kept. */
async function writeLinks(em: Connected, changed: readonly Changed[], now: Date): Promise<void> {
  const links = changed.flatMap(({ attemptId, known, settlement: { attempt } }) => {
    if (!hasPage(known.facts.attempt)) return [];
    const isPaidByCard = attempt.state === "paid" && attempt.payment?.paymentMethod === "card";
    const keepCardAt = isPaidByCard ? ms(now) : null;
    const recheckAt = attempt.state === "lapsed" ? ms(firstRecheckAt(now)) : null;
    return [
      { attemptId, url: attempt.link?.url, expiresAt: ms(attempt.link?.expiresAt ?? null), keepCardAt, recheckAt },
    ];
  });
  if (links.length === 0) return;
  await run(
    em,
    `update payment_link
     set url = coalesce(j.url, payment_link.url), expires_at = coalesce(j.expires_at, payment_link.expires_at),
         keep_card_at = coalesce(j.keep_card_at, payment_link.keep_card_at),
         recheck_at = j.recheck_at
     from rows(?:
       url text, expiresAt int, keepCardAt int, recheckAt int, attemptId text
     ) j where payment_link.attempt_id = j.attempt_id`,
    [batch(links)],
  );
}

function eventsOfChange({ attemptId, known, settlement }: Changed): NewEvent[] {
  const { attempt, invoice } = known.facts;
  const { customerId, amountCents, currency } = attempt;
  const data = settlementData({ number: known.number, amountCents, currency }, settlement);
  const ids = { customerId, subscriptionId: known.subscriptionId, invoiceId: invoice.id, attemptId };
  return eventsOf(settlement).map((type) => ({ type, ...ids, data }));
}
