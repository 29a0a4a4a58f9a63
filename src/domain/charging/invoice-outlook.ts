/**
 * What will become of an invoice that is open: when it is charged, or what it waits for.
 *
 * Pure. It asks the run's own decision at the time that is planned, and at the next, until one holds. It says what will happen as
 * things are; what a person, a new card or the day's limit changes later, nobody knows yet.
 */
import assert from "node:assert/strict";
import type { PaymentDispute } from "../dispute.ts";
import type { Rule } from "../dunning/dunning.ts";
import type { Invoice } from "../invoice.ts";
import type { DueSubscription } from "../opening.ts";
import type { FAILED_CHECKS } from "./card-check.ts";
import type { MissedInvoice } from "./catch-up-turn.ts";
import {
  chargeDecisions,
  type ChargeDecision,
  type ChargedInvoice,
  type ChargeRules,
  type CustomerFacts,
} from "./charge-decision.ts";
import { firstUnpaidBefore, type UnsettledInvoice } from "./invoice-order.ts";
import { runLimitReached, type RunLimit, type RunLimits, type Spent } from "./run-limits.ts";

/** The facts of one subscription, as the run would have them. */
export type ChargeOutlook = {
  readonly subscription: DueSubscription;
  /** The customer's others that may use what waits before it does; none where nothing waits that they share. */
  readonly beside: readonly DueSubscription[];
  readonly unsettled: readonly OutlookInvoice[];
  readonly customer: CustomerFacts;
  /** When an invoice of the subscription was last paid; null: none was. */
  readonly paidAt: Date | null;
  /** Of the subscription, all of them. */
  readonly missed: readonly MissedInvoice[];
  /** About invoices of the subscription, those that were won left out. */
  readonly disputes: readonly PaymentDispute[];
};

export type OutlookInvoice = UnsettledInvoice &
  Omit<ChargedInvoice, "timeZone"> &
  Pick<Invoice, "amountCents" | "currency">;

/** What concerns everybody: the settings, and where the whole stands. */
export type OutlookRules = Pick<ChargeRules, "maxChargesPerCustomerPerDay" | "budgets" | "policyOf"> & {
  readonly isHalted: boolean;
  readonly limits: Pick<RunLimits, "maxCharges" | "maxAmountCents">;
  /** Within the hour before now. */
  readonly spent: Spent;
};

/** The first thing in an invoice's way. */
export type InvoiceOutlook =
  /**
   * `inVain`: why no charge would be made then, and dunning would go on without it; null: it is made. `putOff`: why it is
   * later than planned; null: it is not.
   */
  | {
      readonly do: "charge";
      readonly at: Date;
      readonly inVain: keyof typeof FAILED_CHECKS | null;
      readonly putOff: Rule | null;
    }
  | { readonly do: "wait"; readonly for: "earlier_invoice"; readonly cycle: number }
  /** The run that comes to it holds it, for a person. */
  | { readonly do: "wait"; readonly for: "hold"; readonly because: "daily_limit" | "earlier_unpaid" }
  /** The run ends at the limit, or holds the one invoice that is more than it. */
  | { readonly do: "wait"; readonly for: "run_limit"; readonly limit: RunLimit }
  /** `outcome`: of an attempt that may still move money. `person`: nothing happens by itself. */
  | { readonly do: "wait"; readonly for: "outcome" | "person" | "new_card" | "payment_link" | "grace" }
  | { readonly do: "nothing" };

/** @param books of its subscription; the invoice itself is among the unsettled */
export function invoiceOutlook(
  invoice: OutlookInvoice,
  books: ChargeOutlook,
  rules: OutlookRules,
  now: Date,
): InvoiceOutlook {
  const { status, openAttempt, nextAttemptAt, dunningStep } = invoice;
  if (status === "held") return { do: "wait", for: "person" };
  if (status !== "open") return { do: "nothing" };
  if (openAttempt !== null) return { do: "wait", for: "outcome" };
  if (nextAttemptAt !== null) return plannedOutlook(invoice, nextAttemptAt, books, rules, now);
  switch (dunningStep) {
    case "wait_for_card":
      return { do: "wait", for: "new_card" };
    case "payment_link":
    case "grace":
      return { do: "wait", for: dunningStep };
    case "retry":
    case null:
      return { do: "wait", for: "person" };
    default:
      return dunningStep satisfies never;
  }
}

