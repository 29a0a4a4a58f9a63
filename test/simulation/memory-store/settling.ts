/** Settling in the store in memory: facts, decision and everything that follows, as `outcomes.ts` does in SQLite. */
import type { Settled, SettleFacts, SettleItem } from "../../../src/application/ports/charging.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import { gatewayIdsOf, type Evidence } from "../../../src/domain/attempt.ts";
import { hasPage, isPageFlow } from "../../../src/domain/ways-to-pay.ts";
import { ConstraintViolated } from "./table.ts";
import { chargedCard, isDefaultInDoubt } from "../../../src/domain/settle/charged-card.ts";
import { hasUntriedCard, isOtherCard } from "../../../src/domain/dunning/new-card.ts";
import { knownCard } from "./charge-facts.ts";
import { firstRecheckAt } from "../../../src/domain/payment-link.ts";
import { settlementData } from "../../../src/domain/settle/event-data.ts";
import { movedCents } from "../../../src/domain/settle/settle-payment.ts";
import { eventsOf, type Settlement } from "../../../src/domain/settle/settlement.ts";
import { invoiceFactsOf, writeInvoices } from "./invoice-changes.ts";
import { refreshStatuses } from "./status.ts";
import type { AttemptRow, InvoiceRow } from "./rows.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";

type Decide = (facts: SettleFacts, evidence: Evidence) => Settlement | null;

type Changed = { readonly attempt: AttemptRow; readonly invoice: InvoiceRow; readonly settlement: Settlement };

export function settleBatch(tables: MemoryTables, items: readonly SettleItem[], now: Date, decide: Decide): Settled[] {
  const [first, later] = onePerInvoice(tables, items);
  const taken = idsInBatch(items);
  const changed: Changed[] = [];
  const settled = first.map(({ attemptId, evidence }) => {
    const attempt = tables.attempts.get(attemptId);
    if (attempt === undefined) return { attemptId, invoiceId: "", settlement: null };
    const invoice = tables.invoices.must(attempt.invoiceId);
    const facts = factsOf(tables, attempt, invoice, idsOfOthers(tables, attemptId, evidence, taken), {
      hasUntriedCard: evidence.kind === "lapsed" && isUntried(tables, invoice, now),
    });
    const settlement = decide(facts, evidence);
    if (settlement !== null) changed.push({ attempt, invoice, settlement });
    return { attemptId, invoiceId: invoice.id, settlement };
  });
  for (const each of changed) write(tables, each, now);
  const finalEvents = writeInvoices(
    tables,
    changed.map(({ invoice, settlement }) => ({
      ...{ invoice, change: settlement.invoice, finalAction: settlement.finalAction },
    })),
    now,
  );
  const statusEvents = refreshStatuses(
    tables,
    changed.map(({ invoice }) => invoice.subscriptionId),
  );
  appendEvents(tables, [...changed.flatMap(eventsOfChange), ...finalEvents, ...statusEvents], now);
  return later.length === 0 ? settled : [...settled, ...settleBatch(tables, later, now, decide)];
}

/** The second news of one invoice must be judged by facts that contain the first. */
function onePerInvoice(tables: MemoryTables, items: readonly SettleItem[]): [SettleItem[], SettleItem[]] {
  const seen = new Set<string>();
  const first: SettleItem[] = [];
  const later: SettleItem[] = [];
  for (const item of items) {
    const key = tables.attempts.get(item.attemptId)?.invoiceId ?? item.attemptId;
    (seen.has(key) ? later : first).push(item);
    seen.add(key);
  }
  return [first, later];
}

function factsOf(
  tables: MemoryTables,
  attempt: AttemptRow,
  invoice: InvoiceRow,
  idsOfOthersHeld: readonly string[],
  { hasUntriedCard: hasUntried }: { readonly hasUntriedCard: boolean },
): SettleFacts {
  const subscription = tables.subscriptions.must(invoice.subscriptionId);
  const { id, state, amountCents, currency, customerId, orderId, chargeId, sentAt, inquiries } = attempt;
  const payer = tables.attempts.byUnique("attempt_one_paid", invoice.id);
  const opener = tables.attempts.byUnique("attempt_one_open", invoice.id);
  const defaultCard = tables.customers.must(customerId);
  return {
    attempt: {
      ...kindFactsOf(tables, attempt),
      id,
      state,
      amountCents,
      currency,
      customerId,
      orderId,
      chargeId,
      sentAt,
      inquiries,
      idsOfOthers: idsOfOthersHeld,
    },
    invoice: {
      ...invoiceFactsOf(tables, invoice),
      paidByAnother: payer !== undefined && payer.id !== id,
      openElsewhere: opener !== undefined && opener.id !== id,
      isOtherCardNow: isOtherCard(
        attempt,
        defaultCard,
        tables.attempts
          .inGroup("invoice", invoice.id)
          .map((each) => ({ ...each, isCleared: each.cardClearedAt !== null })),
      ),
      cardLast4Now: defaultCard.cardLast4,
      hasUntriedCard: hasUntried,
    },
    dunning: tables.plans.must(subscription.planId).dunning,
    livemode: tables.installation.current.livemode,
  };
}

