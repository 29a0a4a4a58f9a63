/**
 * A payment that its cardholder disputes is told (docs/dunning.md, Disputes): without any webhook by the next reading of its
 * order. And where the policy says `hold`, no later cycle of the subscription is charged by itself while the dispute is open.
 */
import type { EventSeen } from "../books-view.ts";
import type { LedgerCharge } from "../ledger.ts";
import type { News } from "./book.ts";
import { DAY_MS, MINUTE_MS, type Context } from "./promises-of.ts";
import type { Light } from "./promised.ts";

/** Days after the charge on which the order of each payment is read. */
const READ_AFTER_DAYS = [7, 30, 60, 90, 120] as const;
const PATIENCE_MS = 3 * DAY_MS;
/** Of which one may fail to read it. Where nothing else is due a daemon of these lives is woken once a week, or later. */
const RUNS = 3;
/** Orders that one run reads for disputes (docs/dunning.md#disputes). */
const READS_A_RUN = 20;
/** A charge may be on its way for so long when the dispute is learned of. */
const ON_ITS_WAY_MS = 10 * MINUTE_MS;

export type DisputeCheck = {
  look(news: News): void;
  /** A run is over. */
  over(light: Light): void;
  /** A backup was put back: what it does not know is told again, or never. */
  forget(): void;
};

export function disputeCheck(context: Context): DisputeCheck {
  const { book, ledger, report, world } = context;
  /** By invoice and by subscription: when it was told first. */
  const toldAt = new Map<string, number>();
  const openSince = new Map<string, number>();
  const judged = new Set<string>();
  const runsAtMs: number[] = [];
  let seen = 0;

  function noteEvent({ type, invoiceId, subscriptionId, at }: EventSeen): void {
    if (invoiceId === null || subscriptionId === null || at === undefined) return;
    if (type === "dispute.opened") {
      toldAt.set(invoiceId, at.getTime());
      openSince.set(subscriptionId, Math.min(at.getTime(), openSince.get(subscriptionId) ?? Infinity));
    }
    if (type === "dispute.closed" || type === "dispute.updated") openSince.delete(subscriptionId);
  }

  /** When the order is next read, without a webhook; null: never again. */
  function readMs(chargedMs: number, disputedMs: number): number | null {
    const reads = READ_AFTER_DAYS.map((days) => chargedMs + days * DAY_MS);
    return reads.find((atMs) => atMs > disputedMs) ?? null;
  }

  /** A run reads so many of what is due, and what was due before comes first: of a plan that is charged daily there are many. */
  function runsBefore(nextMs: number): number {
    const paidMs = ledger.charges.flatMap(({ history }) => history.find(({ status }) => status === "paid")?.atMs ?? []);
    const due = paidMs.flatMap((atMs) => READ_AFTER_DAYS.map((days) => atMs + days * DAY_MS));
    return Math.ceil(due.filter((atMs) => atMs > nextMs - 30 * DAY_MS && atMs < context.nowMs()).length / READS_A_RUN);
  }

  function checkTold(charge: LedgerCharge): void {
    const { id, orderId, reference, history, subscriptionId } = charge;
    const last = history.at(-1);
    const attempt = book.byReference.get(reference);
    if (last?.status !== "charged_back" || attempt?.state !== "paid" || judged.has(id)) return;
    const nextMs = readMs(attempt.claimedAt.getTime(), last.atMs);
    if (nextMs === null || context.goodForMs(nextMs) < PATIENCE_MS || context.isSickOrder(orderId)) return;
    if (runsAtMs.filter((atMs) => atMs > nextMs).length < RUNS + runsBefore(nextMs)) return;
    judged.add(id);
    if (!toldAt.has(attempt.invoiceId))
      report("dispute", `${reference} of ${subscriptionId} is disputed since ${iso(last.atMs)}, and nobody is told`);
  }

  function checkHeld({ reference, subscriptionId, invoiceId, cycle }: LedgerCharge): void {
    const order = context.orderOf(subscriptionId);
    const sinceMs = openSince.get(subscriptionId);
    const sentMs = context.leftAtMs.get(reference) ?? 0;
    if (order === null || sinceMs === undefined || sentMs < sinceMs + ON_ITS_WAY_MS || Number.isNaN(cycle)) return;
    if (context.policyOf(order).onChargeback !== "hold" || context.isTouched(invoiceId)) return;
    report("dispute", `${reference} (cycle ${cycle} of ${subscriptionId}) was charged beside an open dispute`);
  }

  return {
    look: ({ events }) => {
      const { isClockRight, hasForgotten, mayFreeze } = world;
      // Charges of the day are judged by what was known before it.
      for (; seen < ledger.charges.length; seen++) {
        const charge = ledger.charges[seen];
        if (charge !== undefined && !charge.isOfPage && isClockRight && !hasForgotten && !mayFreeze) checkHeld(charge);
      }
      for (const event of events) noteEvent(event);
      if (isClockRight && !hasForgotten) for (const charge of ledger.charges) checkTold(charge);
    },
    over: ({ atMs }) => void runsAtMs.push(atMs),
    forget: () => openSince.clear(),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