function plannedOutlook(
  invoice: OutlookInvoice,
  plannedAt: Date,
  books: ChargeOutlook,
  rules: OutlookRules,
  now: Date,
): InvoiceOutlook {
  let at = plannedAt;
  let putOff: Rule | null = null;
  // One that is put off is decided again at its new time, which is always later.
  for (;;) {
    const decidedAt = new Date(Math.max(at.getTime(), now.getTime()));
    const decision = decisionAt({ ...invoice, nextAttemptAt: at }, books, rules, { at: decidedAt, now });
    switch (decision.do) {
      case "charge":
        return limitOf(invoice, at, rules, now) ?? { do: "charge", at, inVain: null, putOff };
      case "fail":
        return { do: "charge", at, inVain: decision.failure.failureCode, putOff: decision.rule ?? putOff };
      case "hold":
        return { do: "wait", for: "hold", because: decision.because };
      case "put_off":
        assert(decision.until > at, `put off from ${at.toISOString()} to ${decision.until.toISOString()}`);
        ({ until: at, rule: putOff } = decision);
        continue;
      case "leave": {
        const cycle = firstUnpaidBefore(invoice, books.unsettled, decidedAt);
        if (decision.because === "earlier_unpaid" && cycle !== null)
          return { do: "wait", for: "earlier_invoice", cycle };
        if (decision.because === "put_aside") {
          const { nextChargeAt } = books.customer;
          assert(
            nextChargeAt !== null && nextChargeAt > at,
            `put aside at ${at.toISOString()}, and until no later time`,
          );
          at = nextChargeAt;
          continue;
        }
        // Another charge of the customer is under way, and this one follows in the same run.
        return limitOf(invoice, at, rules, now) ?? { do: "charge", at, inVain: null, putOff };
      }
      case "read_customer":
        return { do: "charge", at, inVain: null, putOff };
      default:
        return decision satisfies never;
    }
  }
}

/** As the run decides at a time. What is due by now is decided by all facts; of a later day some are not known yet. */
function decisionAt(
  invoice: OutlookInvoice,
  books: ChargeOutlook,
  { maxChargesPerCustomerPerDay, budgets, policyOf }: OutlookRules,
  { at, now }: { readonly at: Date; readonly now: Date },
): ChargeDecision {
  const { subscription, customer, unsettled, missed, paidAt, disputes } = at > now ? undated(books) : books;
  const { customerId, timeZone, plan } = subscription;
  const facts = {
    ...{ invoice: { ...invoice, timeZone }, customerId, customer, unsettled, missed, paidAt, disputes },
    ...{ dunning: plan.dunning, catchUp: plan.catchUp, attempt: invoice.openAttempt },
  };
  const [decision] = chargeDecisions([facts], {
    ...{ now: at, limit: Infinity, maxChargesPerCustomerPerDay, budgets, policyOf },
    // What the database knows of the card is what counts: Conekta is not asked.
    readingOf: () => "read",
  });
  assert(decision, "each invoice has a decision");
  return decision;
}

/** Until then every other invoice has had its own day; what keeps others waiting without one still does. */
function undated(books: ChargeOutlook): ChargeOutlook {
  const unsettled = books.unsettled.map((each) => ({ ...each, nextAttemptAt: null }));
  return { ...books, unsettled, missed: [], paidAt: null };
}

/** @returns null: no limit of the whole keeps it from being charged */
function limitOf(
  { amountCents }: Pick<Invoice, "amountCents">,
  at: Date,
  { limits, spent }: OutlookRules,
  now: Date,
): InvoiceOutlook | null {
  const hour = at > now ? { charges: 0, amountCents: 0 } : spent;
  const limit = runLimitReached({ askedCharges: null, ...limits }, 0, hour, amountCents);
  return limit === null ? null : { do: "wait", for: "run_limit", limit };
}
