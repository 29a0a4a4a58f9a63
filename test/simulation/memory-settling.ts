/** Settling in the store in memory: facts, decision and everything that follows, as `settling.ts` does in SQLite. */
import type { NewEvent, Settled, SettleFacts, SettleItem } from "../../src/application/ports.ts";
import type { Evidence } from "../../src/domain/attempt.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import { isEnded } from "../../src/domain/subscription.ts";
import { refreshStatuses } from "./memory-status.ts";
import { appendEvents, type AttemptRow, type InvoiceRow, type MemoryTables } from "./memory-tables.ts";

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
    const facts = factsOf(tables, attempt, invoice, idsOfOthers(tables, attemptId, evidence, taken));
    const settlement = decide(facts, evidence);
    if (settlement !== null) changed.push({ attempt, invoice, settlement });
    return { attemptId, invoiceId: invoice.id, settlement };
  });
  for (const each of changed) write(tables, each, now);
  const finalEvents = changed.flatMap((each) => takeFinalAction(tables, each));
  const statusEvents = refreshStatuses(
    tables,
    changed.map(({ invoice }) => invoice.subscriptionId),
  );
  appendEvents(tables, [...changed.map(eventOf), ...finalEvents, ...statusEvents], now);
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
): SettleFacts {
  const subscription = tables.subscriptions.must(invoice.subscriptionId);
  const { id, state, flow, amountCents, currency, customerId, orderId, chargeId, sentAt, looks } = attempt;
  const payer = tables.attempts.byUnique("attempt_one_paid", invoice.id);
  const opener = tables.attempts.byUnique("attempt_one_open", invoice.id);
  const { status, statusReason, nextAttemptAt, declines, faults, voidWhenSettled } = invoice;
  return {
    attempt: {
      id,
      state,
      flow,
      amountCents,
      currency,
      customerId,
      orderId,
      chargeId,
      sentAt,
      looks,
      idsOfOthers: idsOfOthersHeld,
    },
    invoice: {
      id: invoice.id,
      status,
      statusReason,
      nextAttemptAt,
      amountCents,
      currency,
      declines,
      faults,
      voidWhenSettled,
      timeZone: subscription.timeZone,
      paidByAnother: payer !== undefined && payer.id !== id,
      openElsewhere: opener !== undefined && opener.id !== id,
    },
    dunning: tables.plans.must(subscription.planId).dunning,
    livemode: tables.installation.current.livemode,
  };
}

/** Which attempt of this batch was the first to name an id. */
function idsInBatch(items: readonly SettleItem[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const { attemptId, evidence } of items)
    for (const id of gatewayIds(evidence)) if (!first.has(id)) first.set(id, attemptId);
  return first;
}

function idsOfOthers(
  tables: MemoryTables,
  attemptId: string,
  evidence: Evidence,
  firstInBatch: ReadonlyMap<string, string>,
): string[] {
  return gatewayIds(evidence).filter((id) => {
    const byCharge = tables.attempts.byUnique("attempt_charge", id)?.id ?? attemptId;
    const byOrder = tables.attempts.byUnique("attempt_single_order", id)?.id ?? attemptId;
    return byCharge !== attemptId || byOrder !== attemptId || firstInBatch.get(id) !== attemptId;
  });
}

function gatewayIds(evidence: Evidence): string[] {
  const ids =
    evidence.kind === "paid"
      ? [evidence.payment.orderId, evidence.payment.chargeId]
      : evidence.kind === "declined" || evidence.kind === "pending"
        ? [evidence.orderId, evidence.chargeId]
        : evidence.kind === "unknown"
          ? [evidence.orderId]
          : [];
  return ids.filter((id) => id !== null);
}

function write(tables: MemoryTables, { attempt: before, invoice, settlement }: Changed, now: Date): void {
  const { state, orderId, chargeId, looks, nextLookAt, settledAt, decline, payment, trace } = settlement.attempt;
  tables.attempts.put({
    ...before,
    state,
    orderId,
    chargeId,
    looks,
    nextLookAt,
    settledAt,
    paidAt: payment === null ? null : (payment.paidAt ?? now),
    declineClass: decline?.declineClass ?? null,
    failureCode: decline?.failureCode ?? null,
    failureMessage: decline?.failureMessage ?? null,
    authCode: payment?.authCode ?? null,
    feeCents: payment?.feeCents ?? null,
    cardBrand: payment?.cardBrand ?? before.cardBrand,
    cardLast4: payment?.cardLast4 ?? before.cardLast4,
    httpStatus: trace?.httpStatus ?? before.httpStatus,
    logId: trace?.logId ?? before.logId,
    evidence: trace === null ? before.evidence : [...before.evidence, { at: now.toISOString(), ...trace }],
  });
  const change = settlement.invoice;
  tables.invoices.put({ ...invoice, ...change, paidAt: invoice.paidAt ?? change.paidAt });
}

function takeFinalAction(tables: MemoryTables, { invoice, settlement: { finalAction } }: Changed): NewEvent[] {
  const { subscriptionId, customerId } = invoice;
  const subscription = tables.subscriptions.must(subscriptionId);
  if (finalAction === null || isEnded(subscription.status) || subscription.status === "paused") return [];
  const status = FINAL_STATUS[finalAction];
  const nextBillingAt = status === "canceled" ? null : subscription.nextBillingAt;
  tables.subscriptions.put({ ...subscription, status, nextBillingAt });
  const data = { because: "dunning_final_action" };
  return [{ type: `subscription.${status}`, customerId, subscriptionId, data }];
}

const FINAL_STATUS = { unpaid: "unpaid", cancel: "canceled", pause: "paused" } as const;

function eventOf({ attempt, invoice, settlement }: Changed): NewEvent {
  const { state, decline, trace } = settlement.attempt;
  return {
    type: settlement.event,
    customerId: invoice.customerId,
    subscriptionId: invoice.subscriptionId,
    invoiceId: invoice.id,
    attemptId: attempt.id,
    data: {
      attempt: attempt.number,
      outcome: state,
      amountCents: attempt.amountCents,
      currency: attempt.currency,
      declineClass: decline?.declineClass ?? null,
      failureCode: decline?.failureCode ?? null,
      nextAttemptAt: settlement.invoice.nextAttemptAt?.toISOString() ?? null,
      statusReason: settlement.invoice.statusReason,
      because: trace?.because ?? null,
    },
  };
}
