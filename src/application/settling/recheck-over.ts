/**
 * Ask once more about what is over: payment links, since cash may be on its way when one ends, and charges of which a
 * person said that they were not made.
 *
 * Only money counts; it goes through the one reducer, and pays the invoice or is a second payment. A read that failed is
 * made again later, and counts as a recheck once it has failed for a day; it is the last one only where Conekta knows no such
 * order.
 */
import { isGivenUp } from "../../domain/backoff.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";
import { BillingError, isNotThere } from "../../domain/errors.ts";
import { nextRecheckAfterFailure, nextRecheckAt } from "../../domain/payment-link.ts";
import type { Gateway, InquiryAnswer } from "../ports/gateway.ts";
import type { DueRecheck } from "../ports/charging.ts";
import { putAside, type FailedReadNeeds } from "./failed-reads.ts";
import { settleAttempts, type SettleNeeds } from "./settle-attempts.ts";
import { countSettled, type RunSummary } from "./run-summary.ts";

type Needs = SettleNeeds & FailedReadNeeds & { readonly gateway: Gateway };

const AT_ONCE = 50;

export async function recheckOver(
  needs: Needs,
  { timeoutMs }: { readonly timeoutMs: number },
  summary: RunSummary,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, log, breaker } = needs;
  while (!signal.aborted) {
    const due = await store.dueRechecks(clock.now(), AT_ONCE);
    for (const each of due) {
      // Nobody answers, or the process ends: all are read another time.
      if (signal.aborted || breaker.isOpen || summary.haltReason !== null) return;
      const { attemptId } = each;
      try {
        await recheck(needs, each, timeoutMs, summary);
        breaker.readAnswered();
        await store.forgetReadFailures([attemptId]);
      } catch (error) {
        log[error instanceof BillingError ? "warn" : "error"]("inquiry.failed", { attemptIds: [attemptId], error });
        // One order that cannot be read must not keep the others from it, however many there are.
        const failure = await putAside(needs, { kind: "attempt", id: attemptId }, error, summary);
        if (isGivenUp(failure, clock.now()))
          await store.noteRecheck(attemptId, afterFailure(error, each.rechecks + 1, clock.now()));
      }
    }
    if (due.length < AT_ONCE) return;
  }
}

function afterFailure(error: unknown, rechecks: number, now: Date): Date | null {
  const isGone = isNotThere(error);
  return isGone ? nextRecheckAt(rechecks, now) : nextRecheckAfterFailure(rechecks, now);
}

async function recheck(needs: Needs, due: DueRecheck, timeoutMs: number, summary: RunSummary): Promise<void> {
  const { attemptId, intent, rechecks } = due;
  const shown = await ask(needs.gateway, due, timeoutMs);
  if (shown?.kind === "paid") {
    const [settled] = await settleAttempts(needs, [{ attemptId, evidence: shown }]);
    if (settled !== undefined) countSettled(summary, settled, intent);
  }
  await needs.store.noteRecheck(
    attemptId,
    shown?.kind === "paid" ? null : nextRecheckAt(rechecks + 1, needs.clock.now()),
  );
}

async function ask(
  gateway: Gateway,
  { orderId, flow, intent, sentAt }: DueRecheck,
  timeoutMs: number,
): Promise<InquiryAnswer | undefined> {
  if (orderId !== null) return await gateway.readCharge(orderId, intent.reference, intent.amountCents, flow);
  const window = {
    from: new Date(sentAt.getTime() - MAX_CLOCK_SKEW_MS),
    to: new Date(sentAt.getTime() + timeoutMs + MAX_CLOCK_SKEW_MS),
  };
  return (await gateway.findCharges(window, [{ ...intent, flow }])).get(intent.reference);
}
