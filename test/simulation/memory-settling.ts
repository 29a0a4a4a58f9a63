/** Settling in the store in memory: facts, decision and everything that follows, as `settling.ts` does in SQLite. */
import type { NewEvent, Settled, SettleFacts, SettleItem } from "../../src/application/ports.ts";
import type { Evidence } from "../../src/domain/attempt.ts";
import type { Settlement } from "../../src/domain/settle.ts";
import { isEnded } from "../../src/domain/subscription.ts";
import { refreshStatuses } from "./memory-status.ts";
import { appendEvents, type AttemptRow, type InvoiceRow, type MemoryTables } from "./memory-tables.ts";

type Decide = (facts: SettleFacts, evidence: Evidence) => Settlement | null;

export function settleBatch(
  tables: MemoryTables,
  items: readonly SettleItem[],
  now: Date,
  decide: Decide,
): Settled[] {
  const taken = idsInBatch(items);
  return items.map(({ attemptId, evidence }) => {
    const attempt = tables.attempts.get(attemptId);
    if (attempt === undefined) return { attemptId, invoiceId: "", settlement: null };
    const invoice = tables.invoices.must(attempt.invoiceId);
    const facts = factsOf(tables, attempt, invoice, idsOfOthers(tables, attemptId, evidence, taken));
    const settlement = decide(facts, evidence);
    if (settlement !== null) write(tables, attempt, invoice, settlement, now);
    return { attemptId, invoiceId: invoice.id, settlement };
  });
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
  const { status, statusReason, nextAttemptAt, declines, faults, voidWhenSettled } = invoice;
  return {
    attempt: {
      ...{ id, state, flow, amountCents, currency, customerId, orderId, chargeId, sentAt, looks },
      idsOfOthers: idsOfOthersHeld,
    },
    invoice: {
      ...{ id: invoice.id, status, statusReason, nextAttemptAt, amountCents, currency, declines, faults },
      ...{ voidWhenSettled, timeZone: subscription.timeZone },
      paidByAnother: payer !== undefined && payer.id !== id,
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

function write(
  tables: MemoryTables,
  before: AttemptRow,
  invoice: InvoiceRow,
  { attempt, invoice: change, event, finalAction }: Settlement,
  now: Date,
): void {
  const { state, orderId, chargeId, looks, nextLookAt, settledAt, decline, payment, trace } = attempt;
  tables.attempts.put({
    ...before,
    ...{ state, orderId, chargeId, looks, nextLookAt, settledAt },
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
  tables.invoices.put({ ...invoice, ...change, paidAt: invoice.paidAt ?? change.paidAt });
  const { subscriptionId, customerId } = invoice;
  const finalEvents: NewEvent[] = [];
  const subscription = tables.subscriptions.must(subscriptionId);
  if (finalAction !== null && !isEnded(subscription.status) && subscription.status !== "paused") {
    const status = FINAL_STATUS[finalAction];
    const nextBillingAt = status === "canceled" ? null : subscription.nextBillingAt;
    tables.subscriptions.put({ ...subscription, status, nextBillingAt });
    const data = { because: "dunning_final_action" };
    finalEvents.push({ type: `subscription.${status}`, customerId, subscriptionId, data });
  }
  const statusEvents = refreshStatuses(tables, [subscriptionId]);
  const told: NewEvent = {
    ...{ type: event, customerId, subscriptionId, invoiceId: invoice.id, attemptId: before.id },
    data: {
      attempt: before.number,
      outcome: state,
      amountCents: before.amountCents,
      currency: before.currency,
      declineClass: decline?.declineClass ?? null,
      failureCode: decline?.failureCode ?? null,
      nextAttemptAt: change.nextAttemptAt?.toISOString() ?? null,
      statusReason: change.statusReason,
      because: trace?.because ?? null,
    },
  };
  appendEvents(tables, [told, ...finalEvents, ...statusEvents], now);
}

const FINAL_STATUS = { unpaid: "unpaid", cancel: "canceled", pause: "paused" } as const;
