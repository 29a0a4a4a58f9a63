/**
 * Read once more the orders of payment links that are over: cash may be on its way when a link ends.
 *
 * Only money counts; it goes through the one reducer, and pays the invoice or is a second payment. A read that failed is
 * made again later, and counts as a recheck once it has failed for a day.
 */
import { isGivenUp } from "../../domain/backoff.ts";
import { BillingError } from "../../domain/errors.ts";
import { nextRecheckAt } from "../../domain/payment-link.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { DueRecheck } from "../ports/store.ts";
import { putAside, type FailedReadNeeds } from "../settling/failed-reads.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import { countSettled, type RunSummary } from "../settling/run-summary.ts";

type Needs = SettleNeeds & FailedReadNeeds & { readonly gateway: Gateway };

const AT_ONCE = 50;

export async function recheckLinks(needs: Needs, summary: RunSummary): Promise<void> {
  const { store, clock, log, breaker } = needs;
  for (;;) {
    const due = await store.dueRechecks(clock.now(), AT_ONCE);
    for (const each of due) {
      // Nobody answers: all are read another time.
      if (breaker.isOpen || summary.haltReason !== null) return;
      const { attemptId } = each;
      try {
        await recheck(needs, each, summary);
        breaker.readAnswered();
        await store.forgetReadFailures([attemptId]);
      } catch (error) {
        log[error instanceof BillingError ? "warn" : "error"]("inquiry.failed", { attemptIds: [attemptId], error });
        // One order that cannot be read must not keep the others from it, however many there are.
        const failure = await putAside(needs, { kind: "attempt", id: attemptId }, error, summary);
        if (isGivenUp(failure, clock.now()))
          await store.noteRecheck(attemptId, nextRecheckAt(each.rechecks + 1, clock.now()));
      }
    }
    if (due.length < AT_ONCE) return;
  }
}

async function recheck(needs: Needs, due: DueRecheck, summary: RunSummary): Promise<void> {
  const { attemptId, orderId, reference, amountCents, rechecks } = due;
  const inquiryAnswer = await needs.gateway.readCharge(orderId, reference, amountCents, "link");
  if (inquiryAnswer.kind === "paid") {
    const [settled] = await settleAttempts(needs, [{ attemptId, evidence: inquiryAnswer }]);
    if (settled !== undefined)
      countSettled(summary, settled, { amountCents, currency: inquiryAnswer.payment.currency });
  }
  const isOver = inquiryAnswer.kind === "paid";
  await needs.store.noteRecheck(attemptId, isOver ? null : nextRecheckAt(rechecks + 1, needs.clock.now()));
}
