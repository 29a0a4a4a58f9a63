/**
 * Read once more the orders of payment links that are over: cash may be on its way when a link ends.
 *
 * Only money counts; it goes through the one reducer, and pays the invoice or is a second payment. A read that failed is
 * made again.
 */
import { BillingError, DatabaseUnusable, GatewayUnavailable } from "../../domain/errors.ts";
import { nextRecheckAt } from "../../domain/payment-link.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { DueRecheck } from "../ports/store.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import { countSettled, type RunSummary } from "../settling/run-summary.ts";

type Needs = SettleNeeds & { readonly gateway: Gateway };

const AT_ONCE = 50;

export async function recheckLinks(needs: Needs, summary: RunSummary): Promise<void> {
  for (const due of await needs.store.dueRechecks(needs.clock.now(), AT_ONCE))
    try {
      await recheck(needs, due, summary);
    } catch (error) {
      if (error instanceof DatabaseUnusable) throw error;
      needs.log[error instanceof BillingError ? "warn" : "error"]("inquiry.failed", {
        attemptIds: [due.attemptId],
        error,
      });
      // Nobody answers: all are read another time.
      if (error instanceof GatewayUnavailable) return;
      // One order that cannot be read must not keep the others from it.
      await needs.store.noteRecheck(due.attemptId, nextRecheckAt(due.rechecks + 1, needs.clock.now()));
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
