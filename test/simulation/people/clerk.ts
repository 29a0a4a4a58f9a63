/**
 * The person who works off `needs_attention` once a week, and does for each row what docs/reconciliation.md advises. In other
 * lives nobody ever does.
 *
 * What was done by the advice, and accepted, must leave the list: a row that stands there after three such weeks breaks the
 * promise. Of a sick customer it may: mending the customer is the advice, and nobody can.
 */
import { refundInvoice } from "../../../src/application/invoices/refund-invoice.ts";
import { keepLatePayment, retryInvoice } from "../../../src/application/invoices/change-invoice.ts";
import { resolveNotCharged } from "../../../src/application/reconcile/resolve-unknown.ts";
import type { AttentionRow } from "../../../src/application/ports/listings/billing-views.ts";
import { BillingError } from "../../../src/domain/errors.ts";
import type { Checkers } from "../checks/checkers.ts";
import type { Report } from "../checks/violation.ts";
import { refundedCents, statusOf } from "../ledger.ts";
import { describe } from "../machine-log.ts";
import type { Trace } from "../trace.ts";
import { refundNeeds, resolveAttempt, resolveNeeds, type Truth } from "./people-money.ts";
import type { PersonNeeds } from "./person-needs.ts";

const PATIENCE_WEEKS = 3;

export type ClerkNeeds = {
  readonly checkers: Checkers;
  readonly truth: Truth;
  readonly trace: Trace;
  readonly report: Report;
  /** Nothing but objects is bad, so that advice can be judged. */
  readonly isCalm: boolean;
  readonly isSick: (customerId: string) => boolean;
  readonly onAsked: (act: "retry", subscriptionId: string, invoiceId: string) => void;
};

export type Clerk = {
  /** Works off the list as it is now. @param begin the process of one command */
  work(begin: () => PersonNeeds): Promise<void>;
};

export function newClerk({ checkers, truth, trace, report, isCalm, isSick, onAsked }: ClerkNeeds): Clerk {
  /** Weeks in which the row was worked off and came back, by row. */
  const weeks = new Map<string, number>();

  async function follow(needs: PersonNeeds, row: AttentionRow): Promise<boolean> {
    const { kind, reason, invoiceId, subscriptionId, attempt: number } = row;
    const decision = { why: "as advised", by: "clerk" };
    const attempt = [...checkers.attempts.values()].find(
      (each) => each.invoiceId === invoiceId && each.number === number,
    );
    if (kind === "paid_again" && attempt !== undefined) {
      const attemptId = attempt.id;
      await refundInvoice(refundNeeds(needs), {
        ...{ invoiceId, attemptId, amountCents: null, reason: "duplicated_transaction", note: null, by: "clerk" },
      });
      return true;
    }
    if (kind === "paid_after_cancel" && attempt !== undefined) {
      const attemptId = attempt.id;
      // Every other one is given back.
      if (Number(row.cycle) % 2 === 1) await keepLatePayment(needs, invoiceId, decision.why);
      else
        await refundInvoice(refundNeeds(needs), {
          ...{ invoiceId, attemptId, amountCents: null, reason: "requested_by_client", note: null, by: "clerk" },
        });
      return true;
    }
    if (reason === "answer_differs" && attempt !== undefined) {
      refundInPanel(attempt.reference);
      await resolveNotCharged(resolveNeeds(needs), attempt.id, decision);
      return true;
    }
    if (attempt?.state === "unknown") return await resolveAttempt(needs, attempt, truth, null);
    if (kind !== "held" || reason === "earlier_unpaid") return false;
    onAsked("retry", subscriptionId, invoiceId);
    truth.touched.add(invoiceId);
    await retryInvoice(needs, invoiceId);
    return true;
  }

  /** Nothing where the database fails. */
  async function listed({ store }: PersonNeeds): Promise<readonly AttentionRow[]> {
    try {
      return await store.list("attention", {});
    } catch (error) {
      if (!(error instanceof BillingError)) throw error;
      return [];
    }
  }

  function refundInPanel(reference: string): void {
    const { ledger, timeline } = truth;
    for (const charge of ledger.charges)
      if (charge.reference === reference && statusOf(charge) === "paid")
        ledger.giveBack(charge, timeline.nowMs(), charge.amountCents - refundedCents(charge), "panel");
  }

  return {
    work: async (begin) => {
      const seen = new Set<string>();
      for (const row of await listed(begin())) {
        const key = `${row.kind} ${row.invoiceId} ${row.attempt} ${row.reason}`;
        seen.add(key);
        try {
          if (await follow(begin(), row)) weeks.set(key, (weeks.get(key) ?? 0) + 1);
          trace.note(truth.timeline.nowMs(), "clerk worked off", key);
        } catch (error) {
          if (!(error instanceof BillingError)) report("bug", `the clerk met ${describe(error)}`);
          trace.note(truth.timeline.nowMs(), "clerk refused", error instanceof Error ? error.message : "");
        }
        if ((weeks.get(key) ?? 0) > PATIENCE_WEEKS && isCalm && !isSick(row.customerId))
          report("list", `${key} was worked off by its advice for ${PATIENCE_WEEKS} weeks, and stands there still`);
      }
      for (const key of weeks.keys()) if (!seen.has(key)) weeks.delete(key);
    },
  };
}
