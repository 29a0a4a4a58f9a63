/**
 * Check due invoices before anybody claims them: is there a card that may be charged, and is it this invoice's turn?
 *
 * Charges nothing. Where the books say that a card is missing, the customer is read again first: a card that was changed
 * at Conekta without our knowing is a card. An invoice whose customer cannot be read stays due and is not claimed.
 */
import type { Evidence } from "../../domain/attempt.ts";
import { paceAt } from "../../domain/calendar/catch-up.ts";
import { checkBeforeCharge, SMALLEST_BUDGET } from "../../domain/dunning/check-before-charge.ts";
import { isInWindow } from "../../domain/dunning/dunning.ts";
import { BillingError, DatabaseUnusable, GatewayRefused, GatewayUnauthorized } from "../../domain/errors.ts";
import { afterFailedCheck } from "../../domain/settle/settle-dunning.ts";
import { held, stays } from "../../domain/settle/settlement.ts";
import type { CircuitBreaker } from "../settling/circuit-breaker.ts";
import { haltCharging } from "../settling/halt.ts";
import { upsertCustomer, noteCustomerGone } from "../customers/upsert-customer.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { CheckFacts, DueCheck, InvoiceTransition } from "../ports/store.ts";
import { runAll } from "../settling/run-all.ts";
import { policyOf, rulesAt, type SettleNeeds } from "../settling/settle-attempts.ts";
import type { RunSummary } from "../settling/run-summary.ts";

export type CheckNeeds = SettleNeeds & { readonly gateway: Gateway; readonly breaker?: CircuitBreaker };

const BATCH = 250;
const READS_AT_ONCE = 8;

/** @param read customers whom this run has read, or could not read: nobody is read twice in one run */
export async function checkDue(needs: CheckNeeds, now: Date, summary: RunSummary, read: CustomersRead): Promise<void> {
  const { store, policies } = needs;
  const holding = [...policies.values()].filter(({ laterCycles }) => laterCycles === "hold").map(({ name }) => name);
  for (let after = ""; ;) {
    const due = await store.dueChecks(now, { after, limit: BATCH, smallestBudget: SMALLEST_BUDGET, holding });
    const last = due.at(-1);
    if (last === undefined) return;
    await readCustomers(needs, due, now, summary, read);
    const decidable = due.filter((each) => !each.mustReadCustomer || read.get(each.customerId) === "read");

    const moved = await store.applyTransitions(
      decidable.map(({ invoiceId }) => invoiceId),
      now,
      (facts) => moveAfterCheck(needs, facts, now),
    );
    summary.needsPerson += moved.filter(({ event }) => event === "invoice.held").length;
    for (const { event, failure, step } of moved)
      needs.log.warn(event, { because: failure?.failureCode ?? step?.do, nextStep: step?.do, rule: step?.rule });
    after = last.invoiceId;
  }
}

/** @returns null: it may be charged, or somebody changed it meanwhile */
export function moveAfterCheck(needs: SettleNeeds, facts: CheckFacts, now: Date): InvoiceTransition | null {
  const { invoice } = facts;
  // Somebody changed it since it was found due.
  if (invoice.status !== "open" || invoice.nextAttemptAt === null || invoice.nextAttemptAt > now) return null;
  const turn = facts.turn && paceAt(facts.turn, now);
  if (turn !== null) {
    const rule = { name: "catch_up_spacing" } as const;
    return { invoice: stays(invoice, { nextAttemptAt: turn }), event: "invoice.postponed", finalAction: null, rule };
  }
  const policy = policyOf(needs.policies, facts.dunning);
  const check = checkBeforeCharge({ ...facts, isReattempt: invoice.declines > 0 }, policy, needs.budgets, now);
  switch (check.do) {
    case "charge":
      return null;
    case "hold":
      return { invoice: held(invoice, check.because), event: "invoice.held", finalAction: null };
    case "wait": {
      const { timeZone } = invoice;
      if (isInWindow(policy, { firstDeclinedAt: invoice.firstDeclinedAt ?? now, timeZone }, check.until))
        return {
          invoice: stays(invoice, { nextAttemptAt: check.until }),
          event: "invoice.retry_scheduled",
          finalAction: null,
          rule: check.rule,
        };
      const failure = { declineClass: "new_card", failureCode: "network_budget" } as const;
      return {
        ...afterFailedCheck(invoice, failure.declineClass, rulesAt(needs, policy, now)),
        failure,
        rule: check.rule,
      };
    }
    case "fail": {
      const { declineClass } = check.failure;
      return { ...afterFailedCheck(invoice, declineClass, rulesAt(needs, policy, now)), failure: check.failure };
    }
    default:
      return check satisfies never;
  }
}

/** What became of the reading of each customer. */
export type CustomersRead = Map<string, "read" | "unread">;

async function readCustomers(
  { store, gateway, clock, log, breaker }: CheckNeeds,
  due: readonly DueCheck[],
  now: Date,
  summary: RunSummary,
  read: CustomersRead,
): Promise<void> {
  const customerIds = new Set(due.filter((each) => each.mustReadCustomer).map(({ customerId }) => customerId));
  await runAll(
    READS_AT_ONCE,
    [...customerIds].map((customerId) => () => readCustomer(customerId)),
  );

  async function readCustomer(customerId: string): Promise<void> {
    if (read.has(customerId)) return;
    read.set(customerId, "unread");
    if (summary.haltReason !== null || breaker?.isOpen === true) return;
    try {
      const customer = await gateway.readCustomer(customerId);
      await store.write(clock.now(), (books) => upsertCustomer(books, customer, "customer.updated"));
      read.set(customerId, "read");
    } catch (error) {
      if (error instanceof DatabaseUnusable) throw error;
      if (error instanceof GatewayRefused && error.httpStatus === 404) {
        await store.write(now, (books) => noteCustomerGone(books, customerId));
        read.set(customerId, "read");
        return;
      }
      // The others would be answered as little.
      breaker?.record(UNREAD, clock.now());
      log[error instanceof BillingError ? "warn" : "error"]("customer.not_read", { customerId, error });
      if (error instanceof GatewayUnauthorized) await haltCharging({ store, clock, log }, summary, error.message);
    }
  }
}

const UNREAD: Evidence = {
  kind: "unknown",
  orderId: null,
  trace: { httpStatus: null, logId: null, because: "a customer could not be read" },
};