function isUntried(tables: MemoryTables, { id, customerId }: InvoiceRow, now: Date): boolean {
  return hasUntriedCard(id, knownCard(tables, tables.customers.must(customerId)), now);
}

function kindFactsOf({ links }: MemoryTables, { id, flow }: AttemptRow) {
  if (!isPageFlow(flow)) return { flow };
  const link = links.byUnique("attempt", id);
  if (link === undefined) throw new ConstraintViolated(`attempt ${id} has no payment link`);
  return {
    ...{ flow, linkExpiresAt: link.expiresAt, linkEnd: link.cancelBecause, linkEndAt: link.cancelRequestedAt },
    linkIsPublished: link.url !== null,
  };
}

/** Which attempt of this batch was the first to name an id. */
function idsInBatch(items: readonly SettleItem[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const { attemptId, evidence } of items)
    for (const id of gatewayIdsOf(evidence)) if (!first.has(id)) first.set(id, attemptId);
  return first;
}

function idsOfOthers(
  tables: MemoryTables,
  attemptId: string,
  evidence: Evidence,
  firstInBatch: ReadonlyMap<string, string>,
): string[] {
  return gatewayIdsOf(evidence).filter((id) => {
    const byCharge = tables.attempts.byUnique("attempt_charge", id)?.id ?? attemptId;
    const byOrder = tables.attempts.byUnique("attempt_own_order", id)?.id ?? attemptId;
    return byCharge !== attemptId || byOrder !== attemptId || firstInBatch.get(id) !== attemptId;
  });
}

function write(tables: MemoryTables, changed: Changed, now: Date): void {
  const { attempt: before, settlement } = changed;
  const { state, orderId, chargeId, inquiries, nextInquiryAt, settledAt, decline, payment, trace, card } =
    settlement.attempt;
  const customer = tables.customers.must(before.customerId);
  // An inquiry that finds nothing does not hide how the call itself ended.
  const [first, second] = before.state === state ? [before, trace] : [trace, before];
  tables.attempts.put({
    ...before,
    ...{ state, orderId, chargeId, inquiries, nextInquiryAt, settledAt },
    paidAt: payment === null ? null : (payment.paidAt ?? now),
    declineClass: decline?.declineClass ?? null,
    failureCode: decline?.failureCode ?? null,
    failureMessage: decline?.failureMessage ?? null,
    authCode: payment?.authCode ?? null,
    feeCents: payment?.feeCents ?? null,
    movedCents: movedCents(before.amountCents, payment),
    paymentMethod: payment?.paymentMethod ?? before.paymentMethod,
    cardKind: payment?.cardKind ?? before.cardKind,
    afterCancel: before.afterCancel ?? (settlement.isAfterCancel ? "asked" : null),
    ...chargedCard(before, card, customer),
    httpStatus: first?.httpStatus ?? second?.httpStatus ?? null,
    logId: first?.logId ?? second?.logId ?? null,
    evidence: trace === null ? before.evidence : [...before.evidence, { at: now.toISOString(), ...trace }],
  });
  if (hasPage(before)) writeLink(tables, changed, now);
  else if (isDefaultInDoubt(card, customer)) tables.customers.put({ ...customer, readAt: null });
  const invoice = tables.invoices.must(before.invoiceId);
  if (settlement.leavesOrder && invoice.orderId === orderId) tables.invoices.put({ ...invoice, orderId: null });
}

/** The page that was shown, or one that was paid by a card which is to be kept. */
function writeLink({ links }: MemoryTables, { attempt: { id }, settlement: { attempt } }: Changed, now: Date): void {
  const link = links.byUnique("attempt", id);
  if (link === undefined) return;
  const isPaidByCard = attempt.state === "paid" && attempt.payment?.paymentMethod === "card";
  links.put({
    ...link,
    url: attempt.link?.url ?? link.url,
    expiresAt: attempt.link?.expiresAt ?? link.expiresAt,
    keepCardAt: isPaidByCard ? now : link.keepCardAt,
    recheckAt: attempt.state === "lapsed" ? firstRecheckAt(now) : null,
  });
}

function eventsOfChange({ attempt, invoice, settlement }: Changed): NewEvent[] {
  const { customerId, subscriptionId, id: invoiceId } = invoice;
  const ids = { customerId, subscriptionId, invoiceId, attemptId: attempt.id };
  const data = settlementData(attempt, settlement);
  return eventsOf(settlement).map((type) => ({ type, ...ids, data }));
}
