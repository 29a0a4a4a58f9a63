/**
 * Claim the next page of due invoices: some are charged now, others are put off, held, or fail without a charge.
 *
 * Asks the gateway nothing. Where the books know of no usable card, the invoice stays due until its customer was read
 * (`read-customers.ts`). Facts, decision and what follows are one transaction; a crash leaves it done, or not.
 */
import { chargeDecisions, type ChargeDecision, type ChargeRules } from "../../domain/charging/charge-decision.ts";
import { hasUntriedCard } from "../../domain/dunning/new-card.ts";
import { afterFailedCheck } from "../../domain/settle/settle-dunning.ts";
import { transition } from "../../domain/invoice-transition.ts";
import { held } from "../../domain/settle/settlement.ts";
import type { CustomersRead } from "../customers/read-customers.ts";
import type { Store } from "../ports/store.ts";
import type {
  ClaimDecision,
  ClaimedAttempt,
  DueInvoice,
  DuePlace,
  InvoiceTransition,
  WaitingInvoice,
} from "../ports/charging.ts";
import type { Owner } from "../ports/installation.ts";
import { policyOf, rulesAt, type SettleNeeds } from "../settling/settle-attempts.ts";
import type { RunSummary } from "../settling/run-summary.ts";

export type ClaimOptions = Omit<Parameters<Store["claim"]>[1], "limit"> & {
  /** Charges; 0: none may be made, and the page is judged all the same. */
  readonly maxCharges: number;
  /** Invoices looked at. */
  readonly pageSize: number;
  readonly maxChargesPerCustomerPerDay: number;
  /** Their charges were refused in this run. */
  readonly isRefusedNow: (customerId: string) => boolean;
};

export type ClaimedPage = {
  readonly claimed: readonly ClaimedAttempt[];
  /** Customers whose charges are put aside, as those of others are not. */
  readonly refusedBefore: ReadonlySet<string>;
  /** Customers who are to be read before their invoices can be decided. */
  readonly toRead: ReadonlySet<string>;
  /** Customers who could not be read: their invoices stay due. */
  readonly unread: ReadonlySet<string>;
  /** How many were put off, held, or failed. */
  readonly moved: number;
  /** Some could be charged, and `maxCharges` were. */
  readonly isLimited: boolean;
  /** Where the next page begins; null: this was the last. */
  readonly next: DuePlace | null;
};

/** @param read customers whom this run has read, or could not read */
export async function claimDue(
  needs: SettleNeeds,
  owner: Owner,
  { maxCharges, pageSize, maxChargesPerCustomerPerDay, isRefusedNow, ...options }: ClaimOptions,
  read: CustomersRead,
  summary: RunSummary,
): Promise<ClaimedPage> {
  const { store, log } = needs;
  const rules = chargeRules(needs, {
    ...{ now: options.now, limit: maxCharges, maxChargesPerCustomerPerDay, isRefusedNow },
    readingOf: (customerId) => read.get(customerId),
  });
  let page: readonly DueInvoice[] = [];
  let decisions: readonly ChargeDecision[] = [];
  const { claimed, moved } = await store.claim(owner, { ...options, limit: pageSize }, (due) => {
    page = due;
    decisions = chargeDecisions(due, rules);
    return due.map((facts, index) => claimDecision(needs, facts, decisions[index]!, options.now));
  });

  for (const { invoiceId, event, failure, step, rule } of moved) {
    log.warn(event, {
      ...{ invoiceId, because: failure?.failureCode ?? step?.do },
      nextStep: step?.do,
      rule: (rule ?? step?.rule)?.name,
    });
  }
  const overLimit = moved.filter(({ invoice }) => invoice.statusReason === "daily_limit").length;
  if (overLimit > 0) log.error("invoices.held", { count: overLimit, because: "MAX_CHARGES_PER_CUSTOMER_PER_DAY" });
  summary.needsPerson += moved.filter(({ event }) => event === "invoice.held").length;

  const waiting = page.flatMap(({ invoice, isWaitTold }, index): WaitingInvoice[] => {
    const decision = decisions[index]!;
    const heldCycle = "heldCycle" in decision ? decision.heldCycle : null;
    return heldCycle === null || isWaitTold ? [] : [{ invoiceId: invoice.id, heldCycle }];
  });
  if (waiting.length > 0) {
    const told = await store.noteWaiting(waiting, options.now);
    if (told > 0) log.error("invoices.wait", { count: told, because: "an earlier invoice is held" });
    summary.needsPerson += told;
  }

  const toRead = page.filter((_facts, index) => decisions[index]?.do === "read_customer");
  const unread = page.filter((_facts, index) => isLeft(decisions[index]!, "unread"));
  const firstLeft = decisions.findIndex((each) => isLeft(each, "limit"));
  const refusedBefore = page.filter(({ customer }) => customer.nextChargeAt !== null);
  return {
    claimed,
    refusedBefore: new Set(refusedBefore.map(({ customerId }) => customerId)),
    toRead: new Set(toRead.map(({ customerId }) => customerId)),
    unread: new Set(unread.map(({ customerId }) => customerId)),
    moved: moved.length,
    isLimited: firstLeft >= 0 || (maxCharges === 0 && decisions.some((each) => isLeft(each, "in_flight"))),
    // Beyond its limit a claim goes on with the first that it had to leave.
    next:
      firstLeft > 0 && maxCharges > 0
        ? placeOf(page[firstLeft - 1]!)
        : page.length < pageSize
          ? null
          : placeOf(page.at(-1)!),
  };
}

export function chargeRules(
  { policies, budgets }: Pick<SettleNeeds, "policies" | "budgets">,
  limits: Pick<ChargeRules, "now" | "limit" | "maxChargesPerCustomerPerDay" | "readingOf" | "isRefusedNow">,
): ChargeRules {
  return { ...limits, budgets, policyOf: (name) => policyOf(policies, name) };
}

function claimDecision(needs: SettleNeeds, facts: DueInvoice, decision: ChargeDecision, now: Date): ClaimDecision {
  return decision.do === "charge" ? "charge" : (transitionAfter(needs, facts, decision, now) ?? "leave");
}

/** @returns null: the invoice stays as it is */
function transitionAfter(
  needs: SettleNeeds,
  { invoice, dunning, customer }: DueInvoice,
  decision: ChargeDecision,
  now: Date,
): InvoiceTransition | null {
  switch (decision.do) {
    case "charge":
    case "leave":
    case "read_customer":
      return null;
    case "put_off": {
      const { until, rule } = decision;
      const change = { invoice: transition(invoice, { nextAttemptAt: until }), finalAction: null };
      if (rule.name === "catch_up_spacing") return { ...change, event: "invoice.postponed", rule };
      if (rule.name !== "daily_limit") return { ...change, event: "invoice.retry_scheduled", rule };
      return { ...change, event: "invoice.retry_scheduled", step: { do: "retry", at: until, rule } };
    }
    case "hold": {
      const { because, why } = decision;
      const change = { invoice: held(invoice, because), event: "invoice.held", finalAction: null } as const;
      return { ...change, ...(why !== undefined && { because: why }) };
    }
    case "fail": {
      const { failure, rule } = decision;
      const failed = afterFailedCheck(
        { ...invoice, hasUntriedCard: hasUntriedCard(invoice.id, customer, now) },
        failure.declineClass,
        rulesAt(needs, policyOf(needs.policies, dunning), now),
      );
      return { ...failed, failure, ...(rule && { rule }) };
    }
    default:
      return decision satisfies never;
  }
}

function isLeft(decision: ChargeDecision, because: "limit" | "in_flight" | "unread"): boolean {
  return decision.do === "leave" && decision.because === because;
}

function placeOf({ invoice: { id, nextAttemptAt } }: DueInvoice): DuePlace {
  return { at: nextAttemptAt!, invoiceId: id };
}
